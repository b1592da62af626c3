//! Whether two runs are the same, and where they part first.

use crate::Ran;
use std::fmt::{self, Debug};
use testimony_model::Model;

/// The first difference between two runs of the same plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The stream in which it is: `messages`, `history`, `faults`, `observations`, `findings`, `log`,
    /// `coverage`, `ends` (how long the run took).
    pub stream: &'static str,
    /// Its position in the stream, from 0.
    pub position: usize,
    /// What the first run has there; nothing when it ended before.
    pub first: Option<String>,
    /// What the second run has there.
    pub second: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |side: &Option<String>| side.clone().unwrap_or_else(|| "(nothing)".to_owned());
        let Difference { stream, position, .. } = self;
        write!(f, "{stream} differ at {position}:\n  first:  {}", shown(&self.first))?;
        write!(f, "\n  second: {}", shown(&self.second))
    }
}

/// The first difference between two runs; `None` when they are the same.
///
/// Messages are compared first, because what a node does differently shows there before it reaches
/// a client.
pub fn compare<M: Model>(a: &Ran<M>, b: &Ran<M>) -> Option<Difference> {
    let (one, two) = (&a.record, &b.record);
    stream("messages", &one.messages, &two.messages)
        .or_else(|| stream("history", &one.history.operations, &two.history.operations))
        .or_else(|| stream("faults", &one.faults, &two.faults))
        .or_else(|| stream("observations", &one.history.observations, &two.history.observations))
        .or_else(|| stream("findings", &one.findings, &two.findings))
        .or_else(|| stream("log", &a.log, &b.log))
        .or_else(|| {
            stream("coverage", std::slice::from_ref(&a.coverage), std::slice::from_ref(&b.coverage))
        })
        .or_else(|| {
            stream(
                "ends",
                &[(a.virtual_ms, one.history.quiet_from)],
                &[(b.virtual_ms, two.history.quiet_from)],
            )
        })
}

fn stream<T: PartialEq + Debug>(name: &'static str, a: &[T], b: &[T]) -> Option<Difference> {
    let common = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    if common == a.len() && common == b.len() {
        return None;
    }
    let shown = |side: &[T]| side.get(common).map(|item| format!("{item:?}"));
    Some(Difference { stream: name, position: common, first: shown(a), second: shown(b) })
}
