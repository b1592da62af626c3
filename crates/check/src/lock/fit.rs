//! Which parts the lock's engine can judge: requests of owners who do one thing after the other.

use crate::part::{Part, Standing};
use rustc_hash::FxHashMap;
use testimony_model::{Access, Atom, Locking};

/// The end of an operation that never returned.
pub(super) const NEVER: i64 = i64::MAX;

/// What an operation asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Acquire,
    Release,
}

/// An operation as a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct One {
    /// Rank of its call.
    pub(super) start: i64,
    /// Rank of its return, or [`NEVER`].
    pub(super) end: i64,
    pub(super) kind: Kind,
    /// The owner, by number.
    pub(super) owner: u32,
    /// Whether it was granted, refused, or nobody knows.
    pub(super) granted: Option<bool>,
    /// The token of a grant.
    pub(super) token: Option<i64>,
}

/// A part as requests to one lock.
pub(super) struct Requests {
    /// By position.
    pub(super) all: Vec<One>,
    /// Of each owner the positions of what was not refused, by call.
    pub(super) of: Vec<Vec<usize>>,
}

impl Requests {
    /// Reads the requests of a part. O(n).
    pub(super) fn of(part: &Part<'_>) -> Result<Requests, String> {
        let mut owners: FxHashMap<Atom, u32> = FxHashMap::default();
        let mut all = Vec::with_capacity(part.operations.len());
        let mut of: Vec<Vec<usize>> = Vec::new();
        // When the last answered request of each owner returned.
        let mut busy: Vec<i64> = Vec::new();
        for (position, operation) in part.operations.iter().enumerate() {
            let words = || format!("{} ({})", operation.id, part.subject.describe(operation));
            let Access::Lock(locking) = part.access(operation) else {
                return Err(format!("{} is no request for a lock", words()));
            };
            let (kind, by, granted, token) = match locking {
                Locking::Acquire { by, granted, token } => (Kind::Acquire, by, granted, token),
                Locking::Release { by, granted } => (Kind::Release, by, granted, None),
            };
            if granted.is_some() != operation.is_ok() {
                return Err(format!("{} says neither yes nor no", words()));
            }
            let next = u32::try_from(owners.len()).unwrap_or(u32::MAX);
            let owner = *owners.entry(by).or_insert(next);
            of.resize(owners.len(), Vec::new());
            busy.resize(owners.len(), -1);
            let start = i64::from(operation.call.0);
            let end = if operation.is_ok() { i64::from(operation.ret.0) } else { NEVER };
            if granted != Some(false) {
                if start <= busy[owner as usize] {
                    return Err(format!("{} overlaps another request of its owner", words()));
                }
                if granted.is_some() {
                    busy[owner as usize] = end;
                }
                of[owner as usize].push(position);
            }
            all.push(One { start, end, kind, owner, granted, token });
        }
        Ok(Requests { all, of })
    }

    /// The same, where what is not required may take effect at any time from its call on.
    pub(super) fn relaxed(&self, standings: &[Standing]) -> Requests {
        let relaxed = |(one, standing): (&One, &Standing)| match standing {
            Standing::Required => *one,
            Standing::Optional | Standing::Dropped => One { end: NEVER, ..*one },
        };
        Requests { all: self.all.iter().zip(standings).map(relaxed).collect(), of: self.of.clone() }
    }
}
