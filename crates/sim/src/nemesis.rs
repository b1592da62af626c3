//! What may break in a run, and how a seed picks from it.

mod budget;
mod dice;
mod members;
mod strike;

use crate::fault::LEADER;
use crate::{Config, Draw, Family, Fault, PlannedFault, When};
use budget::is_survivable;
use dice::Dice;
use strike::{load, strike};

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
    points: Vec<String>,
    /// How many keys there are for a hot one.
    keys: u32,
}

impl Default for Nemesis {
    /// Nothing breaks.
    fn default() -> Nemesis {
        Nemesis {
            families: Vec::new(),
            on_per_mille: 600,
            skew_ms: 0,
            beyond_minority: false,
            points: Vec::new(),
            keys: 1,
        }
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

    /// The families that every system for unreliable networks and processes must survive:
    /// [`Family::BASIC`].
    pub fn basic() -> Nemesis {
        Nemesis::of(Family::BASIC)
    }

    /// All families, each on in a fifth of the plans: with more at once nothing would work at all.
    /// Some of them (corruption, amnesia, disks that lie) break systems that are correct under
    /// the basic ones.
    pub fn all() -> Nemesis {
        Nemesis::of(Family::ALL).on_per_mille(200)
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

    /// Only the families that a system with these abilities can have: hot keys need several keys, and
    /// members come and go where the system says how.
    pub(crate) fn fitting(mut self, keys: u32, membership: bool) -> Nemesis {
        self.families.retain(|family| match family {
            Family::HotKey => keys > 1,
            Family::Membership => membership,
            _ => true,
        });
        Nemesis { keys, ..self }
    }

    /// Each family is on in so many of a thousand plans; 600 unless said otherwise, 1000 for always.
    pub fn on_per_mille(self, per_mille: u32) -> Nemesis {
        Nemesis { on_per_mille: per_mille, ..self }
    }

    /// The wall clock of each node is wrong by up to so many milliseconds, for the whole run.
    pub fn skew_ms(self, skew_ms: u32) -> Nemesis {
        Nemesis { skew_ms, ..self }
    }

    /// Half of the nodes or more may be struck at once. Otherwise never more than a minority is
    /// down, frozen, or has lost or may lose what its disk had: what no quorum survives tells
    /// nothing. A node that lost data counts as struck for the rest of the run.
    pub fn beyond_minority(self) -> Nemesis {
        Nemesis { beyond_minority: true, ..self }
    }

    /// Half of the crashes, losses of power, amnesias and pauses strike when their node reaches one
    /// of these points of its code ([`NodeCtx::point`](crate::NodeCtx::point)) for the first to
    /// twentieth time, instead of at a time.
    pub fn at_points(self, points: &[&str]) -> Nemesis {
        Nemesis { points: points.iter().map(|point| (*point).to_owned()).collect(), ..self }
    }

    /// Moves a fault from its time to a point in the code of its node, if the dice say so.
    fn at_point(&self, planned: PlannedFault, dice: &Dice<'_>) -> PlannedFault {
        let (Fault::Crash { node }
        | Fault::PowerLoss { node }
        | Fault::Amnesia { node }
        | Fault::Pause { node }) = &planned.fault
        else {
            return planned;
        };
        if self.points.is_empty() || node == LEADER || dice.below(2, "at a point") == 0 {
            return planned;
        }
        let point = self.points[dice.below(self.points.len(), "point")].clone();
        let nth = dice.per_mille(1, 20, "nth");
        let when = When::AtPoint { point, node: Some(node.clone()), nth };
        PlannedFault { when, ..planned }
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
            if family == Family::Membership {
                self.change_members(&mut faults, draw, config, last_ms);
                continue;
            }
            for window in 0..windows {
                let ids = [family as u64, window];
                let episodes = draw.between(1, EPISODES_MAX, "episodes", &ids);
                for episode in 0..episodes {
                    let number = window * EPISODES_MAX + episode;
                    let dice = Dice { draw, ids: [family as u64, number] };
                    let from_ms = window * (last_ms / windows);
                    let Some(planned) =
                        self.plan_one(family, &dice, config, from_ms, last_ms / windows)
                    else {
                        continue;
                    };
                    let planned = self.at_point(planned, &dice);
                    if self.may_strike(&faults, &planned, config) {
                        faults.extend(consequence(&planned));
                        faults.push(planned);
                    }
                }
            }
        }
        faults.sort_by_key(|fault| (fault.at_ms(), fault.id));
        faults
    }

    fn may_strike(&self, faults: &[PlannedFault], new: &PlannedFault, config: &Config) -> bool {
        self.beyond_minority || is_survivable(faults, new, config.nodes)
    }

    /// Adds the joins and leaves, and of the crashes of those who join those that may strike.
    fn change_members(
        &self,
        faults: &mut Vec<PlannedFault>,
        draw: &Draw,
        config: &Config,
        last_ms: u64,
    ) {
        let (changes, crashes): (Vec<_>, Vec<_>) = members::members(draw, config, last_ms)
            .into_iter()
            .partition(|planned| planned.fault.membership().is_some());
        faults.extend(changes);
        for crash in crashes {
            if self.may_strike(faults, &crash, config) {
                faults.push(crash);
            }
        }
    }

    /// A fault of this family that strikes within `span_ms` from `from_ms` on.
    fn plan_one(
        &self,
        family: Family,
        dice: &Dice<'_>,
        config: &Config,
        from_ms: u64,
        span_ms: u64,
    ) -> Option<PlannedFault> {
        let fault = match load(family, dice, self.keys) {
            Some(load) => load,
            None => strike(family, dice, config)?,
        };
        let shortest = (span_ms / 10).clamp(50, LASTS_MS_MAX);
        let longest = (span_ms / 2).clamp(shortest, LASTS_MS_MAX);
        let lasts_ms = Some(dice.between(shortest, longest, "lasts"));
        let from_ms = from_ms.max(START_MS);
        let when =
            When::AtMs(dice.between(from_ms, from_ms + span_ms.saturating_sub(START_MS), "at"));
        let [family, number] = dice.ids;
        let id = u32::try_from(family * FAULTS_MAX + number).ok()?;
        Some(PlannedFault { id, when, lasts_ms, fault })
    }
}

/// The loss of power that shows what a disk did: without one, torn writes and syncs that lie are
/// never seen.
fn consequence(planned: &PlannedFault) -> Option<PlannedFault> {
    let (Fault::Torn { node } | Fault::LyingSync { node }) = &planned.fault else { return None };
    let lasts = planned.lasts_ms.unwrap_or(LASTS_MS_MAX);
    let id = planned.id.checked_add(u32::try_from(FAULTS_MAX / 2).ok()?)?;
    let when = When::AtMs(planned.at_ms() + lasts / 2);
    let fault = Fault::PowerLoss { node: node.clone() };
    Some(PlannedFault { id, when, lasts_ms: Some(lasts / 4), fault })
}

/// Faults begin when the first operations do.
const START_MS: u64 = 25;

#[cfg(test)]
mod tests;
