//! `check`: the corpus first, then every system under many seeds.

use crate::args::{self, ExpectArg, Only, Output};
use crate::campaign::{self, Found, Setting};
use crate::clock::{Stopwatch, show_ms};
use crate::exit::{Exit, Failure};
use crate::judging::{self, Judge};
use crate::out::{Out, say};
use crate::runs::RunDir;
use crate::simulate::Ran;
use crate::{corpus, environment, shrink};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::ops::Range;
use std::path::PathBuf;
use testimony::report::json::{self, Line, Start, Subject as Named, Timing};
use testimony::report::safe::{clean, pad, width};
use testimony::report::units;
use testimony::sim::{Determinism, RunError};
use testimony::verdict::Property;
use testimony::{Expect, Registry, Subject};

/// Seeds when nothing else is said.
const SEEDS: Range<u64> = 0..64;

/// Stack of each thread: simulations keep whole systems on it.
const STACK_BYTES: usize = 16 << 20;

/// Notes of one kind that are printed for a system.
const NOTES_MAX: usize = 3;

struct Check<'a> {
    args: &'a args::Check,
    registry: &'a Registry,
    judge: Judge,
    progress: ProgressBar,
    /// Columns of names.
    columns: usize,
    exits: Vec<Exit>,
    /// How many histories and systems are as expected, and how many there are.
    histories: (usize, usize),
    systems: (usize, usize),
    /// Something is not as expected, and `--fail-fast` was given.
    stopped: bool,
}

/// Judges what was asked for, and ends with what the worst of it asks for.
pub(crate) fn run(args: &args::Check, registry: &Registry, out: &mut Out) -> Result<Exit, Failure> {
    let judge = Judge::new(&args.judging, registry)?.with_staleness();
    require(args.require)?;
    let watch = Stopwatch::start();
    let corpus = corpus_files(args)?;
    let subjects = subjects(args, registry);
    if corpus.is_empty() && subjects.is_empty() && is_filtered(args) {
        return Err(nothing_matches(args, registry));
    }
    let columns = subjects.iter().map(|subject| width(subject.name())).max().unwrap_or(0).max(6);
    let progress = progress();
    let mut check = Check {
        args,
        registry,
        judge,
        progress,
        columns,
        exits: Vec::new(),
        histories: (0, 0),
        systems: (0, 0),
        stopped: false,
    };
    if args.format == Output::Json {
        out.line(&json::line(&Start::NOW))?;
    }
    if !corpus.is_empty() {
        check.corpus(&corpus, out)?;
    }
    if !subjects.is_empty() && !check.stopped {
        check.simulations(&subjects, out)?;
    }
    check.progress.finish_and_clear();
    let ((histories, of), (systems, all)) = (check.histories, check.systems);
    let line = format!("as expected: {histories} of {of} histories, {systems} of {all} systems");
    check.tell(&line, out)?;
    say(&format!("took {}", show_ms(watch.ms())));
    Ok(Exit::of(check.exits))
}

/// Refuses to go on with less than this level of determinism.
fn require(level: Option<Determinism>) -> Result<(), Failure> {
    let has = Determinism::of_this_process();
    match level {
        Some(required) if has < required => {
            let error = RunError::LowLevel { required, has };
            Err(Failure::usage(error.to_string()))
        }
        _ => Ok(()),
    }
}

fn is_filtered(args: &args::Check) -> bool {
    !args.filters.is_empty() || !args.systems.is_empty()
}

/// The corpus files that the filters leave, with their names.
fn corpus_files(args: &args::Check) -> Result<Vec<(String, PathBuf)>, Failure> {
    if args.only == Some(Only::Simulation) || (args.filters.is_empty() && is_filtered(args)) {
        return Ok(Vec::new());
    }
    let root = environment::workspace();
    let mut files = Vec::new();
    for path in corpus::files(&root.join("histories"))? {
        let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        let wanted = args.filters.is_empty() || args.filters.iter().any(|f| name.contains(f));
        if wanted {
            files.push((name, path));
        }
    }
    Ok(files)
}

