//! The benchmark of judging histories: runs what the plan says and gathers the report.

use crate::args;
use crate::child::{self, Ended, Limits};
use crate::corpus;
use crate::end_to_end;
use crate::environment;
use crate::instructions;
use crate::job::{Job, Outcome, Peer, Source, Tally, Work};
use crate::plan::{self, Comparison, Figure, Target};
use crate::recipe::Recipe;
use crate::report::{FigureRow, GrowthRow, PeerRow, Report};
use crate::table;
use std::io::{self, Write};

/// Runs of which the best counts.
const RUNS: u32 = 3;

/// Jobs that take longer are not counted.
const COUNTED_MS_MAX: f64 = 4_000.0;

/// Tells people what is going on.
fn say(text: &str) {
    // Nothing can be done when that fails.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The benchmark in progress.
struct Bench<'a> {
    args: &'a args::Judge,
    limits: Limits,
    report: Report,
}

/// Measures everything that is wanted.
///
/// # Errors
///
/// When no process can be started or a file of the benchmark cannot be read or written.
pub(crate) fn run(args: &args::Judge) -> io::Result<Report> {
    let limits = args.limits();
    let report = Report {
        machine: environment::machine(),
        limits: format!("{} s and {} MiB", args.limit, args.memory),
        ..Report::default()
    };
    let mut bench = Bench { args, limits, report };
    if !args.instructions {
        bench.figures()?;
        bench.forecasts()?;
        bench.end_to_end()?;
        bench.growth()?;
        bench.peers()?;
    }
    if args.instructions || !args.quick {
        let wants = |name: &str| args.wants(name);
        instructions::run(&wants, args.bless, &say, &mut bench.report)?;
    }
    Ok(bench.report)
}

/// How a job ended, in a few words.
pub(crate) fn ended(ended: &Ended) -> String {
    match ended {
        Ended::Done(outcome) => verdicts(&outcome.tally),
        Ended::Cannot(why) => format!("cannot: {why}"),
        Ended::TimedOut { .. } => "time limit".to_owned(),
        Ended::TooMuchMemory { .. } => "memory limit".to_owned(),
        Ended::Crashed(how) => format!("crashed: {how}"),
    }
}

fn verdicts(tally: &Tally) -> String {
    let all = [(tally.valid, "valid"), (tally.invalid, "invalid"), (tally.unknown, "unknown")];
    let total: u32 = all.iter().map(|(count, _)| count).sum();
    let some = all.iter().filter(|(count, _)| *count > 0);
    let words: Vec<_> = some
        .map(
            |(count, name)| if total == 1 { (*name).to_owned() } else { format!("{count} {name}") },
        )
        .collect();
    let wrong = if tally.wrong == 0 { String::new() } else { format!(", {} WRONG", tally.wrong) };
    words.join(", ") + &wrong
}

