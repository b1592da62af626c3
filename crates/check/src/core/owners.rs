//! What a core of a lock may leave out: critical sections that have nothing to do with it.
//!
//! The verifier (the crate `certify`) has the proof, and checks this rule by code of its own.

use crate::part::Part;
use rustc_hash::{FxHashMap, FxHashSet};
use testimony_history::Rank;
use testimony_model::{Access, Atom, Locking};

/// The owners of a lock and their critical sections.
pub(crate) struct Owners {
    /// The owner of each position, by number.
    owner: Vec<u32>,
    /// The other operation of the critical section, where it is certain which one that is.
    partner: Vec<Option<usize>>,
    /// Whether it is an acquisition that was refused.
    refused: Vec<bool>,
}

impl Owners {
    /// The owners, if every operation of the part is a request for a lock.
    pub(crate) fn of(part: &Part<'_>) -> Option<Owners> {
        if !part.is_single() {
            return None;
        }
        let mut numbers: FxHashMap<Atom, u32> = FxHashMap::default();
        let (mut owner, mut refused) = (Vec::new(), Vec::new());
        let mut partner = vec![None; part.operations.len()];
        // Of each owner what it acquired last, and whether its sections are certain so far.
        let mut held: Vec<Walk> = Vec::new();
        for (at, operation) in part.operations.iter().enumerate() {
            let access = part.access(operation);
            let Access::Lock(locking) = access else { return None };
            let (acquires, by, granted) = match locking {
                Locking::Acquire { by, granted, .. } => (true, by, granted),
                Locking::Release { by, granted } => (false, by, granted),
            };
            let next = u32::try_from(numbers.len()).ok()?;
            let number = *numbers.entry(by).or_insert(next);
            owner.push(number);
            refused.push(acquires && granted == Some(false));
            held.resize_with(numbers.len(), Walk::default);
            if granted == Some(false) {
                continue;
            }
            let walk = &mut held[number as usize];
            let in_turn = operation.is_ok() && acquires == walk.acquired.is_none();
            if !in_turn || walk.last.is_some_and(|last| operation.call <= last) {
                walk.ended = true;
                // What was not answered may come between this and what overlaps it.
                if let Some(section) =
                    walk.section.take().filter(|_| walk.last >= Some(operation.call))
                {
                    partner[section.0] = None;
                    partner[section.1] = None;
                }
            }
            if walk.ended {
                continue;
            }
            walk.last = Some(operation.ret);
            walk.section = None;
            match walk.acquired.take() {
                None => walk.acquired = Some(at),
                Some(acquired) => {
                    (partner[acquired], partner[at]) = (Some(at), Some(acquired));
                    walk.section = Some((acquired, at));
                }
            }
        }
        Some(Owners { owner, partner, refused })
    }

    /// Whether a rule for these required operations applies: which positions may matter to them.
    pub(crate) fn concern(&self, required: &[usize]) -> Option<impl Fn(usize) -> bool> {
        if required.iter().any(|&at| self.refused[at]) {
            return None;
        }
        let owners: FxHashSet<u32> = required.iter().map(|&at| self.owner[at]).collect();
        let inside: FxHashSet<usize> = required.iter().copied().collect();
        Some(move |at: usize| {
            let apart = self.partner[at].is_some_and(|other| !inside.contains(&other));
            owners.contains(&self.owner[at]) && !apart
        })
    }
}

/// One owner on the way through its requests.
#[derive(Default)]
struct Walk {
    acquired: Option<usize>,
    /// The critical section that ended last.
    section: Option<(usize, usize)>,
    /// When the last request returned.
    last: Option<Rank>,
    /// From here on nothing is certain.
    ended: bool,
}
