//! Invariants of sets and queues, decided again.

use std::collections::{BTreeMap, BTreeSet};
use testimony_history::{History, Operation};
use testimony_model::{Access, Atom, Element, Keys, Model, Object};

type Op<M> = Operation<<M as Model>::Op, <M as Model>::Ret>;

/// An operation that did not fail with what it did to the collection.
type Touch<'h, M> = (&'h Op<M>, Element<'h>);

/// The operations on each collection; `None` when keys cannot be told apart.
fn collections<'h, M: Model>(
    model: &M,
    history: &'h History<M::Op, M::Ret>,
    is_one: impl Fn(Object) -> bool,
) -> Option<Vec<Vec<Touch<'h, M>>>> {
    let mut by_key: BTreeMap<Option<String>, Vec<Touch<'h, M>>> = BTreeMap::new();
    for operation in history.operations.iter().filter(|operation| !operation.is_fail()) {
        let key = match model.keys(&operation.op) {
            Keys::One(key) => Some(key.to_string()),
            Keys::All => None,
            Keys::Many(_) => return None,
        };
        let touched = by_key.entry(key).or_default();
        if let Access::Element(element) = model.access(&operation.op, operation.outcome.answer()) {
            touched.push((operation, element));
        }
    }
    let mixed = by_key.len() > 1 && by_key.contains_key(&None);
    (is_one(model.object()) && !mixed).then(|| by_key.into_values().collect())
}

/// A read of a set, with what it shows; of a question for one element also what it does not show.
struct SetRead<'h, M: Model> {
    read: &'h Op<M>,
    shows: BTreeSet<Atom<'h>>,
    /// The one element that was asked for.
    only: Option<Atom<'h>>,
}

impl<M: Model> SetRead<'_, M> {
    /// Whether it shows the element; `None` when it says nothing of it.
    fn tells(&self, element: Atom<'_>) -> Option<bool> {
        match self.only {
            Some(only) if only != element => None,
            _ => Some(self.shows.contains(&element)),
        }
    }
}

fn reads<'h, M: Model>(set: &[Touch<'h, M>]) -> Vec<SetRead<'h, M>> {
    let read = |&(read, element): &Touch<'h, M>| match element {
        Element::All(Some(all)) => {
            let shows = all.iter().map(|element| element.atom()).collect();
            Some(SetRead { read, shows, only: None })
        }
        Element::Contains { element, there: Some(there) } => {
            let shows = there.then_some(element).into_iter().collect();
            Some(SetRead { read, shows, only: Some(element) })
        }
        _ => None,
    };
    set.iter().filter_map(read).collect()
}

/// What is wrong with the elements of one set: lost ones, and, where `stale` is asked for, those
/// that only a read in between misses. O(e r) for e elements and r reads.
fn missing<M: Model>(set: &[Touch<'_, M>], stale: bool) -> Result<(), String> {
    let reads = reads::<M>(set);
    let mut elements: BTreeSet<Atom<'_>> =
        reads.iter().flat_map(|read| &read.shows).copied().collect();
    elements.extend(set.iter().filter_map(|(_, touch)| match touch {
        Element::Add { element, .. } => Some(*element),
        _ => None,
    }));
    let mut adds: BTreeMap<Atom<'_>, Vec<&Op<M>>> = BTreeMap::new();
    let mut removes: BTreeMap<Atom<'_>, Vec<&Op<M>>> = BTreeMap::new();
    for (operation, touch) in set {
        match touch {
            Element::Add { element, .. } => adds.entry(*element).or_default().push(operation),
            Element::Remove { element, .. } => removes.entry(*element).or_default().push(operation),
            _ => {}
        }
    }
    for element in elements {
        let none = Vec::new();
        let removed = removes.get(&element).unwrap_or(&none);
        let judged =
            |read: &&SetRead<'_, M>| removed.iter().all(|remove| read.read.ret < remove.call);
        let (mut known, mut missed) = (None, None);
        for add in adds.get(&element).unwrap_or(&none).iter().filter(|add| add.is_ok()) {
            known = Some(known.map_or(add.ret, |known| add.ret.min(known)));
        }
        let mut seen = None;
        for read in reads.iter().filter(judged) {
            match read.tells(element) {
                Some(true) => {
                    known = Some(known.map_or(read.read.ret, |known| read.read.ret.min(known)));
                    seen = seen.max(Some(read.read.call));
                }
                Some(false) => missed = missed.max(Some(read.read.call)),
                None => {}
            }
        }
        if let (Some(known), Some(missed)) = (known, missed)
            && known < missed
            && (stale || seen < Some(missed))
        {
            return Err(format!("{element:?} was in by {known:?} and missing at {missed:?}"));
        }
    }
    Ok(())
}

fn is_set(object: Object) -> bool {
    object == Object::Set
}

/// `set-full`: no element is lost.
///
/// One that was in for certain (an answered add, or a read that shows it) and that nobody may have
/// removed is in the last read that was called afterwards.
///
/// # Errors
///
/// The first element that is not.
pub fn set_full<M: Model>(model: &M, history: &History<M::Op, M::Ret>) -> Result<(), String> {
    let sets = collections(model, history, is_set).unwrap_or_default();
    sets.iter().try_for_each(|set| missing::<M>(set, false))
}

/// `no-stale-elements`: no read that was called after an element was in for certain misses it.
///
/// # Errors
///
/// The first element that is missed.
pub fn no_stale_elements<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
) -> Result<(), String> {
    let sets = collections(model, history, is_set).unwrap_or_default();
    sets.iter().try_for_each(|set| missing::<M>(set, true))
}

