//! What a fault of each family strikes, and how hard.

use super::dice::Dice;
use crate::fault::{LEADER, between, bridge, one_way, ring};
use crate::plan::CLIENTS_HOST;
use crate::{Config, Family, Fault, Pair};

/// A fault of this family; `None` where the cluster is too small for it.
pub(super) fn strike(family: Family, dice: &Dice<'_>, config: &Config) -> Option<Fault> {
    let names = config.node_names();
    let nodes = dice.shuffled(&names);
    match family {
        Family::Partition => (nodes.len() > 1).then(|| partition(dice, &nodes)),
        Family::OneWay => (nodes.len() > 1).then(|| Fault::Cut { pairs: mute(dice, &nodes) }),
        Family::Crash => Some(Fault::Crash { node: nodes[0].to_owned() }),
        Family::Loss => {
            let per_mille = dice.per_mille(20, 300, "share");
            Some(Fault::Lose { pairs: some_links(dice, &nodes), per_mille })
        }
        Family::Delay => {
            let per_mille = dice.per_mille(50, 300, "share");
            let max_ms = dice.per_mille(50, 400, "delay");
            Some(Fault::Slow { pairs: some_links(dice, &nodes), per_mille, min_ms: 20, max_ms })
        }
        _ => strike_links(family, dice, &nodes),
    }
}

/// A load of this family where there are so many keys; `None` for families of faults.
pub(super) fn load(family: Family, dice: &Dice<'_>, keys: u32) -> Option<Fault> {
    // All clients in half of the cases: then the whole system feels it.
    let clients = |what| match dice.below(2, what) {
        0 => 1_000,
        _ => dice.per_mille(200, 1_000, "share"),
    };
    Some(match family {
        Family::HotKey => {
            let key = dice.per_mille(0, u64::from(keys.max(1)) - 1, "key");
            Fault::HotKey { key, per_mille: dice.per_mille(500, 1_000, "share") }
        }
        Family::Burst => {
            let ahead_ms = dice.per_mille(50, 1_000, "ahead");
            Fault::Burst { per_mille: clients("clients"), ahead_ms }
        }
        Family::QuietWindow => Fault::QuietWindow { per_mille: clients("clients") },
        _ => return None,
    })
}

/// The further faults of links.
fn strike_links(family: Family, dice: &Dice<'_>, nodes: &[&str]) -> Option<Fault> {
    let pairs = some_links(dice, nodes);
    let share = |high| dice.per_mille(20, high, "share");
    Some(match family {
        Family::Tail => Fault::Tail { pairs, per_mille: share(400), min_ms: 10, max_ms: 5_000 },
        Family::Duplicate => {
            let max_ms = dice.per_mille(1, 1_000, "late");
            Fault::Duplicate { pairs, per_mille: share(400), min_ms: 0, max_ms }
        }
        Family::Corrupt => Fault::Corrupt { pairs, per_mille: share(100) },
        Family::Reorder => {
            let overtaken_by = dice.per_mille(1, 5, "overtaken");
            Fault::Reorder { pairs, per_mille: share(400), overtaken_by, max_ms: 500 }
        }
        Family::Bandwidth => {
            let bytes_per_s = dice.per_mille(2_000, 50_000, "rate");
            Fault::Cap { pairs, bytes_per_s, queue_bytes: 20_000 }
        }
        Family::Jam => Fault::Jam { pairs },
        Family::Stream => match dice.below(4, "shape") {
            0 => Fault::Reset { pairs },
            1 => Fault::HalfOpen { pairs },
            2 => Fault::Refuse { pairs },
            _ => Fault::Hang { pairs },
        },
        Family::Resegment => Fault::Resegment { pairs, max_bytes: dice.per_mille(1, 40, "bytes") },
        Family::Flap => {
            let (on_ms, off_ms) = (dice.per_mille(5, 150, "on"), dice.per_mille(5, 150, "off"));
            Fault::Flap { pairs, on_ms, off_ms }
        }
        Family::Swizzle => {
            let mut release = owned(nodes);
            let turn = dice.below(nodes.len(), "turn");
            release.rotate_left(turn);
            Fault::Swizzle { clog: owned(nodes), release, step_ms: dice.per_mille(20, 200, "step") }
        }
        Family::Leader => strike_leader(dice, nodes),
        _ => return strike_node(family, dice, nodes),
    })
}

