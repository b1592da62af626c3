//! Doing a job, in the process that was started for it alone.
//!
//! The history is made from its recipe (or read from its files) before the clock starts, and the
//! form that a peer wants is prepared before it starts as well. The best of a few runs counts; the
//! memory is that of the first.

use crate::clock::{Stopwatch, counted_section};
use crate::corpus;
use crate::digest::digest;
use crate::forecast;
use crate::job::{Job, Outcome, Reply, Source, Work};
use crate::make::{Flatten, HistoryOf, Visitor, with};
use crate::memory;
use crate::peers;
use crate::recipe::Recipe;
use testimony::check::{Budget, Checker, Linearizable};
use testimony::history::{Header, ReadOptions, native, read};
use testimony::model::{CasRegister, Words, write_history};
use testimony::report::text;
use testimony::verdict::{Engine, Finding, Property, Verdict};
use testimony::{Claim, JudgeOptions, judge_verified};

/// A history with what is known about it.
pub(crate) struct Case<M: Flatten> {
    pub(crate) history: HistoryOf<M>,
    pub(crate) valid: bool,
}

/// Does a job.
pub(crate) fn run(job: &Job) -> Reply {
    struct Do<'j>(&'j Job);
    impl Visitor for Do<'_> {
        type Out = Result<Outcome, String>;
        fn visit<M: Flatten>(self, model: &M, history: HistoryOf<M>) -> Self::Out {
            let valid = !matches!(self.0.source, Source::Made(Recipe { stale: true, .. }));
            measure(model, &[Case { history, valid }], self.0)
        }
    }
    let outcome = match &job.source {
        Source::Made(recipe) => with(recipe, Do(job)),
        Source::Etcd => corpus::etcd().and_then(|cases| measure(&CasRegister, &cases, job)),
    };
    outcome.map_or_else(Reply::Cannot, Reply::Done)
}

/// What is said of one history, and by which engine of ours.
#[derive(Clone, Copy, Default)]
pub(crate) struct Said {
    pub(crate) holds: Option<bool>,
    pub(crate) engine: Option<Engine>,
}

/// Something to measure: one run of it, prepared.
pub(crate) type Prepared<'a> = Box<dyn FnOnce() -> Vec<Said> + Send + 'a>;

/// The best of a few runs, and what the memory was at most.
struct Best {
    said: Vec<Said>,
    ms: f64,
    before_kib: Option<u64>,
    peak_kib: Option<u64>,
}

/// Runs are repeated until this much time has passed.
const RUNS_MS: f64 = 1_000.0;

/// Runs what `prepare` gives, best of `runs`; preparing is not measured.
fn best<'a>(runs: u32, mut prepare: impl FnMut() -> Prepared<'a>) -> Best {
    let mut best = Best { said: Vec::new(), ms: f64::INFINITY, before_kib: None, peak_kib: None };
    let mut spent = 0.0;
    for run in 0..runs.max(1) {
        let mut work = Some(prepare());
        if run == 0 {
            memory::forget_peak();
            best.before_kib = memory::resident(None).map(|resident| resident.now_kib);
        }
        let watch = Stopwatch::start();
        counted_section(&mut || {
            if let Some(work) = work.take() {
                best.said = work();
            }
        });
        let ms = watch.ms();
        if run == 0 {
            best.peak_kib = memory::resident(None).map(|resident| resident.peak_kib);
        }
        best.ms = best.ms.min(ms);
        spent += ms;
        if spent > RUNS_MS {
            break;
        }
    }
    best
}

