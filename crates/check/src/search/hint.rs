//! The order that the system itself tells, tried before any search.
//!
//! Where every answered operation says where it stands (a revision, an offset, a log sequence
//! number), sorting by that gives an order, and replaying it shows whether it explains every answer.
//! A hint proves nothing by itself: where the order does not, the search decides.

use super::tables::{Move, Tables};
use crate::budget::{Meter, Spent};
use crate::part::Part;
use testimony_model::Model;

/// The hinted order by position, if there is one and it explains every answer. O(n log n).
pub(super) fn order<M: Model>(
    part: &Part<M>,
    tables: &mut Tables<M>,
    meter: &mut Meter,
) -> Result<Option<Vec<u32>>, Spent> {
    let mut keyed = Vec::new();
    for (operation, position) in part.operations.iter().zip(0_u32..) {
        match part.model.order_key(&operation.op, operation.outcome.answer()) {
            // Of equals an effect comes first: an observation has seen it.
            Some(key) => {
                let observes = tables.observes(tables.symbol(position));
                keyed.push((key, observes, operation.call, position));
            }
            None if operation.is_ok() => return Ok(None),
            None => {}
        }
    }
    meter.step(keyed.len() as u64)?;
    keyed.sort_unstable();
    let mut state = tables.initial();
    let mut latest = None;
    for &(_, _, call, position) in &keyed {
        let operation = part.operations[position as usize];
        // Real time: nobody in front may have been called after this one returned.
        if operation.is_ok() && latest.is_some_and(|latest| latest > operation.ret) {
            return Ok(None);
        }
        latest = latest.max(Some(call));
        let Move::To(next) = tables.go(state, tables.symbol(position), meter)? else {
            return Ok(None);
        };
        state = next;
    }
    Ok(Some(keyed.into_iter().map(|(_, _, _, position)| position).collect()))
}