/// The further faults of nodes.
fn strike_node(family: Family, dice: &Dice<'_>, nodes: &[&str]) -> Option<Fault> {
    let node = nodes[0].to_owned();
    Some(match family {
        Family::PowerLoss => Fault::PowerLoss { node },
        Family::Amnesia => Fault::Amnesia { node },
        Family::Shutdown => {
            let grace_ms = dice.per_mille(0, 100, "grace");
            match dice.below(2, "shape") {
                0 => Fault::Stop { node, grace_ms },
                _ => Fault::Rolling {
                    nodes: owned(nodes),
                    grace_ms,
                    down_ms: dice.per_mille(20, 200, "down"),
                    gap_ms: dice.per_mille(20, 200, "gap"),
                },
            }
        }
        Family::Correlated => {
            let half = u64::try_from(nodes.len() / 2).unwrap_or(0).max(2);
            let count = usize::try_from(dice.between(2, half, "count")).unwrap_or(2);
            Fault::Correlated { nodes: owned(&nodes[..count.min(nodes.len())]) }
        }
        Family::Pause => Fault::Pause { node },
        Family::SlowCpu => Fault::SlowCpu { node, one_in: dice.per_mille(2, 50, "one in") },
        Family::Torn => Fault::Torn { node },
        Family::LyingSync => Fault::LyingSync { node },
        Family::DiskError => match dice.below(2, "shape") {
            0 => Fault::DiskError { node, per_mille: dice.per_mille(10, 200, "share") },
            _ => Fault::DiskFull { node },
        },
        Family::SlowDisk => Fault::SlowDisk { node, extra_ms: dice.per_mille(5, 300, "extra") },
        Family::BitRot => Fault::BitRot { node, per_mille: dice.per_mille(100, 1000, "share") },
        Family::Clock => strike_clock(dice, node),
        Family::Misdirect => Fault::Misdirect { node, per_mille: dice.per_mille(20, 500, "share") },
        _ => return None,
    })
}

/// A wall clock is wrong by up to some seconds.
fn strike_clock(dice: &Dice<'_>, node: String) -> Fault {
    let far = |reach: u32| {
        let drawn = i64::from(dice.per_mille(0, 2 * u64::from(reach), "far"));
        drawn - i64::from(reach)
    };
    match dice.below(4, "shape") {
        0 => Fault::Skew { node, ms: far(5_000) },
        1 => Fault::Drift { node, per_mille: i32::try_from(far(500)).unwrap_or(0) },
        2 => Fault::Strobe { node, ms: far(2_000), every_ms: dice.per_mille(1, 100, "every") },
        _ => Fault::Frozen { node },
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The leader is cut off from the other nodes, cannot be heard by them, is frozen, or crashes.
fn strike_leader(dice: &Dice<'_>, nodes: &[&str]) -> Fault {
    match dice.below(4, "shape") {
        0 => Fault::Cut { pairs: between(&[LEADER], nodes) },
        1 => Fault::Cut { pairs: one_way(&[LEADER], nodes) },
        2 => Fault::Pause { node: LEADER.to_owned() },
        _ => Fault::Crash { node: LEADER.to_owned() },
    }
}

/// A partition of the nodes in both directions. In one case of three the clients are on the
/// larger side; otherwise they reach everyone.
fn partition(dice: &Dice<'_>, nodes: &[&str]) -> Fault {
    let count = nodes.len();
    let shape = match count {
        2 => 0,
        3 => dice.below(3, "shape"),
        _ => dice.below(4, "shape"),
    };
    let middle = count / 2;
    let (side, other) = match shape {
        0 => nodes.split_at(1),
        1 => nodes.split_at(middle),
        2 => return Fault::Cut { pairs: bridge(nodes) },
        _ => return Fault::Cut { pairs: ring(nodes) },
    };
    let mut pairs = between(side, other);
    // `side` is never the larger one: the clients keep a quorum.
    if dice.below(3, "clients") == 0 {
        pairs.extend(between(&[CLIENTS_HOST], side));
    }
    Fault::Cut { pairs }
}

/// One node that the others do not hear, that does not hear the others, or one deaf direction.
fn mute(dice: &Dice<'_>, nodes: &[&str]) -> Vec<Pair> {
    let (one, others) = nodes.split_at(1);
    match dice.below(3, "shape") {
        0 => one_way(one, others),
        1 => one_way(others, one),
        _ => one_way(one, &others[..1]),
    }
}

/// All links, or those of one node, or those between the clients and the nodes.
fn some_links(dice: &Dice<'_>, nodes: &[&str]) -> Vec<Pair> {
    let everyone: Vec<&str> = nodes.iter().copied().chain([CLIENTS_HOST]).collect();
    match dice.below(4, "links") {
        0 => between(&nodes[..1], &everyone[1..]),
        1 => between(&[CLIENTS_HOST], nodes),
        2 if nodes.len() > 1 => one_way(nodes, nodes),
        _ => one_way(&everyone, &everyone),
    }
}
