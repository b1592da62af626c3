//! `replay` of a large native file, as a user runs it: a process from its start to its end.

use crate::child::{self, Limits, Watched};
use crate::environment;
use crate::make::{Flatten, HistoryOf, Visitor, with};
use crate::recipe::{Object, Recipe};
use crate::report::FigureRow;
use crate::table;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use testimony::history::Header;
use testimony::model::write_history;

pub(crate) const NAME: &str = "replay/1M/1000-keys";

/// Milliseconds and MiB to reach.
const TARGET: (f64, u64) = (1_500.0, 400);

/// The runs, of which the best counts.
const RUNS: usize = 3;

/// Writes the history of a recipe into a native file: done in a process of its own, because it takes
/// memory that nobody should measure.
pub(crate) fn write(recipe: &Recipe, file: &Path) -> io::Result<()> {
    struct Text;
    impl Visitor for Text {
        type Out = String;
        fn visit<M: Flatten>(self, model: &M, history: HistoryOf<M>) -> String {
            write_history(model, &Header::new(M::NAME), &history, &[])
        }
    }
    fs::write(file, with(recipe, Text))
}

/// Measures `PROGRAM replay FILE`.
pub(crate) fn run(program: &Path, limits: &Limits, quick: bool) -> io::Result<FigureRow> {
    let operations = if quick { 2_000 } else { 1_000_000 };
    let recipe = Recipe::new(Object::Kv, operations).keys(1_000).clients(50);
    let file = environment::scratch()?.join("replay.jsonl");
    let making = Command::new(environment::program()?)
        .args(["make", &serde_json::to_string(&recipe)?])
        .arg(&file)
        .status()?;
    if !making.success() {
        return Err(io::Error::other("the file could not be made"));
    }
    let measured = measure(program, &file, limits);
    fs::remove_file(&file)?;
    let (watched, said) = measured?;
    let (ms_max, mib_max) = TARGET;
    let ended = watched.status.as_ref().is_ok_and(|status| status.success());
    let within = watched.ms < ms_max && watched.peak_kib.is_none_or(|kib| kib < mib_max * 1024);
    Ok(FigureRow {
        name: NAME.to_owned(),
        history: format!("{recipe}, a native file, end to end"),
        verdict: said,
        target: format!("{}, {mib_max} MiB", table::ms(ms_max)),
        measured: table::ms(watched.ms),
        ms: Some(watched.ms),
        peak_kib: watched.peak_kib,
        met: (!quick).then_some(ended && within),
        ..FigureRow::default()
    })
}

fn measure(program: &Path, file: &Path, limits: &Limits) -> io::Result<(Watched, String)> {
    let mut best: Option<(Watched, String)> = None;
    for _ in 0..RUNS {
        let mut child = Command::new(program)
            .arg("replay")
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let watched = child::watch(&mut child, limits)?;
        let said = match &watched.status {
            Ok(status) => match status.code() {
                Some(0) => "valid".to_owned(),
                Some(code) => format!("ended with {code}"),
                None => "killed by a signal".to_owned(),
            },
            Err(ended) => crate::judge::ended(ended),
        };
        if best.as_ref().is_none_or(|(before, _)| watched.ms < before.ms) {
            best = Some((watched, said));
        }
    }
    best.ok_or_else(|| io::Error::other("nothing was run"))
}
