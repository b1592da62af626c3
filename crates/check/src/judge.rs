//! Runs checkers on a history and gathers what they find.

use crate::{Budget, Checker};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use testimony_history::History;
use testimony_model::Model;
use testimony_verdict::{Engine, Finding, Judgement, Property, Unknown, Verdict};

/// Judges a history by every checker.
///
/// A history without a single `ok` answer constrains nothing, so all of its verdicts are
/// [`Unknown::Vacuous`]. A model that panics makes the verdict [`Unknown::ModelPanicked`].
///
/// ```
/// use testimony_check::{Budget, Checker, Linearizable, judge};
/// use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
/// use testimony_model::{CellOp, CellRet, Register};
/// use testimony_verdict::VerdictName;
///
/// let ran = |id, op, ret, call, until| Operation {
///     id: OpId(id), process: Process(id), op, outcome: Outcome::Ok(ret),
///     call: Rank(call), ret: Rank(until), call_ns: 0, ret_ns: 0,
/// };
/// let operations = vec![
///     ran(0, CellOp::Write(1.into()), CellRet::Done, 0, 1),
///     ran(2, CellOp::Read, CellRet::Value(Some(1.into())), 2, 3),
/// ];
/// let history = History { operations, ..History::default() };
/// let checkers: [Box<dyn Checker<Register>>; 1] = [Box::new(Linearizable::default())];
/// let judgement = judge(&Register, &history, &checkers, &Budget::default());
/// assert_eq!(judgement.merged(), Some(VerdictName::Valid));
/// ```
pub fn judge<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    checkers: &[Box<dyn Checker<M>>],
    budget: &Budget<'_>,
) -> Judgement {
    let answered = history.ok_count();
    let mut judgement =
        Judgement { operations: history.operations.len(), answered, ..Judgement::default() };
    for checker in checkers {
        let property = checker.property();
        let engine = match property {
            Property::Level(_) => Engine::Search,
            Property::Invariant(_) => Engine::Invariant,
        };
        let unknown = |why| Finding { verdict: Verdict::Unknown(why), engine };
        let finding = if answered == 0 {
            unknown(Unknown::Vacuous)
        } else {
            // Nothing of a check outlives it, so a panic leaves nothing half done behind.
            catch_unwind(AssertUnwindSafe(|| checker.check(model, history, budget)))
                .unwrap_or_else(|panic| unknown(Unknown::ModelPanicked(message(&*panic))))
        };
        judgement.by.insert(property, finding);
    }
    judgement
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}
