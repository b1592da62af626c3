//! The independent verifier: no verdict reaches anybody before it has passed here.
//!
//! The engines are clever, so they can be wrong. This crate is plain: it replays the order that a
//! valid verdict shows, and decides the core that an invalid verdict shows again, by a search that
//! shares no code with the engines (the compiler keeps it free of them). A verdict that it rejects
//! is a bug of ours and must be reported as such, never as an anomaly.
//!
//! - [`Certificate::Order`]: every answered operation stands in the order exactly once, in an order
//!   that respects real time and that the model accepts step by step. Linear time.
//! - [`Certificate::ByKey`]: the same for each key; allowed only for local levels and for models
//!   whose every operation touches exactly one key.
//! - [`Certificate::Views`]: an order for each session, for levels below linearizability (module
//!   `levels`, which also decides the cores of those levels again).
//! - [`Certificate::Checked`]: the property is decided again ([`Again`]).
//! - [`Core`](testimony_verdict::Core)s of anomalies of an invariant break it alone, whatever the
//!   other operations did (module `invariant`). The invariants themselves are in modules of their
//!   own: [`bank`], [`cells`], [`collections`], [`effects`],
//!   [`locks`], [`rest`], [`stock`], [`unique_ids`].
//! - [`Core`](testimony_verdict::Core)s of anomalies of a level: closed over the history (module `closed`) and
//!   contradictory by themselves (by what two answers say in modules `apart`,
//!   `places` and `sums`, else by a search in `elements` and `contradiction`).
//!
//! Certificates that were written to a file ([`CertificateFile`]) are checked by the same code
//! ([`verify_claimed`]); a [`digest`] ties them to their history.
//!
//! What is *not* verified is stated in the anomaly: [`Assurance::EngineOnly`](testimony_verdict::Assurance::EngineOnly) when a core was too
//! large to decide again.

mod again;
mod apart;
pub mod bank;
pub mod cells;
mod closed;
pub mod collections;
mod contradiction;
mod cores;
mod digest;
pub mod effects;
mod elements;
mod file;
mod invariant;
mod levels;
mod limits;
pub mod locks;
mod part;
mod places;
mod recorded;
mod rejected;
mod replay;
pub mod rest;
pub mod stock;
mod sums;
pub mod unique_ids;

pub use again::{Accepted, verify_claimed};
pub use digest::digest;
pub use file::{CertificateFile, Claimed, ClaimedCore, NoCertificate};
pub use limits::Limits;
pub use rejected::Rejected;

use part::Part;
use recorded::{Recorded, Typed};
use testimony_history::History;
use testimony_model::Model;
use testimony_verdict::{Certificate, Level, Property, Verdict};

/// How a property without a certificate is decided again: `Ok` when it holds, otherwise the reason.
///
/// See [`stock`] for those of the stock.
pub type Again<'a, M> =
    &'a dyn Fn(&M, &History<<M as Model>::Op, <M as Model>::Ret>) -> Result<(), String>;

/// Verifies one verdict against the history that it is about.
///
/// `again` decides invariants; levels of consistency need none. It decides an invariant of the whole
/// history and, for each anomaly, of its core. Anomalies whose core was decided
/// again become [`Assurance::Reproved`](testimony_verdict::Assurance::Reproved), those with too large a core
/// [`Assurance::EngineOnly`](testimony_verdict::Assurance::EngineOnly). `Unknown` claims nothing and always passes.
///
/// # Errors
///
/// [`Rejected`] says what is wrong with the evidence. It means that an engine has a bug.
///
/// # Example
///
/// ```
/// use testimony_certify::{Rejected, verify};
/// use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
/// use testimony_model::{CellOp, CellRet, Register};
/// use testimony_verdict::{Certificate, Property, Verdict};
///
/// let operation = |id, op, ret, call, end| Operation {
///     id: OpId(id), process: Process(id), op, outcome: Outcome::Ok(ret),
///     call: Rank(call), ret: Rank(end), call_ns: 0, ret_ns: 0,
/// };
/// let history = History {
///     operations: vec![
///         operation(0, CellOp::Write(1.into()), CellRet::Done, 0, 1),
///         operation(2, CellOp::Read, CellRet::Value(Some(1.into())), 2, 3),
///     ],
///     ..History::default()
/// };
/// let verified = |order: &[u32]| {
///     let order = order.iter().copied().map(OpId).collect();
///     let mut verdict = Verdict::Valid(Certificate::Order(order));
///     verify(&Register, &history, &Property::LINEARIZABLE, None, &mut verdict)
/// };
/// assert_eq!(verified(&[0, 2]), Ok(()));
/// assert_eq!(verified(&[0]), Err(Rejected::Missing(OpId(2))));
/// ```
pub fn verify<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    property: &Property,
    again: Option<Again<'_, M>>,
    verdict: &mut Verdict,
) -> Result<(), Rejected> {
    verify_within(model, history, property, again, verdict, &Limits::default())
}

/// The same within limits: a core for which they do not suffice stays [`Assurance::EngineOnly`](testimony_verdict::Assurance::EngineOnly).
///
/// # Errors
///
/// As [`verify`].
pub fn verify_within<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    property: &Property,
    again: Option<Again<'_, M>>,
    verdict: &mut Verdict,
    limits: &Limits<'_>,
) -> Result<(), Rejected> {
    if matches!(verdict, Verdict::Unknown(_)) {
        return Ok(());
    }
    match property {
        Property::Level(level) => {
            let history = Typed::new(model, history);
            verify_level(&history, *level, verdict, limits)
        }
        Property::Invariant(_) => invariant::verify(model, history, property, again, verdict),
    }
}

/// Verifies a verdict on a level of consistency.
fn verify_level(
    history: &dyn Recorded,
    level: Level,
    verdict: &mut Verdict,
    limits: &Limits<'_>,
) -> Result<(), Rejected> {
    if level != Level::Linearizable {
        return levels::verify(history, level, verdict, limits);
    }
    match verdict {
        Verdict::Unknown(_) => Ok(()),
        Verdict::Valid(Certificate::Order(order)) => {
            replay::replay(history, &Part::whole(history), order)
        }
        Verdict::Valid(Certificate::ByKey(by_key)) => replay::by_key(history, by_key),
        Verdict::Valid(Certificate::Checked | Certificate::Views(_)) => {
            Err(Rejected::Undecided(level.to_string()))
        }
        Verdict::Invalid(anomalies) => cores::verify(history, level, anomalies, limits),
    }
}

#[cfg(test)]
mod tests;
