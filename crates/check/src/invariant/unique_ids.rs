//! `unique-ids`: whatever a generator answers, it never answered before.

use super::OperationOf;
use super::scene::{self, Case, at, client};
use crate::subject::{Subject, Typed};
use crate::{Budget, Checker};
use std::collections::BTreeMap;
use testimony_history::History;
use testimony_model::{IdOp, UniqueIds, Value};
use testimony_verdict::{AnomalyKind, Certificate, Finding, Property, Verdict};

/// No two operations answered the same id. What nobody was told does not matter. Jepsen's
/// `unique-ids`; O(n log n), where linearizability of [`UniqueIds`] says the same at greater cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct IdsAreUnique;

impl IdsAreUnique {
    /// The name of the property.
    pub const PROPERTY: Property = Property::invariant("unique-ids");
}

impl Checker<UniqueIds> for IdsAreUnique {
    fn property(&self) -> Property {
        IdsAreUnique::PROPERTY
    }

    fn check(
        &self,
        model: &UniqueIds,
        history: &History<IdOp, Value>,
        _budget: &Budget<'_>,
    ) -> Finding {
        let mut given: Vec<_> = history
            .operations
            .iter()
            .filter_map(|operation| Some((operation, operation.outcome.answer()?)))
            .collect();
        given.sort_by_key(|(operation, _)| (operation.ret, operation.id));
        let mut first: BTreeMap<&Value, &OperationOf<UniqueIds>> = BTreeMap::new();
        let mut pair = None;
        let mut again = 0;
        for (operation, id) in given {
            match first.entry(id) {
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert(operation);
                }
                std::collections::btree_map::Entry::Occupied(entry) => {
                    again += 1;
                    pair = pair.or(Some((*entry.get(), operation, id)));
                }
            }
        }
        match pair {
            Some((before, operation, id)) => {
                case(&Typed::new(model, history), before, operation, id, again).finding()
            }
            None => scene::finding(Verdict::Valid(Certificate::Checked)),
        }
    }
}

fn case<'c>(
    subject: &'c dyn Subject,
    before: &'c OperationOf<UniqueIds>,
    operation: &'c OperationOf<UniqueIds>,
    id: &Value,
    again: usize,
) -> Case<'c> {
    let told =
        |one: &OperationOf<UniqueIds>| format!("{} ({}){}", client(one), one.id, at(one.ret_ns));
    let mut why =
        vec![format!("{} got {id}", before.id), format!("{} got {id} as well", operation.id)];
    if again > 1 {
        why.push(format!(
            "in the whole history {again} operations got an id that another one had got before; \
             these two are the first"
        ));
    }
    Case {
        subject,
        kind: AnomalyKind::DuplicateId,
        property: IdsAreUnique::PROPERTY,
        key: None,
        culprit: operation.id,
        required: vec![before.id],
        optional: Vec::new(),
        headline: format!("duplicate id: {id}"),
        sentence: format!("{} and {} both got the id {id}.", told(before), told(operation)),
        why,
    }
}
