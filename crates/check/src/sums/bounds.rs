//! Answers that are impossible whatever the order: more was certainly there, or less can have been.
//!
//! Let `p` have returned before `q` was called, both required, and let both tell what they found in a
//! number. Between them in any order stand at least those required operations that were called after
//! `p` had returned and returned before `q` was called; at most those that had not returned when `p`
//! was called and had been called when `q` returned, required or not. So `q` found at least what `p`
//! left, plus everything positive of the former and everything negative of the latter. Where that is
//! more than `q` says, there is no order. (The other side is the same with every sign changed; for `p`
//! stands the beginning, too, and for `q` any moment at which the number is not below its least.)
//!
//! For all pairs at once: let `q` go by call. What depends on `q` alone is a sum of what was called
//! before it returned; what depends on `p` alone is known from the start, but for the positive amounts
//! called after it that have returned by now. Each of those raises everybody who had returned before
//! its call: a prefix, by return ([`Highest`]).

mod near;

pub(super) use near::{Changes, Near};

use super::Sums;
use super::highest::Highest;
use crate::part::Standing;
use std::cmp::Reverse;
use testimony_history::Rank;

/// An answer that is impossible whatever the order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Broken {
    /// Who found it, or nobody: the number would have fallen below its least.
    pub(crate) found: Option<usize>,
    /// Whoever told last what was there; nobody is the beginning.
    pub(crate) base: Option<usize>,
    /// The number, by its place among those of the model.
    pub(crate) number: usize,
    /// What `base` left there.
    pub(crate) left: i128,
    /// What certainly came between the two adds.
    pub(crate) certain: i128,
    /// What may have come between adds at least; at most, if too much was found.
    pub(crate) possible: i128,
    /// Required operations whose amounts matter, by position.
    pub(crate) amounts: Vec<usize>,
    /// Whether it is too much that was found, and not too little.
    pub(crate) too_much: bool,
    /// What was found: at most so much; at least, if that is too much.
    pub(crate) answer: i128,
    /// Whether the bound is what the number never falls below, whoever did what.
    pub(crate) always: bool,
    /// Whether that is exactly what was found.
    pub(crate) exact: bool,
    /// When the answer was given.
    pub(crate) needed_by: Rank,
}

impl Broken {
    /// What can have been there at least; at most, if too much was found.
    pub(crate) fn bound(&self) -> i128 {
        self.left + self.certain + self.possible
    }

    /// The operations from which it follows, by position and once each.
    pub(crate) fn required(&self) -> impl Iterator<Item = usize> {
        let mut all = self.amounts.clone();
        all.extend(self.found.into_iter().chain(self.base));
        all.sort_unstable();
        all.dedup();
        all.into_iter()
    }
}

/// Whether some answer on a number is impossible.
pub(super) fn is_broken(sums: &Sums<'_, '_>, number: usize, standings: &[Standing]) -> bool {
    [false, true].into_iter().any(|mirrored| {
        let mut found = false;
        Side::of(sums, number, standings, mirrored).sweep(|_| {
            found = true;
            false
        });
        found
    })
}

/// Impossible answers of either side that are looked at.
const LOOKED_AT_MAX: usize = 8;

/// The first impossible answers on a number. If operations are left out the last of which returned
/// then, only of those is anything said that follow from answers to what was called after that.
pub(super) fn broken(
    sums: &Sums<'_, '_>,
    number: usize,
    standings: &[Standing],
    left_out: Option<Rank>,
) -> Vec<Broken> {
    let mut broken = Vec::new();
    for mirrored in [false, true] {
        let mut side = Side::of(sums, number, standings, mirrored);
        if let Some(last) = left_out.map(moment) {
            side.bases.retain(|base| base.at.is_some() && base.call > last);
        }
        let questions = side.first();
        broken.extend(questions.iter().filter_map(|question| side.explain(number, question)));
    }
    broken
}

/// The first impossible answers on a number with everything as recorded, each told from whatever
/// needs the fewest amounts, and each told from the nearest other answer.
pub(super) fn broken_and_near(
    sums: &Sums<'_, '_>,
    number: usize,
    standings: &[Standing],
    changes: &Changes,
) -> (Vec<Broken>, Vec<Near>) {
    let (mut broken, mut near) = (Vec::new(), Vec::new());
    for mirrored in [false, true] {
        let side = Side::of(sums, number, standings, mirrored);
        let questions = side.first();
        broken.extend(questions.iter().filter_map(|question| side.explain(number, question)));
        let nearest = |question: &Question| side.nearest(number, question, changes);
        near.extend(questions.iter().filter_map(nearest));
    }
    (broken, near)
}

/// Twice a rank, so that there are moments between two of them.
fn moment(rank: Rank) -> i64 {
    2 * i64::from(rank.0)
}

