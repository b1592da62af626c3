//! A history as the objects that its operations touch, one for each key.

use super::OperationOf;
use std::collections::BTreeMap;
use testimony_history::History;
use testimony_model::{Access, Keys, Model, Object};

/// The operations on one object that did not fail, in the order of the history.
pub(super) struct Touched<'h, M: Model> {
    /// The key in its display form, where there are keys.
    pub(super) key: Option<String>,
    pub(super) accesses: Vec<(&'h OperationOf<M>, Access<'h>)>,
    /// Those that failed. They had no effect, so nothing but words may depend on them.
    failed: Vec<(&'h OperationOf<M>, Access<'h>)>,
}

impl<M: Model> Touched<'_, M> {
    /// Why nobody can have put in what an operation shows: all that would have done so (`does`)
    /// failed, or were called after it had returned, or there are none.
    pub(super) fn nobody(
        &self,
        what: &str,
        shows: &OperationOf<M>,
        does: impl Fn(&Access<'_>) -> bool,
    ) -> String {
        let of = |all: &[(&OperationOf<M>, Access<'_>)]| {
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
pub(super) fn parts<'h, M: Model>(
    model: &M,
    history: &'h History<M::Op, M::Ret>,
    objects: &[Object],
) -> Result<Vec<Touched<'h, M>>, String> {
    if !objects.contains(&model.object()) {
        let known: Vec<_> = objects.iter().map(|object| object.name()).collect();
        return Err(format!("the model is not {}", known.join(" or ")));
    }
    let mut by_key: BTreeMap<Option<String>, Vec<_>> = BTreeMap::new();
    let mut failed: BTreeMap<Option<String>, Vec<_>> = BTreeMap::new();
    for operation in &history.operations {
        let key = match model.keys(&operation.op) {
            Keys::One(key) => Some(key.to_string()),
            Keys::All => None,
            Keys::Many(_) if operation.is_fail() => continue,
            Keys::Many(_) => return Err("an operation touches several keys".to_owned()),
        };
        let access = model.access(&operation.op, operation.outcome.answer());
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
