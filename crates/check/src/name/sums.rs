//! The names of numbers to which operations add.

use super::Named;
use crate::core::{Reduced, left_out};
use crate::part::Part;
use crate::sums::{Broken, among};
use testimony_verdict::AnomalyKind;

/// Names a core in which somebody found less than was certainly there, or more than can have been;
/// `None` for other models, and where that does not follow from the sums alone. O(n log n).
pub(crate) fn named(part: &Part<'_>, core: &Reduced) -> Option<Named> {
    let broken = among(part, core, |sums, standings| sums.broken(standings))?;
    told(part, broken).filter(|_| left_out(part, core).is_none())
}

/// The same of a core that leaves out what came before one of its answers: of such a one the sums say
/// why it has no order, whatever it is called.
pub(crate) fn named_since(part: &Part<'_>, core: &Reduced) -> Option<Named> {
    if part.subject.numbers().is_empty() {
        return None;
    }
    let last = left_out(part, core)?;
    told(part, among(part, core, |sums, standings| sums.broken_after(standings, last))?)
}

fn told(part: &Part<'_>, broken: Broken) -> Option<Named> {
    let last = || broken.amounts.iter().copied().max_by_key(|&at| (part.operations[at].ret, at));
    let culprit = broken.found.or_else(last)?;
    let kind = match broken.too_much {
        false => AnomalyKind::MissingAmount,
        true => AnomalyKind::UnexpectedAmount,
    };
    let against = broken.base.into_iter().chain(broken.amounts.iter().copied());
    let against = against.filter(|&at| at != culprit).collect();
    let named = Named::new(kind, culprit, against);
    Some(Named { sum: Some(broken), ..named })
}
