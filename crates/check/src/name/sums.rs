//! The names of numbers to which operations add.

use super::Named;
use crate::core::{Reduced, left_out};
use crate::part::{Part, Standing};
use crate::sums::{Broken, Sums};
use testimony_verdict::AnomalyKind;

/// Names a core in which somebody found less than was certainly there, or more than can have been;
/// `None` for other models, and where that does not follow from the sums alone. O(n log n).
pub(crate) fn named(part: &Part<'_>, core: &Reduced) -> Option<Named> {
    let broken = |sums: &Sums<'_, '_>, standings: &[Standing]| sums.broken(standings);
    among(part, core, &broken).filter(|_| left_out(part, core).is_none())
}

/// The same of a core that leaves out what came before one of its answers: of such a one the sums say
/// all that there is to say.
pub(crate) fn named_since(part: &Part<'_>, core: &Reduced) -> Option<Named> {
    if part.subject.numbers().is_empty() {
        return None;
    }
    let last = left_out(part, core)?;
    among(part, core, &|sums, standings| sums.broken_after(standings, last))
}

/// What is broken among the members of a core.
fn among(
    part: &Part<'_>,
    core: &Reduced,
    broken: &dyn Fn(&Sums<'_, '_>, &[Standing]) -> Option<Broken>,
) -> Option<Named> {
    let mut members: Vec<usize> = core.required.iter().chain(&core.optional).copied().collect();
    members.sort_unstable();
    let alone = part.only(&members);
    let standing = |at: &usize| match core.required.binary_search(at) {
        Ok(_) => Standing::Required,
        Err(_) => Standing::Optional,
    };
    let standings: Vec<Standing> = members.iter().map(standing).collect();
    let found = broken(&Sums::of(&alone)?, &standings)?;
    let broken = Broken {
        found: found.found.map(|at| members[at]),
        base: found.base.map(|at| members[at]),
        amounts: found.amounts.iter().map(|&at| members[at]).collect(),
        ..found
    };
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