impl Bench<'_> {
    fn source(&self, source: Source, seed: u64) -> Source {
        match source {
            Source::Etcd => Source::Etcd,
            Source::Made(recipe) => {
                let recipe = if self.args.quick { plan::quick(recipe) } else { recipe };
                Source::Made(Recipe { seed, ..recipe })
            }
        }
    }

    fn job(&mut self, name: &str, source: Source, work: Work) -> io::Result<Ended> {
        let ended = child::run(&Job { source, work, runs: RUNS }, &self.limits)?;
        if let Ended::Done(outcome) = &ended
            && outcome.tally.wrong > 0
        {
            self.report.wrong.push(format!("{name}: {}", verdicts(&outcome.tally)));
        }
        Ok(ended)
    }

    /// Whether a source is there; where it is not, that is said.
    fn is_there(&mut self, name: &str, source: &Source) -> bool {
        let there = *source != Source::Etcd || corpus::is_there();
        if !there {
            let what = format!("{name}: the external corpus is absent (TESTIMONY_CORPUS)");
            self.report.left_out.push(what);
        }
        there
    }

    fn figures(&mut self) -> io::Result<()> {
        for figure in plan::figures() {
            let in_a_group = plan::FLAT.iter().any(|flat| self.args.wants(flat.name));
            let in_a_group = in_a_group && figure.name.starts_with(plan::FLAT[0].prefix);
            if (self.args.wants(&figure.name) || in_a_group)
                && self.is_there(&figure.name, &figure.source)
            {
                say(&format!("measuring {}", figure.name));
                let row = self.figure(&figure)?;
                self.report.figures.push(row);
            }
        }
        for flat in &plan::FLAT {
            let rows = self.report.figures.iter();
            let times: Vec<f64> = rows
                .filter(|row| row.name.starts_with(flat.prefix))
                .filter_map(|row| row.ms)
                .collect();
            if times.len() > 1 {
                let least = times.iter().copied().fold(f64::INFINITY, f64::min);
                let ratio = times.iter().copied().fold(0.0, f64::max) / least;
                self.report.figures.push(FigureRow {
                    name: flat.name.to_owned(),
                    history: format!("the slowest of {} against the quickest", flat.prefix),
                    target: format!("{:.1}x", flat.ratio_max),
                    measured: table::times(ratio),
                    met: (!self.args.quick).then_some(ratio <= flat.ratio_max),
                    ..FigureRow::default()
                });
            }
        }
        Ok(())
    }

    /// A figure: the worst of its seeds.
    fn figure(&mut self, figure: &Figure) -> io::Result<FigureRow> {
        let mut worst: Option<Ended> = None;
        let time = |ended: &Ended| ended.outcome().map_or(f64::INFINITY, |outcome| outcome.ms);
        for seed in 1..=figure.seeds {
            let ended = self.job(&figure.name, self.source(figure.source, seed), figure.work)?;
            if worst.as_ref().is_none_or(|worst| time(&ended) > time(worst)) {
                worst = Some(ended);
            }
        }
        let ended = worst.unwrap_or_else(|| Ended::Cannot("no seed".to_owned()));
        let mut row = FigureRow {
            name: figure.name.clone(),
            history: history(&self.source(figure.source, 1)),
            verdict: self::ended(&ended),
            target: target(&figure.target),
            ..FigureRow::default()
        };
        if figure.seeds > 1 {
            row.history.push_str(&format!(", the worst of {} seeds", figure.seeds));
        }
        if figure.work == Work::Read {
            row.history.push_str(", reading the native format");
        }
        let has_target = !row.target.is_empty();
        let mut met = false;
        if let Some(outcome) = ended.outcome() {
            met = is_met(&figure.target, outcome);
            row.ms = Some(outcome.ms);
            row.measured = measured(outcome);
            row.engine.clone_from(&outcome.engine);
            row.peak_kib = outcome.peak_kib;
            row.check_kib = check_kib(outcome);
        }
        row.met = (has_target && !self.args.quick).then_some(met);
        Ok(row)
    }

    /// Each history of the figures once, whatever is measured of it there.
    fn forecasts(&mut self) -> io::Result<()> {
        let mut seen: Vec<Source> = Vec::new();
        for figure in plan::figures().into_iter().filter(|figure| self.args.wants(&figure.name)) {
            for seed in 1..=figure.seeds {
                let source = self.source(figure.source, seed);
                if seen.contains(&source) || (source == Source::Etcd && !corpus::is_there()) {
                    continue;
                }
                seen.push(source);
                say(&format!("foretelling {}", figure.name));
                let ended = self.job(&figure.name, source, Work::Forecast)?;
                let foretold = ended.outcome().map(|outcome| outcome.foretold.as_slice());
                for one in foretold.unwrap_or_default() {
                    self.report.forecast.add(&figure.name, one);
                }
            }
        }
        Ok(())
    }

    fn end_to_end(&mut self) -> io::Result<()> {
        if !self.args.wants(end_to_end::NAME) {
            return Ok(());
        }
        let Some(program) = &self.args.program else {
            let what = format!("{}: no --program is given", end_to_end::NAME);
            self.report.left_out.push(what);
            return Ok(());
        };
        say(&format!("measuring {}", end_to_end::NAME));
        let row = end_to_end::run(program, &self.limits, self.args.quick)?;
        self.report.figures.push(row);
        Ok(())
    }

    fn growth(&mut self) -> io::Result<()> {
        let counting = !self.args.quick && child::can_count();
        if !counting && !self.args.quick {
            let what = "growth in instructions: valgrind is not installed".to_owned();
            self.report.left_out.push(what);
        }
        for growth in plan::growth().into_iter().filter(|growth| self.args.wants(growth.name)) {
            let sizes = if self.args.quick { &plan::SIZES[..1] } else { &plan::SIZES[..] };
            let mut before: Option<u64> = None;
            for &operations in sizes {
                let recipe = Recipe { operations, ..growth.recipe };
                say(&format!("measuring {} at {operations}", growth.name));
                let source = Source::Made(recipe);
                let ended = self.job(growth.name, source, growth.work)?;
                let mut row = GrowthRow {
                    name: growth.name.to_owned(),
                    history: recipe.to_string(),
                    operations,
                    ..GrowthRow::default()
                };
                let Some(outcome) = ended.outcome() else {
                    let what = format!("{}, {recipe}: {}", growth.name, self::ended(&ended));
                    self.report.left_out.push(what);
                    // What is too much already is not tried ten times larger.
                    break;
                };
                (row.ms, row.peak_kib) = (Some(outcome.ms), outcome.peak_kib);
                // Counting takes some fifty times as long.
                if counting && outcome.ms < COUNTED_MS_MAX {
                    let job = Job { source, work: growth.work, runs: 1 };
                    let counted = child::instructions(&job)?;
                    row.instructions = Some(counted);
                    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
                    let ratio = before.map(|before| counted as f64 / before as f64);
                    row.ratio = ratio;
                    let counts = operations > plan::SIZES[1];
                    row.met = ratio.filter(|_| counts).map(|ratio| ratio <= plan::GROWTH_MAX);
                    before = Some(counted);
                }
                self.report.growth.push(row);
            }
        }
        Ok(())
    }

    fn peers(&mut self) -> io::Result<()> {
        if self.args.quick || self.args.no_peers {
            return Ok(());
        }
        if !cfg!(feature = "peers") {
            self.report.left_out.push("the peers: built without them".to_owned());
            return Ok(());
        }
        for comparison in plan::comparisons() {
            let name = format!("peers/{}", comparison.name);
            if self.args.wants(&name) && self.is_there(&name, &comparison.source) {
                say(&format!("comparing {}", comparison.name));
                self.compare(&comparison)?;
            }
        }
        Ok(())
    }

    fn compare(&mut self, comparison: &Comparison) -> io::Result<()> {
        let source = comparison.source;
        let ours = self.job(&comparison.name, source, Work::Decide)?;
        let base = ours.outcome().cloned();
        let proven = self.job(&comparison.name, source, Work::Judge)?;
        let mut all = vec![("testimony", ours), ("testimony, proven", proven)];
        for peer in Peer::ALL {
            all.push((peer.name(), self.job(&comparison.name, source, Work::Peer(peer))?));
        }
        for (checker, ended) in all {
            let wall_ms = self.limits.wall.as_secs_f64() * 1_000.0;
            let (ms, is_lower_bound, peak_kib) = match &ended {
                Ended::Done(outcome) => (Some(outcome.ms), false, outcome.peak_kib),
                Ended::TimedOut { peak_kib } => (Some(wall_ms), true, *peak_kib),
                Ended::TooMuchMemory { ms, peak_kib } => (Some(*ms), true, Some(*peak_kib)),
                Ended::Cannot(_) | Ended::Crashed(_) => (None, false, None),
            };
            if let (Some(base), Some(outcome)) = (&base, ended.outcome())
                && base.digest != outcome.digest
            {
                let what = format!("{}: {checker} judged another history", comparison.name);
                self.report.wrong.push(what);
            }
            self.report.peers.push(PeerRow {
                name: comparison.name.clone(),
                history: history(&source),
                info: base.as_ref().map_or(0, |base| base.info),
                checker: checker.to_owned(),
                verdict: self::ended(&ended),
                ms,
                ratio: ms.zip(base.as_ref()).map(|(ms, base)| ms / base.ms),
                is_lower_bound,
                peak_kib,
            });
        }
        Ok(())
    }
}

