//! `no-double-sale`: no unit goes twice, as the remainders tell.

use super::scene::{self, Case, at, client};
use super::{StockOperation, left, restocked, sold, units, were};
use crate::subject::{Subject, Typed};
use crate::{Budget, Checker};
use std::collections::BTreeMap;
use testimony_history::{History, Rank};
use testimony_model::{Stock, StockOp, StockRet};
use testimony_verdict::{AnomalyKind, Certificate, Finding, Property, Verdict};

/// While nothing was restocked, no two sales left the same number of units: a stock that only falls
/// has each remainder once. That is the position of section "fetch and add" with the sign turned,
/// and finds what was sold twice long before the stock is empty.
///
/// A pair counts when no restock that may have happened was called before both had returned. Not
/// applicable without a sale that told its remainder. O(n log n).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NoDoubleSale;

impl NoDoubleSale {
    /// The name of the property.
    pub const PROPERTY: Property = Property::invariant("no-double-sale");
}

impl Checker<Stock> for NoDoubleSale {
    fn property(&self) -> Property {
        NoDoubleSale::PROPERTY
    }

    fn check(
        &self,
        model: &Stock,
        history: &History<StockOp, StockRet>,
        _budget: &Budget<'_>,
    ) -> Finding {
        let operations = history.operations.iter();
        let restocks = operations.clone().filter(|one| !one.is_fail() && restocked(one) > 0);
        let restocked: Option<Rank> = restocks.map(|operation| operation.call).min();
        let mut sales: Vec<(&StockOperation, i64)> = operations
            .filter(|operation| sold(operation) > 0)
            .filter_map(|operation| Some((operation, left(operation)?)))
            .collect();
        if sales.is_empty() {
            return scene::not_applicable("no sale of a unit told how many it left");
        }
        sales.sort_by_key(|(sale, _)| (sale.ret, sale.id));
        sales.retain(|(sale, _)| restocked.is_none_or(|restocked| sale.ret < restocked));
        let mut first: BTreeMap<i64, &StockOperation> = BTreeMap::new();
        for (sale, left) in sales {
            if let Some(before) = first.insert(left, sale) {
                return case(&Typed::new(model, history), before, sale, left).finding();
            }
        }
        scene::finding(Verdict::Valid(Certificate::Checked))
    }
}

fn case<'c>(
    subject: &'c dyn Subject,
    before: &'c StockOperation,
    sale: &'c StockOperation,
    left: i64,
) -> Case<'c> {
    let told = |sale: &StockOperation| {
        let sold = units(sold(sale));
        format!("{} was sold {sold} ({}){}", client(sale), sale.id, at(sale.ret_ns))
    };
    Case {
        subject,
        kind: AnomalyKind::DoubleSale,
        property: NoDoubleSale::PROPERTY,
        key: None,
        culprit: sale.id,
        required: vec![before.id],
        optional: Vec::new(),
        headline: format!("sold twice: both left {left}"),
        sentence: format!(
            "{}, and {}: both were told that {left} {} left, though nothing was restocked.",
            told(before),
            told(sale),
            were(left)
        ),
        why: vec![
            format!("{} left {left}", before.id),
            format!("{} left {left} as well", sale.id),
            "nothing that could add units was called before both had returned".to_owned(),
        ],
    }
}
