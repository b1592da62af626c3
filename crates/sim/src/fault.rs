//! What the nemesis can do, as data.

use serde::{Deserialize, Serialize};

mod check;
mod family;
mod label;
mod partition;

pub use family::Family;
pub use partition::{between, bridge, one_way, ring};

pub(crate) use check::check;

use label::{cut_label, is_symmetric, links_label, percent};

/// A directed pair of hosts: from, to.
pub type Pair = (String, String);

/// A fault. It strikes when its time comes and ends when its duration is over or the final phase
/// begins. Overlapping faults compose: ending one never ends another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing passes on these directed pairs: datagrams are gone, segments of streams wait.
    Cut {
        /// Directed pairs of hosts.
        pairs: Vec<Pair>,
    },
    /// The node stops at once: its memory is gone, what its disk has synced survives. When the
    /// fault ends it is started again.
    Crash {
        /// The node.
        node: String,
    },
    /// So many of a thousand messages are lost on these directed pairs; segments of streams are
    /// sent again later.
    Lose {
        /// Directed pairs of hosts.
        pairs: Vec<Pair>,
        /// Share of the messages, of a thousand.
        per_mille: u32,
    },
    /// So many of a thousand messages take longer on these directed pairs.
    Slow {
        /// Directed pairs of hosts.
        pairs: Vec<Pair>,
        /// Share of the messages, of a thousand.
        per_mille: u32,
        /// The least additional delay in milliseconds.
        min_ms: u32,
        /// The largest additional delay in milliseconds.
        max_ms: u32,
    },
}

impl Fault {
    /// Its kind: `cut`, `crash`, `lose` or `slow`.
    pub fn name(&self) -> &'static str {
        match self {
            Fault::Cut { .. } => "cut",
            Fault::Crash { .. } => "crash",
            Fault::Lose { .. } => "lose",
            Fault::Slow { .. } => "slow",
        }
    }

    /// The directed pairs it strikes; none for a crash.
    pub fn pairs(&self) -> &[Pair] {
        match self {
            Fault::Cut { pairs } | Fault::Lose { pairs, .. } | Fault::Slow { pairs, .. } => pairs,
            Fault::Crash { .. } => &[],
        }
    }

    /// Its family. A cut is `one-way` when some pair is cut in one direction only.
    pub fn family(&self) -> Family {
        match self {
            Fault::Cut { pairs } if is_symmetric(pairs) => Family::Partition,
            Fault::Cut { .. } => Family::OneWay,
            Fault::Crash { .. } => Family::Crash,
            Fault::Lose { .. } => Family::Loss,
            Fault::Slow { .. } => Family::Delay,
        }
    }

    /// What it strikes as JSON text, without the kind: the `detail` of the fault log.
    pub(crate) fn detail(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(object) = value.as_object_mut() {
            object.remove("kind");
        }
        value.to_string()
    }

    /// In words: `n1 | n2 n3`, `n1 -> n2 n3`, `n2 down`, `10 % lost on all links`.
    pub fn label(&self) -> String {
        match self {
            Fault::Cut { pairs } => cut_label(pairs),
            Fault::Crash { node } => format!("{node} down"),
            Fault::Lose { pairs, per_mille } => {
                format!("{} lost {}", percent(*per_mille), links_label(pairs))
            }
            Fault::Slow { pairs, per_mille, min_ms, max_ms } => {
                let share = percent(*per_mille);
                format!("{share} delayed by {min_ms} to {max_ms} ms {}", links_label(pairs))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_who_is_cut_from_whom() {
        let isolated = Fault::Cut { pairs: between(&["n1"], &["n2", "n3"]) };
        assert_eq!(isolated.label(), "n1 | n2 n3");
        assert_eq!(isolated.family(), Family::Partition);
        let three = [between(&["n1"], &["n2", "n3"]), between(&["n2"], &["n3"])].concat();
        assert_eq!(Fault::Cut { pairs: three }.label(), "n1 | n2 | n3");
        let one = Fault::Cut { pairs: one_way(&["n1"], &["n2", "n3"]) };
        assert_eq!((one.label().as_str(), one.family()), ("n1 -> n2 n3", Family::OneWay));
        let ring = [between(&["n1"], &["n3"]), between(&["n2"], &["n4"])].concat();
        assert_eq!(Fault::Cut { pairs: ring }.label(), "n1-n3, n2-n4");
        assert_eq!(Fault::Crash { node: "n2".to_owned() }.label(), "n2 down");
        let hosts = ["clients", "n1", "n2"];
        let lose = Fault::Lose { pairs: one_way(&hosts, &hosts), per_mille: 105 };
        assert_eq!(lose.label(), "10.5 % lost between clients n1 n2");
    }

    #[test]
    fn details_are_json_without_the_kind() {
        let fault = Fault::Crash { node: "n2".to_owned() };
        assert_eq!(fault.detail(), r#"{"node":"n2"}"#);
        assert_eq!(serde_json::to_string(&fault).unwrap(), r#"{"kind":"crash","node":"n2"}"#);
    }

    #[test]
    fn families_have_names() {
        for &family in Family::ALL {
            assert_eq!(Family::named(family.name()), Some(family));
        }
        assert_eq!(Family::named("earthquake"), None);
    }
}
