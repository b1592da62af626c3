//! Random operations and answers for the built-in models, and one that is nondeterministic.

use crate::draw::Draw;
use crate::random::Family;
use serde::{Deserialize, Serialize};
use testimony_model::{
    Bank, BankOp, BankRet, CasRegister, CellOp, CellRet, IdOp, Kv, KvOp, Model, Register, Step,
    Stock, StockOp, StockRet, UniqueIds, Value,
};

/// Which values a family of cells writes.
#[derive(Clone, Copy, Debug)]
pub enum Values {
    /// Each value once.
    Unique,
    /// So many values, again and again.
    Few(i64),
}

impl Values {
    pub(crate) fn draw(self, draw: &mut Draw, number: usize) -> Value {
        match self {
            Values::Unique => Value::Int(i64::try_from(number).expect("few operations") + 1),
            Values::Few(values) => Value::Int(draw.between(1, values)),
        }
    }

    /// A value that may have been written before operation `number`.
    pub(crate) fn seen(self, draw: &mut Draw, number: usize) -> Option<Value> {
        let bound = i64::try_from(number).expect("few operations") + 1;
        let bound = match self {
            Values::Unique => bound,
            Values::Few(values) => values,
        };
        match draw.between((bound - 4).max(0), bound) {
            0 => None,
            value => Some(Value::Int(value)),
        }
    }

    fn all(self, number: usize) -> Vec<Option<Value>> {
        let bound = i64::try_from(number).expect("few operations") + 2;
        let (from, to) = match self {
            // Reads may be overtaken by later writes, in long histories by several.
            Values::Unique if bound > 12 => (bound - 12, bound + 12),
            Values::Unique => (0, bound),
            Values::Few(values) => (0, values),
        };
        (from..=to).map(|value| (value > 0).then_some(Value::Int(value))).collect()
    }

    pub(crate) fn answers(self, op: &CellOp, number: usize) -> Vec<CellRet> {
        match op {
            CellOp::Read => self.all(number).into_iter().map(CellRet::Value).collect(),
            CellOp::Cas(..) => vec![CellRet::Done, CellRet::Mismatch],
            CellOp::Write(_) | CellOp::Append(_) | CellOp::Delete => vec![CellRet::Done],
        }
    }
}

/// Reads and writes.
pub struct Registers(pub Values);

impl Family for Registers {
    type Model = Register;

    fn model(&self, _draw: &mut Draw) -> Register {
        Register
    }

    fn op(&self, draw: &mut Draw, number: usize) -> CellOp {
        if draw.chance(50) { CellOp::Read } else { CellOp::Write(self.0.draw(draw, number)) }
    }

    fn answers(&self, op: &CellOp, number: usize) -> Vec<CellRet> {
        self.0.answers(op, number)
    }
}

/// Reads, writes, and compare-and-sets.
pub struct CasRegisters(pub Values);

impl Family for CasRegisters {
    type Model = CasRegister;

    fn model(&self, _draw: &mut Draw) -> CasRegister {
        CasRegister
    }

    fn op(&self, draw: &mut Draw, number: usize) -> CellOp {
        match draw.below(6) {
            0..2 => CellOp::Read,
            2..4 => CellOp::Write(self.0.draw(draw, number)),
            _ => CellOp::Cas(self.0.seen(draw, number), self.0.draw(draw, number)),
        }
    }

    fn answers(&self, op: &CellOp, number: usize) -> Vec<CellRet> {
        self.0.answers(op, number)
    }
}

/// Everything on two keys.
pub struct Kvs(pub Values);

impl Family for Kvs {
    type Model = Kv;

    fn model(&self, _draw: &mut Draw) -> Kv {
        Kv
    }

    fn op(&self, draw: &mut Draw, number: usize) -> KvOp {
        let op = match draw.below(8) {
            0..3 => CellOp::Read,
            3..5 => CellOp::Write(self.0.draw(draw, number)),
            5 => CellOp::Cas(self.0.seen(draw, number), self.0.draw(draw, number)),
            6 => CellOp::Append("a".into()),
            _ => CellOp::Delete,
        };
        KvOp::new(*draw.of(&["x", "x", "y"]), op)
    }

    fn answers(&self, op: &KvOp, number: usize) -> Vec<CellRet> {
        let mut answers = self.0.answers(&op.op, number);
        if op.op == CellOp::Read {
            answers.extend(["a", "aa"].map(|text| CellRet::Value(Some(Value::from(text)))));
        }
        answers
    }
}

/// Sales, refusals, restocks and counts.
pub struct Stocks;

impl Family for Stocks {
    type Model = Stock;

    fn model(&self, draw: &mut Draw) -> Stock {
        Stock { initial: u32::try_from(draw.below(4)).expect("few") }
    }

    fn op(&self, draw: &mut Draw, _number: usize) -> StockOp {
        match draw.below(8) {
            0..4 => StockOp::Buy(if draw.chance(80) { 1 } else { 2 }),
            4 => StockOp::Restock(1),
            _ => StockOp::Read,
        }
    }

    fn answers(&self, op: &StockOp, _number: usize) -> Vec<StockRet> {
        match op {
            StockOp::Buy(_) => vec![StockRet::Sold, StockRet::SoldOut],
            StockOp::Restock(_) => vec![StockRet::Restocked],
            StockOp::Read => (0..4).map(StockRet::Count).collect(),
        }
    }
}

