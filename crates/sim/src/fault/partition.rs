//! The shapes of partitions, as lists of directed pairs.

use super::Pair;

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

/// Two halves that see each other only through one node.
pub fn bridge(nodes: &[&str]) -> Vec<Pair> {
    let (_, rest) = nodes.split_at(1);
    let (left, right) = rest.split_at(rest.len() / 2);
    between(left, right)
}

/// Every node sees a majority, no two the same one: each sees its neighbours in a ring.
pub fn ring(nodes: &[&str]) -> Vec<Pair> {
    let count = nodes.len();
    let majority = count / 2 + 1;
    let reach = (majority - 1).div_ceil(2);
    let mut pairs = Vec::new();
    for (at, a) in nodes.iter().enumerate() {
        for (to, b) in nodes.iter().enumerate().skip(at + 1) {
            let distance = (to - at).min(count - (to - at));
            if distance > reach {
                pairs.extend(between(&[a], &[b]));
            }
        }
    }
    pairs
}

/// One node cut off from all others, in both directions.
pub fn isolate(node: &str, all: &[&str]) -> Vec<Pair> {
    between(&[node], all)
}
