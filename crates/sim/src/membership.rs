//! Nodes that join and leave: what the operator is asked to do.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

/// A change of the group that the operator wants.
///
/// There is one operator. It wants one change at a time, and tries again until that is done: the
/// function that is given to [`Cluster::membership`](crate::Cluster::membership) is called with the
/// same change until it succeeds, and an attempt that was given up may still have an effect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemberChange {
    /// How many changes were done before.
    pub number: u32,
    /// The members before the change, in the order in which they joined.
    pub members: Vec<String>,
    /// The node that joins or leaves.
    pub node: String,
    /// Whether it joins.
    pub joins: bool,
}

impl MemberChange {
    /// The members after the change.
    ///
    /// ```
    /// use testimony_sim::MemberChange;
    /// let members = vec!["n1".to_owned(), "n2".to_owned()];
    /// let change = MemberChange { number: 0, members, node: "n3".to_owned(), joins: true };
    /// assert_eq!(change.after(), ["n1", "n2", "n3"]);
    /// assert_eq!(MemberChange { node: "n1".to_owned(), joins: false, ..change }.after(), ["n2"]);
    /// ```
    pub fn after(&self) -> Vec<String> {
        let mut after = self.members.clone();
        after.retain(|member| *member != self.node);
        if self.joins {
            after.push(self.node.clone());
        }
        after
    }
}

/// Makes one attempt at a change.
pub(crate) type MembershipFn =
    dyn Fn(MemberChange) -> Pin<Box<dyn Future<Output = io::Result<()>>>> + Send + Sync;

/// A function as it is kept.
pub(crate) fn kept<F, Fut>(change: F) -> Arc<MembershipFn>
where
    F: Fn(MemberChange) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    Arc::new(move |wanted| Box::pin(change(wanted)))
}

/// The number, from 0, of the node with this host name: 3 for `n4`; `None` for other names.
pub(crate) fn number_of(name: &str) -> Option<u16> {
    let number: u16 = name.strip_prefix('n')?.parse().ok()?;
    (name == format!("n{number}")).then_some(number.checked_sub(1)?)
}
