//! Registers and maps of registers, and the stale read that makes their histories invalid.

use super::{HistoryOf, Service, Turn};
use crate::draw::Draw;
use crate::recipe::{Object, Recipe, Values};
use std::marker::PhantomData;
use testimony::model::{CasRegister, CellOp, CellRet, Kv, KvOp, Model, Register, Value};

/// A value that no recipe writes but as the stale one.
const STALE: i64 = -1;

/// How many writes lie at least between a stale value and its read.
const STALE_WRITES_MIN: usize = 30;

/// An operation on a cell in numbers, for digests and for peers, with its answer where there is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flat {
    /// The inner `None` is a register that holds nothing.
    Read(Option<Option<i64>>),
    Write(i64),
    Cas {
        from: Option<i64>,
        to: i64,
        swapped: Option<bool>,
    },
}

/// Models whose operations are those of cells of numbers.
pub(crate) trait Flatten: Model {
    /// The key and the operation; `None` for what is none of cells of numbers.
    fn flatten(op: &Self::Op, ret: Option<&Self::Ret>) -> Option<(u32, Flat)>;
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        Value::Text(_) => None,
    }
}

/// `Some(None)` for nothing, `None` for what is no number.
fn maybe(value: Option<&Value>) -> Option<Option<i64>> {
    value.map_or(Some(None), |value| number(value).map(Some))
}

fn flatten(op: &CellOp, ret: Option<&CellRet>) -> Option<Flat> {
    match (op, ret) {
        (CellOp::Read, None) => Some(Flat::Read(None)),
        (CellOp::Read, Some(CellRet::Value(value))) => {
            Some(Flat::Read(Some(maybe(value.as_ref())?)))
        }
        (CellOp::Write(value), _) => Some(Flat::Write(number(value)?)),
        (CellOp::Cas(from, to), ret) => {
            let swapped = ret.map(|ret| *ret == CellRet::Done);
            Some(Flat::Cas { from: maybe(from.as_ref())?, to: number(to)?, swapped })
        }
        _ => None,
    }
}

impl Flatten for Register {
    fn flatten(op: &CellOp, ret: Option<&CellRet>) -> Option<(u32, Flat)> {
        flatten(op, ret).map(|flat| (0, flat))
    }
}

impl Flatten for CasRegister {
    fn flatten(op: &CellOp, ret: Option<&CellRet>) -> Option<(u32, Flat)> {
        flatten(op, ret).map(|flat| (0, flat))
    }
}

impl Flatten for Kv {
    fn flatten(op: &KvOp, ret: Option<&CellRet>) -> Option<(u32, Flat)> {
        let key = op.key.parse().ok()?;
        flatten(&op.op, ret).map(|flat| (key, flat))
    }
}

/// A write that took effect.
#[derive(Clone, Copy)]
struct Effect {
    /// Its position in the history.
    at: usize,
    /// Whether anybody saw its value.
    seen: bool,
}

/// One cell with its past.
#[derive(Clone, Default)]
struct Cell {
    value: Option<i64>,
    effects: Vec<Effect>,
}

impl Cell {
    fn see(&mut self) {
        if let Some(last) = self.effects.last_mut() {
            last.seen = true;
        }
    }

    fn set(&mut self, value: &Value, at: usize) -> CellRet {
        self.value = number(value);
        self.effects.push(Effect { at, seen: false });
        CellRet::Done
    }

    fn take(&mut self, op: &CellOp, at: usize) -> CellRet {
        match op {
            CellOp::Write(value) => self.set(value, at),
            CellOp::Cas(from, to) if from.as_ref().and_then(number) == self.value => {
                self.see();
                self.set(to, at)
            }
            CellOp::Cas(..) => CellRet::Mismatch,
            _ => {
                self.see();
                CellRet::Value(self.value.map(Value::Int))
            }
        }
    }

    /// A write that nobody saw and that was certainly overwritten before the operation at `read`.
    fn overwritten<O, R>(
        &self,
        history: &testimony::history::History<O, R>,
        read: usize,
        is_write: impl Fn(&O) -> bool,
    ) -> Option<usize> {
        let operations = &history.operations;
        let before = self.effects.partition_point(|effect| effect.at < read);
        let plain = |effect: &Effect| {
            let operation = &operations[effect.at];
            is_write(&operation.op) && operation.is_ok()
        };
        let overwritten = |&at: &usize| {
            let write = &self.effects[at];
            let over = |later: &Effect| {
                let later_op = &operations[later.at];
                plain(later)
                    && operations[write.at].precedes(later_op)
                    && later_op.precedes(&operations[read])
            };
            !write.seen && plain(write) && self.effects[at + 1..before].iter().any(over)
        };
        let found = (0..before.saturating_sub(STALE_WRITES_MIN)).rev().find(overwritten)?;
        Some(self.effects[found].at)
    }
}

/// What clients ask of cells.
struct Wishes {
    values: Values,
    cas: bool,
}

impl Wishes {
    fn of(recipe: &Recipe) -> Wishes {
        Wishes { values: recipe.values, cas: recipe.object != Object::Register }
    }

    fn value(&self, draw: &mut Draw, number: u32) -> i64 {
        match self.values {
            Values::Unique => i64::from(number) + 1,
            Values::Few(values) => i64::try_from(draw.below(values as usize)).unwrap_or(0) + 1,
        }
    }

