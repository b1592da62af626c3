//! `no-oversell`: never more units sold than there were.

use super::scene::{self, Case, REASONS_MAX, at, client, ids};
use super::{StockOperation, left, restocked, sold, units, units_were, were};
use crate::subject::{Subject, Typed};
use crate::{Budget, Checker};
use testimony_history::History;
use testimony_model::{Stock, StockOp, StockRet};
use testimony_verdict::{AnomalyKind, Certificate, Finding, Property, Verdict};

/// At no moment were more units sold than there could have been: at every return, the units sold
/// until then are at most the initial ones and those of every restock called until then that did not
/// fail; and no sale answered that it left less than nothing. Sales without an answer count as not
/// made, restocks without one as made. O(n log n).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NoOversell;

impl NoOversell {
    /// The name of the property.
    pub const PROPERTY: Property = Property::invariant("no-oversell");
}

impl Checker<Stock> for NoOversell {
    fn property(&self) -> Property {
        NoOversell::PROPERTY
    }

    fn check(
        &self,
        model: &Stock,
        history: &History<StockOp, StockRet>,
        _budget: &Budget<'_>,
    ) -> Finding {
        let mut sales: Vec<&StockOperation> =
            history.operations.iter().filter(|operation| sold(operation) > 0).collect();
        sales.sort_by_key(|operation| (operation.ret, operation.id));
        // One sale says it all.
        if let Some(sale) = sales.iter().find(|sale| left(sale).is_some_and(|left| left < 0)) {
            return below_zero(&Typed::new(model, history), sale).finding();
        }
        let mut restocks: Vec<&StockOperation> = history
            .operations
            .iter()
            .filter(|operation| !operation.is_fail() && restocked(operation) > 0)
            .collect();
        restocks.sort_by_key(|operation| (operation.call, operation.id));
        let (mut gone, mut there, mut called) = (0, i64::from(model.initial), 0);
        for (number, sale) in sales.iter().enumerate() {
            while let Some(restock) = restocks.get(called).filter(|one| one.call <= sale.ret) {
                there += restocked(restock);
                called += 1;
            }
            gone += sold(sale);
            if gone > there {
                let (sales, restocks) = (&sales[..=number], &restocks[..called]);
                return case(&Typed::new(model, history), sales, restocks, there).finding();
            }
        }
        scene::finding(Verdict::Valid(Certificate::Checked))
    }
}

/// The case of a sale that admits that it left less than nothing.
fn below_zero<'c>(subject: &'c dyn Subject, sale: &'c StockOperation) -> Case<'c> {
    let left = left(sale).unwrap_or_default();
    let (who, sold) = (client(sale), units(sold(sale)));
    Case {
        subject,
        kind: AnomalyKind::Oversell,
        property: NoOversell::PROPERTY,
        key: None,
        culprit: sale.id,
        required: Vec::new(),
        optional: Vec::new(),
        headline: format!("oversold: {left} left"),
        sentence: format!(
            "{who} bought {sold} ({}){}, and was told that {left} {} left.",
            sale.id,
            at(sale.ret_ns),
            were(left)
        ),
        why: vec![format!("{} was sold {sold}, which left {left}", sale.id)],
    }
}

/// The case of the last of these sales, when only so many units were there.
fn case<'c>(
    subject: &'c Typed<'c, Stock>,
    sales: &[&'c StockOperation],
    restocks: &[&'c StockOperation],
    there: i64,
) -> Case<'c> {
    let culprit = sales[sales.len() - 1];
    let mut gone: i64 = sales.iter().map(|sale| sold(sale)).sum();
    let mut required: Vec<&StockOperation> = Vec::new();
    // The last cannot be missed; of the others as few as do, the earliest.
    for sale in sales[..sales.len() - 1].iter().rev() {
        if gone - sold(sale) > there {
            gone -= sold(sale);
        } else {
            required.push(sale);
        }
    }
    required.sort_by_key(|sale| (sale.call, sale.id));
    let mut why = vec![match restocks {
        [] => format!("{} there at the beginning, and none was added", units_were(there)),
        _ => format!(
            "at most {} ever there: {} at the beginning, and every restock called by then",
            units_were(there),
            subject.model.initial
        ),
    }];
    let mut counted = 0;
    for sale in required.iter().chain([&culprit]) {
        counted += sold(sale);
        let moment = at(sale.ret_ns);
        let sold = units(sold(sale));
        why.push(format!("{} ({}) sold {sold}{moment}: {counted} in all", client(sale), sale.id));
    }
    if why.len() > REASONS_MAX {
        let left_out = why.len() - REASONS_MAX;
        why.splice(2..2 + left_out, [format!("{left_out} more sales")]);
    }
    let sentence = format!(
        "{} bought {} ({}){}: with it {gone} {} sold, but only {there} can have been there.",
        client(culprit),
        units(sold(culprit)),
        culprit.id,
        at(culprit.ret_ns),
        were(gone),
    );
    Case {
        subject,
        kind: AnomalyKind::Oversell,
        property: NoOversell::PROPERTY,
        key: None,
        culprit: culprit.id,
        required: ids(&required),
        optional: ids(restocks),
        headline: format!("oversold: {} sold, {there} in stock", units(gone)),
        sentence,
        why,
    }
}
