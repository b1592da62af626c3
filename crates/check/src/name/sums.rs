//! The names of numbers to which operations add.

use super::Named;
use crate::core::Reduced;
use crate::part::{Part, Standing};
use crate::sums::Sums;
use testimony_verdict::AnomalyKind;

/// Names a core in which somebody found less than was certainly there, or more than can have been;
/// `None` for other models, and where that does not follow from the sums alone. O(n log n).
pub(crate) fn named(part: &Part<'_>, core: &Reduced) -> Option<Named> {
    let sums = Sums::of(part)?;
    let mut standings = vec![Standing::Dropped; part.operations.len()];
    for &at in &core.optional {
        standings[at] = Standing::Optional;
    }
    for &at in &core.required {
        standings[at] = Standing::Required;
    }
    let broken = sums.broken(&standings)?;
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
