//! When each fault begins and ends, and each part of it.

use crate::fault::LEADER;
use crate::{Fault, PlannedFault, When};
use std::collections::BTreeMap;

/// The faults that are still to come, and those that are active.
pub(crate) struct Schedule {
    hosts: Vec<String>,
    /// By time and position in the plan; the latest last.
    coming: Vec<PlannedFault>,
    /// Those that wait for a point in the nodes' code.
    pointed: Vec<PlannedFault>,
    /// Those that wait for a leader, each until some time.
    leaderless: Vec<(u64, PlannedFault)>,
    /// By the time of their end (never: `u64::MAX`) and their id.
    active: BTreeMap<(u64, u32), Active>,
}

/// What happens in a run's turn of faults.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Turn {
    /// A fault begins (`true`) or ends: as planned, and with the leader by name.
    Whole { planned: PlannedFault, named: Fault, begins: bool },
    /// A part of a fault begins (`true`) or ends: what the plane is told.
    Part { part: PlannedFault, begins: bool },
}

struct Active {
    planned: PlannedFault,
    /// The fault with the leader by name.
    named: Fault,
    began_ms: u64,
    /// The number of the next part; `None` when there is none.
    next: Option<u64>,
    /// The parts that are active, each with its end.
    parts: Vec<(u64, PlannedFault)>,
}

impl Schedule {
    pub(crate) fn new(faults: &[PlannedFault], hosts: Vec<String>) -> Schedule {
        let (mut coming, pointed): (Vec<_>, Vec<_>) =
            faults.iter().cloned().partition(|fault| matches!(fault.when, When::AtMs(_)));
        coming.sort_by_key(PlannedFault::at_ms);
        coming.reverse();
        Schedule { hosts, coming, pointed, leaderless: Vec::new(), active: BTreeMap::new() }
    }

    /// What changes now: what ends before what begins. `reached` are the faults whose points were
    /// reached.
    pub(crate) fn due(&mut self, now_ms: u64, leader: Option<&str>, reached: &[u32]) -> Vec<Turn> {
        let mut turns = Vec::new();
        while self.active.first_key_value().is_some_and(|((ends_ms, _), _)| *ends_ms <= now_ms) {
            if let Some((_, active)) = self.active.pop_first() {
                active.end(&mut turns);
            }
        }
        for active in self.active.values_mut() {
            active.go_on(now_ms, &self.hosts, &mut turns);
        }
        self.leaderless.retain(|(until_ms, _)| *until_ms > now_ms);
        for (until_ms, planned) in std::mem::take(&mut self.leaderless) {
            self.begin(planned, until_ms, now_ms, leader, &mut turns);
        }
        while self.coming.last().is_some_and(|fault| fault.at_ms() <= now_ms) {
            let Some(planned) = self.coming.pop() else { break };
            self.begin_now(planned, now_ms, leader, &mut turns);
        }
        for id in reached {
            let Some(at) = self.pointed.iter().position(|fault| fault.id == *id) else { continue };
            let planned = self.pointed.remove(at);
            self.begin_now(planned, now_ms, leader, &mut turns);
        }
        turns
    }

    fn begin_now(
        &mut self,
        planned: PlannedFault,
        now_ms: u64,
        leader: Option<&str>,
        turns: &mut Vec<Turn>,
    ) {
        let until_ms = planned.lasts_ms.map_or(u64::MAX, |lasts| now_ms.saturating_add(lasts));
        self.begin(planned, until_ms, now_ms, leader, turns);
    }

    fn begin(
        &mut self,
        planned: PlannedFault,
        until_ms: u64,
        now_ms: u64,
        leader: Option<&str>,
        turns: &mut Vec<Turn>,
    ) {
        let named = match (planned.fault.names_leader(), leader) {
            (false, _) => planned.fault.clone(),
            (true, Some(leader)) => planned.fault.with_leader(leader),
            (true, None) => return self.leaderless.push((until_ms, planned)),
        };
        let key = (until_ms, planned.id);
        let begins = Turn::Whole { planned: planned.clone(), named: named.clone(), begins: true };
        turns.push(begins);
        let mut active =
            Active { planned, named, began_ms: now_ms, next: Some(0), parts: Vec::new() };
        active.go_on(now_ms, &self.hosts, turns);
        self.active.insert(key, active);
    }

    /// Ends one fault that is active.
    pub(crate) fn finish(&mut self, id: u32) -> Vec<Turn> {
        let mut turns = Vec::new();
        let key = self.active.keys().find(|(_, other)| *other == id).copied();
        if let Some(active) = key.and_then(|key| self.active.remove(&key)) {
            active.end(&mut turns);
        }
        turns
    }

    /// Ends everything: the active faults in the order of their ends; those to come never begin.
    pub(crate) fn end_all(&mut self) -> Vec<Turn> {
        self.coming.clear();
        self.pointed.clear();
        self.leaderless.clear();
        let mut turns = Vec::new();
        for active in std::mem::take(&mut self.active).into_values() {
            active.end(&mut turns);
        }
        turns
    }
}

impl Active {
    /// Ends and begins the parts whose time has come.
    fn go_on(&mut self, now_ms: u64, hosts: &[String], turns: &mut Vec<Turn>) {
        let mut ended = Vec::new();
        self.parts.retain(|(until_ms, part)| {
            let goes_on = *until_ms > now_ms;
            if !goes_on {
                ended.push(Turn::Part { part: part.clone(), begins: false });
            }
            goes_on
        });
        turns.append(&mut ended);
        while let Some(number) = self.next {
            let Some(stroke) = self.named.stroke(number, hosts) else {
                self.next = None;
                return;
            };
            if self.began_ms.saturating_add(stroke.from_ms) > now_ms {
                return;
            }
            self.next = Some(number + 1);
            let after = |ms: u64| self.began_ms.saturating_add(ms);
            let until_ms = stroke.until_ms.map_or(u64::MAX, after);
            if until_ms > now_ms {
                let part = PlannedFault { fault: stroke.fault, ..self.planned.clone() };
                turns.push(Turn::Part { part: part.clone(), begins: true });
                self.parts.push((until_ms, part));
            }
        }
    }

    fn end(self, turns: &mut Vec<Turn>) {
        let Active { planned, named, parts, .. } = self;
        turns.push(Turn::Whole { planned, named, begins: false });
        turns.extend(parts.into_iter().map(|(_, part)| Turn::Part { part, begins: false }));
    }
}

impl Fault {
    /// The fault with the name of the node that leads. Pairs of a node with itself are left out.
    fn with_leader(&self, leader: &str) -> Fault {
        let mut fault = self.clone();
        fault.rename(&|name| if name == LEADER { leader.to_owned() } else { name.to_owned() });
        fault
    }
}