    /// Reads and writes in equal parts, and where the object has it as many compare-and-sets. One in
    /// two of those knows the value; with few values the others may match as well.
    fn draw(&self, cell: &Cell, draw: &mut Draw, number: u32) -> CellOp {
        match draw.below(if self.cas { 3 } else { 2 }) {
            0 => CellOp::Read,
            1 => CellOp::Write(self.value(draw, number).into()),
            _ => {
                let from = match draw.chance(50) {
                    true => cell.value,
                    false => Some(self.value(draw, number)),
                };
                CellOp::Cas(from.map(Value::Int), self.value(draw, number).into())
            }
        }
    }
}

/// Where the first read after 95 % of a history is, one of those that `is_read` takes.
fn late_read<O, R>(
    history: &testimony::history::History<O, R>,
    is_read: impl Fn(&O) -> bool,
) -> Option<usize> {
    let from = history.operations.len() * 95 / 100;
    let late = history.operations.iter().enumerate().skip(from);
    late.filter(|(_, one)| one.is_ok() && is_read(&one.op)).map(|(at, _)| at).next()
}

/// A register.
pub(super) struct Cells<M> {
    cell: Cell,
    wishes: Wishes,
    model: PhantomData<M>,
}

impl<M> Cells<M> {
    pub(super) fn new(recipe: &Recipe) -> Cells<M> {
        Cells { cell: Cell::default(), wishes: Wishes::of(recipe), model: PhantomData }
    }
}

impl<M: Model<Op = CellOp, Ret = CellRet>> Service for Cells<M> {
    type Model = M;

    fn draw(&mut self, draw: &mut Draw, turn: Turn) -> CellOp {
        self.wishes.draw(&self.cell, draw, turn.number)
    }

    fn take(&mut self, op: &CellOp, at: usize) -> CellRet {
        self.cell.take(op, at)
    }

    fn spoil(&self, history: &mut HistoryOf<M>) -> bool {
        let Some(read) = late_read(history, |op| *op == CellOp::Read) else { return false };
        let is_write = |op: &CellOp| matches!(op, CellOp::Write(_));
        let Some(write) = self.cell.overwritten(history, read, is_write) else { return false };
        history.operations[write].op = CellOp::Write(STALE.into());
        history.operations[read].outcome = stale_answer();
        true
    }
}

fn stale_answer() -> testimony::history::Outcome<CellRet> {
    testimony::history::Outcome::Ok(CellRet::Value(Some(STALE.into())))
}

/// A map of registers, the keys `0`, `1`, ... used equally often.
pub(super) struct Map {
    cells: Vec<Cell>,
    wishes: Wishes,
}

impl Map {
    pub(super) fn new(recipe: &Recipe) -> Map {
        let cells = vec![Cell::default(); recipe.keys as usize];
        Map { cells, wishes: Wishes { values: recipe.values, cas: false } }
    }

    fn key(op: &KvOp) -> usize {
        op.key.parse().unwrap_or(0)
    }
}

impl Service for Map {
    type Model = Kv;

    fn draw(&mut self, draw: &mut Draw, turn: Turn) -> KvOp {
        let key = draw.below(self.cells.len());
        KvOp::new(key.to_string(), self.wishes.draw(&self.cells[key], draw, turn.number))
    }

    fn take(&mut self, op: &KvOp, at: usize) -> CellRet {
        self.cells[Map::key(op)].take(&op.op, at)
    }

    fn spoil(&self, history: &mut HistoryOf<Kv>) -> bool {
        let Some(read) = late_read(history, |op| op.op == CellOp::Read) else { return false };
        let cell = &self.cells[Map::key(&history.operations[read].op)];
        let is_write = |op: &KvOp| matches!(op.op, CellOp::Write(_));
        let Some(write) = cell.overwritten(history, read, is_write) else { return false };
        history.operations[write].op.op = CellOp::Write(STALE.into());
        history.operations[read].outcome = stale_answer();
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::make::{Flatten, HistoryOf, Visitor, with};
    use crate::recipe::{Object, Recipe};
    use testimony::check::{Budget, Linearizable};

    struct Holds;

    impl Visitor for Holds {
        type Out = (usize, Option<bool>);
        fn visit<M: Flatten>(self, model: &M, history: HistoryOf<M>) -> Self::Out {
            let flat = |one: &testimony::history::Operation<M::Op, M::Ret>| {
                M::flatten(&one.op, one.outcome.answer()).is_some()
            };
            assert!(history.operations.iter().all(flat));
            let budget = Budget { steps_max: 1_000_000, ..Budget::default() };
            let holds = Linearizable::default().holds(model, &history, &budget);
            (history.operations.iter().filter(|one| one.is_info()).count(), holds)
        }
    }

    /// Goal: recipes are what they say. Method: judge small ones of every kind.
    #[test]
    fn histories_are_valid_unless_a_read_is_stale() {
        for object in [Object::Register, Object::CasRegister, Object::Kv] {
            for seed in 0..8 {
                let recipe = Recipe { seed, ..Recipe::new(object, 400) }.info(10).few(5);
                let (info, holds) = with(&recipe, Holds);
                assert!((15..90).contains(&info), "{recipe}: {info} indeterminate");
                assert_eq!(holds, Some(true), "{recipe}, seed {seed}");
                // With compare-and-sets the search may give up, but it never says valid.
                let stale = with(&recipe.stale(), Holds).1;
                assert_ne!(stale, Some(true), "{recipe}, seed {seed}");
                let decided = object == Object::CasRegister || stale.is_some();
                assert!(decided, "{recipe}, seed {seed}");
            }
        }
    }
}
