//! The entries of a log as a list that shares its past: appending copies nothing.
//!
//! Engines and the verifier keep many states of one log side by side, each an append further than
//! another, so a plain vector would make replaying quadratic. This is a list from the last entry to
//! the first with a second, longer link in each node, by which any entry is found in O(log n)
//! (Myers, "An applicative random-access stack", Information Processing Letters 17(5), 1983).

use crate::Value;
use crate::builtin::tree::shared_bytes;
use rustc_hash::FxHasher;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The entries of a log. Cheap to clone.
#[derive(Clone, Default)]
pub struct LogState(Option<Arc<Node>>);

struct Node {
    value: Value,
    /// How many entries there are up to this one.
    len: usize,
    /// Of all of them.
    hash: u64,
    /// The entries before this one.
    before: LogState,
    /// Some of them; how many follows from `len` alone.
    jump: LogState,
}

impl LogState {
    /// How many entries there are. O(1).
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |node| node.len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Bytes that no other log shares: those of the last entry, if it is its own.
    pub(crate) fn own_bytes(&self) -> usize {
        let own = self.0.as_ref().filter(|node| Arc::strong_count(node) == 1);
        own.map_or(0, |_| shared_bytes::<Node>())
    }

    /// The log with one more entry. O(1).
    #[must_use]
    pub fn with(&self, value: Value) -> LogState {
        let mut hasher = FxHasher::default();
        self.0.as_ref().map_or(0, |node| node.hash).hash(&mut hasher);
        value.hash(&mut hasher);
        // Two jumps of the same length are joined to one, as carries are in a skew binary counter.
        let jump = match self.jump() {
            Some(jump) if self.len() - jump.len() == jump.len() - jump.jump_len() => {
                jump.jump().cloned().unwrap_or_default()
            }
            Some(_) | None => self.clone(),
        };
        let (len, hash) = (self.len() + 1, hasher.finish());
        LogState(Some(Arc::new(Node { value, len, hash, before: self.clone(), jump })))
    }

    /// The entry at an index. O(log n).
    pub fn get(&self, index: usize) -> Option<&Value> {
        let mut state = self;
        while let Some(node) = &state.0 {
            match node.len - 1 {
                at if at == index => return Some(&node.value),
                at if at < index => return None,
                _ => {}
            }
            state = if node.jump.len() > index { &node.jump } else { &node.before };
        }
        None
    }

    /// Whether the entries from an index on are these. O(length of `entries`).
    pub fn is_suffix(&self, from: usize, entries: &[Value]) -> bool {
        if self.len().saturating_sub(from) != entries.len() {
            return false;
        }
        let mut state = self;
        for entry in entries.iter().rev() {
            match &state.0 {
                Some(node) if node.value == *entry => state = &node.before,
                _ => return false,
            }
        }
        true
    }

    /// The entries from an index on. O(their number).
    pub fn suffix(&self, from: usize) -> Vec<&Value> {
        let mut entries = Vec::with_capacity(self.len().saturating_sub(from));
        let mut state = self;
        while let Some(node) = state.0.as_ref().filter(|node| node.len > from) {
            entries.push(&node.value);
            state = &node.before;
        }
        entries.reverse();
        entries
    }

    fn jump(&self) -> Option<&LogState> {
        self.0.as_ref().map(|node| &node.jump)
    }

    fn jump_len(&self) -> usize {
        self.jump().map_or(0, LogState::len)
    }
}

impl PartialEq for LogState {
    fn eq(&self, other: &LogState) -> bool {
        let (mut one, mut two) = (self, other);
        while let (Some(a), Some(b)) = (&one.0, &two.0) {
            if Arc::ptr_eq(a, b) {
                return true;
            }
            if a.len != b.len || a.hash != b.hash || a.value != b.value {
                return false;
            }
            (one, two) = (&a.before, &b.before);
        }
        one.is_empty() && two.is_empty()
    }
}

impl Eq for LogState {}

impl Hash for LogState {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.as_ref().map_or(0, |node| node.hash).hash(hasher);
    }
}

impl fmt::Debug for LogState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.suffix(0)).finish()
    }
}

/// Without recursion: a log of a million entries must not overflow the stack when it goes.
impl Drop for LogState {
    fn drop(&mut self) {
        let mut last: Vec<Arc<Node>> = self.0.take().into_iter().collect();
        while let Some(node) = last.pop() {
            if let Some(mut node) = Arc::into_inner(node) {
                last.extend(node.before.0.take());
                last.extend(node.jump.0.take());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(entries: std::ops::Range<i64>) -> LogState {
        entries.fold(LogState::default(), |log, entry| log.with(entry.into()))
    }

    #[test]
    fn every_entry_is_found() {
        for len in 0..70 {
            let log = log(0..len);
            let found: Vec<i64> = (0..80)
                .map_while(|index| match log.get(index) {
                    Some(Value::Int(entry)) => Some(*entry),
                    _ => None,
                })
                .collect();
            assert_eq!(found, (0..len).collect::<Vec<_>>());
        }
    }

    #[test]
    fn logs_are_equal_by_their_entries() {
        let five = log(0..5);
        assert_eq!(five, log(0..4).with(4.into()));
        assert_ne!(five, log(0..4));
        assert_ne!(five, log(0..4).with(5.into()));
        assert_ne!(five, log(1..5));
        assert_eq!(format!("{five:?}"), "[Int(0), Int(1), Int(2), Int(3), Int(4)]");
    }

    #[test]
    fn suffixes() {
        let five = log(0..5);
        let values = |range: std::ops::Range<i64>| range.map(Value::Int).collect::<Vec<_>>();
        assert!(five.is_suffix(3, &values(3..5)) && five.is_suffix(0, &values(0..5)));
        assert!(five.is_suffix(5, &[]) && five.is_suffix(9, &[]));
        assert!(!five.is_suffix(3, &values(2..4)) && !five.is_suffix(3, &values(3..4)));
        assert_eq!(five.suffix(3), values(3..5).iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_long_log_is_fast_and_goes_without_recursion() {
        let long = log(0..1_000_000);
        let fork = long.with(7.into());
        assert_eq!(long.get(17), Some(&Value::Int(17)));
        drop(long);
        assert_eq!(fork.get(999_999), Some(&Value::Int(999_999)));
    }
}
