//! The log of a run: what the code under test told through `tracing`, in virtual time.
//!
//! The collector belongs to the run's own thread, so that runs beside each other do not mix. It
//! takes events of level INFO and above; those of the simulator and of the runtime are left out.

use crate::trace::Tracer;
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use testimony_net::tasks::current_host;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// More than this is counted, not kept.
const BYTES_MAX: usize = 1 << 20;

/// Targets that are not the code under test.
const FOREIGN: [&str; 3] = ["turmoil", "tokio", "mio"];

#[derive(Default)]
struct Kept {
    lines: Vec<String>,
    bytes: usize,
    left_out: u64,
}

/// Collects the events of one run.
#[derive(Clone)]
pub(crate) struct Log {
    hosts: Arc<[String]>,
    now_ms: fn() -> u64,
    kept: Arc<Mutex<Kept>>,
    tracer: Option<Tracer>,
}

impl Log {
    /// A log for these hosts, by number.
    pub(crate) fn new(hosts: Vec<String>, now_ms: fn() -> u64) -> Log {
        Log { hosts: hosts.into(), now_ms, kept: Arc::default(), tracer: None }
    }

    /// The same, and hands everything to a tracer, too.
    pub(crate) fn with_tracer(self, tracer: Option<Tracer>) -> Log {
        Log { tracer, ..self }
    }

    /// Whether an event is one of the code under test, and not too fine.
    fn takes(metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        let foreign = FOREIGN.iter().any(|foreign| {
            target
                .strip_prefix(foreign)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        });
        !foreign && *metadata.level() <= tracing::Level::INFO
    }

    /// Runs `body` on this thread and collects what it tells.
    pub(crate) fn during<T>(&self, body: impl FnOnce() -> T) -> T {
        tracing::subscriber::with_default(self.clone(), body)
    }

    /// The lines so far: `<virtual ms> <host> <level> <target>: <message and fields>`.
    pub(crate) fn take(&self) -> Vec<String> {
        let mut kept = self.kept();
        let mut lines = std::mem::take(&mut kept.lines);
        if kept.left_out > 0 {
            lines.push(format!("... and {} more lines, not kept", kept.left_out));
        }
        lines
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.tracer.is_some() || Log::takes(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(if self.tracer.is_some() { LevelFilter::TRACE } else { LevelFilter::INFO })
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        // Spans are not kept, so one number serves them all; a tracer tells them apart by name.
        let Some(tracer) = &self.tracer else { return Id::from_u64(1) };
        let mut name = Name(None);
        span.record(&mut name);
        Id::from_u64(tracer.span(name.0.as_deref().unwrap_or(span.metadata().name())))
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        if let Some(tracer) = &self.tracer {
            trace(tracer, event);
            if !Log::takes(event.metadata()) {
                return;
            }
        }
        let host = current_host().and_then(|host| self.hosts.get(usize::from(host)));
        let host = host.map_or("-", String::as_str);
        let (level, target) = (event.metadata().level(), event.metadata().target());
        let mut line = Line(format!("{} {host} {level} {target}:", (self.now_ms)()));
        event.record(&mut line);
        // One event is one line, whatever its texts contain.
        let line = line.0.replace('\n', "\\n").replace('\r', "\\r");
        let mut kept = self.kept();
        if kept.bytes + line.len() > BYTES_MAX {
            kept.left_out += 1;
            return;
        }
        kept.bytes += line.len();
        kept.lines.push(line);
    }

    fn enter(&self, span: &Id) {
        self.tracer.iter().for_each(|tracer| tracer.enter(span.into_u64()));
    }

    fn exit(&self, _span: &Id) {
        self.tracer.iter().for_each(Tracer::exit);
    }
}

/// Hands an event to a tracer. That a step begins is no event: time is told with each.
fn trace(tracer: &Tracer, event: &Event<'_>) {
    let mut line = Line(event.metadata().target().to_owned());
    event.record(&mut line);
    if !line.0.starts_with("turmoil step ") {
        tracer.happened(current_host(), &line.0);
    }
}

/// The field `name` of a span.
struct Name(Option<String>);

impl Visit for Name {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "name" {
            self.0 = Some(format!("{value:?}"));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "name" {
            self.0 = Some(value.to_owned());
        }
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.0, " {value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::Log;

    #[test]
    fn events_of_the_code_under_test_are_lines() {
        let log = Log::new(vec!["n1".to_owned()], || 7);
        log.during(|| {
            tracing::info!(term = 3, "elected");
            tracing::warn!(target: "user", "two\nlines");
            tracing::debug!("too fine");
            tracing::info!(target: "tokio::runtime", "not ours");
            tracing::info!(target: "tokioesque", "ours");
        });
        tracing::error!("after the run");
        let expected = [
            "7 - INFO testimony_sim::log::tests: elected term=3",
            "7 - WARN user: two\\nlines",
            "7 - INFO tokioesque: ours",
        ];
        assert_eq!(log.take(), expected);
    }

    #[test]
    fn a_log_is_bounded() {
        let log = Log::new(Vec::new(), || 0);
        let long = "x".repeat(10_000);
        log.during(|| (0..200).for_each(|_| tracing::info!("{long}")));
        let lines = log.take();
        assert_eq!(lines.len(), 105);
        assert_eq!(lines[104], "... and 96 more lines, not kept");
    }
}
