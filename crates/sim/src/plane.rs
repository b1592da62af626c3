//! The fault plane: what is broken right now, counted for each directed pair of hosts.
//!
//! Overlapping faults compose because each only adds and later takes away its own share: healing
//! one never heals another. The simulator's own partitions cannot do that, they are one value for
//! each link.

mod pair;

use crate::{Fault, PlannedFault};
use pair::PairState;

pub(crate) use pair::{Loss, Slow};

/// What is broken right now.
pub(crate) struct Plane {
    hosts: Vec<String>,
    /// By directed pair (`from * hosts + to`).
    pairs: Vec<PairState>,
    /// How many crashes hold each host down.
    down: Vec<u32>,
    /// Whether the software of each host is not running, for whatever reason.
    stopped: Vec<bool>,
}

/// What a fault that begins or ends asks of the hosts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    /// Nothing: only messages are concerned.
    None,
    /// This host goes down.
    Down(u16),
    /// This host comes up again.
    Up(u16),
}

impl Plane {
    pub(crate) fn new(hosts: Vec<String>) -> Plane {
        let count = hosts.len();
        Plane {
            hosts,
            pairs: vec![PairState::default(); count * count],
            down: vec![0; count],
            stopped: vec![false; count],
        }
    }

    fn host(&self, name: &str) -> Option<usize> {
        self.hosts.iter().position(|host| host == name)
    }

    fn at(&self, from: u16, to: u16) -> &PairState {
        &self.pairs[usize::from(from) * self.hosts.len() + usize::from(to)]
    }

    /// Adds the share of a fault.
    pub(crate) fn begin(&mut self, planned: &PlannedFault) -> Change {
        self.change(planned, true)
    }

    /// Takes away the share of a fault that began.
    pub(crate) fn end(&mut self, planned: &PlannedFault) -> Change {
        self.change(planned, false)
    }

    fn change(&mut self, planned: &PlannedFault, begins: bool) -> Change {
        let id = planned.id;
        if let Fault::Crash { node } = &planned.fault {
            return self.host(node).map_or(Change::None, |host| self.change_host(host, begins));
        }
        for (from, to) in planned.fault.pairs() {
            // A validated plan names known hosts only.
            let (Some(from), Some(to)) = (self.host(from), self.host(to)) else { continue };
            let pair = &mut self.pairs[from * self.hosts.len() + to];
            match &planned.fault {
                Fault::Cut { .. } if begins => pair.cuts += 1,
                Fault::Cut { .. } => pair.cuts = pair.cuts.saturating_sub(1),
                Fault::Lose { per_mille, .. } => {
                    pair.lose.retain(|loss| loss.fault != id);
                    if begins {
                        pair.lose.push(Loss { fault: id, per_mille: *per_mille });
                    }
                }
                Fault::Slow { per_mille, min_ms, max_ms, .. } => {
                    pair.slow.retain(|slow| slow.fault != id);
                    if begins {
                        let (per_mille, min_ms, max_ms) =
                            (*per_mille, u64::from(*min_ms), u64::from(*max_ms));
                        pair.slow.push(Slow { fault: id, per_mille, min_ms, max_ms });
                    }
                }
                Fault::Crash { .. } => {}
            }
        }
        Change::None
    }

    fn change_host(&mut self, host: usize, begins: bool) -> Change {
        let Ok(number) = u16::try_from(host) else { return Change::None };
        let down = &mut self.down[host];
        let before = *down;
        *down = if begins { before + 1 } else { before.saturating_sub(1) };
        match (before, *down) {
            (0, 1) => Change::Down(number),
            (1, 0) => Change::Up(number),
            _ => Change::None,
        }
    }

    /// Whether nothing passes from one host to the other.
    pub(crate) fn is_cut(&self, from: u16, to: u16) -> bool {
        self.at(from, to).cuts > 0
    }

    /// Takes note that the software of a host was stopped or started.
    pub(crate) fn set_stopped(&mut self, host: u16, stopped: bool) {
        self.stopped[usize::from(host)] = stopped;
    }

    /// Whether the software of a host is not running: nothing can arrive there.
    pub(crate) fn is_stopped(&self, host: u16) -> bool {
        self.stopped[usize::from(host)]
    }

    /// The losses on a pair.
    pub(crate) fn losses(&self, from: u16, to: u16) -> &[Loss] {
        &self.at(from, to).lose
    }

    /// The delays on a pair.
    pub(crate) fn delays(&self, from: u16, to: u16) -> &[Slow] {
        &self.at(from, to).slow
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::When;
    use crate::fault::{between, one_way};

    fn planned(id: u32, fault: Fault) -> PlannedFault {
        PlannedFault { id, when: When::AtMs(0), lasts_ms: None, fault }
    }

    fn plane() -> Plane {
        Plane::new(vec!["n1".into(), "n2".into(), "n3".into()])
    }

    #[test]
    fn healing_one_cut_leaves_the_other() {
        let mut plane = plane();
        let first = planned(0, Fault::Cut { pairs: between(&["n1"], &["n2", "n3"]) });
        let second = planned(1, Fault::Cut { pairs: one_way(&["n1"], &["n2"]) });
        plane.begin(&first);
        plane.begin(&second);
        plane.end(&first);
        assert!(plane.is_cut(0, 1), "the one-way cut stays");
        assert!(!plane.is_cut(1, 0));
        assert!(!plane.is_cut(0, 2));
        plane.end(&second);
        assert!(!plane.is_cut(0, 1));
    }

    #[test]
    fn a_node_is_up_when_its_last_crash_is_over() {
        let mut plane = plane();
        let first = planned(0, Fault::Crash { node: "n2".to_owned() });
        let second = planned(1, Fault::Crash { node: "n2".to_owned() });
        assert_eq!(plane.begin(&first), Change::Down(1));
        assert_eq!(plane.begin(&second), Change::None);
        assert_eq!(plane.end(&first), Change::None);
        assert_eq!(plane.end(&second), Change::Up(1));
    }

    #[test]
    fn losses_of_two_faults_stand_beside_each_other() {
        let mut plane = plane();
        let lose =
            |id| planned(id, Fault::Lose { pairs: one_way(&["n1"], &["n2"]), per_mille: 100 });
        plane.begin(&lose(0));
        plane.begin(&lose(1));
        assert_eq!(plane.losses(0, 1).len(), 2);
        plane.end(&lose(0));
        assert_eq!(plane.losses(0, 1), [Loss { fault: 1, per_mille: 100 }]);
        assert!(plane.losses(1, 0).is_empty());
    }
}