/// The systems that the filters leave. A filter that begins some names means those alone.
fn subjects<'r>(args: &args::Check, registry: &'r Registry) -> Vec<&'r dyn Subject> {
    let all = || registry.subjects.iter().map(|subject| &**subject);
    if args.only == Some(Only::Corpus) {
        return Vec::new();
    }
    if !is_filtered(args) {
        return all().collect();
    }
    let matches = |subject: &dyn Subject, filter: &String| {
        let begins = |name: &str| name.starts_with(filter.as_str());
        let exact = all().any(|subject| subject.name() == filter);
        match (exact, all().any(|subject| begins(subject.name()))) {
            (true, _) => subject.name() == filter,
            (false, true) => begins(subject.name()),
            (false, false) => subject.name().contains(filter.as_str()),
        }
    };
    let filters = || args.filters.iter().chain(&args.systems);
    all().filter(|subject| filters().any(|filter| matches(*subject, filter))).collect()
}

fn nothing_matches(args: &args::Check, registry: &Registry) -> Failure {
    let typed: Vec<_> = args.filters.iter().chain(&args.systems).map(String::as_str).collect();
    let systems: Vec<_> = registry.subjects.iter().map(|subject| subject.name()).collect();
    Failure::usage(format!(
        "nothing matches `{}`; systems: {}",
        typed.join("`, `"),
        systems.join(", ")
    ))
}

fn progress() -> ProgressBar {
    if !environment::somebody_watches() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(4));
    match ProgressStyle::with_template("{wide_msg} {pos}/{len} [{elapsed}]") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// A pool of so many threads.
pub(crate) fn pool(threads: usize) -> Result<ThreadPool, Failure> {
    let built = ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES).build();
    built.map_err(|error| Failure::internal(format!("cannot start {threads} threads: {error}")))
}

