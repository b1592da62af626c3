//! `check`: the corpus first, then every system under many seeds.

use crate::args::{self, ExpectArg, Only, Output};
use crate::campaign::file::{Header, VERSION, Writer};
use crate::campaign::found::{Found, Rules, System};
use crate::campaign::seeds::Seeds;
use crate::campaign::tell::{self, End, Summary};
use crate::campaign::{self, Limit, Setting};
use crate::clock::{Stopwatch, show_ms};
use crate::exit::{Exit, Failure};
use crate::isolate::Isolated;
use crate::judging::{Judge, vouched};
use crate::out::{Out, say};
use crate::runs::RunDir;
use crate::simulate::Ran;
use crate::{corpus, environment, runs, shrink};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::ops::Range;
use std::path::PathBuf;
use testimony::report::json::{self, Line, Start, Subject as Named, Timing};
use testimony::report::safe::{clean, pad, width};
use testimony::report::units;
use testimony::sim::{Determinism, RunError, Shape, declare_isolated};
use testimony::verdict::Property;
use testimony::{Expect, Registry, Subject};

/// Seeds when nothing else is said.
const SEEDS: Range<u64> = 0..64;

/// Stack of each thread: simulations keep whole systems on it.
const STACK_BYTES: usize = 16 << 20;

struct Check<'a> {
    args: &'a args::Check,
    registry: &'a Registry,
    judge: Judge,
    progress: ProgressBar,
    watch: Stopwatch,
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
    if args.isolate {
        // The children are; this process only judges what they did.
        declare_isolated();
    }
    require(args.require)?;
    let watch = Stopwatch::start();
    refuse_contradictions(args)?;
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
        watch,
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
    check.tell(&tell::as_expected(check.histories, check.systems), out)?;
    say(&format!("took {}", show_ms(watch.ms())));
    Ok(Exit::of(check.exits))
}

/// Whether this is about seeds alone: the corpus has none.
fn is_campaign(args: &args::Check) -> bool {
    args.shard.is_some() || args.for_time.is_some() || args.out.is_some()
}

