//! The faults that were in force when something was lost.

use crate::InForce;
use serde_json::Value;
use std::collections::BTreeMap;
use testimony_history::{FaultEvent, Loss, Message, Rank};

/// A fault: when it was in force and what it struck.
#[derive(Clone, Debug)]
struct Fault {
    begins: Rank,
    ends: Rank,
    shown: InForce,
    /// Directed pairs of hosts.
    pairs: Vec<(String, String)>,
    nodes: Vec<String>,
}

/// Every fault of a run, in the order in which they began.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn new(events: &[FaultEvent]) -> Faults {
        let mut faults: Vec<Fault> = Vec::new();
        let mut open: BTreeMap<u32, usize> = BTreeMap::new();
        for event in events {
            if event.begins {
                open.insert(event.fault, faults.len());
                faults.push(Fault::new(event));
            } else if let Some(fault) = open.remove(&event.fault).and_then(|at| faults.get_mut(at))
            {
                fault.ends = event.rank;
            }
        }
        Faults(faults)
    }

    /// The fault that a message fell victim to when the history had so many events, or that held it
    /// up: one that strikes its way, else one that strikes one of its ends; of several the latest.
    pub(crate) fn against(&self, message: &Message, after: u32) -> Option<InForce> {
        let in_force =
            || self.0.iter().rev().filter(move |f| f.begins.0 < after && after <= f.ends.0);
        let of_node = |host: &str| in_force().find(|f| f.nodes.iter().any(|node| node == host));
        let of_way = || in_force().find(|f| f.strikes(&message.from, &message.to));
        let found = match message.lost {
            Some(Loss::Down) => of_node(&message.to).or_else(of_way),
            Some(Loss::Power) => of_node(&message.from).or_else(of_way),
            _ => of_way().or_else(|| of_node(&message.to)),
        };
        found.map(|fault| fault.shown.clone())
    }
}

impl Fault {
    fn new(event: &FaultEvent) -> Fault {
        let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let list = |name: &str| detail.get(name).and_then(Value::as_array).into_iter().flatten();
        let pairs =
            list("pairs").filter_map(|pair| Some((text(pair.get(0)?)?, text(pair.get(1)?)?)));
        let nodes = list("nodes").chain(list("clog")).chain(detail.get("node")).filter_map(text);
        let shown =
            InForce { fault: event.fault, name: event.name.clone(), label: event.label.clone() };
        Fault {
            begins: event.rank,
            ends: Rank::NEVER,
            pairs: pairs.collect(),
            nodes: nodes.collect(),
            shown,
        }
    }

    fn strikes(&self, from: &str, to: &str) -> bool {
        self.pairs.iter().any(|(a, b)| a == from && b == to)
    }
}