impl Check<'_> {
    /// A line for people: on standard output, unless that carries JSON.
    fn tell(&self, text: &str, out: &mut Out) -> Result<(), Failure> {
        self.progress.suspend(|| match self.args.format {
            Output::Text => out.line(text).and_then(|()| out.flush()),
            Output::Json => {
                say(text);
                Ok(())
            }
        })
    }

    fn corpus(&mut self, files: &[(String, PathBuf)], out: &mut Out) -> Result<(), Failure> {
        self.progress.set_length(files.len() as u64);
        let (mut good, mut checked, mut operations) = (0_usize, 0_usize, 0_usize);
        for (name, path) in files {
            self.progress.set_message(clean(name));
            let outcome = corpus::check(name.clone(), path, &self.judge, self.registry);
            self.progress.inc(1);
            if let Some(judged) = &outcome.judged {
                operations += judged.loaded.history.operations();
                self.corpus_lines(&outcome.name, judged, out)?;
            }
            for surprise in &outcome.surprises {
                self.tell(&clean(&format!("FAIL    {}  {surprise}", outcome.name)), out)?;
            }
            good += usize::from(outcome.exit == Exit::Valid);
            self.exits.push(outcome.exit);
            checked += usize::from(outcome.exit != Exit::NothingChecked);
            let as_expected = matches!(outcome.exit, Exit::Valid | Exit::NothingChecked);
            if self.args.fail_fast && !as_expected {
                self.stopped = true;
                break;
            }
        }
        self.exits.retain(|exit| *exit != Exit::NothingChecked);
        self.histories = (good, checked);
        let word = if good == checked { "ok" } else { "FAIL" };
        let line = format!(
            "{word:<7} {}  {:>9}  {:>12}  {good} as their headers expect",
            pad("corpus", self.columns),
            units::counted(checked, "file"),
            units::counted(operations, "op")
        );
        self.tell(&line, out)
    }

    fn corpus_lines(
        &self,
        name: &str,
        judged: &corpus::Judged<'_>,
        out: &mut Out,
    ) -> Result<(), Failure> {
        if self.args.format == Output::Text {
            return Ok(());
        }
        let (model, operations) = (judged.loaded.model.name(), judged.loaded.history.operations());
        for (property, finding) in &judged.timed.judgement.by {
            let check_ms = judged.timed.check_ms.get(property).copied().unwrap_or(0.0);
            let timing = Timing::new(0.0, check_ms);
            let line = Line::new(Named::File(name), model, property, finding, operations, timing);
            out.line(&json::line(&line))?;
        }
        Ok(())
    }

    fn simulations(&mut self, subjects: &[&dyn Subject], out: &mut Out) -> Result<(), Failure> {
        let args = self.args;
        let threads = args.jobs.map_or_else(environment::cores, usize::from);
        let first = pool(threads)?;
        let other = if args.verify_determinism { Some(pool(threads)?) } else { None };
        let one_seed = args.seed.map(|seed| seed..seed.saturating_add(1));
        let seeds = one_seed.or_else(|| args.seeds.clone()).unwrap_or(SEEDS);
        if seeds.is_empty() {
            return Err(Failure::usage("the largest seed cannot be run alone"));
        }
        let base = environment::runs();
        let judge = std::mem::replace(&mut self.judge, Judge::plain());
        let setting = Setting {
            judge: &judge,
            seeds,
            base: &base,
            keep: args.keep,
            verify_determinism: args.verify_determinism,
            expect_holds: args.expect == Some(ExpectArg::Holds),
            fail_fast: args.fail_fast,
            pool: &first,
            other_pool: other.as_ref(),
        };
        let claims_some =
            |subject: &&&dyn Subject| !setting.judge.chosen(subject.claims()).is_empty();
        for subject in subjects.iter().filter(claims_some) {
            self.system(*subject, &setting, out)?;
            if self.stopped {
                break;
            }
        }
        Ok(())
    }

    fn system(
        &mut self,
        subject: &dyn Subject,
        setting: &Setting<'_>,
        out: &mut Out,
    ) -> Result<(), Failure> {
        self.progress.set_position(0);
        self.progress.set_length(setting.seeds.end - setting.seeds.start);
        self.progress.set_message(subject.name().to_owned());
        let progress = self.progress.clone();
        let json = self.args.format == Output::Json;
        let found = campaign::run(subject, setting, &progress, |ran| match json {
            true => json_lines(subject, ran, out),
            false => Ok(()),
        })?;
        let broken = matches!(subject.expect(), Expect::Breaks { .. }) && !setting.expect_holds;
        let judged = setting.judge.chosen(subject.claims());
        let (word, mut rest) =
            if broken { hidden_or_caught(&found, &judged) } else { ok_or_not(&judged, &found) };
        if self.args.verify_determinism && found.unstable.is_empty() {
            rest.push_str("  (each seed twice: the same bytes)");
        }
        let name = pad(subject.name(), self.columns);
        self.tell(&format!("{word:<7} {name}  {rest}"), out)?;
        self.notes(&found, out)?;
        if let Some(lowest) = &found.lowest {
            self.tell(&format!("\n{}", report_of(lowest)), out)?;
            if let Some(dir) = &lowest.dir {
                dir.remember(setting.base);
                self.shrink(subject, lowest.seed, dir, setting, out)?;
            }
        }
        let exit = Exit::of(found.exits);
        self.systems.1 += 1;
        self.systems.0 += usize::from(exit == Exit::Valid);
        self.stopped = self.args.fail_fast && exit != Exit::Valid;
        self.exits.push(exit);
        Ok(())
    }

    /// Makes the plan of a failing run as small as it goes.
    fn shrink(
        &self,
        subject: &dyn Subject,
        seed: u64,
        dir: &RunDir,
        setting: &Setting<'_>,
        out: &mut Out,
    ) -> Result<(), Failure> {
        if self.args.no_shrink {
            return Ok(());
        }
        let plan = subject.plan(seed);
        let words = setting.pool.install(|| shrink::after_failure(subject, &plan, dir))?;
        match words {
            Some(words) => self.tell(&format!("{words}\n"), out),
            None => Ok(()),
        }
    }

    /// What else is to be said about a campaign.
    fn notes(&self, found: &Found, out: &mut Out) -> Result<(), Failure> {
        let indent = " ".repeat(8);
        for weak in &found.weak {
            self.tell(&format!("{indent}{weak}"), out)?;
        }
        let groups = [
            ("not deterministic", &found.unstable),
            ("unknown", &found.unknown),
            ("finding", &found.findings),
        ];
        for (what, notes) in groups {
            for (seed, note) in notes.iter().take(NOTES_MAX) {
                let note: Vec<String> = note.lines().map(clean).collect();
                let note = note.join(&format!("\n{indent}"));
                self.tell(&format!("{indent}{what}, seed {seed}: {note}"), out)?;
            }
            if notes.len() > NOTES_MAX {
                let more = notes.len() - NOTES_MAX;
                self.tell(&format!("{indent}{what}: {more} more"), out)?;
            }
        }
        Ok(())
    }
}

