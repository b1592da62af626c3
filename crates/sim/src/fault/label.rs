//! Faults in words, for reports.

use super::{Fault, Pair};
use std::collections::BTreeSet;

impl Fault {
    /// In words: `n1 | n2 n3`, `n1 -> n2 n3`, `n2 down`, `10 % lost on all links`.
    pub fn label(&self) -> String {
        let links = links_label(self.pairs());
        match self {
            Fault::Cut { pairs } => cut_label(pairs),
            Fault::Flap { pairs, .. } => format!("{} flapping", cut_label(pairs)),
            Fault::Lose { per_mille, .. } => format!("{} lost {links}", percent(*per_mille)),
            Fault::Slow { per_mille, min_ms, max_ms, .. } => {
                format!("{} delayed by {min_ms} to {max_ms} ms {links}", percent(*per_mille))
            }
            Fault::Tail { per_mille, min_ms, max_ms, .. } => {
                format!("{} delayed by {min_ms} to rarely {max_ms} ms {links}", percent(*per_mille))
            }
            Fault::Duplicate { per_mille, .. } => {
                format!("{} doubled {links}", percent(*per_mille))
            }
            Fault::Corrupt { per_mille, .. } => {
                format!("{} corrupted {links}", percent(*per_mille))
            }
            Fault::Reorder { per_mille, .. } => {
                format!("{} overtaken {links}", percent(*per_mille))
            }
            Fault::Cap { bytes_per_s, .. } => format!("{bytes_per_s} bytes/s {links}"),
            Fault::Jam { .. } => format!("jam {links}"),
            Fault::Reset { .. } => format!("streams reset {links}"),
            Fault::HalfOpen { .. } => format!("streams half open {links}"),
            Fault::Refuse { .. } => format!("connections refused {links}"),
            Fault::Hang { .. } => format!("connections hang {links}"),
            Fault::Resegment { max_bytes, .. } => {
                format!("streams in pieces of up to {max_bytes} bytes {links}")
            }
            Fault::Swizzle { clog, .. } => format!("{} jammed one by one", clog.join(" ")),
            Fault::Crash { node } => format!("{node} down"),
            Fault::PowerLoss { node } => format!("{node} without power"),
            Fault::Amnesia { node } => format!("{node} down, disk lost"),
            Fault::Stop { node, .. } => format!("{node} stopped"),
            Fault::Rolling { nodes, .. } => format!("{} restarted in turn", nodes.join(" ")),
            Fault::Correlated { nodes } => format!("{} down", nodes.join(" ")),
            Fault::Pause { node } => format!("{node} paused"),
            Fault::Torn { node } => format!("{node} tears unsynced writes"),
            Fault::LyingSync { node } => format!("syncs of {node} do nothing"),
            Fault::DiskError { node, per_mille } => {
                format!("{} of the disk accesses of {node} fail", percent(*per_mille))
            }
            Fault::DiskFull { node } => format!("disk of {node} full"),
            Fault::SlowDisk { node, extra_ms } => format!("disk of {node} slower by {extra_ms} ms"),
            Fault::BitRot { node, per_mille } => {
                format!("{} of the files of {node} rot", percent(*per_mille))
            }
            Fault::Skew { node, ms } => format!("clock of {node} {ms:+} ms"),
            Fault::Drift { node, per_mille } => {
                format!("clock of {node} {per_mille:+} ms a second")
            }
            Fault::Strobe { node, ms, every_ms } => {
                format!("clock of {node} {ms:+} ms every {every_ms} ms")
            }
            Fault::Frozen { node } => format!("clock of {node} stands still"),
            Fault::Misdirect { node, per_mille } => {
                format!("{} of the writes of {node} misdirected", percent(*per_mille))
            }
            Fault::SlowCpu { node, one_in } => format!("{node} runs 1 of {one_in} ms"),
            Fault::HotKey { .. }
            | Fault::Burst { .. }
            | Fault::QuietWindow { .. }
            | Fault::Join { .. }
            | Fault::Leave { .. } => self.label_of_no_damage(),
        }
    }

    /// Loads, and members that come and go.
    fn label_of_no_damage(&self) -> String {
        match self {
            Fault::HotKey { key, per_mille } => {
                format!("{} of the steps on key {key}", percent(*per_mille))
            }
            Fault::Burst { per_mille, ahead_ms } => {
                format!("burst of {} of the clients, {ahead_ms} ms ahead", percent(*per_mille))
            }
            Fault::QuietWindow { per_mille } => {
                format!("{} of the clients quiet", percent(*per_mille))
            }
            Fault::Join { node } => format!("{node} joins"),
            Fault::Leave { node } => format!("{node} leaves"),
            _ => String::new(),
        }
    }
}

fn percent(per_mille: u32) -> String {
    match per_mille % 10 {
        0 => format!("{} %", per_mille / 10),
        rest => format!("{}.{rest} %", per_mille / 10),
    }
}

pub(super) fn is_symmetric(pairs: &[Pair]) -> bool {
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
