//! What the nemesis can do, as data.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

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

/// The kinds of fault that are switched on or off together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Family {
    /// Cuts in both directions: one isolated, halves, a ring of majorities, a bridge.
    Partition,
    /// Cuts in one direction.
    OneWay,
    /// Crash and restart.
    Crash,
    /// Lost messages.
    Loss,
    /// Delay tails.
    Delay,
}

impl Family {
    /// Every family, in the order of their names in lists.
    pub const ALL: &[Family] =
        &[Family::Partition, Family::OneWay, Family::Crash, Family::Loss, Family::Delay];

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Family::Partition => "partition",
            Family::OneWay => "one-way",
            Family::Crash => "crash",
            Family::Loss => "loss",
            Family::Delay => "delay",
        }
    }

    /// The family of this name.
    pub fn named(name: &str) -> Option<Family> {
        Family::ALL.iter().copied().find(|family| family.name() == name)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
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

fn percent(per_mille: u32) -> String {
    match per_mille % 10 {
        0 => format!("{} %", per_mille / 10),
        rest => format!("{}.{rest} %", per_mille / 10),
    }
}

fn is_symmetric(pairs: &[Pair]) -> bool {
    let set: BTreeSet<_> = pairs.iter().map(|(from, to)| (from, to)).collect();
    set.iter().all(|&(from, to)| set.contains(&(to, from)))
}

fn hosts_of(pairs: &[Pair]) -> Vec<&str> {
    let all: BTreeSet<&str> = pairs.iter().flat_map(|(a, b)| [a.as_str(), b.as_str()]).collect();
    all.into_iter().collect()
}

fn links_label(pairs: &[Pair]) -> String {
    let hosts = hosts_of(pairs);
    let every = hosts.len() * hosts.len().saturating_sub(1);
    if hosts.len() > 2 && BTreeSet::from_iter(pairs).len() == every {
        return format!("between {}", hosts.join(" "));
    }
    let froms: BTreeSet<&str> = pairs.iter().map(|(from, _)| from.as_str()).collect();
    let tos: BTreeSet<&str> = pairs.iter().map(|(_, to)| to.as_str()).collect();
    let (froms, tos) = (Vec::from_iter(froms), Vec::from_iter(tos));
    match is_symmetric(pairs) {
        true => format!("on the links of {}", hosts.join(" ")),
        false => format!("from {} to {}", froms.join(" "), tos.join(" ")),
    }
}

fn cut_label(pairs: &[Pair]) -> String {
    let cut: BTreeSet<(&str, &str)> =
        pairs.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    if !is_symmetric(pairs) {
        let froms: BTreeSet<&str> = cut.iter().map(|(from, _)| *from).collect();
        let tos: BTreeSet<&str> = cut.iter().map(|(_, to)| *to).collect();
        if froms.len() * tos.len() == cut.len() {
            let (froms, tos) = (Vec::from_iter(froms), Vec::from_iter(tos));
            return format!("{} -> {}", froms.join(" "), tos.join(" "));
        }
        let each: Vec<String> = cut.iter().map(|(from, to)| format!("{from}->{to}")).collect();
        return each.join(", ");
    }
    let hosts = hosts_of(pairs);
    let groups = groups(&hosts, &cut);
    let crossing: usize =
        groups.iter().map(|group| group.len() * (hosts.len() - group.len())).sum();
    if groups.len() > 1 && crossing == cut.len() {
        let groups: Vec<String> = groups.iter().map(|group| group.join(" ")).collect();
        return groups.join(" | ");
    }
    let each = cut.iter().filter(|(from, to)| from < to);
    each.map(|(from, to)| format!("{from}-{to}")).collect::<Vec<_>>().join(", ")
}

/// The hosts that still reach each other, each group and the list of groups in order of names.
fn groups<'a>(hosts: &[&'a str], cut: &BTreeSet<(&str, &str)>) -> Vec<Vec<&'a str>> {
    let mut left: BTreeSet<&str> = hosts.iter().copied().collect();
    let mut groups = Vec::new();
    while let Some(first) = left.pop_first() {
        let mut group = vec![first];
        let mut at = 0;
        while let Some(&host) = group.get(at) {
            let reached: Vec<&str> =
                left.iter().copied().filter(|other| !cut.contains(&(host, other))).collect();
            for other in reached {
                left.remove(other);
                group.push(other);
            }
            at += 1;
        }
        group.sort_unstable();
        groups.push(group);
    }
    groups
}

/// Both directions between every host of `some` and every host of `others`.
pub fn between(some: &[&str], others: &[&str]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for a in some {
        for b in others.iter().filter(|b| *b != a) {
            pairs.push(((*a).to_owned(), (*b).to_owned()));
            pairs.push(((*b).to_owned(), (*a).to_owned()));
        }
    }
    pairs
}

/// The direction from every host of `froms` to every host of `tos`.
pub fn one_way(froms: &[&str], tos: &[&str]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for from in froms {
        for to in tos.iter().filter(|to| *to != from) {
            pairs.push(((*from).to_owned(), (*to).to_owned()));
        }
    }
    pairs
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
