//! The trace of a run: everything that happens, in the order in which it happens.
//!
//! For the determinism doctor only. It takes every event of `tracing` on the run's thread, those of
//! the simulator among them (sent, delivered, received, dropped, with payloads), and every line of
//! the history. Two runs with the same trace did the same.

use rustc_hash::FxHasher;
use std::fmt;
use std::hash::Hasher;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Events that are kept take so many bytes at most; all of them are hashed.
const BYTES_MAX: usize = 64 << 20;

/// Something that happened in a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Happened {
    /// The virtual time in milliseconds.
    pub at_ms: u64,
    /// The host whose code was running, or to which it happened; `-` where no host was.
    pub host: String,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms  {}  {}", self.at_ms, self.host, self.what)
    }
}

impl Happened {
    /// The same with hosts instead of addresses, and with payloads as text where they are text.
    pub(crate) fn readable(mut self, hosts: &[String]) -> Happened {
        // The longest address first: one begins another.
        for (number, host) in hosts.iter().enumerate().rev() {
            let address = format!("192.168.0.{}:", number + 1);
            self.what = self.what.replace(&address, &format!("{host}:"));
        }
        let payload = self.what.find("[0x").and_then(|from| {
            let until = from + self.what[from..].find(']')?;
            let bytes = self.what[from + 1..until].split(", ");
            let bytes: Option<Vec<u8>> =
                bytes.map(|byte| u8::from_str_radix(byte.strip_prefix("0x")?, 16).ok()).collect();
            let text = String::from_utf8(bytes?).ok()?;
            Some((from..=until, format!("{text:?}")))
        });
        if let Some((place, text)) = payload {
            self.what.replace_range(place, &text);
        }
        self
    }
}

/// What a trace keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Keep {
    /// Only the hash.
    Hash,
    /// The events, as far as there is room.
    Events,
}

/// Collects the trace of one run.
#[derive(Clone)]
pub(crate) struct Tracer {
    hosts: Arc<[String]>,
    now_ms: Arc<AtomicU64>,
    state: Arc<Mutex<State>>,
}

struct State {
    keep: Keep,
    hasher: FxHasher,
    events: u64,
    kept: Vec<Happened>,
    bytes: usize,
    /// The host that the simulator is in, where it is in one: by number in `spans`.
    inside: Vec<u64>,
    spans: Vec<String>,
    line: Vec<u8>,
}

/// What a trace comes to.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    pub(crate) hash: u64,
    pub(crate) events: u64,
    pub(crate) kept: Vec<Happened>,
}

impl Tracer {
    /// A tracer for these hosts, by number; `now_ms` has the virtual time.
    pub(crate) fn new(hosts: &[String], now_ms: Arc<AtomicU64>, keep: Keep) -> Tracer {
        let state = State {
            keep,
            hasher: FxHasher::default(),
            events: 0,
            kept: Vec::new(),
            bytes: 0,
            inside: Vec::new(),
            spans: Vec::new(),
            line: Vec::new(),
        };
        Tracer { hosts: hosts.into(), now_ms, state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something happened: to this host, else to the one that the simulator is in.
    pub(crate) fn happened(&self, host: Option<u16>, what: &str) {
        let at_ms = self.now_ms.load(Ordering::Relaxed);
        let mut state = self.state();
        let inside = state.inside.last().and_then(|span| usize::try_from(*span).ok());
        let inside = inside.and_then(|span| state.spans.get(span - 1)).map(String::as_str);
        let host = host.and_then(|host| self.hosts.get(usize::from(host))).map(String::as_str);
        let host = host.or(inside).unwrap_or("-").to_owned();
        state.add(Happened { at_ms, host, what: what.to_owned() });
    }

    /// A span begins to exist: the simulator has one for each host, which carries its name. Its
    /// number, from 1.
    pub(crate) fn span(&self, name: &str) -> u64 {
        let mut state = self.state();
        let known = state.spans.iter().position(|span| span == name);
        let at = known.unwrap_or_else(|| {
            state.spans.push(name.to_owned());
            state.spans.len() - 1
        });
        u64::try_from(at).unwrap_or(0) + 1
    }

    pub(crate) fn enter(&self, span: u64) {
        self.state().inside.push(span);
    }

    pub(crate) fn exit(&self) {
        self.state().inside.pop();
    }

    /// The trace so far.
    pub(crate) fn take(&self) -> Trace {
        let mut state = self.state();
        let kept = std::mem::take(&mut state.kept);
        Trace { hash: state.hasher.finish(), events: state.events, kept }
    }
}

impl State {
    fn add(&mut self, happened: Happened) {
        self.hasher.write_u64(happened.at_ms);
        self.hasher.write(happened.host.as_bytes());
        self.hasher.write(happened.what.as_bytes());
        self.hasher.write_u8(0xff);
        self.events += 1;
        let bytes = happened.what.len() + 64;
        if self.keep == Keep::Events && self.bytes + bytes <= BYTES_MAX {
            self.bytes += bytes;
            self.kept.push(happened);
        }
    }
}

/// Takes the lines of the history.
impl Write for Tracer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut lines = Vec::new();
        {
            let mut state = self.state();
            state.line.extend_from_slice(bytes);
            while let Some(end) = state.line.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = state.line.drain(..=end).collect();
                lines.push(String::from_utf8_lossy(&line[..end]).into_owned());
            }
        }
        lines.iter().for_each(|line| self.happened(None, &format!("history {line}")));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
