//! What contradicts itself in a history.

use crate::{AnomalyKind, Explanation, Property};
use serde::{Deserialize, Serialize};
use testimony_history::OpId;

/// The few operations that contradict each other.
///
/// `required` operations count as recorded. `optional` ones may take effect at any time from their
/// call on, or never. The core is *closed* (every effect that a required answer could have seen is
/// inside) and *minimal* (relaxing any required operation, a write to optional or a read to
/// dropped, makes it consistent). Of numbers that are added to, a large core may begin at an answer:
/// what had returned before that one was called is left out, since the answer tells what it led to.
/// Then no fewer of the amounts after it add up to the contradiction.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Core {
    /// Operations that count as recorded, by id.
    pub required: Vec<OpId>,
    /// Operations that may take effect from their call on, or never, by id.
    pub optional: Vec<OpId>,
}

/// Whether the independent verifier could decide the core again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assurance {
    /// The verifier found the same contradiction by itself.
    Reproved,
    /// The core was too large for it: the engine alone vouches for this anomaly.
    EngineOnly,
}

/// Why one operation must come before another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EdgeKind {
    /// It returned before the other was called.
    RealTime,
    /// It came before the other in their session.
    Session,
    /// The other answered with its effect.
    ReadsFrom,
    /// The other replaced the value that it needs: it must come first.
    Overwritten,
    /// Its value must be replaced before the other's, because of a read between them.
    WriteOrder,
}

impl EdgeKind {
    /// In words, for reports.
    pub fn name(self) -> &'static str {
        match self {
            EdgeKind::RealTime => "real time",
            EdgeKind::Session => "session order",
            EdgeKind::ReadsFrom => "reads from",
            EdgeKind::Overwritten => "overwritten",
            EdgeKind::WriteOrder => "write order",
        }
    }
}

/// One constraint between two operations of a core: `before` must come before `after`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Edge {
    /// Must come first.
    pub before: OpId,
    /// Must come later.
    pub after: OpId,
    /// Why.
    pub kind: EdgeKind,
}

/// One named contradiction.
#[derive(Clone, PartialEq, Debug)]
pub struct Anomaly {
    /// Its name in the registry.
    pub kind: AnomalyKind,
    /// The property that it breaks.
    pub property: Property,
    /// The key on which it happened, where keys are judged apart.
    pub key: Option<String>,
    /// The operations that contradict each other.
    pub core: Core,
    /// The constraints among them that form the contradiction, where it can be drawn as a cycle.
    pub edges: Vec<Edge>,
    /// The model's own words on why the last operation cannot be placed.
    pub refusal: Option<String>,
    /// Whether the verifier decided it again.
    pub assurance: Assurance,
    /// The same in words and as a drawing, for reports.
    pub explanation: Explanation,
}