/// What one operation found and adds.
#[derive(Clone, Copy)]
struct Item {
    at: usize,
    call: i64,
    ret: i64,
    adds: i128,
    least: Option<i128>,
    most: Option<i128>,
}

impl Item {
    fn mirrored(self) -> Item {
        let negated = |limit: Option<i128>| limit.map(|limit| -limit);
        let (least, most) = (negated(self.most), negated(self.least));
        Item { adds: -self.adds, least, most, ..self }
    }
}

/// Who says that the number was not more than this.
#[derive(Clone, Copy)]
struct Question {
    at: Option<usize>,
    call: i64,
    ret: i64,
    adds: i128,
    most: i128,
    exact: bool,
}

/// Who says that the number was not less than this.
#[derive(Clone, Copy)]
struct Base {
    at: Option<usize>,
    call: i64,
    ret: i64,
    /// What it left.
    left: i128,
    /// What it took away.
    fell: i128,
}

/// Sums of amounts by moment.
struct Totals {
    moments: Vec<i64>,
    sums: Vec<i128>,
}

impl Totals {
    fn of(amounts: impl Iterator<Item = (i64, i128)>) -> Totals {
        let mut amounts: Vec<(i64, i128)> = amounts.collect();
        amounts.sort_unstable();
        let mut sum = 0;
        let sums = amounts.iter().map(|(_, amount)| {
            sum += amount;
            sum
        });
        let sums = [0].into_iter().chain(sums).collect();
        Totals { moments: amounts.into_iter().map(|(moment, _)| moment).collect(), sums }
    }

    /// The sum of what was before a moment.
    fn before(&self, moment: i64) -> i128 {
        self.sums[self.moments.partition_point(|&other| other < moment)]
    }
}

/// One number, with every sign as it is or changed.
struct Side {
    mirrored: bool,
    required: Vec<Item>,
    bases: Vec<Base>,
    questions: Vec<Question>,
    /// Negative amounts of required operations, by call and by return.
    fell_by_call: Totals,
    fell_by_ret: Totals,
    /// Negative amounts of those that may have happened, by call.
    may_fall: Totals,
    /// What it never falls below, as it is.
    floor: Option<i128>,
}

impl Side {
    fn of(sums: &Sums<'_, '_>, number: usize, standings: &[Standing], mirrored: bool) -> Side {
        let (mut required, mut optional) = (Vec::new(), Vec::new());
        for &(at, term) in &sums.by_number[number] {
            let (at, term) = (at as usize, &sums.terms[term as usize]);
            let operation = &sums.part.operations[at];
            let is_required = sums.is_required(at, standings[at]);
            let limit = |limit: Option<i64>| limit.filter(|_| is_required).map(i128::from);
            let item = Item {
                at,
                call: moment(operation.call),
                ret: if is_required { moment(operation.ret) } else { i64::MAX },
                adds: i128::from(term.adds),
                least: limit(term.least),
                most: limit(term.most),
            };
            let item = if mirrored { item.mirrored() } else { item };
            match standings[at] {
                Standing::Dropped => {}
                _ if is_required => required.push(item),
                _ => optional.push(item),
            }
        }
        let number = &sums.numbers[number];
        let sign = if mirrored { -1 } else { 1 };
        let left = sign * i128::from(number.initial);
        let mut bases = vec![Base { at: None, call: -1, ret: -1, left, fell: 0 }];
        bases.extend(required.iter().filter_map(|item| {
            let &Item { at, call, ret, adds, .. } = item;
            Some(Base { at: Some(at), call, ret, left: item.least? + adds, fell: adds.min(0) })
        }));
        bases.sort_unstable_by_key(|base| base.ret);
        let mut questions: Vec<Question> = required
            .iter()
            .filter_map(|item| {
                let &Item { at, call, ret, adds, least, most } = item;
                Some(Question { at: Some(at), call, ret, adds, most: most?, exact: least == most })
            })
            .collect();
        if let (true, Some(least)) = (mirrored, number.least) {
            // Right after something was certainly taken away.
            let taken = required.iter().filter(|item| item.adds > 0);
            questions.extend(taken.map(|item| {
                let (call, ret) = (item.ret + 1, item.ret + 1);
                Question { at: None, call, ret, adds: 0, most: -i128::from(least), exact: false }
            }));
        }
        questions.sort_unstable_by_key(|question| question.call);
        let fell = || required.iter().filter(|item| item.adds < 0);
        let may_fall = optional.iter().filter(|item| item.adds < 0);
        Side {
            mirrored,
            fell_by_call: Totals::of(fell().map(|item| (item.call, item.adds))),
            fell_by_ret: Totals::of(fell().map(|item| (item.ret, item.adds))),
            may_fall: Totals::of(may_fall.map(|item| (item.call, item.adds))),
            required,
            bases,
            questions,
            floor: number.least.map(i128::from).filter(|_| !mirrored),
        }
    }

