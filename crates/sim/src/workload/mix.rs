//! How many operations, how fast, and which kinds: what the stock workloads share.

use crate::{Config, Draw, PlannedStep};

/// How many steps there are and how far apart they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// Steps of all clients together.
    pub ops: u32,
    /// The least time between two steps of a client, in milliseconds.
    pub gap_min_ms: u32,
    /// The largest time between two steps of a client, in milliseconds.
    pub gap_max_ms: u32,
}

impl Default for Pace {
    /// 100 steps; each client takes one every 35 ms on average.
    fn default() -> Pace {
        Pace { ops: 100, gap_min_ms: 10, gap_max_ms: 60 }
    }
}

/// When the first step may begin: servers have bound their sockets by then.
const START_MS: u64 = 20;

impl Pace {
    /// Steps in the order of their times (as many as the configuration asks for, where it does), dealt to the clients in turn; `what` makes the step with
    /// this id. A step is not taken before its time, but later when its client is still busy.
    pub fn steps<S>(
        &self,
        draw: &Draw,
        config: &Config,
        mut what: impl FnMut(u32) -> S,
    ) -> Vec<PlannedStep<S>> {
        let clients = config.clients.max(1);
        let mut next = vec![START_MS; usize::from(clients)];
        let mut steps = Vec::new();
        for (id, client) in (0..config.ops.unwrap_or(self.ops)).zip((0..clients).cycle()) {
            let (low, high) = (u64::from(self.gap_min_ms), u64::from(self.gap_max_ms));
            let time = &mut next[usize::from(client)];
            *time += draw.between(low, high, "gap", &[u64::from(id)]);
            steps.push(PlannedStep { id, client, not_before_ms: *time, step: what(id) });
        }
        steps.sort_by_key(|step| (step.not_before_ms, step.id));
        steps
    }
}

/// Picks one of several kinds by weight; `None` when all weights are 0.
pub(super) fn pick<T: Copy>(number: u64, kinds: &[(u32, T)]) -> Option<T> {
    let total: u64 = kinds.iter().map(|(weight, _)| u64::from(*weight)).sum();
    let mut left = number.checked_rem(total)?;
    for (weight, kind) in kinds {
        match left.checked_sub(u64::from(*weight)) {
            Some(rest) => left = rest,
            None => return Some(*kind),
        }
    }
    None
}
