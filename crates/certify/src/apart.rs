//! Required operations that contradict each other whatever else happened.
//!
//! For sequences and fencing tokens a look at two answers is often enough, and no search through
//! what may have happened beside them:
//! - two operations took the same place; or one took a place (or saw the end) although another one
//!   that returned before it was called had taken a later one (or seen a later end);
//! - an operation stands behind so many places that all others which may have been taken before it
//!   returned, together, are fewer;
//! - a grant of a lock has a token that is not above that of a grant that returned before it was
//!   called, or the same one.
//!
//! Each follows from what the accesses of the model promise ([`Placing`], [`Locking`]).

use crate::part::Members;
use crate::recorded::{Op, Recorded};
use testimony_model::{Access, Atom, Locking, Object, Placing};

/// Where an operation certainly stands in a rising order: it needs the number to be at most `from`
/// before it, and leaves it at `to` at least.
#[derive(Clone, Copy)]
struct Stand {
    from: i64,
    to: i64,
    /// Whether it moves the number on itself: then no two have one place.
    moves: bool,
}

/// Whether two required operations, or one alone, cannot be explained. (`false` says nothing.)
pub(crate) fn contradict(history: &dyn Recorded, core: &Members<'_>) -> bool {
    if !rises(history, core) {
        return false;
    }
    let stands: Vec<(&Op, Stand)> = match history.object() {
        Object::Sequence => {
            if overdrawn(history, core) {
                return true;
            }
            let place = |&operation| Some((operation, place(history, operation)?));
            core.required.iter().filter_map(place).collect()
        }
        Object::Lock => {
            let token = |&operation| Some((operation, token(history, operation)?));
            core.required.iter().filter_map(token).collect()
        }
        _ => return false,
    };
    let conflict = |(one, a): &(&Op, Stand), (other, b): &(&Op, Stand)| {
        // The number was at `a.to` at least, and then at `b.from` at most.
        one.id != other.id && one.precedes(other) && a.to > b.from
    };
    let same = |(one, a): &(&Op, Stand), (other, b): &(&Op, Stand)| {
        one.id < other.id && a.moves && b.moves && a.from < b.to && b.from < a.to
    };
    stands.iter().any(|one| stands.iter().any(|two| conflict(one, two) || same(one, two)))
}

/// Whether the number only ever rises: nobody who may change it does something else to it. The core
/// is closed: who may change it is inside.
fn rises(history: &dyn Recorded, core: &Members<'_>) -> bool {
    let mut all = core.required.iter().chain(&core.optional);
    all.all(|&operation| {
        matches!(history.access(operation), Access::Place(_) | Access::Lock(_))
            || history.is_observation(operation)
    })
}

fn place(history: &dyn Recorded, operation: &Op) -> Option<Stand> {
    let Access::Place(placing) = history.access(operation) else { return None };
    let (from, to, moves) = match placing {
        Placing::Take { at, size, .. } => (at?, at?.checked_add(size)?, true),
        Placing::Rise(at) => (at?, at?.checked_add(1)?, true),
        Placing::End(end) => (end?, end?, false),
        // Before the begin there never is anything.
        Placing::Entry { at, entry: Atom::Nil } if Atom::Int(at) < history.initial() => {
            return None;
        }
        Placing::Entry { at, entry: Atom::Nil } => (at, i64::MIN, false),
        Placing::Entry { at, .. } => (i64::MAX, at.checked_add(1)?, false),
        Placing::Suffix { from, entries } => {
            let end = from.checked_add(i64::try_from(entries.len()).ok()?)?;
            (end, if entries.is_empty() { i64::MIN } else { end }, false)
        }
    };
    Some(Stand { from, to, moves })
}

/// A token is a place of size one in the order of grants.
fn token(history: &dyn Recorded, operation: &Op) -> Option<Stand> {
    match history.access(operation) {
        Access::Lock(Locking::Acquire { granted: Some(true), token, .. }) => {
            Some(Stand { from: token?, to: token?.checked_add(1)?, moves: true })
        }
        _ => None,
    }
}

/// Whether a required operation stands behind more than can have been taken before it returned. The
/// core is closed: who may have taken something by then is inside.
fn overdrawn(history: &dyn Recorded, core: &Members<'_>) -> bool {
    let Atom::Int(begin) = history.initial() else { return false };
    core.required.iter().any(|&behind| {
        let Some(stand) = place(history, behind) else { return false };
        let Access::Place(placing) = history.access(behind) else { return false };
        let needed = match placing {
            Placing::Rise(_) => return false,
            Placing::Take { .. } => stand.from,
            _ => stand.to,
        };
        let required = core.required.iter().map(|&other| (other, true));
        let all = required.chain(core.optional.iter().map(|&other| (other, false)));
        let mut there: i128 = 0;
        for (other, required) in all.filter(|(other, _)| other.call <= behind.ret) {
            match history.access(other) {
                // It is where it says, and that is no help.
                Access::Place(Placing::Take { at: Some(at), .. }) if required && at >= needed => {}
                Access::Place(Placing::Take { size, .. }) => there += i128::from(size),
                Access::Place(Placing::Rise(_)) => return false,
                _ => {}
            }
        }
        there < i128::from(needed) - i128::from(begin)
    })
}
