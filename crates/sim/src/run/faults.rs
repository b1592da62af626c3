//! The driver's part of the faults: begin, end, and what they do to nodes.

use super::driver::Driver;
use crate::plane::Change;
use crate::schedule::Turn;
use crate::{Fault, PlannedFault};
use testimony_model::Model;

impl<M: Model> Driver<M> {
    /// Begins and ends the faults whose time has come.
    pub(super) fn strike(&mut self) {
        let reached = self.cues.take_reached();
        let leader = self.cues.leader();
        for turn in self.schedule.due(self.world.now_ms(), leader.as_deref(), &reached) {
            self.turn(&turn);
        }
        if !reached.is_empty() {
            self.cues.answer();
        }
        self.stop_stopping();
        self.conclude();
    }

    /// Ends the joins and leaves that the operator has brought to their end.
    fn conclude(&mut self) {
        let done = self.operator.as_ref().map(|operator| operator.take_done());
        for id in done.unwrap_or_default() {
            for turn in self.schedule.finish(id) {
                if let Turn::Part { part, begins: false } = &turn
                    && let Fault::Leave { .. } = &part.fault
                {
                    self.set_absent(&part.fault, true);
                }
                self.turn(&turn);
            }
        }
    }

    /// The node of a fault is there from now on, or has left.
    fn set_absent(&mut self, fault: &Fault, absent: bool) {
        for at in self.numbers(fault) {
            let host = self.nodes[at].host();
            let change = self.world.set_absent(host, absent);
            self.gone.retain(|gone| *gone != host);
            if absent {
                self.nodes[at].crash_disk();
            }
            self.took(change.as_slice());
        }
    }

    /// A node joins or leaves: the operator is asked.
    fn change_members(&mut self, part: &PlannedFault) {
        if let Fault::Join { .. } = &part.fault {
            self.set_absent(&part.fault, false);
        }
        if let (Some((node, joins)), Some(operator)) = (part.fault.membership(), &self.operator) {
            operator.want(part.id, node, joins);
        }
    }

    fn turn(&mut self, turn: &Turn) {
        match turn {
            Turn::Whole { planned, named, begins } => {
                let now_ns = self.world.now_ms() * 1_000_000;
                let family = planned.fault.family();
                self.recorder.fault(planned.id, family, named, *begins, now_ns);
            }
            Turn::Part { part, begins: true } => match &part.fault {
                Fault::Stop { grace_ms, .. } => self.ask_to_stop(part, *grace_ms),
                Fault::Join { .. } | Fault::Leave { .. } => self.change_members(part),
                _ => self.begin(part),
            },
            Turn::Part { part, begins: false } => {
                // A grace that is longer than the fault ends with it.
                if let Some(at) = self.stopping.iter().position(|(_, other)| other == part) {
                    self.stopping.remove(at);
                    self.begin(part);
                }
                self.end(part);
            }
        }
    }

    /// The nodes that a fault names, by number.
    fn numbers(&self, fault: &Fault) -> Vec<usize> {
        let named = fault.nodes();
        let names = self.nodes.iter().enumerate();
        names.filter(|(_, node)| named.contains(&node.name())).map(|(at, _)| at).collect()
    }

    fn ask_to_stop(&mut self, part: &PlannedFault, grace_ms: u32) {
        for node in self.numbers(&part.fault) {
            self.nodes[node].ask_to_stop();
        }
        self.stopping.push((self.world.now_ms() + u64::from(grace_ms), part.clone()));
    }

    /// Stops the nodes that were asked to and are done, or whose grace is over.
    fn stop_stopping(&mut self) {
        let now_ms = self.world.now_ms();
        for (until_ms, part) in std::mem::take(&mut self.stopping) {
            let done = self.numbers(&part.fault).iter().all(|node| self.nodes[*node].is_done());
            match done || until_ms <= now_ms {
                true => self.begin(&part),
                false => self.stopping.push((until_ms, part)),
            }
        }
    }

    fn begin(&mut self, part: &PlannedFault) {
        if let Some(loads) = self.loads.as_ref().filter(|_| part.fault.is_load()) {
            return loads.begin(part.id, &part.fault);
        }
        let changes = self.world.begin(part);
        let now_ns = self.world.since_1970_ns();
        for at in self.numbers(&part.fault) {
            let node = &self.nodes[at];
            match &part.fault {
                Fault::Crash { .. } | Fault::PowerLoss { .. } | Fault::Correlated { .. } => {
                    node.crash_disk();
                }
                Fault::Amnesia { .. } => node.wipe_disk(),
                fault => node.begin(part.id, fault, now_ns),
            }
        }
        self.took(&changes);
    }

    fn end(&mut self, part: &PlannedFault) {
        if let Some(loads) = self.loads.as_ref().filter(|_| part.fault.is_load()) {
            return loads.end(part.id);
        }
        let changes = self.world.end(part);
        for at in self.numbers(&part.fault) {
            self.nodes[at].end(part.id);
        }
        self.took(&changes);
    }

    /// Takes note of nodes that went down or came up.
    fn took(&mut self, changes: &[Change]) {
        for change in changes {
            match *change {
                Change::Down(host) => self.cues.lead(&self.host_name(Some(host)), false),
                Change::Up(host) => self.gone.retain(|gone| *gone != host),
            }
        }
    }

    /// Ends every fault and starts every node that is down.
    pub(super) fn heal(&mut self) {
        for turn in self.schedule.end_all() {
            self.turn(&turn);
        }
        self.cues.close();
        if let Some(operator) = &self.operator {
            operator.take_no_more();
        }
        for host in std::mem::take(&mut self.gone) {
            self.world.start(host);
        }
    }
}