fn ok_or_not(judged: &[Property], found: &Found) -> (&'static str, String) {
    let properties = match &found.lowest {
        None => judging::names(judged),
        Some(ran) => {
            let broken = ran.timed.judgement.anomalies().map(|anomaly| anomaly.property.clone());
            let mut broken: Vec<_> = broken.collect();
            broken.dedup();
            let what = if broken.is_empty() {
                "the code under test failed".to_owned()
            } else {
                format!("{} broken", judging::names(&broken))
            };
            let seeds = units::counted(found.failed, "seed");
            format!("{what} under {seeds}, the lowest is {}", ran.seed)
        }
    };
    let word = match Exit::of(found.exits.iter().copied()) {
        Exit::Valid => "ok",
        Exit::Unknown => "unknown",
        _ => "FAIL",
    };
    let rest = format!(
        "{:>9}  {:>12}  {properties}",
        units::counted(found.seeds, "seed"),
        units::counted(usize::try_from(found.operations).unwrap_or(usize::MAX), "op"),
    );
    (word, rest)
}

fn hidden_or_caught(found: &Found, judged: &[Property]) -> (&'static str, String) {
    match (found.caught, found.others.as_slice()) {
        (Some((seed, kind)), _) => ("caught", format!("{kind}  seed {seed}")),
        (None, []) if Exit::of(found.exits.iter().copied()) == Exit::Valid => {
            ("quiet", format!("shows nothing when judged by {} alone", judging::names(judged)))
        }
        (None, []) => {
            let seeds = units::counted(found.seeds, "seed");
            ("hidden", format!("it is broken on purpose, but {seeds} showed nothing"))
        }
        (None, [(seed, kind), ..]) => {
            ("hidden", format!("none of its promised anomalies; seed {seed} showed {kind}"))
        }
    }
}

/// The report of a failing run with its place.
fn report_of(ran: &Ran) -> String {
    let mut report = ran.brief.trim_end().to_owned();
    let more = ran.timed.judgement.anomalies().count().saturating_sub(1);
    if more > 0 {
        let more = units::counted(more, "more anomaly").replace("anomalys", "anomalies");
        report.push_str(&format!("\n  ({more}: cargo xtask show {})", ran.id));
    }
    if let Some(dir) = &ran.dir {
        report.push_str(&format!("\n  files: {}", dir.shown()));
    }
    report.push('\n');
    report
}

fn json_lines(subject: &dyn Subject, ran: &Ran, out: &mut Out) -> Result<(), Failure> {
    let judgement = &ran.timed.judgement;
    for (property, finding) in &judgement.by {
        let check_ms = ran.timed.check_ms.get(property).copied().unwrap_or(0.0);
        let (named, model) = (Named::Run(&ran.id), subject.model());
        let timing = Timing::new(0.0, check_ms);
        let line = Line::new(named, model, property, finding, judgement.operations, timing);
        out.line(&json::line(&line))?;
    }
    Ok(())
}