    /// What is left of a base when everything negative comes after it that may.
    fn low(&self, base: &Base) -> i128 {
        base.left - self.fell_by_ret.before(base.call) - base.fell
    }

    /// Everything negative that may come before a question is answered: what was called up to then.
    fn falls(&self, question: &Question) -> i128 {
        let after = question.ret + 1;
        self.fell_by_call.before(after) - question.adds.min(0) + self.may_fall.before(after)
    }

    /// The first impossible answers.
    fn first(&self) -> Vec<Question> {
        let mut first = Vec::new();
        self.sweep(|question| {
            first.push(*question);
            first.len() < LOOKED_AT_MAX
        });
        first
    }

    /// Everything positive that certainly came before a question, by call, the last first.
    fn rises_before(&self, question: &Question) -> Totals {
        let before = |item: &&Item| item.adds > 0 && item.ret < question.call;
        Totals::of(self.required.iter().filter(before).map(|item| (-item.call, item.adds)))
    }

    /// Tells of each impossible answer, by call, until nobody wants to know more.
    fn sweep(&self, mut tell: impl FnMut(&Question) -> bool) {
        if self.questions.is_empty() {
            return;
        }
        let mut rises: Vec<&Item> = self.required.iter().filter(|item| item.adds > 0).collect();
        rises.sort_unstable_by_key(|item| item.ret);
        let mut highest = Highest::new(self.bases.len());
        let (mut rises, mut next) = (rises.into_iter().peekable(), 0);
        for question in &self.questions {
            while let Some(base) = self.bases.get(next).filter(|base| base.ret < question.call) {
                highest.set(next, self.low(base));
                next += 1;
            }
            while let Some(rise) = rises.next_if(|rise| rise.ret < question.call) {
                let before = self.bases.partition_point(|base| base.ret < rise.call);
                highest.raise(before, rise.adds);
            }
            let bound = highest.highest().map(|highest| highest + self.falls(question));
            let bound = bound.max(self.floor);
            if bound.is_some_and(|bound| bound > question.most) && !tell(question) {
                return;
            }
        }
    }

    /// From which base, and from which amounts beside it, it follows that an answer is impossible,
    /// with the smallest amounts left out. O(n log n).
    fn explain(&self, number: usize, question: &Question) -> Option<Broken> {
        if let Some(floor) = self.floor.filter(|&floor| floor > question.most) {
            return Some(self.told(number, question, None, (floor, 0, 0)));
        }
        let (rises, falls) = (self.rises_before(question), self.falls(question));
        let bases = self.bases.iter().filter(|base| base.ret < question.call);
        let needs = bases.filter_map(|base| {
            let risen = rises.before(-base.ret);
            let bound = self.low(base) + risen + falls;
            // What may be left out of the amounts: as much as the bound is too high, less one.
            let spare = bound - question.most - 1;
            (spare >= 0).then(|| {
                let all = risen - self.fell_by_ret.before(base.call);
                let needed = (all - spare).max(0);
                // The beginning needs no operation; of others the last one is nearest.
                ((needed, base.at.is_some(), Reverse(base.ret)), base, risen)
            })
        });
        let ((needed, ..), base, risen) = needs.min_by_key(|(key, ..)| *key)?;
        let counts = |item: &&Item| match item.adds > 0 {
            true => item.call > base.ret && item.ret < question.call,
            false => item.adds < 0 && item.ret < base.call,
        };
        let amounts = self.largest(counts, needed);
        let sums = (base.left, risen, self.low(base) - base.left + falls);
        let told = self.told(number, question, base.at, sums);
        Some(Broken { amounts, always: false, ..told })
    }

    /// The largest amounts of those that count, the last ones first, up to so much.
    fn largest(&self, counts: impl Fn(&&Item) -> bool, needed: i128) -> Vec<usize> {
        let mut amounts: Vec<&Item> = self.required.iter().filter(counts).collect();
        amounts.sort_unstable_by_key(|item| (-item.adds.abs(), -item.call));
        let mut sum = 0;
        amounts.retain(|item| {
            let kept = sum < needed;
            sum += item.adds.abs();
            kept
        });
        amounts.into_iter().map(|item| item.at).collect()
    }

    /// An impossible answer: what a base left, what certainly came after it, and what may have come.
    fn told(
        &self,
        number: usize,
        question: &Question,
        base: Option<usize>,
        (left, certain, possible): (i128, i128, i128),
    ) -> Broken {
        let sign = if self.mirrored { -1 } else { 1 };
        Broken {
            found: question.at,
            base,
            number,
            left: sign * left,
            certain: sign * certain,
            possible: sign * possible,
            amounts: Vec::new(),
            too_much: self.mirrored,
            answer: sign * question.most,
            always: true,
            exact: question.exact,
            needed_by: Rank(u32::try_from(question.ret / 2).unwrap_or(u32::MAX)),
        }
    }
}
