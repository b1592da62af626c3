//! When everything came to rest, and what was read then.

use crate::invariant::Readings;
use crate::part::OperationOf;
use testimony_history::{History, Rank};

/// Reads that were called after the faults had ended and after the last answered change had
/// returned, by call, each with the object that it read and what it answered; `None` when nobody
/// knows when the faults ended.
pub(super) fn reads_at_rest<'h, M: Readings>(
    model: &M,
    history: &'h History<M::Op, M::Ret>,
) -> Option<Vec<(&'h OperationOf<M>, String, String)>> {
    let changes = history.operations.iter().filter(|operation| match operation.outcome.answer() {
        Some(ret) => model.changes(&operation.op, ret),
        None => false,
    });
    let last: Option<Rank> = changes.map(|operation| operation.ret).max();
    let rest = history.quiet_from?.max(last.unwrap_or(Rank(0)));
    let mut reads: Vec<_> = history
        .operations
        .iter()
        .filter(|operation| operation.call > rest)
        .filter_map(|operation| {
            let (object, seen) = model.reading(&operation.op, operation.outcome.answer()?)?;
            Some((operation, object, seen))
        })
        .collect();
    reads.sort_by_key(|(operation, ..)| (operation.call, operation.id));
    Some(reads)
}
