//! Convergence, decided again for any model.

use std::collections::BTreeMap;
use testimony_history::{History, Operation, Rank};
use testimony_model::Readings;

/// `convergence`: after the faults had ended and the last answered change had returned, a question
/// has one answer.
///
/// At rest the state is one and the same, unless an operation that nobody answered takes effect
/// after all. So of several answers to a question all but one must come after such an operation,
/// which was called before anybody got the answer.
///
/// # Errors
///
/// Two answers that nothing explains. O(n log n + q a i) for q questions, a different answers to
/// each and i operations that nobody answered.
pub fn convergence<M: Readings>(model: &M, history: &History<M::Op, M::Ret>) -> Result<(), String> {
    let Some(mut rest) = history.quiet_from else { return Ok(()) };
    for operation in &history.operations {
        match operation.outcome.answer() {
            Some(ret) if model.changes(&operation.op, ret) => rest = rest.max(operation.ret),
            _ => {}
        }
    }
    let open: Vec<_> = history.operations.iter().filter(|one| one.is_info()).collect();
    let mut answers: BTreeMap<String, Vec<Seen<'_, M>>> = BTreeMap::new();
    for operation in history.operations.iter().filter(|operation| operation.call > rest) {
        let Some(ret) = operation.outcome.answer() else { continue };
        let Some(question) = model.question(&operation.op, ret) else { continue };
        let seen = answers.entry(question).or_default();
        match seen.iter_mut().find(|seen| model.agree(seen.ret, ret)) {
            // Who saw it first has the fewest excuses.
            Some(same) => same.by = same.by.min(operation.ret),
            None => seen.push(Seen { operation, ret, by: operation.ret }),
        }
    }
    for (question, mut seen) in answers {
        seen.retain(|seen| {
            let excuse = |late: &&&Operation<M::Op, M::Ret>| {
                late.call <= seen.by && model.explains(&late.op, &seen.operation.op, seen.ret)
            };
            open.iter().find(excuse).is_none()
        });
        if let [one, other, ..] = &seen[..] {
            return Err(format!(
                "{question}: {} and {} got different answers",
                one.operation.id, other.operation.id
            ));
        }
    }
    Ok(())
}

/// An answer to a question, and when it was known at first.
struct Seen<'h, M: Readings> {
    operation: &'h Operation<M::Op, M::Ret>,
    ret: &'h M::Ret,
    by: Rank,
}
