//! What may break in a run, and how a seed picks from it.

use crate::fault::{between, one_way};
use crate::plan::CLIENTS_HOST;
use crate::{Config, Draw, Family, Fault, Pair, PlannedFault, When};

/// What may break: families of faults, and the skew of the nodes' clocks.
///
/// Each plan switches every family on or off by itself (swarm testing: runs with few kinds of
/// fault reach states that runs with all of them never reach), and draws when each fault strikes,
/// for how long, and whom.
///
/// ```
/// use testimony_sim::{Family, Nemesis};
/// let nemesis = Nemesis::of(&[Family::Partition]).and(&[Family::Crash]).skew_ms(50);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Nemesis {
    families: Vec<Family>,
    on_per_mille: u32,
    skew_ms: u32,
    beyond_minority: bool,
}

impl Default for Nemesis {
    /// Nothing breaks.
    fn default() -> Nemesis {
        Nemesis { families: Vec::new(), on_per_mille: 600, skew_ms: 0, beyond_minority: false }
    }
}

/// A run is cut into windows of about this length, and every family strikes in each of them.
const WINDOW_MS: u64 = 2_000;

/// How many faults of a family strike at most in one window.
const EPISODES_MAX: u64 = 3;

/// How many faults of a family there can be in a run: ids of families do not meet.
const FAULTS_MAX: u64 = 1_000_000;

/// The longest fault.
const LASTS_MS_MAX: u64 = 3_000;

impl Nemesis {
    /// These families.
    pub fn of(families: &[Family]) -> Nemesis {
        Nemesis::default().and(families)
    }

    /// All families.
    pub fn all() -> Nemesis {
        Nemesis::of(Family::ALL)
    }

    /// These families too.
    pub fn and(mut self, families: &[Family]) -> Nemesis {
        self.families.extend_from_slice(families);
        self.families.sort_unstable();
        self.families.dedup();
        self
    }

    /// These families and no others.
    pub fn only(self, families: &[Family]) -> Nemesis {
        Nemesis { families: Vec::new(), ..self }.and(families)
    }

    /// Each family is on in so many of a thousand plans; 600 unless said otherwise, 1000 for always.
    pub fn on_per_mille(self, per_mille: u32) -> Nemesis {
        Nemesis { on_per_mille: per_mille, ..self }
    }

    /// The wall clock of each node is wrong by up to so many milliseconds, for the whole run.
    pub fn skew_ms(self, skew_ms: u32) -> Nemesis {
        Nemesis { skew_ms, ..self }
    }

    /// Half of the nodes or more may be down at once. Otherwise a plan never crashes more than a
    /// minority at the same time: what no quorum survives tells nothing.
    pub fn beyond_minority(self) -> Nemesis {
        Nemesis { beyond_minority: true, ..self }
    }

    /// Draws which families are on, the latencies and the skews. The configuration's largest
    /// latency is the bound for what is drawn.
    pub(crate) fn configure(&self, draw: &Draw, config: &mut Config) {
        let on = |family: &Family| draw.chance(self.on_per_mille, "family on", &[*family as u64]);
        config.families = self.families.iter().copied().filter(on).collect();
        let (low, high) = (u64::from(config.latency_min_ms), u64::from(config.latency_max_ms));
        let latency_max = draw.between(low.max(high / 3), high, "latency max", &[]);
        config.latency_max_ms = u32::try_from(latency_max).unwrap_or(config.latency_max_ms);
        if self.skew_ms > 0 {
            let wide = 2 * u64::from(self.skew_ms);
            let skew = |node: u16| draw.between(0, wide, "skew", &[node.into()]);
            let centred = |skew: u64| i64::try_from(skew).unwrap_or(0) - i64::from(self.skew_ms);
            config.skew_ms = (0..config.nodes).map(|node| centred(skew(node))).collect();
        }
    }