/// Coins in a row that anybody may toss: a specification that does not say what comes next.
#[derive(Clone, Copy, Debug)]
pub struct Coin;

/// An operation on a [`Coin`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "f", content = "value", rename_all = "kebab-case")]
pub enum CoinOp {
    /// Shows any side; the answer, if there is one, says which.
    Toss,
    /// Puts a side up, or leaves the coin as it is.
    Nudge(u8),
    /// Answers the side.
    Look,
}

impl Model for Coin {
    type Op = CoinOp;
    type Ret = Option<u8>;
    type State = u8;
    type Key = String;
    const NAME: &'static str = "coin";

    fn init(&self) -> u8 {
        0
    }

    fn step(&self, state: &u8, op: &CoinOp, ret: Option<&Option<u8>>) -> Step<u8> {
        match (op, ret.copied().flatten()) {
            (CoinOp::Toss, Some(side)) => Step::To(side),
            (CoinOp::Toss, None) => Step::Any(vec![0, 1, 2]),
            (CoinOp::Nudge(side), _) => Step::Any(vec![*side, *state]),
            (CoinOp::Look, Some(side)) if side != *state => {
                Step::Refuse(format!("{side} is not up"))
            }
            (CoinOp::Look, _) => Step::To(*state),
        }
    }

    fn is_observer(&self, op: &CoinOp) -> bool {
        matches!(op, CoinOp::Look)
    }
}

/// Tosses, nudges and looks.
pub struct Coins;

impl Family for Coins {
    type Model = Coin;

    fn model(&self, _draw: &mut Draw) -> Coin {
        Coin
    }

    fn op(&self, draw: &mut Draw, _number: usize) -> CoinOp {
        match draw.below(5) {
            0 => CoinOp::Toss,
            1 => CoinOp::Nudge(1),
            _ => CoinOp::Look,
        }
    }

    fn answers(&self, op: &CoinOp, _number: usize) -> Vec<Option<u8>> {
        match op {
            CoinOp::Toss => vec![None, Some(0), Some(1), Some(2)],
            CoinOp::Nudge(_) => vec![None],
            CoinOp::Look => vec![Some(0), Some(1), Some(2)],
        }
    }
}

/// Sales and restocks that tell how many units they left.
pub struct Remainders;

impl Family for Remainders {
    type Model = Stock;

    fn model(&self, draw: &mut Draw) -> Stock {
        Stock { initial: u32::try_from(2 + draw.below(4)).expect("few") }
    }

    fn op(&self, draw: &mut Draw, _number: usize) -> StockOp {
        match draw.below(10) {
            0..7 => StockOp::Buy(if draw.chance(80) { 1 } else { 2 }),
            7 => StockOp::Restock(1),
            _ => StockOp::Read,
        }
    }

    fn answers(&self, op: &StockOp, _number: usize) -> Vec<StockRet> {
        match op {
            StockOp::Buy(_) => (-1..6).map(StockRet::Left).chain([StockRet::SoldOut]).collect(),
            StockOp::Restock(_) => (1..6).map(StockRet::Left).collect(),
            StockOp::Read => (0..6).map(StockRet::Count).collect(),
        }
    }
}

/// Transfers between two or three accounts, and reads of all.
pub struct Banks;

const ACCOUNTS: [&str; 3] = ["a", "b", "c"];

impl Family for Banks {
    type Model = Bank;

    fn model(&self, draw: &mut Draw) -> Bank {
        let accounts = ACCOUNTS.iter().take(2 + draw.below(2));
        let accounts = accounts.map(|name| ((*name).into(), draw.between(0, 2))).collect();
        Bank { accounts, overdraft: draw.chance(20) }
    }

    fn op(&self, draw: &mut Draw, _number: usize) -> BankOp {
        if draw.chance(40) {
            return BankOp::Read;
        }
        let (from, to) = (*draw.of(&ACCOUNTS[..2]), *draw.of(&ACCOUNTS[..2]));
        let amount = u32::try_from(draw.below(3)).expect("little");
        BankOp::Transfer { from: from.into(), to: to.into(), amount }
    }

    fn answers(&self, op: &BankOp, _number: usize) -> Vec<BankRet> {
        if *op != BankOp::Read {
            return vec![BankRet::Done, BankRet::Refused];
        }
        let mut answers = Vec::new();
        for (a, b, c) in
            (-1..4).flat_map(|a| (-1..4).flat_map(move |b| (0..4).map(move |c| (a, b, c))))
        {
            let pairs = [("a", a), ("b", b), ("c", c)].into_iter().take(if c == 3 { 2 } else { 3 });
            answers.push(BankRet::Balances(pairs.map(|(name, n)| (name.into(), n)).collect()));
        }
        answers
    }
}

/// Ids, some of them given twice.
pub struct Ids;

impl Family for Ids {
    type Model = UniqueIds;

    fn model(&self, _draw: &mut Draw) -> UniqueIds {
        UniqueIds
    }

    fn op(&self, _draw: &mut Draw, _number: usize) -> IdOp {
        IdOp::Generate
    }

    fn answers(&self, _op: &IdOp, number: usize) -> Vec<Value> {
        let number = i64::try_from(number).expect("few operations");
        (0..12).map(|near| Value::Int(number / 2 + near)).collect()
    }
}
