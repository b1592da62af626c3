//! Why an operation answered what it did, in words: what the message journal knows of it.

use crate::safe::{clean, fit, pad, wrap};
use serde::Serialize;
use std::fmt::Write as _;
use testimony_history::{Fate, OpId};
use testimony_journal::{Carried, Ended, Mark, Missed, Seen, Why};

/// Messages of a list at most, unless everything is asked for.
const LINES_MAX: usize = 12;

/// Operations of a list at most, likewise.
const OPERATIONS_MAX: usize = 5;

/// Columns of the text.
const COLUMNS: usize = 100;

/// Lines of a paragraph at most: its parts are bounded, so that nothing of it is cut.
const PARAGRAPH_LINES_MAX: usize = 12;

/// Columns of an answer, a reason, a name.
const WORDS_COLUMNS: usize = 40;

/// Columns of what a message says.
const SAID_COLUMNS: usize = 72;

/// Columns of the name of a host.
const HOST_COLUMNS: usize = 20;

const NS_A_MS: u64 = 1_000_000;

/// What surrounds an answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The run, e.g. `quorum-register/abd@7`.
    pub run: &'a str,
    /// Whether long lists are printed whole.
    pub all: bool,
}

/// An answer as JSON: the file format, the run, and all of it.
#[derive(Serialize)]
struct File<'a> {
    version: u32,
    run: &'a str,
    why: &'a Why,
}

/// The answer as one line of JSON, nothing left out.
pub fn json(why: &Why, run: &str) -> String {
    crate::json::line(&File { version: crate::json::VERSION, run, why })
}

/// The answer for people, ready for a terminal. O(what it has).
pub fn render(why: &Why, context: &Context<'_>) -> String {
    let mut page = Page { out: String::new(), all: context.all };
    let op = &why.operation;
    let (from, to) = (op.call_ns / NS_A_MS, op.ret_ns / NS_A_MS);
    page.line(&format!("{} {}  {from} to {to} ms", fit(context.run, COLUMNS), described(op)));
    page.talk(why);
    page.carriers(why);
    page.missed(why);
    page.around(why);
    page.out
}

/// `#5 process 1: read x = 1`.
fn described(op: &Mark) -> String {
    let words = fit(&op.words, WORDS_COLUMNS);
    let told = |what: &str| fit(what, WORDS_COLUMNS);
    let ended = match &op.ended {
        Ended::Ok(answer) => format!("= {}", told(answer)),
        Ended::Fail(reason) => format!("failed: {}", told(reason)),
        Ended::Info(reason) => format!("unknown: {}", told(reason)),
    };
    format!("{} process {}: {words} {ended}", op.id, op.process.0)
}

/// `#3 write 2 (process 0)`.
fn named(op: &Mark) -> String {
    format!("{} {} (process {})", op.id, fit(&op.words, WORDS_COLUMNS), op.process.0)
}

fn count(number: usize, one: &str, several: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {several}") }
}

fn host(name: &str) -> String {
    fit(name, HOST_COLUMNS)
}

struct Page {
    out: String,
    all: bool,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn head(&mut self, text: &str) {
        self.out.push('\n');
        self.paragraph(text);
    }

    fn paragraph(&mut self, text: &str) {
        for line in wrap(text, COLUMNS - 2, PARAGRAPH_LINES_MAX) {
            self.line(&format!("  {line}"));
        }
    }

    fn list<T>(&mut self, items: &[T], most: usize, show: impl Fn(&T) -> String) {
        let shown = if self.all { items.len() } else { most };
        for item in items.iter().take(shown) {
            self.line(&format!("    {}", show(item)));
        }
        if items.len() > shown {
            self.line(&format!("    ... and {} more (--all)", items.len() - shown));
        }
    }

    fn messages(&mut self, messages: &[Seen]) {
        let widest = |name: fn(&Seen) -> &str| {
            messages.iter().map(|seen| crate::safe::width(&host(name(seen)))).max().unwrap_or(0)
        };
        let (from, to) = (widest(|seen| &seen.message.from), widest(|seen| &seen.message.to));
        self.list(messages, LINES_MAX, |seen| message(seen, from, to));
    }

    fn talk(&mut self, why: &Why) {
        let node = why.node.as_deref().map_or_else(|| "nobody".to_owned(), host);
        let id = why.operation.id;
        match (why.talk.is_empty(), why.client_known) {
            (true, false) => self.head(&format!(
                "The journal has no message of process {}: its client does not use testimony's \
                 sockets, or it needed none.",
                why.operation.process.0
            )),
            (true, true) => self.head(&format!("No message was sent or received for {id}.")),
            (false, _) if why.answered => {
                self.head(&format!("{node} answered. What was said for it:"))
            }
            (false, _) => self.head("No answer arrived in time. What was said for it:"),
        }
        self.messages(&why.talk);
        if why.aside > 0 {
            let aside = count(why.aside, "message", "messages");
            self.line(&format!(
                "    ({aside} about other keys between the nodes meanwhile left out)"
            ));
        }
    }

    fn carriers(&mut self, why: &Why) {
        let answer = why.operation.read.as_deref().unwrap_or_default();
        let answer = fit(answer, WORDS_COLUMNS);
        let wrote = why.source.as_ref().map(|op| format!(", which {} wrote", named(op)));
        let wrote = wrote.unwrap_or_default();
        match (why.carried, why.carriers.is_empty()) {
            (Carried::ByValue, false) => {
                self.head(&format!("How {answer}{wrote}, had come there, the newest first:"));
            }
            (Carried::ByValue, true) => {
                self.head(&format!("No earlier message brought {answer}{wrote}."));
            }
            (Carried::Latest, false) => self.head(
                "What the node had heard last from each of the others before (the system does not say \
                 what its messages carry):",
            ),
            _ => {}
        }
        self.messages(&why.carriers);
    }

