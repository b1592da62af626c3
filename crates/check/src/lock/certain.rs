//! What is certain of an owner whose open requests are of both kinds: for reductions.
//!
//! Which of them happened cannot be told, so each block is taken as small as it may have been: it
//! ends with whatever could have ended it first. What contradicts itself then does so anyway.

use super::blocks::Block;
use super::fit::{Kind, Requests};

/// Adds the certain blocks of one owner; `None` when it contradicts itself. `required` certainly
/// happened, `maybe` may have happened, at any time from its call on.
pub(super) fn blocks(
    requests: &Requests,
    required: &[usize],
    maybe: &[usize],
    blocks: &mut Vec<Block>,
) -> Option<()> {
    // The first of a kind that can have happened before the end of `at`. Positions are by call.
    let first = |kind: Kind, at: Option<usize>| {
        let first = maybe.iter().copied().find(|&one| requests.all[one].kind == kind);
        let in_time =
            |one: &usize| at.is_none_or(|at| requests.all[*one].start <= requests.all[at].end);
        first.filter(in_time)
    };
    let mut held = None;
    for &at in required {
        let (release, acquire) = (first(Kind::Release, Some(at)), first(Kind::Acquire, Some(at)));
        match (requests.all[at].kind, held.take()) {
            (Kind::Acquire, before) => {
                if let Some(before) = before {
                    blocks.push(Block::pair(requests, before, release?));
                }
                held = Some(at);
            }
            (Kind::Release, Some(before)) => match release.filter(|_| acquire.is_some()) {
                None => blocks.push(Block::pair(requests, before, at)),
                Some(release) => {
                    let start = |one: usize| requests.all[one].start;
                    let ended = if start(release) < start(at) { release } else { at };
                    blocks.push(Block::pair(requests, before, ended));
                    blocks.push(Block::single(requests, at));
                }
            },
            (Kind::Release, None) => {
                let mut block = Block::pair(requests, acquire?, at);
                block.token = None;
                blocks.push(block);
            }
        }
    }
    if let Some(acquire) = held {
        blocks.push(match first(Kind::Release, None) {
            None => Block::forever(requests, acquire),
            Some(release) => Block::pair(requests, acquire, release),
        });
    }
    Some(())
}
