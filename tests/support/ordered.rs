//! Random operations and answers for counters, sequences, logs, locks and several registers.

use crate::draw::Draw;
use crate::random::Family;
use testimony_model::{
    Counter, CounterOp, CounterRet, FencedLock, FencedOp, FencedRet, FetchAdd, FetchAddOp, Log,
    LogOp, LogRet, MicroOp, MultiRegister, Mutex, MutexOp, MutexRet, Returns, Sequence, SequenceOp,
    Txn, Value,
};

fn signed(number: usize) -> i64 {
    i64::try_from(number).expect("few operations")
}

/// Numbers about as high as `number` operations can have led to: all of them in short histories.
fn around(number: usize) -> std::ops::Range<i64> {
    let number = signed(number);
    (number - 40).max(0)..number + 3
}

/// Additions of either sign, and sums.
pub struct Counters;

impl Family for Counters {
    type Model = Counter;

    fn model(&self, draw: &mut Draw) -> Counter {
        Counter { initial: draw.between(0, 1) }
    }

    fn op(&self, draw: &mut Draw, _number: usize) -> CounterOp {
        match draw.below(2) {
            0 => CounterOp::Read,
            _ => CounterOp::Add(*draw.of(&[1, 1, 2, -1, 0])),
        }
    }

    fn answers(&self, op: &CounterOp, _number: usize) -> Vec<CounterRet> {
        match op {
            CounterOp::Read => (-3..6).map(CounterRet::Sum).collect(),
            CounterOp::Add(_) => vec![CounterRet::Added],
        }
    }
}

