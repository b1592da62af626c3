//! What a history can be held to: levels of consistency and named invariants.
//!
//! The levels are data: [`Level::about`] has a row for each, and [`IMPLICATIONS`] the arrows between
//! them. Everything else (what implies what through others, which are the strongest that hold) is
//! derived from the two tables.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A level of consistency.
///
/// A *session* is the operations of one process in their order. In all levels but
/// [`Level::Linearizable`], [`Level::Regular`], [`Level::Safe`] and [`Level::EventualConvergence`]
/// real time between sessions does not matter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Level {
    /// Every operation seems to take effect at one moment between its call and its return
    /// (Herlihy and Wing, 1990).
    Linearizable,
    /// One order of everything, which keeps the order of each session (Lamport, 1979).
    Sequential,
    /// For each session one order of all writes and its own reads that keeps causality
    /// (Ahamad, Neiger, Burns, Kohli and Hutto, 1995).
    CausalMemory,
    /// One order of all writes, and every read sees the last of those in its causal past
    /// (Bouajjani, Enea, Guerraoui and Hamza, 2017).
    CausalConvergence,
    /// For each session one order of all writes and its own reads that keeps the order of every
    /// session (Lipton and Sandberg, 1988).
    Pram,
    /// No session reads what is older than its own earlier writes (Terry et al., 1994).
    ReadYourWrites,
    /// No session reads what is older than what it read before (Terry et al., 1994).
    MonotonicReads,
    /// Who sees a write sees what its session wrote before (Terry et al., 1994).
    MonotonicWrites,
    /// Who sees a write sees what its session had seen before (Terry et al., 1994).
    WritesFollowReads,
    /// After the faults and the last write, everybody reads the same (Vogels, 2009).
    EventualConvergence,
    /// A read sees the last write before it, or one during it (Lamport, 1986).
    Regular,
    /// A read without a write during it sees the last write before it (Lamport, 1986).
    Safe,
}

/// What there is to know about a level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct About {
    /// The level.
    pub level: Level,
    /// Its name in files and on the command line.
    pub name: &'static str,
    /// The level as a noun, in words.
    pub title: &'static str,
    /// Its definition in one sentence.
    pub definition: &'static str,
    /// Who defined it, where and when.
    pub source: &'static str,
    /// Whether a history has it exactly when its part for each key has it.
    pub local: bool,
}

macro_rules! levels {
    ($($level:ident, $name:literal, $title:literal, local: $local:literal,
       $definition:literal, $source:literal;)*) => {
        /// A row for each level, in the order of [`Level::ALL`].
        const TABLE: &[About] = &[$(About {
            level: Level::$level, name: $name, title: $title,
            definition: $definition, source: $source, local: $local,
        },)*];

        impl Level {
            /// Every level that an engine judges, stronger ones before weaker ones.
            pub const ALL: &'static [Level] = &[$(Level::$level,)*];
        }
    };
}

levels! {
    Linearizable, "linearizable", "linearizability", local: true,
        "every operation seems to take effect at one moment between its call and its return",
        "Herlihy and Wing, Linearizability: a correctness condition for concurrent objects, TOPLAS 1990";
    Sequential, "sequential", "sequential consistency", local: false,
        "one order of all operations explains every answer and keeps the order of each session",
        "Lamport, How to make a multiprocessor computer that correctly executes multiprocess programs, 1979";
    CausalMemory, "causal-memory", "causal memory", local: false,
        "for each session, an order of all writes and of its own reads explains its answers and keeps causality",
        "Ahamad, Neiger, Burns, Kohli and Hutto, Causal memory: definitions, implementation, and programming, 1995";
    CausalConvergence, "causal-convergence", "causal convergence", local: false,
        "one order of all writes, the same for everybody, keeps causality, and every read answers the last write of its causal past",
        "Bouajjani, Enea, Guerraoui and Hamza, On verifying causal consistency, POPL 2017; Perrin, Mostefaoui and Jard, PPoPP 2016";
    Pram, "pram", "PRAM consistency", local: false,
        "for each session, an order of all writes and of its own reads explains its answers and keeps the order of every session",
        "Lipton and Sandberg, PRAM: a scalable shared memory, 1988";
    ReadYourWrites, "read-your-writes", "read your writes", local: true,
        "no read answers a version older than a write that its own session made before",
        "Terry, Demers, Petersen, Spreitzer, Theimer and Welch, Session guarantees for weakly consistent replicated data, PDIS 1994";
    MonotonicReads, "monotonic-reads", "monotonic reads", local: true,
        "no read answers a version older than one that its own session read before",
        "Terry, Demers, Petersen, Spreitzer, Theimer and Welch, Session guarantees for weakly consistent replicated data, PDIS 1994";
    MonotonicWrites, "monotonic-writes", "monotonic writes", local: false,
        "once a session has seen a write, its reads answer nothing older than what the writer wrote before it",
        "Terry, Demers, Petersen, Spreitzer, Theimer and Welch, Session guarantees for weakly consistent replicated data, PDIS 1994";
    WritesFollowReads, "writes-follow-reads", "writes follow reads", local: false,
        "once a session has seen a write, its reads answer nothing older than what the writer had read before it",
        "Terry, Demers, Petersen, Spreitzer, Theimer and Welch, Session guarantees for weakly consistent replicated data, PDIS 1994";
    EventualConvergence, "eventual-convergence", "eventual convergence", local: true,
        "after the faults have ended and every answered write has returned, all reads of a key answer the same, but for what unanswered writes may bring",
        "Vogels, Eventually consistent, CACM 2009";
    Regular, "regular", "regularity", local: true,
        "every read answers a last write before it or a write during it",
        "Lamport, On interprocess communication, 1986; Shao, Welch, Pierce and Lee, Multiwriter consistency conditions for shared memory registers, 2011";
    Safe, "safe", "safety of registers", local: true,
        "every read during which nothing is written answers a last write before it",
        "Lamport, On interprocess communication, 1986; Shao, Welch, Pierce and Lee, Multiwriter consistency conditions for shared memory registers, 2011";
}

