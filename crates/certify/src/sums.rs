//! Required operations that contradict each other because of what adds up.
//!
//! Models may tell of numbers to which operations add ([`Model::numbers`], [`Model::terms`]). Let one
//! required operation, or the beginning, say what a number was, and another one that was called after
//! the first had returned say what it was then. In any order of the core, what stands between the two
//! is
//! - every required operation that was called after the first had returned, and returned before the
//!   second was called;
//! - none that had returned before the first was called, or was called after the second had returned;
//! - of all others, required or optional, some.
//!
//! So the difference is at least what the first kind adds with all that is negative of the third, and
//! at most that with all that is positive. The same holds from the first to the end, where a number is
//! not below its least, and nobody ever finds less than that. The core is closed: who may have changed
//! the number is inside.
//!
//! It need not be closed but for what may stand between the two. So where the first is no beginning but
//! a required operation, whatever had returned before that one was called may be left out: it stands
//! before it in any order of the history, and is part of what it says.

use crate::closed;
use crate::part::{Members, Part};
use crate::recorded::{Op, Recorded};
use std::collections::BTreeMap;
use testimony_history::Rank;
use testimony_model::{Atom, Number, Term};

/// Additions that are looked at before it gives up, of all numbers together.
const WORK_MAX: usize = 1 << 26;

/// An operation with its term on one number.
type Share<'h> = (&'h Op, Term<'h>);

/// What was told of a number: by whom (nobody: the beginning, or the end), not less, and not more.
struct Told<'c, 'h> {
    by: Option<&'c Share<'h>>,
    least: Option<i128>,
    most: Option<i128>,
}

/// Whether the core cannot be explained. (`false` says nothing.)
pub(crate) fn contradict<'h>(history: &'h dyn Recorded, core: &Members<'h>) -> bool {
    conflicts(history, core, None)
}

/// Whether the core cannot be explained after one of its own answers, with nothing left out that may
/// come after that: so that it need not be closed. (`false` says nothing.)
pub(crate) fn contradict_since<'h>(
    history: &'h dyn Recorded,
    part: &Part<'h>,
    core: &Members<'h>,
) -> bool {
    if history.numbers().is_empty() {
        return false;
    }
    let left_out = closed::left_out(history, part, core);
    left_out.is_some_and(|last| conflicts(history, core, Some(last)))
}

/// Whether the core cannot be explained; where operations are left out, the last of which returned
/// then, after an answer to what was called after that.
fn conflicts<'h>(history: &'h dyn Recorded, core: &Members<'h>, left_out: Option<Rank>) -> bool {
    let numbers = history.numbers();
    if numbers.is_empty() {
        return false;
    }
    let mut by_number: BTreeMap<Atom<'h>, One<'h>> = BTreeMap::new();
    let required = core.required.iter().map(|&operation| (operation, true));
    let optional = core.optional.iter().map(|&operation| (operation, false));
    let mut told_twice = false;
    for (operation, is_required) in required.chain(optional) {
        history.terms(operation, &mut |term| {
            let one = by_number.entry(term.number).or_default();
            let shares = if is_required { &mut one.required } else { &mut one.optional };
            told_twice |= shares.last().is_some_and(|(last, _)| last.id == operation.id);
            shares.push((operation, term));
        });
    }
    let mut work = WORK_MAX;
    let mut declared =
        numbers.iter().filter_map(|number| Some((number, by_number.get(&number.name)?)));
    !told_twice && declared.any(|(number, one)| one.contradicts(number, left_out, &mut work))
}

/// What a core does to one number.
#[derive(Default)]
struct One<'h> {
    required: Vec<Share<'h>>,
    optional: Vec<Share<'h>>,
}

impl<'h> One<'h> {
    fn contradicts(&self, number: &Number<'_>, left_out: Option<Rank>, work: &mut usize) -> bool {
        let initial = Some(i128::from(number.initial));
        let begin = Told { by: None, least: initial, most: initial };
        let end = Told { by: None, least: number.least.map(i128::from), most: None };
        let told =
            || self.required.iter().filter(|(_, term)| term.at_least.or(term.at_most).is_some());
        let before = |share: &'_ Share<'h>| (share.1.at_least, share.1.at_most);
        let told_before = told().map(|share| {
            let (least, most) = before(share);
            let (least, most) = (least.map(i128::from), most.map(i128::from));
            Told { by: Some(share), least, most }
        });
        let left_after = told().map(|share| {
            let (least, most) = before(share);
            let after = |limit: i64| i128::from(limit) + i128::from(share.1.adds);
            Told { by: Some(share), least: least.map(after), most: most.map(after) }
        });
        let is_first = |told: &Told<'_, 'h>| match (left_out, told.by) {
            (None, _) => true,
            (Some(last), by) => by.is_some_and(|(operation, _)| operation.call > last),
        };
        let firsts = [begin].into_iter().chain(left_after).filter(is_first);
        let firsts: Vec<Told<'_, 'h>> = firsts.collect();
        let seconds: Vec<Told<'_, 'h>> = told_before.chain([end]).collect();
        let is_below = |told: &Told<'_, 'h>| {
            told.most.zip(number.least).is_some_and(|(most, least)| most < i128::from(least))
        };
        if seconds.iter().any(is_below) {
            return true;
        }
        let members = self.required.len() + self.optional.len();
        let pairs = firsts.len().saturating_mul(seconds.len());
        let Some(left) = work.checked_sub(pairs.saturating_mul(members)) else { return false };
        *work = left;
        firsts.iter().any(|first| seconds.iter().any(|second| self.conflict(first, second)))
    }

    /// Whether what lies between cannot make what was told first what was told second.
    fn conflict(&self, first: &Told<'_, 'h>, second: &Told<'_, 'h>) -> bool {
        let (one, two) = (first.by.map(|share| share.0), second.by.map(|share| share.0));
        if let (Some(one), Some(two)) = (one, two)
            && !one.precedes(two)
        {
            return false;
        }
        let is = |other: Option<&Op>, operation: &Op| {
            other.is_some_and(|other| other.id == operation.id)
        };
        let (mut low, mut high): (i128, i128) = (0, 0);
        for (operation, term) in &self.required {
            let operation = *operation;
            if is(one, operation) || is(two, operation) {
                continue;
            }
            let outside = one.is_some_and(|one| operation.precedes(one))
                || two.is_some_and(|two| two.precedes(operation));
            let between = one.is_none_or(|one| one.precedes(operation))
                && two.is_none_or(|two| operation.precedes(two));
            let adds = i128::from(term.adds);
            if between {
                (low, high) = (low + adds, high + adds);
            } else if !outside {
                (low, high) = (low + adds.min(0), high + adds.max(0));
            }
        }
        for (operation, term) in &self.optional {
            if two.is_none_or(|two| operation.call <= two.ret) {
                let adds = i128::from(term.adds);
                (low, high) = (low + adds.min(0), high + adds.max(0));
            }
        }
        let more = |a: Option<i128>, b: Option<i128>| matches!((a, b), (Some(a), Some(b)) if a > b);
        more(first.least.map(|least| least + low), second.most)
            || more(second.least, first.most.map(|most| most + high))
    }
}
