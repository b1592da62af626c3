//! `replay`: judges recorded histories and reports what it finds.

use crate::args::{self, Output};
use crate::clock::{Stopwatch, show_ms};
use crate::exit::{Exit, Failure};
use crate::expected;
use crate::glob;
use crate::input::{Loaded, Reading, Source, load};
use crate::judging::{self, Judge, Timed};
use crate::out::{Out, complain, say};
use crate::parse::Format;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use testimony::Registry;
use testimony::formats;
use testimony::history::{Header, Problems};
use testimony::report::json::{self, Line, Start, Subject, Timing};
use testimony::report::safe::{clean, width};
use testimony::report::spectrum::{Spectrum, SpectrumLine};
use testimony::report::{lines, text, units};
use testimony::verdict::{Property, Unknown, Verdict, VerdictName};

/// What was found in all inputs together.
#[derive(Default)]
struct Tally {
    exits: Vec<Exit>,
    files: BTreeMap<VerdictName, usize>,
    unreadable: usize,
    operations: usize,
    /// Verdicts for which the engine alone vouches.
    engine_only: usize,
    read_ms: f64,
    check_ms: f64,
    reports_left: usize,
    reports_hidden: usize,
}

struct Replay<'a> {
    args: &'a args::Replay,
    registry: &'a Registry,
    program: &'static str,
    reading: Reading,
    judge: Judge,
    output: Output,
    columns: usize,
}

/// Judges every input, prints a line for each property and reports of the first anomalies.
pub(crate) fn run(
    args: &args::Replay,
    registry: &Registry,
    program: &'static str,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let (output, input) = formats_of(args)?;
    let reading = Reading { input, ..Reading::new(&args.input, registry)? };
    let judge = Judge::new(&args.judging, registry)?.with_staleness();
    let sources = sources(&args.paths)?;
    if sources.is_empty() {
        return Err(nothing_found(&args.paths));
    }
    let columns = sources.iter().map(|source| width(&clean(&source.name()))).max().unwrap_or(0);
    if let Some(path) = &args.certificate {
        check_certificate_path(path, &sources)?;
    }
    let replay = Replay { args, registry, program, reading, judge, output, columns };
    replay.check_levels()?;
    let mut tally = Tally { reports_left: args.reports, ..Tally::default() };
    if output == Output::Json {
        out.line(&json::line(&Start::NOW))?;
    }
    for source in &sources {
        replay.one(source, &mut tally, out)?;
    }
    out.flush()?;
    summary(&tally, output, out)?;
    Ok(Exit::of(tally.exits))
}

/// What is printed, and the format of the inputs where it is given.
fn formats_of(args: &args::Replay) -> Result<(Output, Option<formats::Format>), Failure> {
    let (mut output, mut input) = (None, args.input.histories);
    for format in &args.format {
        let twice = match *format {
            Format::Output(format) => output.replace(format).is_some_and(|old| old != format),
            Format::Input(format) => input.replace(format).is_some_and(|old| old != format),
        };
        if twice {
            return Err(Failure::usage("--format says two different things"));
        }
    }
    Ok((output.unwrap_or_default(), input))
}

pub(crate) fn sources(paths: &[String]) -> Result<Vec<Source>, Failure> {
    let mut sources: Vec<Source> = Vec::new();
    for path in paths {
        let found = match path.as_str() {
            "-" => vec![Source::Stdin],
            path => glob::expand(path)?.into_iter().map(Source::Path).collect(),
        };
        sources.extend(found);
    }
    let mut seen = std::collections::BTreeSet::new();
    sources.retain(|source| seen.insert(source.name()));
    Ok(sources)
}

/// A certificate is about one history, and must not take its place.
fn check_certificate_path(path: &Path, sources: &[Source]) -> Result<(), Failure> {
    let [source] = sources else {
        let found = sources.len();
        return Err(Failure::usage(format!("--certificate is for one history; found {found}")));
    };
    let same = |of: &PathBuf| match (of.canonicalize(), path.canonicalize()) {
        (Ok(history), Ok(certificate)) => history == certificate,
        _ => false,
    };
    match source {
        Source::Path(history) if same(history) => {
            let name = path.display();
            Err(Failure::usage(format!("--certificate {name}: that is the history itself")))
        }
        _ => Ok(()),
    }
}

/// Only folders can name no file at all.
pub(crate) fn nothing_found(paths: &[String]) -> Failure {
    let message =
        format!("no history in {}: no file ends in {}", paths.join(", "), glob::endings());
    Failure { exit: Exit::NothingChecked, message }
}