fn measure<M: Flatten>(model: &M, cases: &[Case<M>], job: &Job) -> Result<Outcome, String> {
    let count = |of: &dyn Fn(&HistoryOf<M>) -> usize| {
        let sum: usize = cases.iter().map(|case| of(&case.history)).sum();
        u32::try_from(sum).unwrap_or(u32::MAX)
    };
    let mut outcome = Outcome {
        operations: count(&|history| history.operations.len()),
        info: count(&|history| history.operations.iter().filter(|one| one.is_info()).count()),
        digest: digest(cases),
        ..Outcome::default()
    };
    if job.work == Work::Forecast {
        outcome.foretold = forecast::all(model, cases)?;
        return Ok(outcome);
    }
    let best = match job.work {
        Work::Read => reading(model, cases, job.runs),
        Work::Peer(peer) => {
            let flat: Result<Vec<_>, String> =
                cases.iter().map(|case| peers::flatten::<M>(&case.history)).collect();
            let flat = flat?;
            peers::can(peer)?;
            on_deep_stack(|| best(job.runs, || peers::prepare(peer, &flat)))?
        }
        work => best(job.runs, || {
            Box::new(move || cases.iter().map(|case| ours(model, &case.history, work)).collect())
        }),
    };
    if job.work == Work::Explain {
        let explained = || -> Prepared<'_> {
            Box::new(move || cases.iter().map(|case| explained(model, &case.history)).collect())
        };
        outcome.more_ms = Some((self::best(job.runs, explained).ms - best.ms).max(0.0));
    }
    let judged = if job.work == Work::Read { &[] } else { cases };
    for (case, said) in judged.iter().zip(&best.said) {
        outcome.tally.add(said.holds, case.valid);
    }
    let mut engines: Vec<Engine> = best.said.iter().filter_map(|said| said.engine).collect();
    engines.sort();
    engines.dedup();
    let names: Vec<_> = engines.iter().map(|engine| engine.name()).collect();
    outcome.engine = (!names.is_empty()).then(|| names.join(", "));
    (outcome.ms, outcome.before_kib, outcome.peak_kib) = (best.ms, best.before_kib, best.peak_kib);
    Ok(outcome)
}

fn said(finding: &Finding) -> Said {
    let holds = match &finding.verdict {
        Verdict::Valid(_) => Some(true),
        Verdict::Invalid(_) => Some(false),
        Verdict::Unknown(_) => None,
    };
    Said { holds, engine: Some(finding.engine) }
}

fn ours<M: Flatten>(model: &M, history: &HistoryOf<M>, work: Work) -> Said {
    let budget = Budget::default();
    let decide = |engine| {
        let holds = Linearizable { engine }.holds(model, history, &budget);
        Said { holds, engine }
    };
    match work {
        Work::Search => decide(Some(Engine::Search)),
        Work::Check => said(&Linearizable::default().check(model, history, &budget)),
        Work::Judge => {
            let (claims, options) = ([Claim::linearizable()], JudgeOptions::default());
            let judgement = judge_verified(model, history, &claims, &options);
            judgement.by.get(&Property::LINEARIZABLE).map(said).unwrap_or_default()
        }
        Work::Decide | Work::Explain | Work::Read | Work::Forecast | Work::Peer(_) => decide(None),
    }
}

/// The whole check, with the report of each anomaly as text.
fn explained<M: Flatten>(model: &M, history: &HistoryOf<M>) -> Said {
    let finding = Linearizable::default().check(model, history, &Budget::default());
    if let Verdict::Invalid(anomalies) = &finding.verdict {
        for anomaly in anomalies {
            std::hint::black_box(text::render(anomaly, &text::Context::default()));
        }
    }
    said(&finding)
}

/// Reads the histories, written in the native format before.
fn reading<M: Flatten>(model: &M, cases: &[Case<M>], runs: u32) -> Best {
    let write = |case: &Case<M>| write_history(model, &Header::new(M::NAME), &case.history, &[]);
    let texts: Vec<String> = cases.iter().map(write).collect();
    let one = |text: &String| {
        let source = native::Reader::new(text.as_bytes());
        let read = read(source, &Words(model), &ReadOptions::default());
        assert!(read.problems.is_empty(), "what was written cannot be read: {}", read.problems);
        std::hint::black_box(read.history.operations.len());
        Said::default()
    };
    best(runs, || Box::new(|| texts.iter().map(one).collect()))
}

/// Some peers recurse as deep as histories are long: they get a stack that suits them.
const STACK_BYTES: usize = 4 << 30;

fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let thread =
            thread.spawn_scoped(scope, work).map_err(|error| format!("no thread: {error}"))?;
        thread.join().map_err(|_| "panicked".to_owned())
    })
}
