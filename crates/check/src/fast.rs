//! The log-linear engines behind one face, and the choice among them.
//!
//! Which one can judge a part follows from the object that the model says its accesses are to
//! ([`Model::object`]); whether it can follows from the part itself (unique values, say). Where it
//! cannot, it says why, and the general search decides.

use crate::collection::Collection;
use crate::lock::Lock;
use crate::part::{Decision, Part, Standing};
use crate::positions::Positions;
use crate::zones::Zones;
use testimony_model::Object;
use testimony_verdict::Engine;

/// An engine that decides a part without a search.
pub(crate) trait Fast {
    /// Its name.
    fn engine(&self) -> Engine;

    /// Decides the part as recorded. `Unknown(NotApplicable)` hands it to the search.
    fn decide(&self) -> Decision;

    /// Whether the part is linearizable with these standings, where this engine can tell; `None`
    /// leaves the question to the search.
    fn probe(&self, standings: &[Standing]) -> Option<bool>;

    /// Positions, rising, beside which nothing matters to any core among these suspects: what the
    /// suspects name, and what may have brought that about. `None` where everything may.
    fn near(&self, suspects: &[usize]) -> Option<Vec<usize>> {
        let _ = suspects;
        None
    }
}

/// The log-linear engine for a part.
///
/// # Errors
///
/// Says why there is none.
pub(crate) fn fast<'p>(part: &'p Part<'_>) -> Result<Box<dyn Fast + 'p>, String> {
    if !part.is_single() {
        return Err("operations on several keys are judged together".to_owned());
    }
    match part.subject.object() {
        Object::Register => Ok(Box::new(Zones::new(part)?)),
        Object::Set | Object::Queue | Object::Stack | Object::PriorityQueue => {
            Ok(Box::new(Collection::new(part)?))
        }
        Object::Lock => Ok(Box::new(Lock::new(part)?)),
        Object::Sequence => Ok(Box::new(Positions::new(part)?)),
        object => Err(format!("there is no log-linear engine for {}", object.name())),
    }
}

#[cfg(test)]
mod tests;
