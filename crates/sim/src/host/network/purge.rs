//! Removing lost messages from the simulator's queues.

use super::Network;
use super::held::Held;
use turmoil::Sim;

impl Network {
    /// Removes the lost messages of a direction in which nothing else is held: turmoil walks its
    /// whole queue on every send. Only a partition removes messages from a queue; the hold that
    /// follows at once takes its place, and what was let go on the other direction is let go again.
    pub(super) fn purge(&mut self, sim: &Sim<'_>, purge: &Purge) {
        let address = |host: u16| self.addresses[usize::from(host)];
        sim.partition_oneway(address(purge.from), address(purge.to));
        sim.hold(address(purge.from), address(purge.to));
        self.links[purge.link].held.retain(|held| held.from != purge.from);
        if purge.let_go.is_empty() {
            return;
        }
        sim.links(|mut links| {
            let sent = links.nth(purge.link).into_iter().flatten().enumerate();
            for (_, sent) in sent.filter(|(position, _)| purge.let_go.contains(position)) {
                sent.deliver();
            }
        });
    }
}

/// A direction of a link that is to be emptied.
pub(super) struct Purge {
    link: usize,
    from: u16,
    to: u16,
    /// What is let go in the other direction: positions in the queue after the purge.
    let_go: Vec<usize>,
}

/// So many lost messages may stay while the other direction is busy.
const LOST_MAX: usize = 64;

impl Purge {
    /// The direction in which everything that is held is lost, if there is one. `let_go` are the
    /// positions of the messages that are on their way out of the queue, `kept` what stays.
    pub(super) fn of(
        link: usize,
        ends: (u16, u16),
        kept: &[Held],
        let_go: &[(usize, u16)],
    ) -> Option<Purge> {
        let lost = kept.iter().filter(|held| held.lost).count();
        if lost == 0 || (lost < LOST_MAX && !let_go.is_empty()) {
            return None;
        }
        let (a, b) = ends;
        let directions = [(a, b), (b, a)].into_iter();
        let mut emptied = directions.filter(|(from, _)| {
            let mut of = kept.iter().filter(|held| held.from == *from).peekable();
            let busy = let_go.iter().any(|(_, sender)| sender == from);
            !busy && of.peek().is_some() && of.all(|held| held.lost)
        });
        let (from, to) = emptied.next()?;
        // Where the messages of the other direction stand after the purge: less far back by the
        // lost ones before them.
        let mut places = Vec::new();
        let (mut kept, mut removed) = (kept.iter(), 0);
        let mut position = 0;
        for &(gone, _) in let_go {
            for held in kept.by_ref().take(gone - position) {
                removed += usize::from(held.from == from);
            }
            position = gone + 1;
            places.push(gone - removed);
        }
        Some(Purge { link, from, to, let_go: places })
    }
}
