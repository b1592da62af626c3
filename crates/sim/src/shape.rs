//! What a plan is asked to be, besides what its seed draws.

use crate::{Config, Family, Nemesis};
use serde::{Deserialize, Serialize};

/// Wishes for the plans of a campaign: what is absent stays as the system has it.
///
/// A plan says everything itself: replaying one needs no shape.
///
/// ```
/// use testimony_sim::{Family, Shape};
/// let families = Some(vec![Family::Partition]);
/// let shape = Shape { nodes: Some(5), ops: Some(200), families, ..Shape::default() };
/// assert!(!shape.is_default());
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// So many nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<u16>,
    /// So many logical clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<u16>,
    /// So many steps of all clients together; a workload of a fixed length may not heed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ops: Option<u32>,
    /// Only these families of faults may strike, whichever the system names; each seed still draws
    /// which of them are on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub families: Option<Vec<Family>>,
}

impl Shape {
    /// Whether nothing is asked for.
    pub fn is_default(&self) -> bool {
        *self == Shape::default()
    }

    /// The configuration and the faults that plans begin with.
    pub(crate) fn apply(&self, config: &mut Config, nemesis: &mut Nemesis) {
        config.nodes = self.nodes.unwrap_or(config.nodes);
        config.clients = self.clients.unwrap_or(config.clients);
        config.ops = self.ops.or(config.ops);
        if let Some(families) = &self.families {
            *nemesis = std::mem::take(nemesis).only(families);
        }
    }
}
