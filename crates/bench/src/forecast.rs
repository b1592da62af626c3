//! What `stats` foretells of the histories of the benchmark, against what judging them takes.
//!
//! Where the search judges, steps are foretold and counted: that comparison is the same on every
//! machine. The log-linear engines count no steps, so their time is compared.

use crate::clock::Stopwatch;
use crate::make::Flatten;
use crate::measure::Case;
use serde::{Deserialize, Serialize};
use testimony::check::{Budget, Forecast, forecast, measure};
use testimony::verdict::Engine;

/// What was foretold of one history, and what it took.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Foretold {
    /// Steps of the search; otherwise milliseconds.
    pub(crate) counted: bool,
    pub(crate) foretold: f64,
    pub(crate) took: f64,
}

impl Foretold {
    /// How far the estimate is off, as a factor of one at least.
    fn factor(&self) -> f64 {
        let (most, least) = (self.foretold.max(self.took), self.foretold.min(self.took));
        most / least
    }

    fn is_within(&self) -> bool {
        self.factor() <= FACTOR_MAX
    }
}

/// An estimate is right when it is off by this factor at most.
const FACTOR_MAX: f64 = 10.0;

/// Foretells and decides each history, once: a factor of ten needs no best of several runs.
pub(crate) fn all<M: Flatten>(model: &M, cases: &[Case<M>]) -> Result<Vec<Foretold>, String> {
    cases.iter().map(|case| one(model, case)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "only the magnitude counts")]
fn one<M: Flatten>(model: &M, case: &Case<M>) -> Result<Foretold, String> {
    let told = forecast(model, &case.history)?;
    let watch = Stopwatch::start();
    let (_, steps) = measure(model, &case.history, &Budget::default());
    let ms = watch.ms();
    let searched = told.parts.iter().filter(|part| part.engine == Engine::Search);
    let foretold: u64 = searched.map(|part| part.steps).sum();
    // One of the two that is nothing is as wrong as can be.
    Ok(match foretold.max(steps) {
        0 => Foretold {
            counted: false,
            foretold: (told.steps() * Forecast::STEP_NS) as f64 / 1e6,
            took: ms,
        },
        _ => Foretold { counted: true, foretold: foretold as f64, took: steps as f64 },
    })
}

/// How many estimates are right.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Share {
    /// Histories that the search judges, by steps.
    pub(crate) counted: usize,
    pub(crate) counted_within: usize,
    /// The others, by time.
    pub(crate) timed: usize,
    pub(crate) timed_within: usize,
    /// Those that are off by more, in words.
    pub(crate) wrong: Vec<String>,
}

impl Share {
    pub(crate) fn add(&mut self, name: &str, one: &Foretold) {
        let (all, within) = match one.counted {
            true => (&mut self.counted, &mut self.counted_within),
            false => (&mut self.timed, &mut self.timed_within),
        };
        *all += 1;
        *within += usize::from(one.is_within());
        if !one.is_within() {
            let unit = if one.counted { "steps" } else { "ms" };
            let Foretold { foretold, took, .. } = one;
            self.wrong.push(format!("{name}: {foretold:.3} {unit} foretold, {took:.3} taken"));
        }
    }

    /// In words; nothing where nothing was foretold.
    pub(crate) fn lines(&self) -> Vec<String> {
        let (all, within) = (self.counted + self.timed, self.counted_within + self.timed_within);
        if all == 0 {
            return Vec::new();
        }
        let share = format!(
            "{within} of {all} histories within a factor of {FACTOR_MAX} ({} %): {} of {} by the \
             steps of the search, {} of {} by time",
            within * 100 / all,
            self.counted_within,
            self.counted,
            self.timed_within,
            self.timed
        );
        std::iter::once(share).chain(self.wrong.iter().cloned()).collect()
    }
}
