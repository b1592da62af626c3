//! Doing a job in a process of its own, within limits, so that a checker that hangs, eats memory or
//! crashes is a row of the table and not the end of the benchmark.

use crate::clock::{COUNTED_SECTION, Stopwatch};
use crate::environment;
use crate::job::{Job, Outcome, Peer, Reply, Work};
use crate::memory;
use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// What a process may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) wall: Duration,
    /// Where the system says what a process takes; elsewhere there is no such limit.
    pub(crate) memory_kib: u64,
}

/// How a job ended.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Ended {
    Done(Outcome),
    /// It cannot be done, and why.
    Cannot(String),
    /// It took longer than the limit, and this much memory until then.
    TimedOut {
        peak_kib: Option<u64>,
    },
    /// It took more memory than the limit, after this many milliseconds.
    TooMuchMemory {
        ms: f64,
        peak_kib: u64,
    },
    /// It died, and how.
    Crashed(String),
}

impl Ended {
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        match self {
            Ended::Done(outcome) => Some(outcome),
            _ => None,
        }
    }
}

/// Between two looks at a running process.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How a watched process ended.
pub(crate) struct Watched {
    pub(crate) status: Result<ExitStatus, Ended>,
    pub(crate) ms: f64,
    /// The peak as it was last seen.
    pub(crate) peak_kib: Option<u64>,
}

/// Waits for a process and ends it where it passes a limit.
pub(crate) fn watch(child: &mut Child, limits: &Limits) -> io::Result<Watched> {
    let clock = Stopwatch::start();
    let mut peak_kib = None;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Ok(status);
        }
        let peak = memory::resident(Some(child.id())).map(|resident| resident.peak_kib);
        peak_kib = peak_kib.max(peak);
        let passed = match peak {
            _ if clock.elapsed() > limits.wall => Some(Ended::TimedOut { peak_kib }),
            Some(peak_kib) if peak_kib > limits.memory_kib => {
                Some(Ended::TooMuchMemory { ms: clock.ms(), peak_kib })
            }
            _ => None,
        };
        if let Some(ended) = passed {
            child.kill()?;
            child.wait()?;
            break Err(ended);
        }
        std::thread::sleep(LOOK_EVERY);
    };
    Ok(Watched { status, ms: clock.ms(), peak_kib })
}

/// Does a job in a process of its own.
///
/// # Errors
///
/// When no process can be started.
pub(crate) fn run(job: &Job, limits: &Limits) -> io::Result<Ended> {
    let mut command = Command::new(environment::program()?);
    command.args(["job", &serde_json::to_string(job)?]);
    // A peer that panics says so at length; the table says it in a word.
    let quiet = matches!(job.work, Work::Peer(_));
    command.stderr(if quiet { Stdio::null() } else { Stdio::inherit() });
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let watched = watch(&mut child, limits)?;
    let mut told = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut told)?;
    }
    Ok(match watched.status {
        Err(ended) => ended,
        Ok(status) if status.success() => match serde_json::from_str(&told) {
            // It may have been over between two looks.
            Ok(Reply::Done(Outcome { ms, peak_kib: Some(peak_kib), .. }))
                if peak_kib > limits.memory_kib =>
            {
                Ended::TooMuchMemory { ms, peak_kib }
            }
            Ok(Reply::Done(outcome)) => Ended::Done(outcome),
            Ok(Reply::Cannot(why)) => Ended::Cannot(why),
            Err(error) => Ended::Crashed(format!("said nothing that is understood: {error}")),
        },
        Ok(status) => Ended::Crashed(died(status)),
    })
}

/// `exit status: 101` in words that fit a table.
fn died(status: ExitStatus) -> String {
    match status.code() {
        Some(101) => "panicked".to_owned(),
        Some(code) => format!("ended with {code}"),
        None => "killed by a signal".to_owned(),
    }
}

/// Whether instructions can be counted here.
pub(crate) fn can_count() -> bool {
    let version = Command::new("valgrind").arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

/// The instructions that a job takes between the start of its clock and the end; one run.
///
/// # Errors
///
/// When `valgrind` cannot be run or does not say what it counted.
pub(crate) fn instructions(job: &Job) -> io::Result<u64> {
    let job = Job { runs: 1, ..*job };
    debug_assert!(!matches!(job.work, Work::Peer(Peer::Stateright)), "its stack is too deep");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(format!("--toggle-collect={COUNTED_SECTION}"))
        .arg(environment::program()?)
        .args(["job", &serde_json::to_string(&job)?])
        .stdin(Stdio::null())
        .output()?;
    collected(&String::from_utf8_lossy(&output.stderr))
}

/// What `callgrind` says that it collected.
///
/// # Errors
///
/// When it does not say so.
pub(crate) fn collected(said: &str) -> io::Result<u64> {
    let counted = said.lines().find_map(|line| line.split_once("Collected :"));
    let counted = counted.and_then(|(_, number)| number.trim().parse().ok());
    match counted {
        Some(counted) if counted > 0 => Ok(counted),
        _ => Err(io::Error::other(format!(
            "valgrind did not say what it counted; it said: {}",
            said.lines().last().unwrap_or("nothing")
        ))),
    }
}
