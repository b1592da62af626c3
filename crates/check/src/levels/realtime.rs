//! Regular and safe registers: each read against the writes around it.
//!
//! With several writers, each read is judged alone: together with all writes of its key it must be
//! explained by some order that respects real time ("weak" in Shao, Welch, Pierce and Lee, 2011). So
//! a read may answer the value of a write that was called before the read returned, unless another
//! write lies entirely between the two; or the value at the beginning, unless a write returned
//! before it. A write without an answer may happen at any time after its call: during every read
//! that returns later.

use super::story::{BEGINNING, Story};
use crate::budget::{Meter, Spent};
use testimony_history::Rank;
use testimony_verdict::{Level, Progress};

/// A read that has no explanation, and all that contradict with it.
pub(crate) struct Stale {
    pub(crate) read: usize,
    /// The write that lies between, where there is one.
    pub(crate) newer: Option<usize>,
    /// Writes of what it saw: all of them replaced before it began.
    pub(crate) sources: Vec<usize>,
}

/// The writes of one key, sorted for two questions.
struct Writes {
    /// By return, each with the place of the write that was called last up to here.
    by_return: Vec<(Rank, usize)>,
    /// By call, each with the latest return up to here.
    by_call: Vec<(Rank, Rank)>,
}

impl Writes {
    fn new(story: &Story, key: usize) -> Writes {
        let sessions = story.writes_by_session(key).iter();
        let writes: Vec<usize> = sessions.flat_map(|(_, writes)| writes.iter().copied()).collect();
        let act = |at: usize| &story.acts[at];
        let mut returned: Vec<usize> =
            writes.iter().copied().filter(|&at| act(at).certain).collect();
        returned.sort_by_key(|&at| (act(at).ret, at));
        let mut latest: Option<usize> = None;
        let by_return = returned.into_iter().map(|at| {
            let later = latest.is_none_or(|latest| act(latest).call < act(at).call);
            latest = if later { Some(at) } else { latest };
            (act(at).ret, latest.unwrap_or(at))
        });
        let by_return = by_return.collect();
        let mut called: Vec<(Rank, Rank)> =
            writes.iter().map(|&at| (act(at).call, end(story, at))).collect();
        called.sort_unstable();
        let mut latest = Rank(0);
        let by_call = called.into_iter().map(|(call, ret)| {
            latest = latest.max(ret);
            (call, latest)
        });
        Writes { by_call: by_call.collect(), by_return }
    }

    /// Of the writes that returned before this rank, the one that was called last.
    fn last_before(&self, rank: Rank) -> Option<usize> {
        let count = self.by_return.partition_point(|(ret, _)| *ret < rank);
        Some(self.by_return[count.checked_sub(1)?].1)
    }

    /// Whether some write may happen during this read.
    fn any_during(&self, call: Rank, ret: Rank) -> bool {
        let count = self.by_call.partition_point(|(start, _)| *start <= ret);
        count > 0 && self.by_call[count - 1].1 >= call
    }
}

/// When a write had certainly happened.
fn end(story: &Story, at: usize) -> Rank {
    if story.acts[at].certain { story.acts[at].ret } else { Rank::NEVER }
}

/// The first read that breaks the level; `None` when it holds. O(n log n) where values are unique,
/// otherwise a read costs as many steps as its value has writes.
pub(crate) fn stale(
    story: &Story,
    level: Level,
    meter: &mut Meter<'_>,
) -> Result<Option<Stale>, Spent> {
    let writes: Vec<Writes> = (0..story.keys.len()).map(|key| Writes::new(story, key)).collect();
    let reads = story.reads().count();
    let mut last = None;
    for (passed, read) in story.reads().enumerate() {
        meter.got(Progress::Intervals { passed, reads }, last);
        last = Some(story.acts[read].id);
        let act = &story.acts[read];
        let of_key = &writes[act.key];
        // A swap is no write during itself.
        let swaps = act.wrote.is_some();
        if level == Level::Safe && swaps && others_during(story, read) {
            continue;
        }
        if level == Level::Safe && !swaps && of_key.any_during(act.call, act.ret) {
            continue;
        }
        let newer = of_key.last_before(act.call);
        let mut candidates = story.candidates(read);
        meter.step(1 + candidates.len() as u64)?;
        candidates.retain(|&at| at == BEGINNING || story.acts[at].call <= act.ret);
        let replaced = |&at: &usize| {
            newer.is_some_and(|newer| at == BEGINNING || end(story, at) < story.acts[newer].call)
        };
        if candidates.iter().all(replaced) {
            let known = !candidates.is_empty();
            candidates.retain(|&at| at != BEGINNING);
            let newer = newer.filter(|_| known);
            return Ok(Some(Stale { read, newer, sources: candidates }));
        }
    }
    Ok(None)
}

fn others_during(story: &Story, swap: usize) -> bool {
    let act = &story.acts[swap];
    let sessions = story.writes_by_session(act.key).iter();
    let mut writes = sessions.flat_map(|(_, writes)| writes.iter().copied());
    writes.any(|at| at != swap && story.acts[at].call <= act.ret && end(story, at) >= act.call)
}
