//! From arguments to a judgement: which properties, which budget, how long it took.

use crate::args::Judging;
use crate::clock::{Stopwatch, Watchdog};
use crate::exit::{Exit, Failure};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use testimony::verdict::{Finding, Judgement, Level, Property, Unknown, Verdict};
use testimony::{AnyModel, JudgeOptions, Registry};

/// Wall-clock time for one judgement when nothing else is said.
const WALL: Duration = Duration::from_secs(300);

/// How everything of one command is judged.
pub(crate) struct Judge {
    options: JudgeOptions,
    wall: Duration,
    /// Whether every level that applies was asked for.
    all: bool,
}

/// The name that stands for every level.
pub(crate) const ALL: &str = "all";

/// A judgement with the time that each property took.
pub(crate) struct Timed {
    pub(crate) judgement: Judgement,
    pub(crate) check_ms: BTreeMap<Property, f64>,
}

impl Judge {
    /// Reads the arguments; unknown names are usage errors that list the known ones.
    pub(crate) fn new(args: &Judging, registry: &Registry) -> Result<Judge, Failure> {
        let known = known_properties(registry);
        let mut properties = Vec::new();
        let all = args.levels.iter().any(|name| name == ALL);
        if all {
            properties.extend(Level::ALL.iter().map(|level| Property::Level(*level)));
        }
        for name in args.levels.iter().filter(|name| *name != ALL) {
            let found = known.iter().find(|property| property.name() == name).cloned();
            // A name may have a parameter, which no list can show.
            let found =
                found.or_else(|| registry.models.iter().find_map(|model| model.property(name)));
            let property = found.ok_or_else(|| {
                Failure::usage(format!("unknown level `{name}`; known: {}, {ALL}", names(&known)))
            })?;
            if !properties.contains(&property) {
                properties.push(property);
            }
        }
        let mut options = JudgeOptions { properties, engine: args.engine, ..Default::default() };
        let budget = args.budget.unwrap_or_default();
        options.steps_max = budget.steps_max.unwrap_or(options.steps_max);
        options.bytes_max = budget.bytes_max.unwrap_or(options.bytes_max);
        Ok(Judge { options, wall: budget.wall.unwrap_or(WALL), all })
    }

    /// The same, and finds out how stale reads were.
    pub(crate) fn with_staleness(mut self) -> Judge {
        self.options.staleness = true;
        self
    }

    /// Nothing asked for, default budgets.
    pub(crate) fn plain() -> Judge {
        Judge { options: JudgeOptions::default(), wall: WALL, all: false }
    }

    /// Whether every level that applies was asked for, whichever these are.
    pub(crate) fn is_all(&self) -> bool {
        self.all
    }

    /// The engine, counted steps and bytes that decide.
    pub(crate) fn limits(&self) -> (Option<&'static str>, u64, usize) {
        let engine = self.options.engine.map(testimony::verdict::Engine::name);
        (engine, self.options.steps_max, self.options.bytes_max)
    }

    /// The properties that were asked for; empty when none were.
    pub(crate) fn asked(&self) -> &[Property] {
        &self.options.properties
    }

    /// Of these, the properties that were asked for; all of them when none were.
    pub(crate) fn chosen(&self, claims: Vec<Property>) -> Vec<Property> {
        let asked = self.asked();
        claims.into_iter().filter(|claim| asked.is_empty() || asked.contains(claim)).collect()
    }

    /// Whether fewer than all of these were asked for.
    pub(crate) fn is_partial(&self, claims: &[Property]) -> bool {
        self.chosen(claims.to_vec()).len() < claims.len()
    }

    /// The same with another engine.
    pub(crate) fn with_engine(&self, engine: Option<testimony::verdict::Engine>) -> Judge {
        let options = JudgeOptions { engine, ..self.options.clone() };
        Judge { options, wall: self.wall, all: self.all }
    }

    /// Judges by these properties, each apart so that its time is known; by the default when there
    /// are none.
    pub(crate) fn run(
        &self,
        properties: &[Property],
        judge: impl Fn(&JudgeOptions) -> Judgement,
    ) -> Timed {
        let mut timed = Timed { judgement: Judgement::default(), check_ms: BTreeMap::new() };
        let rounds: Vec<Vec<Property>> = match properties {
            [] => vec![Vec::new()],
            some => some.iter().map(|property| vec![property.clone()]).collect(),
        };
        for properties in rounds {
            let stop = Arc::new(AtomicBool::new(false));
            let options =
                JudgeOptions { properties, stop: Arc::clone(&stop), ..self.options.clone() };
            let watchdog = Watchdog::new(self.wall, stop);
            let watch = Stopwatch::start();
            let one = judge(&options);
            let ms = watch.ms();
            drop(watchdog);
            timed.judgement.operations = one.operations;
            timed.judgement.answered = one.answered;
            timed.judgement.staleness.extend(one.staleness);
            timed.judgement.alone.extend(one.alone);
            for (property, finding) in one.by {
                timed.check_ms.insert(property.clone(), ms);
                timed.judgement.by.insert(property, finding);
            }
        }
        timed
    }
}

/// Every property by which some model can be judged.
pub(crate) fn known_properties(registry: &Registry) -> Vec<Property> {
    let levels = Level::ALL.iter().map(|level| Property::Level(*level));
    let claims = registry.subjects.iter().flat_map(|subject| subject.claims());
    let models = registry.models.iter().flat_map(|model| model.properties());
    levels.chain(models).chain(claims).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The model of this name, or one line that lists the known ones.
pub(crate) fn model<'r>(registry: &'r Registry, name: &str) -> Result<&'r dyn AnyModel, String> {
    let found = registry.models.iter().find(|model| model.name() == name);
    found.map(|model| &**model).ok_or_else(|| {
        let known: Vec<_> = registry.models.iter().map(|model| model.name()).collect();
        format!("unknown model `{name}`; known: {}", known.join(", "))
    })
}

/// Names of properties, separated by commas.
pub(crate) fn names(properties: &[Property]) -> String {
    properties.iter().map(Property::name).collect::<Vec<_>>().join(", ")
}

/// How many verdicts rest on their engine alone, for the end of a summary; nothing where none does.
pub(crate) fn vouched(engine_only: usize) -> String {
    match engine_only {
        0 => String::new(),
        1 => "; 1 verdict rests on the engine alone".to_owned(),
        several => format!("; {several} verdicts rest on the engine alone"),
    }
}

/// The code that one verdict asks for.
pub(crate) fn exit_of(finding: &Finding) -> Exit {
    match &finding.verdict {
        Verdict::Valid(_) => Exit::Valid,
        Verdict::Invalid(_) => Exit::Anomaly,
        Verdict::Unknown(Unknown::Internal(_)) => Exit::Internal,
        Verdict::Unknown(_) => Exit::Unknown,
    }
}
