//! The determinism ladder: which sources of chance a run has under control.
//!
//! | level | what it has | what it cures |
//! |---|---|---|
//! | `rules` | seed, epoch, steps of 1 ms, keyed luck; the code under test follows the rules | everything that the simulator does |
//! | `seeded-runtime` | tokio built with `--cfg tokio_unstable`: turmoil seeds it | unbiased `select!`, the order in which `watch` wakes |
//! | `interposed` | the feature `interpose` too: the run's thread gets entropy and clocks from the seed | `HashMap` order, `rand`, `uuid`, `Instant`, `SystemTime` |
//! | `isolated` | `interposed` and a process for each run | counters of the whole process: task ids, `futures::select!` |
//!
//! No build fails for want of a level: a run's header says what it had, and
//! [`Cluster::require`](crate::Cluster::require) refuses to run with less.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

/// A level of the ladder, the lowest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Determinism {
    /// The simulator's own rules.
    Rules,
    /// And a runtime whose choices follow from the seed.
    SeededRuntime,
    /// And entropy and clocks that follow from the seed.
    Interposed,
    /// And a process of its own, with entropy and clocks that follow from the seed.
    Isolated,
}

impl Determinism {
    /// Every level, the lowest first.
    pub const ALL: &[Determinism] = &[
        Determinism::Rules,
        Determinism::SeededRuntime,
        Determinism::Interposed,
        Determinism::Isolated,
    ];

    /// Its name in headers and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Determinism::Rules => "rules",
            Determinism::SeededRuntime => "seeded-runtime",
            Determinism::Interposed => "interposed",
            Determinism::Isolated => "isolated",
        }
    }

    /// The level of this name.
    pub fn named(name: &str) -> Option<Determinism> {
        Determinism::ALL.iter().copied().find(|level| level.name() == name)
    }

    /// What runs of this process have.
    pub fn of_this_process() -> Determinism {
        level(IS_SEEDED, IS_INTERPOSED, is_isolated())
    }

    /// What to do to get there, in words.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Determinism::Rules => "every build has it",
            Determinism::SeededRuntime => "build with RUSTFLAGS=\"--cfg tokio_unstable\"",
            Determinism::Interposed => {
                "build with RUSTFLAGS=\"--cfg tokio_unstable\" and the feature `interpose`, on Linux"
            }
            Determinism::Isolated => {
                "build with the feature `interpose`, on Linux, and give each run a process (--isolate)"
            }
        }
    }
}

impl fmt::Display for Determinism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn level(seeded: bool, interposed: bool, isolated: bool) -> Determinism {
    match (seeded, interposed, isolated) {
        // In a process of its own even the runtime's seed follows: it comes from the entropy.
        (_, true, true) => Determinism::Isolated,
        (true, true, false) => Determinism::Interposed,
        (true, false, _) => Determinism::SeededRuntime,
        (false, _, _) => Determinism::Rules,
    }
}

/// What a header says: the level, and what this build has beyond it.
pub(crate) fn words() -> String {
    let level = Determinism::of_this_process();
    let beyond = [
        (IS_INTERPOSED && level < Determinism::Interposed, "interposition"),
        (is_isolated() && level < Determinism::Isolated, "isolation"),
    ];
    let beyond = beyond.iter().filter(|(has, _)| *has).map(|(_, what)| format!("+{what}"));
    level.name().to_owned() + &beyond.collect::<String>()
}

/// Whether turmoil seeds the runtime.
#[expect(unexpected_cfgs, reason = "a flag of the whole build, not of this package")]
const IS_SEEDED: bool = cfg!(tokio_unstable);

static ISOLATED: AtomicBool = AtomicBool::new(false);

/// Says that this process makes a single run.
pub fn declare_isolated() {
    ISOLATED.store(true, Ordering::Relaxed);
}

fn is_isolated() -> bool {
    ISOLATED.load(Ordering::Relaxed)
}

/// A use of entropy or of a clock of the operating system by the code under test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawn {
    /// The host whose code it was.
    pub host: String,
    /// `entropy`, `the wall clock` or `the monotonic clock`.
    pub what: String,
    /// Function, file and line, and the libraries between them and the system.
    pub place: String,
    /// How often.
    pub times: u64,
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Drawn { host, what, place, times } = self;
        write!(f, "{host} asked for {what} {times} times in {place}")
    }
}

#[cfg(feature = "interpose")]
pub(crate) use with::{IS_INTERPOSED, begin, end, set_now_ms};
#[cfg(not(feature = "interpose"))]
pub(crate) use without::{IS_INTERPOSED, begin, end, set_now_ms};

/// With the feature: this thread's entropy and clocks are ours.
#[cfg(feature = "interpose")]
mod with {
    use super::Drawn;
    use testimony_interpose as interpose;
    use testimony_net::tasks::current_host;

    pub(crate) const IS_INTERPOSED: bool = interpose::IS_AVAILABLE;

    /// A run of this seed begins on this thread.
    pub(crate) fn begin(seed: u64, notes: bool) {
        let epoch_ns = u64::try_from(crate::host::EPOCH.as_nanos()).unwrap_or(u64::MAX);
        interpose::begin(interpose::Conduct::Govern { seed, epoch_ns, notes }, current_host);
    }

    /// It ends: what its hosts drew, where that was noted.
    pub(crate) fn end(hosts: &[String]) -> Vec<Drawn> {
        let drawn = |call: interpose::Call| Drawn {
            host: hosts.get(usize::from(call.host)).cloned().unwrap_or_default(),
            what: call.source.to_string(),
            place: call.place,
            times: call.times,
        };
        interpose::end().into_iter().map(drawn).collect()
    }

    /// Virtual time goes on.
    pub(crate) fn set_now_ms(now_ms: u64) {
        interpose::set_elapsed(now_ms.saturating_mul(1_000_000));
    }
}

/// Without it: nothing is done and nothing is known.
#[cfg(not(feature = "interpose"))]
mod without {
    use super::Drawn;

    pub(crate) const IS_INTERPOSED: bool = false;

    pub(crate) fn begin(_seed: u64, _notes: bool) {}

    pub(crate) fn end(_hosts: &[String]) -> Vec<Drawn> {
        Vec::new()
    }

    pub(crate) fn set_now_ms(_now_ms: u64) {}
}

#[cfg(test)]
mod tests {
    use super::{Determinism, level};

    #[test]
    fn levels_are_what_a_build_and_a_process_have() {
        assert_eq!(level(false, false, false), Determinism::Rules);
        assert_eq!(level(false, true, false), Determinism::Rules, "select! is not cured");
        assert_eq!(level(true, false, true), Determinism::SeededRuntime);
        assert_eq!(level(true, true, false), Determinism::Interposed);
        assert_eq!(level(false, true, true), Determinism::Isolated);
        for &known in Determinism::ALL {
            assert_eq!(Determinism::named(known.name()), Some(known));
        }
        assert!(Determinism::ALL.is_sorted());
    }
}
