//! Checking a certificate that somebody else brings: no engine runs.

use crate::file::Claimed;
use crate::{Again, Rejected, verify};
use testimony_history::History;
use testimony_model::Model;
use testimony_verdict::{Assurance, Property, Verdict};

/// What the verifier says of evidence that it did not reject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Accepted {
    /// The evidence shows what is claimed.
    Proven,
    /// The evidence is not wrong, but it does not suffice: the text says why.
    Undecided(String),
}

/// Checks what a certificate claims of one property of a history.
///
/// `again` decides invariants, as for [`verify`].
///
/// # Errors
///
/// [`Rejected`] says what is wrong with the evidence.
pub fn verify_claimed<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    property: &Property,
    again: Option<Again<'_, M>>,
    claimed: Claimed,
) -> Result<Accepted, Rejected> {
    let undecided = |why: &str| Ok(Accepted::Undecided(why.to_owned()));
    let Some(mut verdict) = claimed.verdict(property) else {
        return undecided("nothing is claimed");
    };
    // Judging such a history gives `unknown`, so nothing else may be claimed of it.
    if history.ok_count() == 0 {
        return Err(Rejected::Vacuous);
    }
    if again.is_none() && matches!(property, Property::Invariant(_)) {
        return undecided("there is no second way to decide this invariant");
    }
    verify(model, history, property, again, &mut verdict)?;
    let unproven = match &verdict {
        Verdict::Invalid(anomalies) => {
            anomalies.iter().filter(|anomaly| anomaly.assurance == Assurance::EngineOnly).count()
        }
        Verdict::Valid(_) | Verdict::Unknown(_) => 0,
    };
    match unproven {
        0 => Ok(Accepted::Proven),
        1 => undecided("a core is too large to be decided again"),
        several => {
            Ok(Accepted::Undecided(format!("{several} cores are too large to be decided again")))
        }
    }
}