    fn missed(&mut self, why: &Why) {
        let node = why.node.as_deref().map_or_else(|| "the node".to_owned(), host);
        for missed in &why.missed {
            self.head(&sentence(&why.operation, missed, &node));
            self.messages(&missed.told);
            if !missed.told.is_empty() && !missed.stopped.is_empty() {
                self.paragraph("Not in time:");
            }
            self.messages(&missed.stopped);
        }
    }

    fn around(&mut self, why: &Why) {
        let key = why.operation.key.as_deref();
        let of = key.map_or_else(String::new, |key| format!(" on {}", fit(key, WORDS_COLUMNS)));
        for (what, operations) in [
            (format!("Operations{of} in its causal past, the newest first:"), &why.past),
            (
                format!("Operations{of} beside it: neither could know of the other:"),
                &why.concurrent,
            ),
        ] {
            if !operations.is_empty() {
                self.head(&what);
                self.list(operations, OPERATIONS_MAX, |op| {
                    let (from, to) = (op.call_ns / NS_A_MS, op.ret_ns / NS_A_MS);
                    format!("{}  {from} to {to} ms", described(op))
                });
            }
        }
    }
}

/// Why a write was not seen, in a sentence.
fn sentence(op: &Mark, missed: &Missed, node: &str) -> String {
    let write = &missed.write;
    let shown = &missed.shown_by;
    let before = op.call_ns.saturating_sub(shown.ret_ns) / NS_A_MS;
    let acknowledged = match shown.id == write.id {
        true => "acknowledged".to_owned(),
        false => format!("read by {} of process {}", shown.id, shown.process.0),
    };
    let either = match missed.certain {
        true => "",
        false => " (it ran beside the write of what was read, either may be the later one)",
    };
    let begins = format!(
        "{} was {acknowledged} at {} ms, {before} ms before {} began{either},",
        named(write),
        shown.ret_ns / NS_A_MS,
        op.id
    );
    let value = fit(write.wrote.as_deref().unwrap_or_default(), WORDS_COLUMNS);
    let lost = missed.stopped.iter().filter(|seen| seen.message.fate == Fate::Lost).count();
    let others = missed.stopped.len() - lost;
    let mut parts = Vec::new();
    if lost > 0 {
        parts.push(count(lost, "was lost", "were lost"));
    }
    if others > 0 {
        parts.push(count(others, "came too late", "came too late"));
    }
    let had: Vec<String> = missed.known_to.iter().map(|name| host(name)).collect();
    let had = match had.is_empty() {
        true => String::new(),
        false => format!(" ({} had it)", fit(&had.join(" "), WORDS_COLUMNS)),
    };
    let fates = match parts.is_empty() {
        true => format!("; none was sent to it{had}."),
        false => format!("{had}: {}.", parts.join(", ")),
    };
    let OpId(number) = write.id;
    if !missed.told.is_empty() {
        let told = count(missed.told.len(), "message", "messages");
        return match missed.by_value {
            true if missed.restarted => format!(
                "{begins} and {node} had been told, but was restarted since, without what it had not \
                 on its disk: {told} with {value} had arrived before:"
            ),
            true => format!(
                "{begins} and {node} could have known it: {told} with {value} had arrived before it \
                 answered:"
            ),
            false => format!(
                "{begins} and lies in the causal past of {}: {told} that could have told of it had \
                 arrived before {node} answered:",
                op.id
            ),
        };
    }
    match (missed.in_past, missed.by_value) {
        (false, _) => format!(
            "{begins} and {node} could not know it: no message that was sent after #{number} began had \
             reached it{fates}"
        ),
        (true, true) => format!(
            "{begins} and {node} did not know it: no message with {value} had reached it{fates}"
        ),
        (true, false) => format!(
            "{begins} and {node} had heard of it from nobody but the client that asked now{fates}"
        ),
    }
}

/// `  12 ms  n1 -> n2  +3 ms  store x = 1`.
fn message(seen: &Seen, from: usize, to: usize) -> String {
    let message = &seen.message;
    let sent = message.sent_ns / NS_A_MS;
    let took = message.done_ns.map_or(0, |done| done.saturating_sub(message.sent_ns) / NS_A_MS);
    let fate = match message.fate {
        Fate::Delivered => format!("+{took} ms"),
        Fate::Duplicated => format!("+{took} ms copy"),
        Fate::Corrupted => format!("+{took} ms bits flipped"),
        Fate::Held => "under way".to_owned(),
        Fate::Lost => "lost".to_owned(),
    };
    let mut line = format!(
        "{sent:>6} ms  {} -> {}  {}  {}",
        pad(&host(&message.from), from),
        pad(&host(&message.to), to),
        pad(&fate, 8),
        fit(&seen.words, SAID_COLUMNS),
    );
    if let Some(lost) = message.lost {
        let _ = write!(line, "  ({})", lost.words());
    }
    if let Some(fault) = &seen.in_force {
        let (name, label) = (fit(&fault.name, WORDS_COLUMNS), fit(&fault.label, WORDS_COLUMNS));
        let _ = write!(line, "  [fault {}: {name} {label}]", fault.fault);
    }
    clean(&line)
}
