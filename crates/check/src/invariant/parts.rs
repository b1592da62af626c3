//! A history as the objects that its operations touch, one for each key.

use crate::subject::{Interval, Subject, Touches};
use std::collections::BTreeMap;
use std::ops::Deref;
use testimony_history::OpId;
use testimony_model::{Access, Object};

/// An operation with the times of its events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Timed {
    interval: Interval,
    /// When it was called, in nanoseconds.
    pub(super) call_ns: u64,
    /// When it returned, in nanoseconds.
    pub(super) ret_ns: u64,
}

impl Timed {
    /// The operation at a place in the history.
    fn of(subject: &dyn Subject, at: usize) -> Timed {
        let interval = subject.interval(at);
        let (call_ns, ret_ns) = (subject.call_ns(&interval), subject.ret_ns(&interval));
        Timed { interval, call_ns, ret_ns }
    }
}

impl Deref for Timed {
    type Target = Interval;

    fn deref(&self) -> &Interval {
        &self.interval
    }
}

/// Which operations these are.
pub(super) fn ids(operations: &[Timed]) -> Vec<OpId> {
    operations.iter().map(|operation| operation.id).collect()
}

/// The operations on one object that did not fail, in the order of the history.
pub(super) struct Touched<'h> {
    /// The key in its display form, where there are keys.
    pub(super) key: Option<String>,
    pub(super) accesses: Vec<(Timed, Access<'h>)>,
    /// Those that failed. They had no effect, so nothing but words may depend on them.
    failed: Vec<(Timed, Access<'h>)>,
}

impl Touched<'_> {
    /// Why nobody can have put in what an operation shows: all that would have done so (`does`)
    /// failed, or were called after it had returned, or there are none.
    pub(super) fn nobody(
        &self,
        what: &str,
        shows: Timed,
        does: impl Fn(&Access<'_>) -> bool,
    ) -> String {
        let of = |all: &[(Timed, Access<'_>)]| {
            let mut found = all.iter().filter(|(_, access)| does(access)).map(|(one, _)| *one);
            found.next().map(|one| one.id)
        };
        match (of(&self.failed), of(&self.accesses)) {
            (_, Some(later)) => {
                format!("no {what} was called before {} returned; {later} came later", shows.id)
            }
            (Some(failed), None) => {
                format!("{failed} is the {what}, and failed: it certainly had no effect")
            }
            (None, None) => format!("no {what} was ever called"),
        }
    }

    /// ` of x` for the key `x`, or nothing.
    pub(super) fn of(&self) -> String {
        self.key.as_ref().map_or_else(String::new, |key| format!(" of {key}"))
    }
}

/// The objects of a history, or why its keys cannot be told apart.
pub(super) fn parts<'h>(
    subject: &'h dyn Subject,
    objects: &[Object],
) -> Result<Vec<Touched<'h>>, String> {
    if !objects.contains(&subject.object()) {
        let known: Vec<_> = objects.iter().map(|object| object.name()).collect();
        return Err(format!("the model is not {}", known.join(" or ")));
    }
    let keyed = subject.keyed();
    let mut by_key: BTreeMap<Option<String>, Vec<_>> = BTreeMap::new();
    let mut failed: BTreeMap<Option<String>, Vec<_>> = BTreeMap::new();
    for (at, touches) in keyed.touches.iter().enumerate() {
        let operation = Timed::of(subject, at);
        let key = match touches {
            Touches::One(key) => Some(keyed.names[*key as usize].clone()),
            Touches::All => None,
            Touches::Many if operation.is_fail() => continue,
            Touches::Many => return Err("an operation touches several keys".to_owned()),
        };
        let access = subject.access(&operation);
        let of = if operation.is_fail() { &mut failed } else { &mut by_key };
        of.entry(key).or_default().push((operation, access));
    }
    if by_key.contains_key(&None) && by_key.len() > 1 {
        return Err("some operations touch one key, some all of them".to_owned());
    }
    let touched = by_key.into_iter().map(|(key, accesses)| {
        let failed = failed.remove(&key).unwrap_or_default();
        Touched { key, accesses, failed }
    });
    Ok(touched.collect())
}