impl Replay<'_> {
    /// With a model given, a level that it is not judged by is a typing error.
    fn check_levels(&self) -> Result<(), Failure> {
        let Some(name) = &self.args.input.model else { return Ok(()) };
        if self.judge.is_all() {
            return Ok(());
        }
        let model = judging::model(self.registry, name).map_err(Failure::usage)?;
        let known = model.properties();
        let unknown = |asked: &&Property| model.property(asked.name()).is_none();
        match self.judge.asked().iter().find(unknown) {
            None => Ok(()),
            Some(asked) => Err(Failure::usage(format!(
                "histories of model `{name}` are not judged by `{asked}`; known: {}",
                judging::names(&known)
            ))),
        }
    }

    fn one(&self, source: &Source, tally: &mut Tally, out: &mut Out) -> Result<(), Failure> {
        let name = source.name();
        let watch = Stopwatch::start();
        let input = match source.open() {
            Ok(input) => input,
            Err(failure) => {
                complain(&failure.message);
                tally.exits.push(failure.exit);
                tally.unreadable += 1;
                return Ok(());
            }
        };
        let loaded = match load(&name, input, &self.reading, self.registry) {
            Ok(loaded) => loaded,
            Err(problems) => {
                out.flush()?;
                print_problems(&name, &problems);
                tally.exits.push(Exit::Unreadable);
                tally.unreadable += 1;
                return Ok(());
            }
        };
        let read_ms = watch.ms();
        for note in loaded.history.notes() {
            say(&clean(&format!("note: {name}: {note}")));
        }
        let Some(properties) = self.properties_of(&loaded) else {
            let (model, asked) = (loaded.model.name(), judging::names(self.judge.asked()));
            say(&clean(&format!("note: {name}: model `{model}` is not judged by {asked}")));
            tally.exits.push(Exit::NothingChecked);
            return Ok(());
        };
        let mut timed = self.judge.run(&properties, |options| loaded.history.judge(options));
        if self.judge.is_all() {
            drop_those_that_do_not_apply(&name, &mut timed);
        }
        tally.read_ms += read_ms;
        if let Some(path) = &self.args.certificate {
            let file = loaded.history.certificate(&timed.judgement);
            std::fs::write(path, file.to_text())
                .map_err(|error| Failure::io(format!("cannot write {}", path.display()), &error))?;
        }
        self.print(source, &loaded, &timed, read_ms, tally, out)
    }

    /// What was asked for, else what the header expects, else the model's default (none named).
    /// `None` when nothing that was asked for applies to the model.
    fn properties_of(&self, loaded: &Loaded<'_>) -> Option<Vec<Property>> {
        let model = loaded.model;
        let asked = self.judge.asked();
        if !asked.is_empty() {
            let apply = asked.iter().filter_map(|asked| model.property(asked.name()));
            let apply: Vec<_> = apply.collect();
            return (!apply.is_empty()).then_some(apply);
        }
        let Some(header) = &loaded.header else { return Some(Vec::new()) };
        Some(header.expect.keys().filter_map(|name| model.property(name)).collect())
    }

    fn print(
        &self,
        source: &Source,
        loaded: &Loaded<'_>,
        timed: &Timed,
        read_ms: f64,
        tally: &mut Tally,
        out: &mut Out,
    ) -> Result<(), Failure> {
        let name = source.name();
        let model = loaded.model.name();
        let operations = loaded.history.operations();
        tally.operations += operations;
        tally.engine_only += timed.judgement.engine_only();
        match timed.judgement.merged() {
            Some(merged) => *tally.files.entry(merged).or_default() += 1,
            None => tally.exits.push(Exit::NothingChecked),
        }
        for (property, finding) in &timed.judgement.by {
            tally.exits.push(judging::exit_of(finding));
            let check_ms = timed.check_ms.get(property).copied().unwrap_or(0.0);
            tally.check_ms += check_ms;
            let line = match self.output {
                Output::Text => lines::verdict(&name, self.columns, model, property, finding),
                Output::Json => {
                    let timing = Timing::new(read_ms, check_ms);
                    let subject = Subject::File(&name);
                    let judgement = &timed.judgement;
                    let line = Line::new(subject, model, (property, finding), judgement, timing);
                    json::line(&line.with_staleness(&judgement.staleness))
                }
            };
            out.line(&line)?;
            self.note_surprise(&name, loaded, property, finding.verdict.name());
        }
        if let Some(header) = &loaded.header {
            self.note_not_as_expected(&name, header, loaded, timed);
        }
        let spectrum = Spectrum::of(&timed.judgement);
        if let Some(spectrum) = &spectrum {
            out.line(&match self.output {
                Output::Text => format!("{}  {}", clean(&name), spectrum.words()),
                Output::Json => json::line(&SpectrumLine::new(&name, model, spectrum)),
            })?;
        }
        if self.output == Output::Text {
            self.reports(source, loaded, timed, tally, out)?;
        }
        Ok(())
    }

    /// A header may say what is expected: replay only reports, so a difference is a note.
    fn note_surprise(&self, name: &str, loaded: &Loaded<'_>, of: &Property, found: VerdictName) {
        let expected = loaded.header.as_ref().and_then(|header| header.expect.get(of.name()));
        if let Some(expected) = expected.filter(|expected| *expected != found.name()) {
            say(&clean(&format!("note: {name}: its header expects {of} to be {expected}")));
        }
    }

    /// The same for anomalies, and for properties that are not those of the model.
    fn note_not_as_expected(
        &self,
        name: &str,
        header: &Header,
        loaded: &Loaded<'_>,
        timed: &Timed,
    ) {
        let model = loaded.model;
        for property in header.expect.keys().filter(|of| model.property(of).is_none()) {
            let what = format!("by which histories of model `{}` are not judged", model.name());
            say(&clean(&format!("note: {name}: its header expects {property}, {what}")));
        }
        if let Some(other) = expected::other_anomalies(header, &timed.judgement) {
            say(&clean(&format!("note: {name}: its header: {other}")));
        }
    }

    fn reports(
        &self,
        source: &Source,
        loaded: &Loaded<'_>,
        timed: &Timed,
        tally: &mut Tally,
        out: &mut Out,
    ) -> Result<(), Failure> {
        let name = source.name();
        let again = self.again(source);
        let spectrum = Spectrum::of(&timed.judgement);
        // What breaks a weaker level breaks the stronger ones, too.
        let weakest = spectrum.as_ref().filter(|_| self.judge.is_all());
        let shown = |property: &Property| match (property, weakest) {
            (Property::Level(level), Some(spectrum)) => spectrum.breaks.contains(level),
            _ => true,
        };
        for anomaly in timed.judgement.anomalies().filter(|anomaly| shown(&anomaly.property)) {
            if tally.reports_left == 0 {
                tally.reports_hidden += 1;
                continue;
            }
            tally.reports_left -= 1;
            let subject = match source {
                Source::Path(path) => path.file_name().unwrap_or_default().to_string_lossy(),
                Source::Stdin => "standard input".into(),
            };
            let context = text::Context {
                subject: if subject.is_empty() { &name } else { &subject },
                faults: loaded.history.faults(),
                again: again.as_deref(),
                program: Some(self.program),
                staleness: &timed.judgement.staleness,
                spectrum: spectrum.as_ref(),
                ..text::Context::default()
            };
            out.write(&format!("\n{}\n", text::render(anomaly, &context)))?;
        }
        Ok(())
    }

    /// The command that judges this file alone again; standard input cannot be read twice.
    fn again(&self, source: &Source) -> Option<String> {
        let Source::Path(path) = source else { return None };
        let mut command = format!("{} replay", self.program);
        if let Some(model) = &self.args.input.model {
            command.push_str(&format!(" --model {}", quote(model)));
        }
        for level in &self.args.judging.levels {
            command.push_str(&format!(" --level {}", quote(level)));
        }
        if let Some(input) = self.reading.input {
            command.push_str(&format!(" --input {input}"));
        }
        command.push_str(&format!(" {}", quote(&path.display().to_string())));
        Some(command)
    }
}

