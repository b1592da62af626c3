//! `convergence`: in the end, everybody reads the same.

use super::OperationOf;
use super::scene::{self, Case, at, client};
use crate::subject::Typed;
use crate::{Budget, Checker};
use std::collections::BTreeMap;
use testimony_history::{History, Rank};
use testimony_model::{Keys, Readings};
use testimony_verdict::{AnomalyKind, Certificate, Finding, Property, Verdict};

/// After the faults had ended and the last answered change had returned, a question has one answer.
///
/// An operation that nobody answered may still take effect then. So of the different answers to a
/// question all but one must be explained by such an operation that was called before anybody got
/// that answer ([`Readings::explains`]); two that are not are divergent.
///
/// Not applicable without [`History::quiet_from`], or when no question was asked twice after it.
/// O(n log n + a i) for a different answers and i operations without an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Convergence;

impl Convergence {
    /// The name of the property.
    pub const PROPERTY: Property = Property::invariant("convergence");
}

/// What was answered to one question.
struct Question<'h, M: Readings> {
    /// Who got each answer that nothing explains, first one first.
    unexplained: Vec<&'h OperationOf<M>>,
    /// Who got each answer that something explains.
    explained: Vec<&'h OperationOf<M>>,
    asked: usize,
}

impl<M: Readings> Checker<M> for Convergence {
    fn property(&self) -> Property {
        Convergence::PROPERTY
    }

    fn check(&self, model: &M, history: &History<M::Op, M::Ret>, _budget: &Budget<'_>) -> Finding {
        let Some(reads) = reads_at_rest(model, history) else {
            return scene::not_applicable("the history does not say when the faults ended");
        };
        let late: Vec<_> = history.operations.iter().filter(|one| one.is_info()).collect();
        let mut questions: BTreeMap<String, Question<'_, M>> = BTreeMap::new();
        let mut compared = false;
        for (read, asked) in reads {
            let question = questions.entry(asked.clone()).or_insert_with(|| Question {
                unexplained: Vec::new(),
                explained: Vec::new(),
                asked: 0,
            });
            question.asked += 1;
            compared |= question.asked > 1;
            let Some(ret) = read.outcome.answer() else { continue };
            let same = |other: &&&OperationOf<M>| {
                other.outcome.answer().is_some_and(|other| model.agree(other, ret))
            };
            if question.unexplained.iter().chain(&question.explained).any(|other| same(&other)) {
                continue;
            }
            let explains = |late: &&&OperationOf<M>| {
                late.call <= read.ret && model.explains(&late.op, &read.op, ret)
            };
            match late.iter().any(|one| explains(&one)) {
                true => question.explained.push(read),
                false => question.unexplained.push(read),
            }
            if let [before, other] = question.unexplained[..] {
                return case(&Typed::new(model, history), before, other, &asked).finding();
            }
        }
        if !compared {
            return scene::not_applicable(
                "nothing was read twice after everything had come to rest",
            );
        }
        scene::finding(Verdict::Valid(Certificate::Checked))
    }
}

/// Reads that were called after the faults had ended and after the last answered change had
/// returned, by return, each with its question; `None` when nobody knows when the faults ended.
pub(super) fn reads_at_rest<'h, M: Readings>(
    model: &M,
    history: &'h History<M::Op, M::Ret>,
) -> Option<Vec<(&'h OperationOf<M>, String)>> {
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
            let ret = operation.outcome.answer()?;
            Some((operation, model.question(&operation.op, ret)?))
        })
        .collect();
    reads.sort_by_key(|(operation, _)| (operation.ret, operation.id));
    Some(reads)
}

/// The case of two reads that disagree.
fn case<'c, M: Readings>(
    subject: &'c Typed<'c, M>,
    before: &'c OperationOf<M>,
    read: &'c OperationOf<M>,
    question: &str,
) -> Case<'c> {
    let answer = |read: &OperationOf<M>| match read.outcome.answer() {
        Some(ret) => subject.model.describe_ret(&read.op, ret),
        None => String::new(),
    };
    let (value, seen) = (answer(before), answer(read));
    let told = |read: &OperationOf<M>, said: &str| {
        format!("{} was told {said} ({}){}", client(read), read.id, at(read.call_ns))
    };
    let sentence = format!(
        "After everything had come to rest, {} by `{question}`, and {}.",
        told(before, &value),
        told(read, &seen),
    );
    let why = vec![
        "the faults had ended, and every answered change had returned".to_owned(),
        format!("{} answered {value}", before.id),
        format!("{} answered {seen}, although nothing was changed in between", read.id),
        "nothing that was never answered would explain either".to_owned(),
    ];
    let key = match subject.model.keys(&read.op) {
        Keys::One(key) => Some(key.to_string()),
        Keys::Many(_) | Keys::All => None,
    };
    Case {
        subject,
        kind: AnomalyKind::Divergence,
        property: Convergence::PROPERTY,
        key,
        culprit: read.id,
        required: vec![before.id],
        optional: Vec::new(),
        headline: format!("divergent answers to `{question}`: {value} and {seen}"),
        sentence,
        why,
    }
}
