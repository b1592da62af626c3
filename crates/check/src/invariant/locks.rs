//! `mutual-exclusion` and `fencing`: one holder at a time, and the resource knows the latest.

use super::OperationOf;
use super::parts::{Timed, Touched, parts};
use super::registers::shown;
use super::scene::{self, Case, at, client};
use crate::subject::{Subject, Typed};
use crate::{Budget, Checker};
use std::collections::BTreeMap;
use testimony_history::{History, Rank};
use testimony_model::{Access, Atom, FencedLock, FencedOp, FencedRet, Locking, Model, Object};
use testimony_verdict::{AnomalyKind, Certificate, Finding, Property, Verdict};

/// Never do two owners hold a lock at the same time for certain.
///
/// An owner certainly holds it from the answer of its acquire to the call of its next release, or
/// for ever where there is none; not at all where an earlier release of its own had not returned
/// before the acquire was called, as that one may end it at any time. A release that may have
/// happened counts from its call on; an acquire without an answer may not have happened and holds
/// nothing. O(n log n).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MutualExclusion;

impl MutualExclusion {
    /// The name of the property.
    pub const PROPERTY: Property = Property::invariant("mutual-exclusion");
}

/// From when to when somebody certainly held a lock.
struct Hold<'h> {
    by: Atom<'h>,
    acquire: Timed,
    release: Option<Timed>,
}

impl Hold<'_> {
    fn end(&self) -> Rank {
        self.release.map_or(Rank::NEVER, |release| release.call)
    }
}

impl<M: Model> Checker<M> for MutualExclusion {
    fn property(&self) -> Property {
        MutualExclusion::PROPERTY
    }

    fn check(&self, model: &M, history: &History<M::Op, M::Ret>, _budget: &Budget<'_>) -> Finding {
        let subject = Typed::new(model, history);
        let locks = match parts(&subject, &[Object::Lock]) {
            Ok(locks) => locks,
            Err(why) => return scene::not_applicable(&why),
        };
        let pairs = locks.iter().filter_map(|lock| Some((lock, overlap(holds(lock))?)));
        // The first that became certain.
        let since = |(one, other): &(Hold<'_>, Hold<'_>)| one.acquire.ret.max(other.acquire.ret);
        match pairs.min_by_key(|(_, pair)| since(pair)) {
            Some((lock, pair)) => case(&subject, lock, &pair).finding(),
            None => scene::finding(Verdict::Valid(Certificate::Checked)),
        }
    }
}

/// The holds of a lock that are longer than a moment, by their begin.
fn holds<'h>(lock: &Touched<'h>) -> Vec<Hold<'h>> {
    let mut releases: BTreeMap<Atom<'h>, Vec<Timed>> = BTreeMap::new();
    for (operation, access) in &lock.accesses {
        if let Access::Lock(Locking::Release { by, granted: Some(true) | None }) = access {
            releases.entry(*by).or_default().push(*operation);
        }
    }
    // By call, each with the latest return of those up to it.
    let releases: BTreeMap<_, Vec<(Timed, Rank)>> = releases
        .into_iter()
        .map(|(by, mut releases)| {
            releases.sort_by_key(|release| (release.call, release.id));
            let mut latest = Rank(0);
            let returned = releases.into_iter().map(|release| {
                latest = latest.max(if release.is_ok() { release.ret } else { Rank::NEVER });
                (release, latest)
            });
            (by, returned.collect())
        })
        .collect();
    let hold = |(acquire, access): &(Timed, Access<'h>)| match access {
        Access::Lock(Locking::Acquire { by, granted: Some(true), .. }) => {
            let releases = releases.get(by).map_or(&[][..], Vec::as_slice);
            let next = releases.partition_point(|(release, _)| release.call < acquire.call);
            let (before, after) = releases.split_at(next);
            let settled = before.last().is_none_or(|(_, latest)| *latest < acquire.call);
            let release = after.first().map(|(release, _)| *release);
            settled.then_some(Hold { by: *by, acquire: *acquire, release })
        }
        _ => None,
    };
    let mut holds: Vec<_> = lock.accesses.iter().filter_map(hold).collect();
    holds.retain(|hold| hold.acquire.ret < hold.end());
    holds.sort_by_key(|hold| (hold.acquire.ret, hold.acquire.id));
    holds
}

