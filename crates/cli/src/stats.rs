//! `stats`: what a history is and what judging it will take, before it is judged.

use crate::args::{self, Output};
use crate::exit::{Exit, Failure};
use crate::input::{Reading, load};
use crate::out::{Out, complain, say};
use crate::replay::{nothing_found, print_problems, sources};
use serde::Serialize;
use testimony::Registry;
use testimony::check::{Forecast, PartForecast};
use testimony::report::json;
use testimony::report::safe::clean;
use testimony::report::units::counted;
use testimony::verdict::Engine;

/// The first line of the stream of `--format json`.
#[derive(Serialize)]
struct Start {
    stream: &'static str,
    version: u32,
}

/// One line of the stream: a history.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    model: &'a str,
    operations: usize,
    ok: usize,
    fail: usize,
    info: usize,
    concurrency: usize,
    steps: u64,
    /// Judged apart: by key where there are keys.
    parts: Vec<PartLine<'a>>,
}

#[derive(Serialize)]
struct PartLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    operations: usize,
    concurrency: usize,
    indeterminate: usize,
    classes: usize,
    engine: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    steps: u64,
}

/// Prints what is known of every input.
pub(crate) fn run(args: &args::Stats, registry: &Registry, out: &mut Out) -> Result<Exit, Failure> {
    let reading = Reading::new(&args.input, registry)?;
    let sources = sources(&args.paths)?;
    if sources.is_empty() {
        return Err(nothing_found(&args.paths));
    }
    if args.format == Output::Json {
        out.line(&json::line(&Start { stream: "testimony-stats", version: 1 }))?;
    }
    let mut exits = Vec::new();
    for source in &sources {
        let name = source.name();
        let input = match source.open() {
            Ok(input) => input,
            Err(failure) => {
                complain(&failure.message);
                exits.push(failure.exit);
                continue;
            }
        };
        let loaded = match load(&name, input, &reading, registry) {
            Ok(loaded) => loaded,
            Err(problems) => {
                out.flush()?;
                print_problems(&name, &problems);
                exits.push(Exit::Unreadable);
                continue;
            }
        };
        for note in loaded.history.notes() {
            say(&clean(&format!("note: {name}: {note}")));
        }
        match loaded.history.forecast() {
            Ok(forecast) => {
                let model = loaded.model.name();
                match args.format {
                    Output::Json => out.line(&json::line(&line(&name, model, &forecast)))?,
                    Output::Text => text(&name, model, &forecast, args.parts, out)?,
                }
                exits.push(Exit::Valid);
            }
            Err(why) => {
                complain(&format!("{name}: {why}"));
                exits.push(Exit::Unreadable);
            }
        }
    }
    Ok(Exit::of(exits))
}

fn line<'a>(file: &'a str, model: &'a str, forecast: &'a Forecast) -> Line<'a> {
    let part = |part: &'a PartForecast| PartLine {
        key: part.key.as_deref(),
        operations: part.operations,
        concurrency: part.concurrency,
        indeterminate: part.indeterminate,
        classes: part.classes,
        engine: part.engine.name(),
        why: part.why.as_deref(),
        steps: part.steps,
    };
    Line {
        file,
        model,
        operations: forecast.operations,
        ok: forecast.ok,
        fail: forecast.fail,
        info: forecast.info,
        concurrency: forecast.concurrency,
        steps: forecast.steps(),
        parts: forecast.parts.iter().map(part).collect(),
    }
}

fn text(
    name: &str,
    model: &str,
    forecast: &Forecast,
    parts_max: usize,
    out: &mut Out,
) -> Result<(), Failure> {
    let Forecast { operations, ok, fail, info, concurrency, parts } = forecast;
    let keys = match parts.iter().filter(|part| part.key.is_some()).count() {
        0 => "judged as a whole".to_owned(),
        keys => counted(keys, "key"),
    };
    let operations = counted(*operations, "operation");
    out.line(&clean(&format!(
        "{name}  {model}  {operations} ({ok} ok, {fail} fail, {info} info), {keys}, \
         {concurrency} at once at most"
    )))?;
    let mut engines: Vec<Engine> = parts.iter().map(|part| part.engine).collect();
    engines.sort_unstable();
    engines.dedup();
    for engine in engines {
        let by = || parts.iter().filter(move |part| part.engine == engine);
        let steps = by().fold(0_u64, |steps, part| steps.saturating_add(part.steps));
        let counts = counted(by().map(|part| part.operations).sum(), "operation");
        let keys = counted(by().count(), "part");
        out.line(&format!("  {engine}: {keys}, {counts}, about {}", cost(steps)))?;
    }
    let mut costly: Vec<_> = parts.iter().filter(|part| part.engine == Engine::Search).collect();
    costly.sort_by_key(|part| std::cmp::Reverse(part.steps));
    for part in costly.iter().take(parts_max) {
        out.line(&clean(&format!("    {}", describe(part))))?;
    }
    if costly.len() > parts_max {
        out.line(&format!("    ... and {} more (--parts N)", costly.len() - parts_max))?;
    }
    Ok(())
}

/// A part that the search will judge, in a line.
fn describe(part: &PartForecast) -> String {
    let name = part.key.as_ref().map_or_else(|| "all".to_owned(), |key| format!("key {key}"));
    let operations = counted(part.operations, "operation");
    let mut line = format!("{name}: {operations}, {} at once", part.concurrency);
    if part.indeterminate > 0 {
        let kinds = counted(part.classes, "kind");
        line.push_str(&format!(", {} indeterminate of {kinds}", part.indeterminate));
    }
    line.push_str(&format!(", about {}", cost(part.steps)));
    if let Some(why) = &part.why {
        line.push_str(&format!("; {why}"));
    }
    line
}

/// Steps, with the time that they take about.
fn cost(steps: u64) -> String {
    let ms = steps.saturating_mul(Forecast::STEP_NS) / 1_000_000;
    let time = match ms {
        0 => "under 1 ms".to_owned(),
        1..10_000 => format!("{ms} ms"),
        _ => format!("{} s", ms / 1_000),
    };
    format!("{} ({time})", counted(usize::try_from(steps).unwrap_or(usize::MAX), "step"))
}
