//! The one name that a stock has beyond "no consistent order".

use super::Named;
use crate::core::Reduced;
use crate::part::Part;
use testimony_model::{Stock, StockOp, StockRet};
use testimony_verdict::AnomalyKind;

/// `oversell`, when the required sales alone took more units than there can have been: the initial
/// ones and those of every restock in the core. `None` for other models.
pub(crate) fn oversold<'h>(part: &Part<'h>, core: &Reduced) -> Option<Named> {
    let stock: &Stock = part.subject.model().downcast_ref()?;
    let parts = |at: usize| {
        let operation = part.operations[at];
        let op: &StockOp = part.subject.asked(&operation).downcast_ref()?;
        let ret = part.subject.answered(&operation);
        Some((*op, ret.and_then(|ret| ret.downcast_ref::<StockRet>()).copied()))
    };
    let mut there = i64::from(stock.initial);
    for (op, _) in core.required.iter().chain(&core.optional).filter_map(|&at| parts(at)) {
        if let StockOp::Restock(units) = op {
            there += i64::from(units);
        }
    }
    let mut sales = Vec::new();
    let mut sold = 0;
    for &at in &core.required {
        if let Some((StockOp::Buy(units), Some(StockRet::Sold | StockRet::Left(_)))) = parts(at) {
            sales.push(at);
            sold += i64::from(units);
        }
    }
    sales.sort_by_key(|&at| (part.operations[at].ret, at));
    let culprit = sales.pop().filter(|_| sold > there)?;
    let named = Named::new(AnomalyKind::Oversell, culprit, sales);
    Some(Named { units: Some((sold, there)), ..named })
}
