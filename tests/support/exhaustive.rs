//! Every small history over an alphabet, once.
//!
//! Which operation has which number never matters to a verdict, so histories are enumerated as
//! multisets of operations, ordered by call. As many ranks as operations are enough for every way
//! in which that many closed intervals can lie.

use crate::show;
use testimony_history::{History, Operation};

/// One operation as an alphabet has it: what is asked, and what comes back (`None`: nobody knows).
pub type Letter<O, R> = (O, Option<R>);

/// Calls `visit` with every history of so many operations over the alphabet.
pub fn every<O: Clone, R: Clone>(
    alphabet: &[Letter<O, R>],
    operations: u32,
    mut visit: impl FnMut(History<O, R>),
) {
    let kinds = kinds(alphabet, operations);
    let mut chosen = vec![0; operations as usize];
    loop {
        let all = (0..).zip(&chosen).map(|(id, &kind)| {
            let (call, ret, (op, answer)) = kinds[kind];
            placed(id, call, ret, op.clone(), answer.clone())
        });
        visit(show::history(all.collect()));
        // The next multiset, as a rising sequence of kinds.
        let Some(last) = chosen.iter().rposition(|&kind| kind + 1 < kinds.len()) else { return };
        let next = chosen[last] + 1;
        chosen[last..].fill(next);
    }
}

/// How many histories [`every`] visits: multisets of operations, each a letter at an interval.
pub fn count<O, R>(alphabet: &[Letter<O, R>], operations: u32) -> usize {
    let (kinds, chosen) = (kinds(alphabet, operations).len(), operations as usize);
    (0..chosen).fold(1, |count, number| count * (kinds + number) / (number + 1))
}

/// Every letter at every interval, by call.
fn kinds<O, R>(alphabet: &[Letter<O, R>], ranks: u32) -> Vec<(u32, u32, &Letter<O, R>)> {
    let mut kinds = Vec::new();
    for call in 0..ranks {
        for letter in alphabet {
            // What never returns has no end to choose.
            let ends = if letter.1.is_some() { call..ranks } else { call..call + 1 };
            kinds.extend(ends.map(|ret| (call, ret, letter)));
        }
    }
    kinds
}

fn placed<O, R>(id: u32, call: u32, ret: u32, op: O, answer: Option<R>) -> Operation<O, R> {
    match answer {
        Some(answer) => show::ok(id, call, ret, op, answer),
        None => show::info(id, call, op),
    }
}
