//! PRAM and causal memory: for each session an order of all writes and of its own operations.
//!
//! With the write that each read saw given, an order exists exactly when what must come before what
//! has no cycle (Bouajjani, Enea, Guerraoui and Hamza, 2017, section 5.3): start with the order of
//! the sessions (for causal memory: and what each read saw), and for a read of the session that has
//! another write of its key in its past, that write must come before the one that it saw; repeat
//! until nothing new follows. The order itself is then built along the session: before each of its
//! operations everything in its past that has no place yet.

use super::past::{Cycle, Past};
use super::story::BEGINNING;
use super::{Clash, Explained};
use crate::budget::{Meter, Spent};

/// An order for this session, or the place that contradicts. Polynomial: each round is
/// O(n sessions), and adds an arrow or is the last one.
pub(crate) fn view(
    explained: &Explained<'_>,
    session: usize,
    causal: bool,
    meter: &mut Meter<'_>,
) -> Result<Result<Vec<usize>, Clash>, Spent> {
    let story = explained.story;
    let own = &story.sessions[session];
    let mut arrows = explained.reads_from(|read| causal || story.acts[read].session == session);
    loop {
        let past = match Past::new(story, &arrows, meter)? {
            Ok(past) => past,
            Err(Cycle(at)) => return Ok(Err(Clash(at))),
        };
        let known = arrows.len();
        for &read in own {
            let Some(source) = explained.source(read) else { continue };
            for other in past.last_writes(story, &explained.there, read) {
                if other == source {
                    continue;
                }
                if source == BEGINNING {
                    return Ok(Err(Clash(read)));
                }
                if !past.has(story, other, source) {
                    arrows.push((other, source));
                }
            }
        }
        if arrows.len() == known {
            return Ok(Ok(along(explained, session, &past)));
        }
    }
}

/// The order along a session.
fn along(explained: &Explained<'_>, session: usize, past: &Past) -> Vec<usize> {
    let story = explained.story;
    let mut number = vec![0; story.acts.len()];
    for (position, &at) in past.order.iter().enumerate() {
        number[at] = position;
    }
    let mut passed = vec![0_u32; story.sessions.len()];
    let mut order = Vec::new();
    let mut emit = |upto: &dyn Fn(usize) -> u32| {
        let mut new: Vec<usize> = Vec::new();
        for (of, places) in story.sessions.iter().enumerate() {
            let upto = upto(of).max(passed[of]);
            new.extend(&places[passed[of] as usize..upto as usize]);
            passed[of] = upto;
        }
        new.retain(|&at| {
            let act = &story.acts[at];
            explained.there[at] && (act.session == session || act.wrote.is_some())
        });
        new.sort_by_key(|&at| number[at]);
        order.extend(new);
    };
    for &at in &story.sessions[session] {
        emit(&|of| past.clock(at)[of]);
    }
    emit(&|of| u32::try_from(story.sessions[of].len()).unwrap_or(u32::MAX));
    order
}