/// The first two holds by different owners that overlap.
fn overlap(holds: Vec<Hold<'_>>) -> Option<(Hold<'_>, Hold<'_>)> {
    // Of the holds so far the one that ends last. One by another owner that reaches as far as the
    // begin of the next hold would overlap this one, and would have been found before.
    let mut longest: Option<Hold<'_>> = None;
    for hold in holds {
        longest = match longest {
            Some(other) if hold.by != other.by && hold.acquire.ret < other.end() => {
                return Some((other, hold));
            }
            Some(other) if hold.end() <= other.end() => Some(other),
            _ => Some(hold),
        };
    }
    None
}

fn case<'c>(
    subject: &'c dyn Subject,
    lock: &Touched<'c>,
    (one, other): &(Hold<'c>, Hold<'c>),
) -> Case<'c> {
    let (mine, yours) = (shown(one.by), shown(other.by));
    let release = |hold: &Hold<'_>| match hold.release {
        Some(release) => format!("and did not give it back before {} was called", release.id),
        None => "and never gave it back".to_owned(),
    };
    Case {
        subject,
        kind: AnomalyKind::TwoHolders,
        property: MutualExclusion::PROPERTY,
        key: lock.key.clone(),
        culprit: other.acquire.id,
        required: vec![one.acquire.id],
        optional: one.release.into_iter().chain(other.release).map(|release| release.id).collect(),
        headline: format!("two holders: {mine} and {yours}"),
        sentence: format!(
            "{yours} got the lock ({}){} while {mine} held it since {}.",
            other.acquire.id,
            at(other.acquire.ret_ns),
            one.acquire.id
        ),
        why: vec![
            format!("{mine} got the lock ({}), {}", one.acquire.id, release(one)),
            format!("{yours} got it too ({}), {}", other.acquire.id, release(other)),
        ],
    }
}

/// The fencing tokens that the resource accepts never fall: a write that was called after another
/// had been accepted is accepted only with a token at least as high.
///
/// What the resource refused, or nobody answered, does not matter. This is mutual exclusion where
/// it counts (Kleppmann, "How to do distributed locking", 2016): a lock may be held twice when a
/// holder sleeps past its lease, as long as the resource turns the sleeper away. O(n log n).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fencing;

impl Fencing {
    /// The name of the property.
    pub const PROPERTY: Property = Property::invariant("fencing");
}

type FencedOperation = OperationOf<FencedLock>;

impl Checker<FencedLock> for Fencing {
    fn property(&self) -> Property {
        Fencing::PROPERTY
    }

    fn check(
        &self,
        model: &FencedLock,
        history: &History<FencedOp, FencedRet>,
        _budget: &Budget<'_>,
    ) -> Finding {
        let mut accepted: Vec<(&FencedOperation, i64)> = history
            .operations
            .iter()
            .filter_map(|write| match (&write.op, write.outcome.answer()) {
                (FencedOp::Write(token), Some(FencedRet::Done)) => Some((write, *token)),
                _ => None,
            })
            .collect();
        let mut by_ret = accepted.clone();
        by_ret.sort_by_key(|(write, _)| (write.ret, write.id));
        accepted.sort_by_key(|(write, _)| (write.call, write.id));
        let mut before = by_ret.into_iter().peekable();
        let mut highest: Option<(&FencedOperation, i64)> = None;
        for (write, token) in accepted {
            while let Some(one) = before.next_if(|(earlier, _)| earlier.ret < write.call) {
                highest = highest.filter(|(_, highest)| *highest >= one.1).or(Some(one));
            }
            if let Some(newer) = highest.filter(|(_, highest)| *highest > token) {
                return stale_token(&Typed::new(model, history), newer, (write, token)).finding();
            }
        }
        scene::finding(Verdict::Valid(Certificate::Checked))
    }
}

fn stale_token<'c>(
    subject: &'c dyn Subject,
    (newer, highest): (&'c FencedOperation, i64),
    (write, token): (&'c FencedOperation, i64),
) -> Case<'c> {
    Case {
        subject,
        kind: AnomalyKind::StaleToken,
        property: Fencing::PROPERTY,
        key: None,
        culprit: write.id,
        required: vec![newer.id],
        optional: Vec::new(),
        headline: format!("stale token accepted: {token} after {highest}"),
        sentence: format!(
            "The resource accepted token {token} of {} ({}){}, although it had accepted {highest} \
             before ({}).",
            client(write),
            write.id,
            at(write.call_ns),
            newer.id
        ),
        why: vec![
            format!("{} was accepted with token {highest}", newer.id),
            format!("{} was called after that, and accepted with token {token}", write.id),
        ],
    }
}
