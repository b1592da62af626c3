//! Everything that a run left behind.

use crate::{FaultEvent, Header, History, Message};

/// A history with what stands beside it: checkers see the history alone, reports see all of it.
#[derive(Clone, Debug)]
pub struct Record<O, R> {
    /// What was run.
    pub header: Header,
    /// What its clients saw.
    pub history: History<O, R>,
    /// What the nemesis did.
    pub faults: Vec<FaultEvent>,
    /// What went over the network.
    pub messages: Vec<Message>,
    /// Panics of any task, and other findings about the run itself: host and message.
    pub findings: Vec<String>,
}
