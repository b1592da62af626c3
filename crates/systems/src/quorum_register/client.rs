//! A client of the register: one node after another, and never a second try of the same write.

use super::message::{Answer, Operation};
use crate::wire::{Lines, Reached, reach};
use std::time::Duration;
use testimony::history::Outcome;
use testimony::model::{CellOp, CellRet, Kv, KvOp};
use testimony::sim::Client;

/// Longer than a coordinator's patience, so that its answer is heard.
const PATIENCE: Duration = Duration::from_millis(800);

/// A client that speaks to one node as long as that answers, and to the next after it did not.
pub(crate) struct RegisterClient {
    nodes: Vec<String>,
    current: usize,
    connection: Option<Lines>,
}

impl RegisterClient {
    /// A client that begins with the node of this number.
    pub(crate) fn new(nodes: Vec<String>, first: usize) -> RegisterClient {
        RegisterClient { nodes, current: first, connection: None }
    }

    async fn send(&mut self, operation: &Operation) -> Reached<Answer> {
        let node = &self.nodes[self.current % self.nodes.len()];
        let reached = reach(&mut self.connection, node, operation, PATIENCE).await;
        if !matches!(reached, Reached::Answered(Answer::Value(_) | Answer::Written)) {
            self.connection = None;
            self.current += 1;
        }
        reached
    }
}

impl Client<Kv> for RegisterClient {
    async fn invoke(&mut self, op: &KvOp) -> Outcome<CellRet> {
        let key = op.key.to_string();
        let operation = match &op.op {
            CellOp::Read => Operation::Read { key },
            CellOp::Write(value) => Operation::Write { key, value: value.clone() },
            _ => return Outcome::Fail("the register has only reads and writes".to_owned()),
        };
        let why = match self.send(&operation).await {
            Reached::Answered(Answer::Value(value)) => return Outcome::Ok(CellRet::Value(value)),
            Reached::Answered(Answer::Written) => return Outcome::Ok(CellRet::Done),
            Reached::NotSent(why) => return Outcome::Fail(why),
            Reached::Answered(Answer::NoQuorum) => "no quorum".to_owned(),
            Reached::NoAnswer(why) => why,
        };
        match operation {
            // A read that nobody answered observed nothing.
            Operation::Read { .. } => Outcome::Fail(why),
            Operation::Write { .. } => Outcome::Info(why),
        }
    }
}
