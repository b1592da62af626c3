//! `stock-conservation`: in the end, what is counted is what was there, plus what came, minus what
//! went.

use super::convergence::reads_at_rest;
use super::scene::{self, Case, REASONS_MAX, at, client, ids};
use super::{StockOperation, restocked, sold, units, units_were};
use crate::subject::Typed;
use crate::{Budget, Checker};
use std::collections::BTreeSet;
use testimony_history::History;
use testimony_model::{Stock, StockOp, StockRet};
use testimony_verdict::{AnomalyKind, Certificate, Finding, Property, Verdict};

/// Every count after everything came to rest is the initial stock, plus what was restocked, minus
/// what was sold; sales and restocks that nobody answered and that were called before the count
/// returned may have happened or not, for each count anew, as they may happen late.
///
/// Not applicable without [`History::quiet_from`] or without a count after it. O(n s) where s is the
/// number of different sums of what nobody knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StockConservation;

impl StockConservation {
    /// The name of the property.
    pub const PROPERTY: Property = Property::invariant("stock-conservation");
}

/// How many different sums are followed before every count is held for possible.
const SUMS_MAX: usize = 10_000;

/// How many operations a reduction tries to relax.
const RELAXED_MAX: usize = 2_000;

impl Checker<Stock> for StockConservation {
    fn property(&self) -> Property {
        StockConservation::PROPERTY
    }

    fn check(
        &self,
        model: &Stock,
        history: &History<StockOp, StockRet>,
        _budget: &Budget<'_>,
    ) -> Finding {
        let Some(reads) = reads_at_rest(model, history) else {
            return scene::not_applicable("the history does not say when the faults ended");
        };
        if reads.is_empty() {
            return scene::not_applicable(
                "nobody counted the stock after everything had come to rest",
            );
        }
        let operations = history.operations.iter();
        let known: Vec<_> =
            operations.clone().filter(|one| one.is_ok() && change(one) != 0).collect();
        let mut open: Vec<_> = operations.filter(|one| one.is_info() && change(one) != 0).collect();
        open.sort_by_key(|operation| (operation.call, operation.id));
        let base = base(model, &known);
        let (mut sums, mut called) = (Sums(BTreeSet::from([0])), 0);
        for (read, ..) in &reads {
            while let Some(operation) = open.get(called).filter(|one| one.call <= read.ret) {
                called += 1;
                if !sums.add(change(operation)) {
                    return scene::not_applicable(
                        "too many sales and restocks were never answered",
                    );
                }
            }
            if let Some(StockRet::Count(count)) = read.outcome.answer()
                && !sums.explain(*count, base)
            {
                let subject = Typed::new(model, history);
                return case(&subject, read, *count, (&known, &open[..called]), sums).finding();
            }
        }
        scene::finding(Verdict::Valid(Certificate::Checked))
    }
}

/// What an operation adds to the stock if it happens.
fn change(operation: &StockOperation) -> i64 {
    match operation.op {
        StockOp::Buy(units) if operation.is_info() => -i64::from(units),
        StockOp::Buy(_) => -sold(operation),
        StockOp::Restock(_) => restocked(operation),
        StockOp::Read => 0,
    }
}

/// What is there if nothing happened but what certainly did.
fn base(model: &Stock, known: &[&StockOperation]) -> i64 {
    i64::from(model.initial) + known.iter().map(|operation| change(operation)).sum::<i64>()
}

/// What operations that may have happened or not can add up to.
#[derive(Clone)]
struct Sums(BTreeSet<i64>);

impl Sums {
    /// One more that may have happened; `false` when there are too many sums.
    fn add(&mut self, change: i64) -> bool {
        let more: Vec<i64> = self.0.iter().map(|sum| sum + change).collect();
        self.0.extend(more);
        self.0.len() <= SUMS_MAX
    }

    /// Whether so many can be there where there were so many without them.
    fn explain(&self, count: i64, base: i64) -> bool {
        count.checked_sub(base).is_some_and(|sum| self.0.contains(&sum))
    }
}

/// The case of a count that nothing explains.
fn case<'c>(
    subject: &'c Typed<'c, Stock>,
    read: &'c StockOperation,
    count: i64,
    (known, open): (&[&'c StockOperation], &[&'c StockOperation]),
    mut sums: Sums,
) -> Case<'c> {
    let (low, high) = bounds(subject.model, known, &sums);
    let mut base = base(subject.model, known);
    let (mut required, mut optional) = (Vec::new(), open.to_vec());
    for (number, operation) in known.iter().enumerate() {
        let mut relaxed = sums.clone();
        let change = change(operation);
        let few = number < RELAXED_MAX && relaxed.add(change);
        if few && !relaxed.explain(count, base - change) {
            (sums, base) = (relaxed, base - change);
            optional.push(operation);
        } else {
            required.push(*operation);
        }
    }
    optional.sort_by_key(|operation| (operation.call, operation.id));
    let expected =
        if low == high { format!("exactly {low}") } else { format!("from {low} to {high}") };
    let total = |part: fn(&StockOperation) -> i64| units(known.iter().map(|one| part(one)).sum());
    let mut why = vec![
        format!("{} there at the beginning", units_were(i64::from(subject.model.initial))),
        format!("restocked for certain: {}; sold for certain: {}", total(restocked), total(sold)),
    ];
    if !open.is_empty() {
        why.push(match open.len() {
            1 => "one sale or restock was never answered and may have happened".to_owned(),
            open => format!("{open} sales and restocks were never answered and may have happened"),
        });
    }
    why.push(format!("so {expected} must be there, but {} counted {count}", read.id));
    why.truncate(REASONS_MAX);
    let sentence = format!(
        "{} counted {count} ({}){}, after everything had come to rest, but {expected} must have been \
         there.",
        client(read),
        read.id,
        at(read.call_ns),
    );
    Case {
        subject,
        kind: AnomalyKind::StockConservation,
        property: StockConservation::PROPERTY,
        key: None,
        culprit: read.id,
        required: ids(&required),
        optional: ids(&optional),
        headline: format!("stock not conserved: counted {count}, expected {expected}"),
        sentence,
        why,
    }
}

/// The least and the most that can be there.
fn bounds(model: &Stock, known: &[&StockOperation], sums: &Sums) -> (i64, i64) {
    let base = base(model, known);
    let least = sums.0.first().copied().unwrap_or(0);
    let most = sums.0.last().copied().unwrap_or(0);
    (base + least, base + most)
}
