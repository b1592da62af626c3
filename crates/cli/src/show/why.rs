//! `show RUN --why OP`: why an operation answered what it did, from the message journal of its run.

use crate::args::{self, Output};
use crate::exit::{Exit, Failure};
use crate::input::{Reading, Source, load};
use crate::out::{Out, say};
use crate::replay::print_problems;
use crate::runs;
use crate::simulate::PlanHead;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use testimony::Registry;
use testimony::history::{Message, OpId};
use testimony::journal::{Journal, JournalError, read_messages};
use testimony::report::safe::clean;
use testimony::report::why::{self, Context};

/// Bytes of an unpacked journal at most: some hundred times what a busy run sends.
const JOURNAL_BYTES_MAX: u64 = 1 << 28;

/// Prints the answer. It ends with 0: an answer is no verdict.
pub(super) fn run(
    dir: &Path,
    op: OpId,
    args: &args::Show,
    registry: &Registry,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let (name, lines) = journal(dir)?;
    let messages = read_messages(&lines).map_err(|error| damaged(&name, &error))?;
    let history = Source::Path(dir.join(runs::HISTORY));
    let shown = runs::shown(&dir.join(runs::HISTORY));
    let loaded = match load(&shown, history.open()?, &Reading::default(), registry) {
        Ok(loaded) => loaded,
        Err(problems) => {
            print_problems(&shown, &problems);
            return Ok(Exit::Unreadable);
        }
    };
    for note in loaded.history.notes() {
        say(&clean(&format!("note: {shown}: {note}")));
    }
    let plan = PlanHead::read(&runs::read(&dir.join(runs::PLAN))?).map_err(Failure::unreadable)?;
    let subject = registry.subjects.iter().find(|subject| subject.name() == plan.system);
    let decode = |message: &Message| subject?.decode(message);
    let history = &loaded.history;
    let journal = Journal::new(messages, history.marks(), history.faults(), decode)
        .map_err(|error| damaged(&name, &error))?;
    let why = journal.why(op).map_err(|error| Failure::usage(error.to_string()))?;
    let run = runs::id(&plan.system, plan.seed);
    match args.format {
        Output::Json => out.line(&why::json(&why, &run))?,
        Output::Text => {
            let text = why::render(&why, &Context { run: &run, all: args.all });
            text.lines().try_for_each(|line| out.line(line))?;
        }
    }
    Ok(Exit::Valid)
}

/// Whether a run directory has a message journal.
pub(super) fn can_be_asked(dir: &Path) -> bool {
    [runs::MESSAGES, runs::MESSAGES_PLAIN].iter().any(|file| dir.join(file).is_file())
}

fn damaged(name: &str, error: &JournalError) -> Failure {
    Failure::unreadable(format!("{name}: {error}"))
}

/// The name and the lines of the journal in a run directory.
fn journal(dir: &Path) -> Result<(String, String), Failure> {
    for file in [runs::MESSAGES, runs::MESSAGES_PLAIN] {
        let path = dir.join(file);
        let name = runs::shown(&path);
        let failed = |error| Failure::io(&name, &error);
        let opened = match File::open(&path) {
            Ok(opened) => opened,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(failed(error)),
        };
        let unpacked: Box<dyn Read> = match file == runs::MESSAGES {
            true => Box::new(zstd::stream::read::Decoder::new(opened).map_err(failed)?),
            false => Box::new(opened),
        };
        let mut lines = String::new();
        let read = unpacked.take(JOURNAL_BYTES_MAX + 1).read_to_string(&mut lines);
        read.map_err(|error| Failure::unreadable(format!("{name}: {error}")))?;
        if lines.len() as u64 > JOURNAL_BYTES_MAX {
            let most = JOURNAL_BYTES_MAX;
            return Err(Failure::unreadable(format!("{name}: larger than {most} bytes")));
        }
        return Ok((name, lines));
    }
    let dir = runs::shown(dir);
    Err(Failure::unreadable(format!("{dir}: the run has no message journal: rerun it")))
}
