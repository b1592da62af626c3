//! Which few of many contradict each other: a minimal set, asked for with few questions.
//!
//! "These contradict each other, whatever the rest did" is monotone: with more of them it only
//! becomes truer. So the shortest contradictory beginning of a list of candidates ends with one that
//! cannot be missed; keep it, look for the shortest beginning again, until what was kept contradicts
//! itself. For each one kept that is a binary search.
//!
//! The first questions there are the hardest ones, since nearly everything is left open, and some
//! cannot be answered within their budget. After a few of those it goes the other way: from what is
//! known to contradict itself, parts are left out, halves first and single ones last, as in the
//! delta debugging of Zeller and Hildebrandt ("Simplifying and isolating failure-inducing input",
//! 2002). What cannot be answered counts as "does not", which costs minimality and nothing else.

use std::ops::Range;

/// So many questions from below may stay without an answer before it goes from above.
const OPEN_MAX: usize = 8;
/// So many in a row from above: then there is nothing left to answer them with.
const OPEN_IN_A_ROW_MAX: usize = 64;

/// Whether these contradict each other; `None` where the budget of the question ran out.
pub(crate) type Contradict<'a> = dyn FnMut(&[usize]) -> Option<bool> + 'a;

/// A minimal set among candidates that contradict each other, the likeliest first; or as small as
/// could be told. In the order in which it was found.
///
/// About `k log(n / k)` questions for `k` of `n`, and about `2n` more where some stay open.
pub(crate) fn minimal(mut candidates: Vec<usize>, contradict: &mut Contradict<'_>) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    let mut open = 0;
    while !candidates.is_empty() {
        // The first `short` candidates are too few, the first `enough` contradict what is kept.
        let (mut short, mut enough) = (0, candidates.len());
        let mut stride = 1;
        while short + 1 < enough && open <= OPEN_MAX {
            let tried = short + stride.min((enough - short) / 2);
            let answer = contradict(&[kept.as_slice(), &candidates[..tried]].concat());
            open += usize::from(answer.is_none());
            if answer == Some(true) {
                enough = tried
            } else {
                short = tried
            }
            stride *= 2;
        }
        if open > OPEN_MAX {
            kept.extend(candidates.drain(..enough));
            break;
        }
        kept.push(candidates[enough - 1]);
        candidates.truncate(enough - 1);
        let answer = contradict(&kept);
        open += usize::from(answer.is_none());
        if answer == Some(true) {
            break;
        }
    }
    if open > 0 { without_parts(kept, contradict) } else { kept }
}

/// Leaves out what is not needed: the second half, the first, then quarters, and so on down to single
/// ones.
fn without_parts(mut kept: Vec<usize>, contradict: &mut Contradict<'_>) -> Vec<usize> {
    let mut size = kept.len();
    let mut open_in_a_row = 0;
    while size > 1 {
        size = size.min(kept.len()).div_ceil(2);
        let mut end = kept.len();
        while end > 0 && open_in_a_row <= OPEN_IN_A_ROW_MAX {
            let from = end.saturating_sub(size);
            match without(&mut kept, from..end, contradict) {
                None => open_in_a_row += 1,
                Some(_) => open_in_a_row = 0,
            }
            end = from;
        }
    }
    kept
}

/// Tries once to leave each out, the first ones first. Gives what is left.
pub(crate) fn without_each(mut kept: Vec<usize>, contradict: &mut Contradict<'_>) -> Vec<usize> {
    let (mut next, mut open_in_a_row) = (0, 0);
    while next < kept.len() && open_in_a_row <= OPEN_IN_A_ROW_MAX {
        let answer = without(&mut kept, next..next + 1, contradict);
        open_in_a_row = if answer.is_none() { open_in_a_row + 1 } else { 0 };
        next += usize::from(answer != Some(true));
    }
    kept
}

/// Leaves these out if the others contradict each other, and says whether they do.
fn without(
    kept: &mut Vec<usize>,
    which: Range<usize>,
    contradict: &mut Contradict<'_>,
) -> Option<bool> {
    if which.len() == kept.len() {
        return Some(false);
    }
    let others = [&kept[..which.start], &kept[which.end..]].concat();
    let answer = contradict(&others);
    if answer == Some(true) {
        *kept = others;
    }
    answer
}

#[cfg(test)]
mod tests;
