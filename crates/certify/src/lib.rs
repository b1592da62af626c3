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
//! What is *not* verified is stated in the anomaly: [`Assurance::EngineOnly`] when a core was too
//! large to decide again.

mod again;
mod apart;
pub mod bank;
pub mod cells;
mod closed;
pub mod collections;
mod contradiction;
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

use contradiction::Answer;
use part::{Members, Part};
use testimony_history::History;
use testimony_model::Model;
use testimony_verdict::{Anomaly, Assurance, Certificate, Level, Property, Verdict};

/// How a property without a certificate is decided again: `Ok` when it holds, otherwise the reason.
///
/// See [`stock`] for those of the stock.
pub type Again<'a, M> =
    &'a dyn Fn(&M, &History<<M as Model>::Op, <M as Model>::Ret>) -> Result<(), String>;

/// Verifies one verdict against the history that it is about.
///
/// `again` decides invariants; levels of consistency need none. It decides an invariant of the whole
/// history and, for each anomaly, of its core. Anomalies whose core was decided
/// again become [`Assurance::Reproved`], those with too large a core
/// [`Assurance::EngineOnly`]. `Unknown` claims nothing and always passes.
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

/// The same within limits: a core for which they do not suffice stays [`Assurance::EngineOnly`].
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
    match (verdict, property) {
        (Verdict::Unknown(_), _) => Ok(()),
        (verdict, Property::Level(level)) if *level != Level::Linearizable => {
            levels::verify(model, history, *level, verdict, limits)
        }
        (Verdict::Valid(certificate), Property::Level(level)) => match certificate {
            Certificate::Order(order) => replay::replay(model, &Part::whole(model, history), order),
            Certificate::ByKey(_) if !level.is_local() => Err(Rejected::NotLocal(level.name())),
            Certificate::ByKey(by_key) => replay::by_key(model, history, by_key),
            Certificate::Checked | Certificate::Views(_) => {
                Err(Rejected::Undecided(property.to_string()))
            }
        },
        (Verdict::Valid(_), Property::Invariant(_)) => match decide(model, history, again) {
            Some(decided) => decided.map_err(Rejected::Broken),
            None => Err(Rejected::Undecided(property.to_string())),
        },
        (Verdict::Invalid(anomalies), _) => {
            if anomalies.is_empty() {
                return Err(Rejected::NoAnomaly);
            }
            let decided = match property {
                Property::Level(_) => None,
                Property::Invariant(_) => decide(model, history, again),
            };
            if decided.is_some_and(|decided| decided.is_ok()) {
                return Err(Rejected::Consistent);
            }
            for anomaly in anomalies {
                if anomaly.property != *property {
                    return Err(Rejected::OtherProperty(anomaly.property.to_string()));
                }
                match property {
                    Property::Level(_) => verify_core(model, history, anomaly, limits)?,
                    Property::Invariant(_) => {
                        anomaly.assurance = match again {
                            Some(again) => {
                                invariant::verify_core(model, history, anomaly, again)?;
                                Assurance::Reproved
                            }
                            None => {
                                Part::whole(model, history).members(&anomaly.core)?;
                                Assurance::EngineOnly
                            }
                        };
                    }
                }
            }
            Ok(())
        }
    }
}

fn decide<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    again: Option<Again<'_, M>>,
) -> Option<Result<(), String>> {
    again.map(|again| again(model, history))
}

/// Verifies one anomaly of linearizability: its core exists, is closed, and contradicts itself.
fn verify_core<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    anomaly: &mut Anomaly,
    limits: &Limits<'_>,
) -> Result<(), Rejected> {
    let part = match &anomaly.key {
        Some(key) => Part::of_key(model, history, key)?,
        None => Part::whole(model, history),
    };
    let members = part.members(&anomaly.core)?;
    if part.single && sums::contradict_since(model, &part, &members) {
        anomaly.assurance = Assurance::Reproved;
        return Ok(());
    }
    closed::verify(model, &part, &members)?;
    let contradict = || {
        apart::contradict(model, &members)
            || places::contradict(model, &members)
            || sums::contradict(model, &members)
    };
    if part.single && contradict() {
        anomaly.assurance = Assurance::Reproved;
        return Ok(());
    }
    let by_element = if part.single { elements::decide(model, &members, limits) } else { None };
    let decided = by_element.filter(|answer| *answer != Answer::TooLarge);
    anomaly.assurance =
        match decided.unwrap_or_else(|| contradiction::decide(model, &members, limits)) {
            Answer::Contradictory => Assurance::Reproved,
            Answer::TooLarge => Assurance::EngineOnly,
            Answer::Consistent => return Err(Rejected::Consistent),
        };
    Ok(())
}

#[cfg(test)]
mod tests;
