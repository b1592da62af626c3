//! What the required operations of a core of a collection name.

use crate::part::{Members, Part};
use crate::recorded::{Op, Recorded};
use std::collections::BTreeMap;
use testimony_model::{Access, Atom, Element, Object, Value};

/// The values that required operations name.
pub(super) struct Named<'h> {
    /// How often each was put in, and how often an answer says that it was taken.
    values: BTreeMap<Atom<'h>, (usize, usize)>,
    /// Whether a take without an answer can have taken one of them.
    any: bool,
}

/// What an operation is about.
enum About<'h> {
    /// A value.
    Value(Atom<'h>),
    /// No value.
    Nothing,
    /// Whatever is there.
    Any,
    /// The whole set: the elements that it shows, where it has an answer.
    All(Option<&'h [Value]>),
}

fn about(access: Element<'_>) -> About<'_> {
    match access {
        Element::Insert(value)
        | Element::Take(Some(Some(value)))
        | Element::Peek(Some(Some(value)))
        | Element::Add { element: value, .. }
        | Element::Remove { element: value, .. }
        | Element::Contains { element: value, .. } => About::Value(value),
        Element::Take(Some(None)) | Element::Peek(Some(None) | None) => About::Nothing,
        Element::Take(None) => About::Any,
        Element::All(all) => About::All(all),
    }
}

impl<'h> Named<'h> {
    /// The values, if the part is a collection.
    pub(super) fn of(
        history: &'h dyn Recorded,
        part: &Part<'h>,
        core: &Members<'h>,
    ) -> Option<Named<'h>> {
        let object = history.object();
        let known = [Object::Set, Object::Queue, Object::Stack, Object::PriorityQueue];
        if !known.contains(&object) {
            return None;
        }
        let mut values = BTreeMap::new();
        for &operation in &core.required {
            match about(element(history, operation)?) {
                About::Value(value) => {
                    values.insert(value, (0, 0));
                }
                About::Nothing | About::Any => {}
                About::All(all) => {
                    values.extend(all?.iter().map(|element| (element.atom(), (0, 0))));
                }
            }
        }
        for &operation in part.operations.iter().filter(|operation| !operation.is_fail()) {
            match element(history, operation)? {
                Element::Insert(value) => {
                    values.entry(value).and_modify(|count| count.0 += 1);
                }
                Element::Take(Some(Some(value))) => {
                    values.entry(value).and_modify(|count| count.1 += 1);
                }
                _ => {}
            }
        }
        let any = values.values().any(|&(put, taken)| put > 1 || taken == 0);
        Some(Named { values, any })
    }

    /// Whether a required answer could have to do with this operation.
    pub(super) fn concerns(&self, history: &dyn Recorded, operation: &Op) -> bool {
        match element(history, operation).map(about) {
            Some(About::Value(value)) => self.values.contains_key(&value),
            Some(About::Nothing) => false,
            Some(About::Any) => self.any,
            Some(About::All(_)) | None => true,
        }
    }
}

fn element<'h>(history: &'h dyn Recorded, operation: &Op) -> Option<Element<'h>> {
    match history.access(operation) {
        Access::Element(element) => Some(element),
        _ => None,
    }
}