    /// Draws the faults of a run whose last step is taken at `last_ms`.
    pub(crate) fn faults(&self, draw: &Draw, config: &Config, last_ms: u64) -> Vec<PlannedFault> {
        let mut faults: Vec<PlannedFault> = Vec::new();
        let windows = (last_ms / WINDOW_MS).max(1);
        for &family in &config.families {
            for window in 0..windows {
                let ids = [family as u64, window];
                let episodes = draw.between(1, EPISODES_MAX, "episodes", &ids);
                for episode in 0..episodes {
                    let number = window * EPISODES_MAX + episode;
                    let dice = Dice { draw, ids: [family as u64, number] };
                    let from_ms = window * (last_ms / windows);
                    let Some(planned) = plan_one(family, &dice, config, from_ms, last_ms / windows)
                    else {
                        continue;
                    };
                    if self.beyond_minority || is_survivable(&faults, &planned, config.nodes) {
                        faults.push(planned);
                    }
                }
            }
        }
        faults.sort_by_key(|fault| (fault.at_ms(), fault.id));
        faults
    }
}

/// A fault of this family that strikes within `span_ms` from `from_ms` on.
fn plan_one(
    family: Family,
    dice: &Dice<'_>,
    config: &Config,
    from_ms: u64,
    span_ms: u64,
) -> Option<PlannedFault> {
    let fault = strike(family, dice, config)?;
    let shortest = (span_ms / 10).clamp(50, LASTS_MS_MAX);
    let longest = (span_ms / 2).clamp(shortest, LASTS_MS_MAX);
    let lasts_ms = Some(dice.between(shortest, longest, "lasts"));
    let from_ms = from_ms.max(START_MS);
    let when = When::AtMs(dice.between(from_ms, from_ms + span_ms.saturating_sub(START_MS), "at"));
    let [family, number] = dice.ids;
    let id = u32::try_from(family * FAULTS_MAX + number).ok()?;
    Some(PlannedFault { id, when, lasts_ms, fault })
}

/// Faults begin when the first operations do.
const START_MS: u64 = 25;

/// Whether never more than a minority of the nodes is down at once with this fault too.
fn is_survivable(faults: &[PlannedFault], new: &PlannedFault, nodes: u16) -> bool {
    let span = |fault: &PlannedFault| {
        let lasts = fault.lasts_ms.unwrap_or(u64::MAX);
        (fault.at_ms(), fault.at_ms().saturating_add(lasts))
    };
    let Fault::Crash { node } = &new.fault else { return true };
    let (begins, ends) = span(new);
    let mut down = vec![node];
    for fault in faults {
        let Fault::Crash { node } = &fault.fault else { continue };
        let (other_begins, other_ends) = span(fault);
        // Nodes that are down at any time of the new crash count as down together: stricter than
        // need be where two older crashes do not meet.
        if other_begins <= ends && begins <= other_ends && !down.contains(&node) {
            down.push(node);
        }
    }
    down.len() <= usize::from(nodes.saturating_sub(1) / 2)
}

/// The numbers of one fault.
struct Dice<'a> {
    draw: &'a Draw,
    ids: [u64; 2],
}

impl Dice<'_> {
    fn between(&self, low: u64, high: u64, what: &str) -> u64 {
        self.draw.between(low, high, what, &self.ids)
    }

    fn below(&self, bound: usize, what: &str) -> usize {
        let number = self.draw.below(u64::try_from(bound).unwrap_or(0), what, &self.ids);
        usize::try_from(number).unwrap_or(0)
    }

    fn per_mille(&self, low: u64, high: u64, what: &str) -> u32 {
        u32::try_from(self.between(low, high, what)).unwrap_or(0)
    }

    /// The names in an order of its own.
    fn shuffled<'n>(&self, names: &'n [String]) -> Vec<&'n str> {
        let [family, episode] = self.ids;
        let mut numbered: Vec<(u64, &str)> = Vec::new();
        for (id, name) in (0..).zip(names) {
            numbered.push((self.draw.at("order", &[family, episode, id]), name));
        }
        numbered.sort_unstable();
        numbered.into_iter().map(|(_, name)| name).collect()
    }
}

/// A fault of this family; `None` where the cluster is too small for it.
fn strike(family: Family, dice: &Dice<'_>, config: &Config) -> Option<Fault> {
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

/// Two halves that see each other only through one node.
fn bridge(nodes: &[&str]) -> Vec<Pair> {
    let (_, rest) = nodes.split_at(1);
    let (left, right) = rest.split_at(rest.len() / 2);
    between(left, right)
}

/// Every node sees a majority, no two the same one: each sees its neighbours in a ring.
fn ring(nodes: &[&str]) -> Vec<Pair> {
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

#[cfg(test)]
mod tests;