/// Leaves out levels that do not apply to a history, with a note of why.
fn drop_those_that_do_not_apply(name: &str, timed: &mut Timed) {
    timed.judgement.by.retain(|property, finding| match &finding.verdict {
        Verdict::Unknown(Unknown::NotApplicable(why)) => {
            say(&clean(&format!("note: {name}: {property} does not apply: {why}")));
            false
        }
        _ => true,
    });
}

/// Quotes a word for a POSIX shell where it needs it.
pub(crate) fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./@:=+,%".contains(c);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        return word.to_owned();
    }
    let dash = if word.starts_with('-') { "./" } else { "" };
    format!("'{dash}{}'", word.replace('\'', "'\\''"))
}

/// `FILE:LINE: message` for each problem.
pub(crate) fn print_problems(name: &str, problems: &Problems) {
    for problem in &problems.listed {
        let place = match problem.line {
            0 => name.to_owned(),
            line => format!("{name}:{line}"),
        };
        say(&clean(&format!("{place}: {}", problem.what)));
    }
    if let Some(rest) = problems.rest() {
        say(&clean(&format!("{name}: {rest}")));
    }
}

fn summary(tally: &Tally, output: Output, out: &mut Out) -> Result<(), Failure> {
    let of = |verdict| tally.files.get(&verdict).copied().unwrap_or(0);
    let judged = of(VerdictName::Valid) + of(VerdictName::Invalid) + of(VerdictName::Unknown);
    let line = format!(
        "{}: {} valid, {} invalid, {} unknown, {} unreadable; {}{}",
        units::counted(judged + tally.unreadable, "file").replace("files", "histories"),
        of(VerdictName::Valid),
        of(VerdictName::Invalid),
        of(VerdictName::Unknown),
        tally.unreadable,
        units::counted(tally.operations, "operation"),
        judging::vouched(tally.engine_only),
    )
    .replacen("1 file:", "1 history:", 1);
    match output {
        Output::Text => out.line(&line)?,
        Output::Json => say(&line),
    }
    out.flush()?;
    if tally.reports_hidden > 0 && output == Output::Text {
        let hidden = units::counted(tally.reports_hidden, "more report");
        say(&format!("{hidden} not printed (--reports N)"));
    }
    say(&format!("read {}, check {}", show_ms(tally.read_ms), show_ms(tally.check_ms)));
    Ok(())
}