/// The arrows between levels: every history that has the first has the second. Arrows that follow
/// from others are left out; [`Level::implies`] adds them.
pub const IMPLICATIONS: &[(Level, Level)] = &[
    (Level::Linearizable, Level::Sequential),
    (Level::Linearizable, Level::Regular),
    (Level::Linearizable, Level::EventualConvergence),
    (Level::Sequential, Level::CausalMemory),
    (Level::Sequential, Level::CausalConvergence),
    (Level::CausalMemory, Level::Pram),
    (Level::CausalMemory, Level::WritesFollowReads),
    (Level::CausalConvergence, Level::ReadYourWrites),
    (Level::CausalConvergence, Level::MonotonicReads),
    (Level::CausalConvergence, Level::MonotonicWrites),
    (Level::CausalConvergence, Level::WritesFollowReads),
    (Level::Pram, Level::ReadYourWrites),
    (Level::Pram, Level::MonotonicReads),
    (Level::Pram, Level::MonotonicWrites),
    (Level::Regular, Level::Safe),
];

impl Level {
    /// Its row in the table.
    pub fn about(self) -> &'static About {
        // The table is in the order of the variants, which a test holds.
        &TABLE[self as usize]
    }

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        self.about().name
    }

    /// The level as a noun, in words: `sequential consistency`.
    pub fn title(self) -> &'static str {
        self.about().title
    }

    /// Its definition in one sentence.
    pub fn definition(self) -> &'static str {
        self.about().definition
    }

    /// Who defined it, where and when.
    pub fn source(self) -> &'static str {
        self.about().source
    }

    /// Whether a history has it exactly when its part for each key has it
    /// (for linearizability: Herlihy and Wing, 1990, theorem 1).
    pub fn is_local(self) -> bool {
        self.about().local
    }

    /// Whether every history that has this level has the other one, through any number of
    /// [`IMPLICATIONS`]. Every level implies itself.
    ///
    /// ```
    /// use testimony_verdict::Level;
    ///
    /// assert!(Level::Linearizable.implies(Level::MonotonicReads));
    /// assert!(!Level::CausalConvergence.implies(Level::CausalMemory));
    /// ```
    pub fn implies(self, other: Level) -> bool {
        let mut open = vec![self];
        let mut seen = vec![self];
        while let Some(level) = open.pop() {
            if level == other {
                return true;
            }
            for &(_, weaker) in IMPLICATIONS.iter().filter(|(stronger, _)| *stronger == level) {
                if !seen.contains(&weaker) {
                    seen.push(weaker);
                    open.push(weaker);
                }
            }
        }
        false
    }
}

/// One thing that a history is judged by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Property {
    /// A level of consistency.
    Level(Level),
    /// A named invariant of the domain, e.g. `no-oversell`.
    Invariant(Cow<'static, str>),
}

impl Property {
    /// Linearizability, the property most often asked for.
    pub const LINEARIZABLE: Property = Property::Level(Level::Linearizable);

    /// An invariant with this name (kebab-case).
    pub const fn invariant(name: &'static str) -> Property {
        Property::Invariant(Cow::Borrowed(name))
    }

    /// Its name in files and on the command line.
    pub fn name(&self) -> &str {
        match self {
            Property::Level(level) => level.name(),
            Property::Invariant(name) => name,
        }
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(name: &str) -> Result<Level, String> {
        let found = Level::ALL.iter().find(|level| level.name() == name);
        found.copied().ok_or_else(|| {
            let known: Vec<_> = Level::ALL.iter().map(|level| level.name()).collect();
            format!("unknown level `{name}`; known: {}", known.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{IMPLICATIONS, Level, TABLE};
    use std::collections::BTreeSet;

    #[test]
    fn every_level_has_its_own_row() {
        for (row, level) in TABLE.iter().zip(Level::ALL) {
            assert_eq!(row.level, *level);
            assert_eq!(level.about(), row);
            assert_eq!(level.name().parse(), Ok(*level));
        }
        let names: BTreeSet<_> = TABLE.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), Level::ALL.len());
    }

    #[test]
    fn implications_are_a_partial_order_without_needless_arrows() {
        for &(stronger, weaker) in IMPLICATIONS {
            assert!(!weaker.implies(stronger), "{weaker} and {stronger} imply each other");
            let through = |&&(from, to): &&(Level, Level)| {
                from == stronger && to != weaker && to.implies(weaker)
            };
            assert_eq!(IMPLICATIONS.iter().find(through), None, "{stronger} -> {weaker}");
            let place = |level| Level::ALL.iter().position(|other| *other == level);
            assert!(place(stronger) < place(weaker), "{stronger} stands after {weaker}");
        }
    }
}