/// `no-unexpected-elements`: a read shows only elements of which an add was called before the read
/// returned, and each once.
///
/// # Errors
///
/// The first read that does not.
pub fn no_unexpected_elements<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
) -> Result<(), String> {
    for set in collections(model, history, is_set).unwrap_or_default() {
        let adds: Vec<_> = set
            .iter()
            .filter_map(|(add, touch)| match touch {
                Element::Add { element, .. } => Some((*element, add.call)),
                _ => None,
            })
            .collect();
        let mut first = BTreeMap::new();
        for (element, call) in adds {
            let first = first.entry(element).or_insert(call);
            *first = call.min(*first);
        }
        for read in reads::<M>(&set) {
            let strange = read
                .shows
                .iter()
                .find(|element| first.get(element).is_none_or(|call| *call > read.read.ret));
            if let Some(element) = strange {
                return Err(format!("{} shows {element:?}, which nobody added", read.read.id));
            }
        }
        for (read, touch) in &set {
            if let Element::All(Some(all)) = touch {
                let different: BTreeSet<_> = all.iter().collect();
                if different.len() < all.len() {
                    return Err(format!("{} shows an element twice", read.id));
                }
            }
        }
    }
    Ok(())
}

/// `total-queue`: what goes in comes out, once; nothing else does; and nothing is missing when
/// somebody finds it empty.
///
/// # Errors
///
/// What is unexpected, duplicated or lost. O(n²).
pub fn total_queue<M: Model>(model: &M, history: &History<M::Op, M::Ret>) -> Result<(), String> {
    let is_queue = |object| matches!(object, Object::Queue | Object::Stack | Object::PriorityQueue);
    for queue in collections(model, history, is_queue).unwrap_or_default() {
        let mut inserts: BTreeMap<Atom<'_>, Vec<&Op<M>>> = BTreeMap::new();
        let mut takes: BTreeMap<Atom<'_>, Vec<&Op<M>>> = BTreeMap::new();
        for (operation, touch) in &queue {
            match touch {
                Element::Insert(element) => inserts.entry(*element).or_default().push(operation),
                Element::Take(Some(Some(element))) => {
                    takes.entry(*element).or_default().push(operation);
                }
                _ => {}
            }
        }
        let none = Vec::new();
        for (operation, touch) in &queue {
            let (Element::Take(Some(Some(element))) | Element::Peek(Some(Some(element)))) = touch
            else {
                continue;
            };
            let inserts = inserts.get(element).unwrap_or(&none);
            let inserted = inserts.iter().filter(|insert| insert.call <= operation.ret).count();
            let takes = takes.get(element).unwrap_or(&none);
            let taken = takes.iter().filter(|take| take.ret <= operation.ret).count();
            if inserted == 0 || taken > inserted {
                return Err(format!("{}: {element:?} in {inserted}, out {taken}", operation.id));
            }
        }
        for (empty, touch) in &queue {
            if !matches!(touch, Element::Take(Some(None)) | Element::Peek(Some(None))) {
                continue;
            }
            let mut lost = 0;
            for (element, inserts) in &inserts {
                let before = inserts.iter().filter(|one| one.is_ok() && one.precedes(empty));
                lost += before.count().saturating_sub(takes.get(element).map_or(0, Vec::len));
            }
            let open = queue.iter().filter(|(take, touch)| {
                matches!(touch, Element::Take(None)) && take.call <= empty.ret
            });
            let open = open.count();
            if lost > open {
                return Err(format!("{} found it empty: {lost} lost, {open} open", empty.id));
            }
        }
    }
    Ok(())
}
