//! The faults that were in force when something was lost.

use crate::InForce;
use serde_json::Value;
use std::collections::BTreeMap;
use testimony_history::{FaultEvent, Loss, Message, Rank};

/// So many faults that struck the same way or the same node are looked at, the latest first: a plan has
/// far fewer, and a file that somebody made up must not take all day.
const LOOKED_AT_MAX: usize = 1_000;

/// A fault: when it was in force.
#[derive(Clone, Debug)]
struct Fault {
    begins: Rank,
    ends: Rank,
    shown: InForce,
}

/// Every fault of a run, and what each way and each node was struck by, in the order in which they
/// began.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    faults: Vec<Fault>,
    ways: BTreeMap<(String, String), Vec<usize>>,
    nodes: BTreeMap<String, Vec<usize>>,
}

impl Faults {
    pub(crate) fn new(events: &[FaultEvent]) -> Faults {
        let mut all = Faults::default();
        let mut open: BTreeMap<u32, usize> = BTreeMap::new();
        for event in events {
            if event.begins {
                open.insert(event.fault, all.faults.len());
                all.begin(event);
            } else if let Some(fault) =
                open.remove(&event.fault).and_then(|at| all.faults.get_mut(at))
            {
                fault.ends = event.rank;
            }
        }
        all
    }

    fn begin(&mut self, event: &FaultEvent) {
        let at = self.faults.len();
        let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let list = |name: &str| detail.get(name).and_then(Value::as_array).into_iter().flatten();
        for pair in list("pairs") {
            let ends = (pair.get(0).and_then(text), pair.get(1).and_then(text));
            if let (Some(from), Some(to)) = ends {
                self.ways.entry((from, to)).or_default().push(at);
            }
        }
        let nodes = list("nodes").chain(list("clog")).chain(detail.get("node"));
        for node in nodes.filter_map(text) {
            self.nodes.entry(node).or_default().push(at);
        }
        let (name, label) = (event.name.clone(), event.label.clone());
        let shown = InForce { fault: event.fault, name, label };
        self.faults.push(Fault { begins: event.rank, ends: Rank::NEVER, shown });
    }

    /// The fault that a message fell victim to when the history had so many events, or that held it
    /// up: one that strikes its way, else one that strikes one of its ends; of several the latest.
    pub(crate) fn against(&self, message: &Message, after: u32) -> Option<InForce> {
        let latest = |struck: Option<&Vec<usize>>| {
            let latest =
                struck?.iter().rev().take(LOOKED_AT_MAX).filter_map(|at| self.faults.get(*at));
            let mut in_force = latest.filter(|fault| {
                let now = fault.begins.0 < after && after <= fault.ends.0;
                now && can_cause(&fault.shown.name, message.lost)
            });
            in_force.next()
        };
        let of_node = |host: &str| latest(self.nodes.get(host));
        let of_way = || latest(self.ways.get(&(message.from.to_string(), message.to.to_string())));
        let found = match message.lost {
            Some(Loss::Down) => of_node(&message.to).or_else(of_way),
            Some(Loss::Power) => of_node(&message.from).or_else(of_way),
            _ => of_way().or_else(|| of_node(&message.to)),
        };
        found.map(|fault| fault.shown.clone())
    }
}

/// Whether a fault of this name can be why a message was lost for this reason.
fn can_cause(name: &str, lost: Option<Loss>) -> bool {
    let causes: &[&str] = match lost {
        Some(Loss::Cut) => &["cut", "flap", "swizzle", "hang"],
        Some(Loss::Chance) => &["lose", "corrupt"],
        Some(Loss::Down) => &["crash", "power-loss", "amnesia", "stop", "rolling", "correlated"],
        Some(Loss::Power) => &["power-loss", "correlated"],
        Some(Loss::Full) => &["cap"],
        Some(Loss::Refused) => &["refuse"],
        // Streams break when nothing gets through for long, whatever the reason.
        Some(Loss::Reset | Loss::Closed) | None => return true,
    };
    causes.contains(&name)
}