fn refuse_contradictions(args: &args::Check) -> Result<(), Failure> {
    if args.only == Some(Only::Corpus) && is_campaign(args) {
        let what = "--shard, --for and --out are about seeds, which the corpus does not have";
        return Err(Failure::usage(what));
    }
    Ok(())
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
    let simulation = args.only == Some(Only::Simulation) || is_campaign(args);
    if simulation || (args.filters.is_empty() && is_filtered(args)) {
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
        let mut engine_only = 0;
        for (name, path) in files {
            self.progress.set_message(clean(name));
            let outcome = corpus::check(name.clone(), path, &self.judge, self.registry);
            self.progress.inc(1);
            if let Some(judged) = &outcome.judged {
                operations += judged.loaded.history.operations();
                engine_only += judged.timed.judgement.engine_only();
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
            "{word:<7} {}  {:>9}  {:>12}  {good} as their headers expect{}",
            pad("corpus", self.columns),
            units::counted(checked, "file"),
            units::counted(operations, "op"),
            vouched(engine_only)
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
        let (model, judgement) = (judged.loaded.model.name(), &judged.timed.judgement);
        for (property, finding) in &judgement.by {
            let check_ms = judged.timed.check_ms.get(property).copied().unwrap_or(0.0);
            let timing = Timing::new(0.0, check_ms);
            let line = Line::new(Named::File(name), model, (property, finding), judgement, timing);
            out.line(&json::line(&line))?;
        }
        Ok(())
    }

    fn simulations(&mut self, subjects: &[&dyn Subject], out: &mut Out) -> Result<(), Failure> {
        let args = self.args;
        let threads = args.jobs.map_or_else(environment::cores, usize::from);
        let first = pool(threads)?;
        let other = if args.verify_determinism { Some(pool(threads)?) } else { None };
        let base = environment::runs();
        let judge = std::mem::replace(&mut self.judge, Judge::plain());
        let claims_some = |subject: &&&dyn Subject| !judge.chosen(subject.claims()).is_empty();
        let subjects: Vec<_> = subjects.iter().copied().filter(|s| claims_some(&s)).collect();
        let header = header(args, &judge, &subjects)?;
        let setting = Setting {
            judge: &judge,
            seeds: header.seeds,
            shard: header.shard,
            shape: &header.shape,
            base: &base,
            keep: args.keep,
            verify_determinism: args.verify_determinism,
            rules: Rules { fail_fast: args.fail_fast, whole: header.shard.is_none() },
            pool: &first,
            other_pool: other.as_ref(),
        };
        let mut file = Writer::create(args.out.as_deref(), &header)?;
        for (at, subject) in subjects.iter().enumerate() {
            let limit = self.limit(subjects.len() - at);
            let isolated = Isolated(*subject);
            let subject = if args.isolate { &isolated } else { *subject };
            self.system(
                (subject, &header.systems[at]),
                &setting,
                limit,
                (&header, &mut file),
                out,
            )?;
            if self.stopped {
                break;
            }
        }
        let (as_expected, systems) = self.systems;
        let exit = Exit::of(self.exits.iter().copied()).code();
        file.end(&End { systems, as_expected, exit })
    }

    /// When the next of so many systems is to end: each gets an equal share of the time that is left.
    fn limit(&self, systems: usize) -> Option<Limit> {
        let until = self.args.for_time?;
        let (watch, now) = (self.watch, self.watch.elapsed());
        let share = until.saturating_sub(now) / u32::try_from(systems).unwrap_or(u32::MAX).max(1);
        Some(Limit { watch, until: now + share })
    }

    fn system(
        &mut self,
        (subject, system): (&dyn Subject, &System),
        setting: &Setting<'_>,
        limit: Option<Limit>,
        (header, file): (&Header, &mut Writer),
        out: &mut Out,
    ) -> Result<(), Failure> {
        self.progress.set_position(0);
        if limit.is_none() {
            self.progress.set_length(setting.seeds.count(setting.shard));
        }
        self.progress.set_message(subject.name().to_owned());
        let progress = self.progress.clone();
        let json = self.args.format == Output::Json;
        let each = |ran: &Ran| match json {
            true => json_lines(subject, ran, out),
            false => Ok(()),
        };
        let kept = |row: &_| file.row(row);
        let found = campaign::run(subject, system, setting, limit, &progress, each, kept)?;
        let summary = Summary::of(system, &found, setting.rules);
        file.found(&summary)?;
        for text in tell::lines(header, system, &found, setting.base, self.args.coverage) {
            self.tell(&text, out)?;
        }
        if json {
            out.line(&json::line(&summary))?;
        }
        self.concluded(&found, setting);
        match found.lowest.and_then(|lowest| lowest.dir) {
            Some(dir) => self.shrink(subject, &dir, setting, out),
            None => Ok(()),
        }
    }

    /// Makes the plan of a failing run as small as it goes. A campaign leaves that to `shrink`: what
    /// it tells is a function of its rows alone.
    fn shrink(
        &self,
        subject: &dyn Subject,
        below: &str,
        setting: &Setting<'_>,
        out: &mut Out,
    ) -> Result<(), Failure> {
        if self.args.no_shrink || is_campaign(self.args) {
            return Ok(());
        }
        let dir = setting.base.join(below);
        let plan = runs::read(&dir.join(runs::PLAN))?;
        let dir = RunDir::at(dir);
        let words = setting.pool.install(|| shrink::after_failure(subject, &plan, &dir))?;
        match words {
            Some(words) => self.tell(&format!("{words}\n"), out),
            None => Ok(()),
        }
    }

    fn concluded(&mut self, found: &Found, setting: &Setting<'_>) {
        if let Some(dir) = found.lowest.as_ref().and_then(|lowest| lowest.dir.as_ref()) {
            runs::remember(setting.base, dir);
        }
        let exit = found.exit();
        self.systems.1 += 1;
        self.systems.0 += usize::from(exit == Exit::Valid);
        self.stopped = self.args.fail_fast && exit != Exit::Valid;
        self.exits.push(exit);
    }
}

/// What the campaigns of this command are.
fn header(args: &args::Check, judge: &Judge, subjects: &[&dyn Subject]) -> Result<Header, Failure> {
    let one_seed = args.seed.map(|seed| seed..seed.saturating_add(1));
    let unless_said = || if args.for_time.is_some() { 0..u64::MAX } else { SEEDS };
    let seeds = one_seed.or_else(|| args.seeds.clone()).unwrap_or_else(unless_said);
    if seeds.is_empty() {
        return Err(Failure::usage("the largest seed cannot be run alone"));
    }
    let families = args.faults.as_ref().map(|families| families.0.clone());
    let shape = Shape { nodes: args.nodes, clients: args.clients, ops: args.ops, families };
    let expect_holds = args.expect == Some(ExpectArg::Holds);
    let (engine, steps_max, bytes_max) = judge.limits();
    Ok(Header {
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        seeds: Seeds::from(seeds),
        shard: args.shard,
        for_s: args.for_time.map(|time| time.as_secs()),
        fail_fast: args.fail_fast,
        verify_determinism: args.verify_determinism,
        shape,
        engine: engine.map(str::to_owned),
        steps_max,
        bytes_max,
        systems: subjects.iter().map(|subject| system(*subject, judge, expect_holds)).collect(),
    })
}

fn system(subject: &dyn Subject, judge: &Judge, expect_holds: bool) -> System {
    let claims = subject.claims();
    let names = |properties: &[Property]| properties.iter().map(|p| p.name().to_owned()).collect();
    let breaks = match subject.expect() {
        Expect::Breaks { any_of } if !expect_holds => {
            Some(any_of.iter().map(|kind| kind.id().to_owned()).collect())
        }
        _ => None,
    };
    let partly = judge.is_partial(&claims);
    System {
        system: subject.name().to_owned(),
        judged: names(&judge.chosen(claims)),
        breaks,
        partly,
    }
}

fn json_lines(subject: &dyn Subject, ran: &Ran, out: &mut Out) -> Result<(), Failure> {
    let judgement = &ran.timed.judgement;
    for (property, finding) in &judgement.by {
        let check_ms = ran.timed.check_ms.get(property).copied().unwrap_or(0.0);
        let (named, model) = (Named::Run(&ran.id), subject.model());
        let timing = Timing::new(0.0, check_ms);
        let line = Line::new(named, model, (property, finding), judgement, timing);
        out.line(&json::line(&line))?;
    }
    Ok(())
}
