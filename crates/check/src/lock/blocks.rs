//! Blocks: what must be contiguous in any order.

use super::fit::{Kind, NEVER, One, Requests};
use super::{Broken, certain};
use crate::part::Standing;
use std::collections::VecDeque;

/// An acquisition with the release that ended it; one of them alone, where nothing is known of the
/// other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// The position of its first operation.
    pub(super) first: usize,
    /// The position of its second.
    second: Option<usize>,
    /// The earliest end of its operations, and whose it is.
    earliest_end: (i64, usize),
    /// The latest start of its operations, and whose it is: after everything, when the lock was
    /// never given back.
    latest_start: (i64, usize),
    /// The token of its grant.
    pub(super) token: Option<i64>,
}

impl Block {
    /// An operation alone: what comes before and after it belongs to nobody else.
    pub(super) fn single(requests: &Requests, at: usize) -> Block {
        let One { start, end, token, .. } = requests.all[at];
        let (earliest_end, latest_start) = ((end, at), (start, at));
        Block { first: at, second: None, earliest_end, latest_start, token }
    }

    /// An acquisition with its release.
    pub(super) fn pair(requests: &Requests, acquire: usize, release: usize) -> Block {
        let (a, b) = (Block::single(requests, acquire), Block::single(requests, release));
        Block {
            second: Some(release),
            earliest_end: a.earliest_end.min(b.earliest_end),
            latest_start: a.latest_start.max(b.latest_start),
            ..a
        }
    }

    /// An acquisition whose owner has had the lock ever since.
    pub(super) fn forever(requests: &Requests, acquire: usize) -> Block {
        Block { latest_start: (NEVER, acquire), ..Block::single(requests, acquire) }
    }

    /// The earliest end of its operations.
    pub(super) fn end(&self) -> i64 {
        self.earliest_end.0
    }

    /// The latest start of its operations.
    pub(super) fn start(&self) -> i64 {
        self.latest_start.0
    }

    /// The positions whose ends make the zone, and what ties them together.
    pub(super) fn ends(&self) -> Vec<usize> {
        vec![self.earliest_end.1, self.latest_start.1]
    }

    pub(super) fn operations(&self) -> impl Iterator<Item = usize> {
        [Some(self.first), self.second].into_iter().flatten()
    }
}

/// The blocks of what happened: every granted request that is required, and those that may have
/// happened where they must have. O(n).
///
/// While an owner has requests open of one kind only, each is used exactly where two answers show
/// that one is missing, the first called first: to use it elsewhere would take one of the other
/// kind. Where both kinds are open, `strict` gives up, and otherwise the blocks are as small as they
/// may have been ([`certain`]).
pub(super) fn blocks(
    requests: &Requests,
    standing: impl Fn(usize) -> Standing,
    strict: bool,
) -> Result<Vec<Block>, Broken> {
    let mut blocks = Vec::new();
    for positions in &requests.of {
        let is_required =
            |at: usize| standing(at) == Standing::Required && requests.all[at].granted.is_some();
        let present = || positions.iter().copied().filter(|&at| standing(at) != Standing::Dropped);
        let begin = blocks.len();
        match Owner::default().all(requests, present(), is_required, &mut blocks) {
            Err(Broken::Undecided(_)) if !strict => {
                blocks.truncate(begin);
                let (required, maybe): (Vec<_>, Vec<_>) =
                    present().partition(|&at| is_required(at));
                let found = certain::blocks(requests, &required, &maybe, &mut blocks);
                found.ok_or(Broken::Contradiction(required))?;
            }
            found => found?,
        }
    }
    Ok(blocks)
}

/// What is known of one owner on the way through its requests.
#[derive(Default)]
struct Owner {
    /// The acquisition that was not given back yet.
    held: Option<usize>,
    /// Requests that need not have happened, all of one kind.
    open: VecDeque<usize>,
    /// The last that certainly happened.
    last: Option<usize>,
}

impl Owner {
    /// Adds the blocks of an owner.
    fn all(
        mut self,
        requests: &Requests,
        positions: impl Iterator<Item = usize>,
        is_required: impl Fn(usize) -> bool,
        blocks: &mut Vec<Block>,
    ) -> Result<(), Broken> {
        for at in positions {
            if is_required(at) {
                blocks.extend(self.certainly(requests, at)?);
            } else {
                self.maybe(requests, at)?;
            }
        }
        if let Some(acquire) = self.held {
            blocks.push(match self.open(requests, Kind::Release) {
                Some(release) => Block::pair(requests, acquire, release),
                None => Block::forever(requests, acquire),
            });
        }
        Ok(())
    }

    /// The first open request of this kind, which is used up.
    fn open(&mut self, requests: &Requests, kind: Kind) -> Option<usize> {
        self.open.front().filter(|&&open| requests.all[open].kind == kind)?;
        self.open.pop_front()
    }

    fn maybe(&mut self, requests: &Requests, at: usize) -> Result<(), Broken> {
        let kind = requests.all[at].kind;
        if self.open.front().is_some_and(|&open| requests.all[open].kind != kind) {
            let why = "an owner has an acquisition and a release open, both without an answer";
            return Err(Broken::Undecided(why));
        }
        self.open.push_back(at);
        Ok(())
    }

    /// Takes the next request that happened; gives the block that it ends.
    fn certainly(&mut self, requests: &Requests, at: usize) -> Result<Option<Block>, Broken> {
        let contradiction = Broken::Contradiction(self.last.into_iter().chain([at]).collect());
        self.last = Some(at);
        match (requests.all[at].kind, self.held.take()) {
            (Kind::Acquire, before) => {
                self.held = Some(at);
                let Some(acquire) = before else { return Ok(None) };
                let release = self.open(requests, Kind::Release).ok_or(contradiction)?;
                Ok(Some(Block::pair(requests, acquire, release)))
            }
            (Kind::Release, Some(acquire)) => Ok(Some(Block::pair(requests, acquire, at))),
            // Whether it was granted is not certain, so nor is its token.
            (Kind::Release, None) => {
                let acquire = self.open(requests, Kind::Acquire).ok_or(contradiction)?;
                Ok(Some(Block { token: None, ..Block::pair(requests, acquire, at) }))
            }
        }
    }
}
