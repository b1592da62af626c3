//! Groups of replicas, one after the other, and the ways to change them wrongly.

use serde::{Deserialize, Serialize};

/// The replicas of an epoch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Group {
    /// How many groups there were before.
    pub(crate) epoch: u32,
    /// The host names of its members.
    pub(crate) members: Vec<String>,
}

impl Group {
    /// Whether a node is one of its members.
    pub(crate) fn has(&self, node: &str) -> bool {
        self.members.iter().any(|member| member == node)
    }
}

/// What is done when the group changes, and what a quorum is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Protocol {
    /// Whether the new group is given what the old one holds.
    pub(crate) hands_over: bool,
    /// Every quorum has so many members; `None`: a majority of its group.
    pub(crate) quorum: Option<usize>,
}

impl Protocol {
    /// As it should be.
    pub(crate) const EPOCHS: Protocol = Protocol { hands_over: true, quorum: None };
    /// M39.
    pub(crate) const EMPTY_JOINER: Protocol = Protocol { hands_over: false, ..Protocol::EPOCHS };
    /// M40: the majority of the three nodes that were there first.
    pub(crate) const FIRST_MAJORITY: Protocol = Protocol { quorum: Some(2), ..Protocol::EPOCHS };

    /// How many members of a group are a quorum.
    pub(crate) fn quorum(self, group: &Group) -> usize {
        let majority = group.members.len() / 2 + 1;
        self.quorum.unwrap_or(majority).min(group.members.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{Group, Protocol};

    fn of(count: usize) -> Group {
        Group { epoch: 0, members: (0..count).map(|number| format!("n{number}")).collect() }
    }

    #[test]
    fn quorums_of_a_group_share_a_member() {
        for count in 1..8 {
            assert!(2 * Protocol::EPOCHS.quorum(&of(count)) > count);
        }
        assert!(2 * Protocol::FIRST_MAJORITY.quorum(&of(4)) <= 4, "that is its fault");
        assert_eq!(Protocol::FIRST_MAJORITY.quorum(&of(1)), 1);
    }
}
