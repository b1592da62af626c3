//! Tags order the values of a register.

use crate::wire::NodeId;
use serde::{Deserialize, Serialize};

/// The version of a value: greater is newer. The default is older than all that are written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tag {
    /// One more than the greatest that its writer had heard of.
    pub(crate) timestamp: u64,
    /// Decides between writes that had heard of the same.
    pub(crate) write: WriteId,
}

/// Names a write operation, for ever and everywhere.
///
/// The node alone would not do: it coordinates several writes at once, and after a crash it does
/// not remember those that are still on their way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub(crate) struct WriteId {
    /// The node that coordinates the write.
    pub(crate) node: NodeId,
    /// How often that node had been started.
    pub(crate) incarnation: u32,
    /// How many writes it had coordinated since.
    pub(crate) number: u32,
}

impl Tag {
    /// A greater tag, for this write.
    pub(crate) fn next(self, write: WriteId) -> Tag {
        Tag { timestamp: self.timestamp + 1, write }
    }
}

#[cfg(test)]
mod tests {
    use super::{Tag, WriteId};

    #[test]
    fn a_next_tag_is_greater_whatever_the_writer() {
        let late = WriteId { node: 9, incarnation: 9, number: 9 };
        let early = WriteId::default();
        let tag = Tag::default().next(late);
        assert!(tag > Tag::default());
        assert!(tag.next(early) > tag);
    }

    #[test]
    fn tags_of_different_writes_are_never_equal() {
        let first = WriteId { node: 1, incarnation: 0, number: 0 };
        for other in [
            WriteId { node: 2, ..first },
            WriteId { incarnation: 1, ..first },
            WriteId { number: 1, ..first },
        ] {
            assert_ne!(Tag::default().next(first), Tag::default().next(other));
        }
    }
}
