//! Reads, writes and compare-and-sets on one register or on a map.

use super::Workload;
use super::mix::{Pace, pick};
use crate::{Config, Draw, Memory, PlannedStep};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use testimony_model::{CasRegister, CellOp, CellRet, Kv, KvOp, Model, Register, Value};

/// A workload on cells: one register, or the keys of a map.
///
/// Every written value is unique, so that a read tells which write it saw: most anomalies are
/// visible only then.
///
/// ```
/// use testimony_sim::workload::Cells;
/// let workload = Cells::default().ops(200).keys(3).weights(5, 4, 1);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cells {
    pace: Pace,
    keys: u32,
    reads: u32,
    writes: u32,
    cas: u32,
}

impl Default for Cells {
    /// 100 steps on one key, reads and writes in equal shares.
    fn default() -> Cells {
        Cells { pace: Pace::default(), keys: 1, reads: 1, writes: 1, cas: 0 }
    }
}

impl Cells {
    /// So many steps of all clients together.
    pub fn ops(mut self, ops: u32) -> Cells {
        self.pace.ops = ops;
        self
    }

    /// Another pace.
    pub fn pace(self, pace: Pace) -> Cells {
        Cells { pace, ..self }
    }

    /// So many keys (`x`, `y`, `z`, then `k3`, ...); only for maps.
    pub fn keys(self, keys: u32) -> Cells {
        Cells { keys: keys.max(1), ..self }
    }

    /// The shares of reads, writes and compare-and-sets. A plain register has no compare-and-set:
    /// its share counts as writes there.
    pub fn weights(self, reads: u32, writes: u32, cas: u32) -> Cells {
        Cells { reads, writes, cas, ..self }
    }

    fn steps(&self, draw: &Draw, config: &Config) -> Vec<PlannedStep<CellStep>> {
        self.pace.steps(draw, config, |id| {
            let ids = [u64::from(id)];
            let key = key_name(draw.below(u64::from(self.keys), "key", &ids));
            let value = i64::from(id) + 1;
            let kinds =
                [(self.reads, Kind::Read), (self.writes, Kind::Write), (self.cas, Kind::Cas)];
            match pick(draw.at("kind", &ids), &kinds) {
                Some(Kind::Write) => CellStep::Write { key, value },
                Some(Kind::Cas) => CellStep::Cas { key, value },
                Some(Kind::Read) | None => CellStep::Read { key },
            }
        })
    }

    /// Every client reads every key: what is left when all is quiet.
    fn final_reads(&self, config: &Config) -> Vec<PlannedStep<CellStep>> {
        let mut finals = Vec::new();
        for key in 0..u64::from(self.keys) {
            for client in 0..config.clients {
                let id = u32::try_from(finals.len()).unwrap_or(u32::MAX);
                let step = CellStep::Read { key: key_name(key) };
                finals.push(PlannedStep { id, client, not_before_ms: 0, step });
            }
        }
        finals
    }
}

/// A step on one cell. Registers do not look at the key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CellStep {
    /// Reads.
    Read {
        /// The key.
        key: SmolStr,
    },
    /// Writes this value, which no other step writes.
    Write {
        /// The key.
        key: SmolStr,
        /// The value.
        value: i64,
    },
    /// Replaces the value that this client knows last by this one, which no other step writes.
    Cas {
        /// The key.
        key: SmolStr,
        /// The new value.
        value: i64,
    },
}

impl CellStep {
    /// The key.
    pub fn key(&self) -> &SmolStr {
        match self {
            CellStep::Read { key } | CellStep::Write { key, .. } | CellStep::Cas { key, .. } => key,
        }
    }
}

impl CellStep {
    /// The same on another key.
    fn on(&self, to: SmolStr) -> CellStep {
        let mut step = self.clone();
        match &mut step {
            CellStep::Read { key } | CellStep::Write { key, .. } | CellStep::Cas { key, .. } => {
                *key = to;
            }
        }
        step
    }
}

/// What is done in a step.
#[derive(Clone, Copy)]
enum Kind {
    Read,
    Write,
    Cas,
}

fn key_name(key: u64) -> SmolStr {
    match key {
        0 => "x".into(),
        1 => "y".into(),
        2 => "z".into(),
        more => format!("k{more}").into(),
    }
}

/// The operation of a step. `known` is asked for the value that the client knows last.
fn bind(step: &CellStep, cas: bool, known: impl Fn() -> Option<Value>) -> CellOp {
    match step {
        CellStep::Read { .. } => CellOp::Read,
        CellStep::Cas { value, .. } if cas => CellOp::Cas(known(), Value::Int(*value)),
        CellStep::Write { value, .. } | CellStep::Cas { value, .. } => {
            CellOp::Write(Value::Int(*value))
        }
    }
}

/// What an answered operation tells about the value of its cell.
fn told(op: &CellOp, ret: &CellRet) -> Option<Option<Value>> {
    match (op, ret) {
        (CellOp::Read, CellRet::Value(value)) => Some(value.clone()),
        (CellOp::Write(value) | CellOp::Cas(_, value), CellRet::Done) => Some(Some(value.clone())),
        _ => None,
    }
}

fn known_cell<M: Model<Op = CellOp, Ret = CellRet>>(memory: &Memory<M>) -> Option<Value> {
    memory.answers().find_map(|(op, ret)| told(op, ret)).flatten()
}

impl Workload<Register> for Cells {
    type Step = CellStep;

    fn plan(&self, draw: &Draw, config: &Config) -> Vec<PlannedStep<CellStep>> {
        Cells { keys: 1, ..*self }.steps(draw, config)
    }

    fn finals(&self, _draw: &Draw, config: &Config) -> Vec<PlannedStep<CellStep>> {
        Cells { keys: 1, ..*self }.final_reads(config)
    }

    fn bind(&self, _id: u32, step: &CellStep, _memory: &Memory<Register>) -> CellOp {
        bind(step, false, || None)
    }
}

impl Workload<CasRegister> for Cells {
    type Step = CellStep;

    fn plan(&self, draw: &Draw, config: &Config) -> Vec<PlannedStep<CellStep>> {
        Cells { keys: 1, ..*self }.steps(draw, config)
    }

    fn finals(&self, _draw: &Draw, config: &Config) -> Vec<PlannedStep<CellStep>> {
        Cells { keys: 1, ..*self }.final_reads(config)
    }

    fn bind(&self, _id: u32, step: &CellStep, memory: &Memory<CasRegister>) -> CellOp {
        bind(step, true, || known_cell(memory))
    }
}

impl Workload<Kv> for Cells {
    type Step = CellStep;

    fn plan(&self, draw: &Draw, config: &Config) -> Vec<PlannedStep<CellStep>> {
        self.steps(draw, config)
    }

    fn finals(&self, _draw: &Draw, config: &Config) -> Vec<PlannedStep<CellStep>> {
        self.final_reads(config)
    }

    fn keys(&self) -> u32 {
        self.keys
    }

    fn on_key(&self, step: &CellStep, key: u32) -> CellStep {
        step.on(key_name(key.into()))
    }

    fn bind(&self, _id: u32, step: &CellStep, memory: &Memory<Kv>) -> KvOp {
        let known = || {
            let mut answers = memory.answers().filter(|(op, _)| op.key == *step.key());
            answers.find_map(|(op, ret)| told(&op.op, ret)).flatten()
        };
        KvOp { key: step.key().clone(), op: bind(step, true, known) }
    }
}
