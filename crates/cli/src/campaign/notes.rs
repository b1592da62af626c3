//! Remarks about seeds: the first of them, and how many there are.

use serde::Serialize;

/// Remarks of one kind that are kept.
const KEPT_MAX: usize = 3;

/// A remark about a seed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Note {
    pub(crate) seed: u64,
    pub(crate) note: String,
}

/// The first remarks of one kind, and the number of all: however many seeds there are, what is kept
/// stays small.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub(crate) struct Notes {
    pub(crate) count: u64,
    pub(crate) first: Vec<Note>,
}

impl Notes {
    pub(crate) fn add(&mut self, seed: u64, note: &str) {
        self.count += 1;
        if self.first.len() < KEPT_MAX {
            self.first.push(Note { seed, note: note.to_owned() });
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many were not kept.
    pub(crate) fn more(&self) -> u64 {
        self.count - self.first.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::Notes;

    #[test]
    fn only_the_first_notes_are_kept() {
        let mut notes = Notes::default();
        assert!(notes.is_empty());
        (0..10).for_each(|seed| notes.add(seed, "x"));
        assert_eq!((notes.count, notes.first.len(), notes.more()), (10, 3, 7));
        assert_eq!(notes.first[2].seed, 2);
    }
}
