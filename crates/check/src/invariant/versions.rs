//! `monotonic-versions`: no client sees a version go back.

use super::parts::{Timed, Touched};
use super::registers::{name, read, registers, shown, written};
use super::scene::{self, Case, at};
use crate::subject::{Subject, Typed};
use crate::{Budget, Checker};
use std::collections::BTreeMap;
use testimony_history::{History, Process};
use testimony_model::{Atom, Model};
use testimony_verdict::{AnomalyKind, Certificate, Finding, Property, Verdict};

/// No client reads a smaller number from a register than it has read or written there before. For
/// registers whose values are versions: numbers that only rise; nothing is less than any number.
///
/// What nobody answered was not seen and does not matter. Not applicable to registers that hold
/// texts (where all do). A client goes on under a new name after an operation without an answer, so
/// what it saw before is forgotten. After the `monotonic` tests of Jepsen; O(n log n).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MonotonicVersions;

impl MonotonicVersions {
    /// The name of the property.
    pub const PROPERTY: Property = Property::invariant("monotonic-versions");
}

impl<M: Model> Checker<M> for MonotonicVersions {
    fn property(&self) -> Property {
        MonotonicVersions::PROPERTY
    }

    fn check(&self, model: &M, history: &History<M::Op, M::Ret>, _budget: &Budget<'_>) -> Finding {
        let subject = Typed::new(model, history);
        let (cells, mut left_out) = match registers(&subject) {
            Ok(registers) => registers,
            Err(why) => return scene::not_applicable(&why),
        };
        for cell in &cells {
            match regress(cell) {
                Ok(None) => {}
                Ok(Some(pair)) => return case(&subject, cell, pair).finding(),
                Err(()) => {
                    left_out = left_out.or_else(|| Some(name(cell)));
                }
            }
        }
        match left_out {
            Some(key) => scene::not_applicable(&format!("{key} holds values that are no versions")),
            None => scene::finding(Verdict::Valid(Certificate::Checked)),
        }
    }
}

/// An operation with the version that it saw.
type Seen<'h> = (Timed, Atom<'h>);

/// What a client saw, and the less that it saw later.
type Pair<'h> = (Seen<'h>, Seen<'h>);

/// The first read, by return, that saw less than its client had seen; an error where a value that
/// somebody saw is no version.
fn regress<'h>(cell: &Touched<'h>) -> Result<Option<Pair<'h>>, ()> {
    let mut most: BTreeMap<Process, Seen<'h>> = BTreeMap::new();
    let mut pairs: Vec<Pair<'h>> = Vec::new();
    for (operation, access) in cell.accesses.iter().filter(|(operation, _)| operation.is_ok()) {
        let Some(version) = written(access).or(read(access)) else { continue };
        if matches!(version, Atom::Text(_)) {
            return Err(());
        }
        let seen = (*operation, version);
        let before = *most.entry(operation.process).or_insert(seen);
        if version >= before.1 {
            most.insert(operation.process, seen);
        } else if read(access).is_some() {
            pairs.push((before, seen));
        }
    }
    Ok(pairs.into_iter().min_by_key(|(_, (late, _))| (late.ret, late.id)))
}

fn case<'c>(
    subject: &'c dyn Subject,
    cell: &Touched<'c>,
    ((before, then), (late, now)): (Seen<'c>, Seen<'c>),
) -> Case<'c> {
    let of = cell.of();
    let (then, now) = (shown(then), shown(now));
    Case {
        subject,
        kind: AnomalyKind::VersionRegress,
        property: MonotonicVersions::PROPERTY,
        key: cell.key.clone(),
        culprit: late.id,
        required: vec![before.id],
        optional: Vec::new(),
        headline: format!("version went back{of}: {then}, then {now}"),
        sentence: format!(
            "{} read version {now}{of} ({}){}, although it had seen {then} before ({}){}.",
            late.client(),
            late.id,
            at(late.call_ns),
            before.id,
            at(before.ret_ns),
        ),
        why: vec![
            format!("{} saw version {then}", before.id),
            format!("{}, later by the same client, saw only {now}", late.id),
        ],
    }
}