/// Fetch-and-adds of these amounts, and reads.
pub struct FetchAdds(pub &'static [i64]);

impl Family for FetchAdds {
    type Model = FetchAdd;

    fn model(&self, draw: &mut Draw) -> FetchAdd {
        let returns = *draw.of(&[Returns::Old, Returns::New]);
        FetchAdd { initial: draw.between(0, 1), returns }
    }

    fn op(&self, draw: &mut Draw, _number: usize) -> FetchAddOp {
        match draw.below(4) {
            0 => FetchAddOp::Read,
            _ => FetchAddOp::FetchAdd(*draw.of(self.0)),
        }
    }

    fn answers(&self, _op: &FetchAddOp, number: usize) -> Vec<i64> {
        let most = self.0.iter().copied().max().unwrap_or(1).max(1);
        let range = around(number);
        (range.start..range.end * most).collect()
    }
}

/// Numbers in order, with gaps or without.
pub struct Sequences {
    /// Whether numbers may be left out.
    pub gaps: bool,
}

impl Family for Sequences {
    type Model = Sequence;

    fn model(&self, draw: &mut Draw) -> Sequence {
        Sequence { first: draw.between(0, 1), gaps: self.gaps }
    }

    fn op(&self, _draw: &mut Draw, _number: usize) -> SequenceOp {
        SequenceOp::Next
    }

    fn answers(&self, _op: &SequenceOp, number: usize) -> Vec<i64> {
        around(number).collect()
    }
}

/// Appends and every kind of read of a log.
pub struct Logs {
    /// How many different entries there are.
    pub entries: i64,
}

impl Logs {
    /// Every row of entries of a length that short histories may lead to.
    fn rows(&self) -> Vec<Vec<Value>> {
        let (mut rows, mut last) = (vec![Vec::new()], vec![Vec::new()]);
        for _ in 0..3 {
            last = last
                .iter()
                .flat_map(|row| {
                    (1..=self.entries).map(move |entry| {
                        let mut row: Vec<Value> = row.clone();
                        row.push(entry.into());
                        row
                    })
                })
                .collect();
            rows.extend(last.clone());
        }
        rows
    }
}

impl Family for Logs {
    type Model = Log;

    fn model(&self, draw: &mut Draw) -> Log {
        Log { first: draw.between(0, 1) }
    }

    fn op(&self, draw: &mut Draw, number: usize) -> LogOp {
        let near = around(number);
        match draw.below(10) {
            0..2 => LogOp::Read(draw.between(near.start - 1, near.end)),
            2..4 if number < 12 => LogOp::ReadFrom(draw.between(-1, 4)),
            4 => LogOp::Length,
            _ => LogOp::Append(draw.between(1, self.entries).into()),
        }
    }

    fn answers(&self, op: &LogOp, number: usize) -> Vec<LogRet> {
        let entries = || (1..=self.entries).map(|entry| Some(entry.into()));
        match op {
            LogOp::Append(_) => around(number).map(LogRet::Offset).collect(),
            LogOp::Length => around(number).map(LogRet::Length).collect(),
            LogOp::Read(_) => entries().chain([None]).map(LogRet::Entry).collect(),
            LogOp::ReadFrom(_) => self.rows().into_iter().map(LogRet::Entries).collect(),
        }
    }
}

/// Who owns what a client acquires.
#[derive(Clone, Copy, Debug)]
pub enum Owners {
    /// The client, for as long as the run lasts.
    Clients,
    /// Any of three, whoever asks.
    Any,
}

impl Owners {
    fn draw(self, draw: &mut Draw, client: usize) -> Value {
        match self {
            Owners::Clients => signed(client).into(),
            Owners::Any => draw.between(0, 2).into(),
        }
    }
}

/// Owners at one lock.
pub struct Mutexes(pub Owners);

impl Family for Mutexes {
    type Model = Mutex;

    fn model(&self, _draw: &mut Draw) -> Mutex {
        Mutex
    }

    fn op(&self, draw: &mut Draw, number: usize) -> MutexOp {
        self.op_of(draw, number, 0)
    }

    fn op_of(&self, draw: &mut Draw, _number: usize, client: usize) -> MutexOp {
        let by = self.0.draw(draw, client);
        if draw.chance(50) { MutexOp::Acquire(by) } else { MutexOp::Release(by) }
    }

    fn answers(&self, _op: &MutexOp, _number: usize) -> Vec<MutexRet> {
        vec![MutexRet::Granted, MutexRet::Refused]
    }
}

/// Owners at one lock with tokens, and what it guards.
pub struct FencedLocks(pub Owners);

impl Family for FencedLocks {
    type Model = FencedLock;

    fn model(&self, _draw: &mut Draw) -> FencedLock {
        FencedLock
    }

    fn op(&self, draw: &mut Draw, number: usize) -> FencedOp {
        self.op_of(draw, number, 0)
    }

    fn op_of(&self, draw: &mut Draw, number: usize, client: usize) -> FencedOp {
        let by = self.0.draw(draw, client);
        match draw.below(5) {
            0..2 => FencedOp::Acquire(by),
            2..4 => FencedOp::Release(by),
            _ => FencedOp::Write(draw.between(0, signed(number).min(3))),
        }
    }

    fn answers(&self, op: &FencedOp, number: usize) -> Vec<FencedRet> {
        let granted = match op {
            FencedOp::Acquire(_) => around(number).map(FencedRet::Token).collect(),
            FencedOp::Release(_) | FencedOp::Write(_) => vec![FencedRet::Done; 2],
        };
        granted.into_iter().chain([FencedRet::Refused]).collect()
    }
}

/// Reads and writes of two keys together.
pub struct MultiRegisters;

impl Family for MultiRegisters {
    type Model = MultiRegister;

    fn model(&self, draw: &mut Draw) -> MultiRegister {
        let initial = if draw.chance(50) { vec![("x", 1)] } else { Vec::new() };
        let initial = initial.into_iter().map(|(key, value)| (key.into(), Value::Int(value)));
        MultiRegister { initial: initial.collect() }
    }

    fn op(&self, draw: &mut Draw, _number: usize) -> Txn {
        let micros = 1 + draw.below(2);
        let reads = draw.chance(50);
        let micro = |draw: &mut Draw| {
            let key = (*draw.of(&["x", "y"])).into();
            let reads = if draw.chance(90) { reads } else { !reads };
            match reads {
                true => MicroOp::Read(key),
                false => MicroOp::Write(key, draw.between(1, 2).into()),
            }
        };
        Txn((0..micros).map(|_| micro(draw)).collect())
    }

    fn answers(&self, op: &Txn, _number: usize) -> Vec<Vec<Option<Value>>> {
        let values = [None, Some(Value::Int(1)), Some(Value::Int(2))];
        let reads = op.0.iter().filter(|micro| matches!(micro, MicroOp::Read(_))).count();
        let mut all = vec![Vec::new()];
        for _ in 0..reads {
            let longer = |row: Vec<Option<Value>>| {
                values.clone().map(|value| row.iter().cloned().chain([value]).collect::<Vec<_>>())
            };
            all = all.into_iter().flat_map(longer).collect();
        }
        all
    }
}
