//! The determinism doctor: whether two runs of a plan do the same, and where they first part.

use crate::ladder::Drawn;
use crate::run::run_traced;
use crate::trace::{Happened, Keep, Trace};
use crate::workload::Workload;
use crate::{Cluster, Plan, Ran, RunError, compare};
use std::fmt;
use testimony_model::Model;

/// A run that diverged need not do so every time: so many pairs of runs are compared.
const PAIRS_MAX: usize = 6;

/// Characters of an event that are shown on each side.
const SHOWN_MAX: usize = 300;

/// What a run did, as a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fingerprint {
    /// How many events it had.
    pub events: u64,
    /// The hash of all of them, in order.
    pub hash: u64,
    /// What the code under test drew from the operating system: also where that was made to follow
    /// from the seed. Empty, too, when the build does not see it (without the feature `interpose`).
    pub drawn: Vec<Drawn>,
}

impl Fingerprint {
    /// Whether both runs did the same.
    pub fn is_same(&self, other: &Fingerprint) -> bool {
        (self.events, self.hash) == (other.events, other.hash)
    }
}

/// Two runs of one plan that did not do the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Divergence {
    /// How many events were the same before.
    pub position: u64,
    /// The last of them.
    pub before: Option<Happened>,
    /// What the first run did next; nothing when it was over.
    pub first: Option<Happened>,
    /// What the second run did next.
    pub second: Option<Happened>,
    /// What the code under test drew from the operating system. Empty, too, when the build does
    /// not see it (without the feature `interpose`).
    pub drawn: Vec<Drawn>,
}

impl Divergence {
    /// In what the first events after the common ones differ: `time`, `host`, `event`, or that one
    /// run ended.
    pub fn differs_in(&self) -> &'static str {
        match (&self.first, &self.second) {
            (Some(one), Some(two)) if one.host != two.host => "host",
            (Some(one), Some(two)) if one.what != two.what => "event",
            (Some(_), Some(_)) => "time",
            _ => "end",
        }
    }

    fn readable(mut self, hosts: &[String]) -> Divergence {
        for side in [&mut self.before, &mut self.first, &mut self.second] {
            *side = side.take().map(|happened| happened.readable(hosts));
        }
        self
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Divergence { position, before, first, second, drawn } = self;
        let shown = |side: &Option<Happened>| match side {
            None => "(the run ended)".to_owned(),
            Some(happened) => {
                let text = happened.to_string();
                match text.char_indices().nth(SHOWN_MAX) {
                    Some((end, _)) => format!("{}...", &text[..end]),
                    None => text,
                }
            }
        };
        writeln!(f, "event {position} is the first that differs, in its {}:", self.differs_in())?;
        if before.is_some() {
            writeln!(f, "  both:   {}", shown(before))?;
        }
        write!(f, "  first:  {}\n  second: {}", shown(first), shown(second))?;
        drawn.iter().try_for_each(|drawn| write!(f, "\n  drawn from the system: {drawn}"))
    }
}

impl<M: Model, W: Workload<M>> Cluster<M, W> {
    /// Runs a plan and gives the hash of everything that happened: every message sent, delivered,
    /// received and dropped, every line of the history, everything told through `tracing`.
    ///
    /// It takes about twice the time of a run.
    ///
    /// # Errors
    ///
    /// As [`Cluster::run`].
    pub fn fingerprint(&self, plan: &Plan<W::Step>) -> Result<Fingerprint, RunError> {
        let (_, trace, drawn) = run_traced(self, plan, Keep::Hash)?;
        Ok(Fingerprint { events: trace.events, hash: trace.hash, drawn })
    }

    /// Runs a plan twice, each time on a fresh thread, and finds the first event in which the runs
    /// differ; a few times over when they don't. `None` when no two runs differed.
    ///
    /// # Errors
    ///
    /// As [`Cluster::run`].
    pub fn diagnose(&self, plan: &Plan<W::Step>) -> Result<Option<Divergence>, RunError> {
        for _ in 0..PAIRS_MAX {
            let (one, first, drawn) = run_traced(self, plan, Keep::Events)?;
            let (two, second, _) = run_traced(self, plan, Keep::Events)?;
            let parted = part(&first, &second, drawn.clone());
            let parted = parted.or_else(|| later(&one, &two, &first, drawn));
            if let Some(parted) = parted {
                return Ok(Some(parted.readable(&plan.host_names())));
            }
        }
        Ok(None)
    }
}

/// Where two traces part.
fn part(first: &Trace, second: &Trace, drawn: Vec<Drawn>) -> Option<Divergence> {
    if first.hash == second.hash && first.events == second.events {
        return None;
    }
    let (one, two) = (&first.kept, &second.kept);
    let common = one.iter().zip(two).take_while(|(one, two)| one == two).count();
    Some(Divergence {
        position: u64::try_from(common).unwrap_or(u64::MAX),
        before: common.checked_sub(1).and_then(|last| one.get(last)).cloned(),
        first: one.get(common).cloned(),
        second: two.get(common).cloned(),
        drawn,
    })
}

/// What two runs with the same trace left behind differently: it happened outside of any event.
fn later<M: Model>(
    one: &Ran<M>,
    two: &Ran<M>,
    trace: &Trace,
    drawn: Vec<Drawn>,
) -> Option<Divergence> {
    let difference = compare(one, two)?;
    let side = |what: Option<String>, ran: &Ran<M>| {
        let (at_ms, host) = (ran.virtual_ms, difference.stream.to_owned());
        what.map(|what| Happened { at_ms, host, what })
    };
    Some(Divergence {
        position: trace.events,
        before: None,
        first: side(difference.first.clone(), one),
        second: side(difference.second.clone(), two),
        drawn,
    })
}
