//! The peers: what they need of a history, prepared before the clock starts.
//!
//! They judge the histories in numbers instead of in our operations, with specifications written for
//! them, as a user of theirs would write them. What they have no word for gets the treatment that
//! their users give it: an indeterminate read is dropped; an indeterminate write ends after
//! everything else, and its answer says nothing.

#[cfg(feature = "peers")]
mod porcupine;
#[cfg(feature = "peers")]
mod specification;
#[cfg(feature = "peers")]
mod stateright;
#[cfg(feature = "peers")]
mod todc;

use crate::job::Peer;
use crate::make::{Flat, Flatten, HistoryOf};
use crate::measure::Prepared;
use testimony::history::Rank;

/// An operation as peers get it.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "peers"), expect(dead_code, reason = "nobody reads it without peers"))]
pub(crate) struct Step {
    pub(crate) process: u32,
    pub(crate) call: u32,
    /// `None` when it never answered.
    pub(crate) ret: Option<u32>,
    pub(crate) key: u32,
    pub(crate) op: Flat,
}

/// A history as peers get it. What failed had no effect and is left out, like a read without answer.
pub(crate) fn flatten<M: Flatten>(history: &HistoryOf<M>) -> Result<Vec<Step>, String> {
    let mut steps = Vec::with_capacity(history.operations.len());
    for one in history.operations.iter().filter(|one| !one.is_fail()) {
        let flat = M::flatten(&one.op, one.outcome.answer());
        let (key, op) = flat.ok_or("not a history of numbers")?;
        if op == Flat::Read(None) {
            continue;
        }
        let ret = (one.ret != Rank::NEVER).then_some(one.ret.0);
        steps.push(Step { process: one.process.0, call: one.call.0, ret, key, op });
    }
    Ok(steps)
}

/// Whether this peer was built in.
pub(crate) fn can(_peer: Peer) -> Result<(), String> {
    match cfg!(feature = "peers") {
        true => Ok(()),
        false => Err("built without peers".to_owned()),
    }
}

/// One run of a peer over all histories.
#[cfg(feature = "peers")]
pub(crate) fn prepare(peer: Peer, cases: &[Vec<Step>]) -> Prepared<'_> {
    use crate::measure::Said;
    let one = match peer {
        Peer::Porcupine => porcupine::prepare,
        Peer::Todc => todc::prepare,
        Peer::Stateright => stateright::prepare,
    };
    let prepared: Vec<_> = cases.iter().map(|steps| one(steps)).collect();
    Box::new(|| {
        let said = |holds| Said { holds: Some(holds), engine: None };
        prepared.into_iter().map(|decide| said(decide())).collect()
    })
}

/// One run of a peer over all histories; without peers, of nobody over none.
#[cfg(not(feature = "peers"))]
pub(crate) fn prepare(_peer: Peer, _cases: &[Vec<Step>]) -> Prepared<'_> {
    Box::new(Vec::new)
}

/// One decision of a peer, prepared.
#[cfg(feature = "peers")]
type Decision = Box<dyn FnOnce() -> bool + Send>;

/// The parts of a history that touch different keys, for peers that do not split histories.
#[cfg(feature = "peers")]
fn by_key(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut parts = std::collections::BTreeMap::<u32, Vec<Step>>::new();
    for step in steps {
        parts.entry(step.key).or_default().push(*step);
    }
    parts.into_values().collect()
}

/// Calls and returns in their order; what never returns does so after everything else, or not at all.
#[cfg(feature = "peers")]
fn events(steps: &[Step], closed: bool) -> Vec<(bool, &Step)> {
    let mut events: Vec<(u64, bool, &Step)> = Vec::with_capacity(2 * steps.len());
    for (number, step) in steps.iter().enumerate() {
        events.push((u64::from(step.call), false, step));
        match step.ret {
            Some(ret) => events.push((u64::from(ret), true, step)),
            None if closed => events.push(((1 << 32) + number as u64, true, step)),
            None => {}
        }
    }
    // Calls before returns at the same rank: intervals are closed.
    events.sort_by_key(|(rank, is_return, _)| (*rank, *is_return));
    events.into_iter().map(|(_, is_return, step)| (is_return, step)).collect()
}