fn history(source: &Source) -> String {
    match source {
        Source::Made(recipe) => recipe.to_string(),
        Source::Etcd => "etcd corpus, 102 recorded histories".to_owned(),
    }
}

fn check_kib(outcome: &Outcome) -> Option<u64> {
    Some(outcome.peak_kib?.saturating_sub(outcome.before_kib?))
}

fn target(target: &Target) -> String {
    let time = target.ms.map(table::ms);
    let memory = target.mib.map(|mib| format!("{mib} MiB"));
    let explanation = target.explanation.map(|ratio| format!("{ratio:.0}x of the decision"));
    let all: Vec<String> = [time, memory, explanation].into_iter().flatten().collect();
    all.join(", ")
}

fn measured(outcome: &Outcome) -> String {
    let time = table::ms(outcome.ms);
    match outcome.more_ms {
        None => time,
        Some(more) => {
            format!("{time} + {} = {} of it", table::ms(more), table::times(more / outcome.ms))
        }
    }
}

fn is_met(target: &Target, outcome: &Outcome) -> bool {
    let time = target.ms.is_none_or(|most| outcome.ms < most);
    // Without an account of memory the time alone decides.
    let memory =
        target.mib.is_none_or(|most| check_kib(outcome).is_none_or(|kib| kib < most * 1024));
    let more = outcome.more_ms.map(|more| more / outcome.ms);
    let explanation = target.explanation.is_none_or(|most| more.is_some_and(|more| more < most));
    time && memory && explanation && outcome.tally.wrong == 0 && outcome.tally.unknown == 0
}
