//! A stock of one article: buy, restock, read.

use crate::json::{read_value, write_value};
use crate::{Atom, Model, Number, Step, Term, Value, Written};
use serde::{Deserialize, Serialize};
use testimony_history::Answer;

/// So many units of one article. It never goes below zero: who asks for more is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    /// Units at the beginning.
    pub initial: u32,
}

/// An operation on a stock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "f", content = "value", rename_all = "kebab-case")]
pub enum StockOp {
    /// Takes so many units if they are there.
    Buy(u32),
    /// Adds so many units.
    Restock(u32),
    /// Answers how many units there are.
    Read,
}

/// The answer to a [`StockOp`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", content = "value", rename_all = "kebab-case")]
pub enum StockRet {
    /// The units are sold.
    Sold,
    /// There were not enough. In files: `fail` with `"error":"mismatch"`.
    SoldOut,
    /// The units are added.
    Restocked,
    /// The units are sold or added, and so many were left afterwards; a broken store may say a
    /// negative number. In files: the number as `ret`.
    Left(i64),
    /// How many there are; a broken store may say a negative number.
    Count(i64),
}

impl Model for Stock {
    type Op = StockOp;
    type Ret = StockRet;
    type State = i64;
    type Key = String;
    const NAME: &'static str = "stock";

    fn init(&self) -> i64 {
        i64::from(self.initial)
    }

    fn step(&self, state: &i64, op: &StockOp, ret: Option<&StockRet>) -> Step<i64> {
        match *op {
            StockOp::Buy(units) => buy(*state, i64::from(units), ret),
            StockOp::Restock(units) => left(state.saturating_add(i64::from(units)), ret),
            StockOp::Read => match ret {
                Some(StockRet::Count(read)) if read != state => {
                    Step::Refuse(format!("counted {read} where {state} are"))
                }
                _ => Step::To(*state),
            },
        }
    }

    fn is_observer(&self, op: &StockOp) -> bool {
        matches!(op, StockOp::Read)
    }

    fn is_observation(&self, op: &StockOp, ret: &StockRet) -> bool {
        self.is_observer(op) || matches!((op, ret), (StockOp::Buy(_), StockRet::SoldOut))
    }

    fn numbers(&self) -> Vec<Number<'_>> {
        vec![Number { name: Atom::Nil, initial: i64::from(self.initial), least: Some(0) }]
    }

    fn terms<'a>(
        &'a self,
        op: &'a StockOp,
        ret: Option<&'a StockRet>,
        each: &mut dyn FnMut(Term<'a>),
    ) {
        let term = Term::default();
        each(match (*op, ret) {
            (StockOp::Buy(units), Some(StockRet::SoldOut)) => {
                Term { at_most: Some(i64::from(units) - 1), ..term }
            }
            (StockOp::Buy(units), ret) => with_left(term.adds(-i64::from(units)), ret),
            (StockOp::Restock(units), ret) => with_left(term.adds(i64::from(units)), ret),
            (StockOp::Read, Some(StockRet::Count(count))) => term.found(*count),
            (StockOp::Read, _) => return,
        });
    }

    fn describe(&self, op: &StockOp) -> String {
        match op {
            StockOp::Buy(units) => format!("buy {units}"),
            StockOp::Restock(units) => format!("restock {units}"),
            StockOp::Read => "read stock".to_owned(),
        }
    }

    fn describe_ret(&self, _op: &StockOp, ret: &StockRet) -> String {
        match ret {
            StockRet::Sold => "sold".to_owned(),
            StockRet::SoldOut => "sold out".to_owned(),
            StockRet::Restocked => "ok".to_owned(),
            StockRet::Left(left) => format!("ok, {left} left"),
            StockRet::Count(count) => count.to_string(),
        }
    }

    fn with_params(&self, params: &str) -> Result<Stock, String> {
        serde_json::from_str(params)
            .map_err(|error| format!("expected {{\"initial\": units}}: {error}"))
    }

    fn params(&self) -> Option<String> {
        Some(format!("{{\"initial\":{}}}", self.initial))
    }

    fn read_op(&self, f: &str, value: &str) -> Result<StockOp, String> {
        match f {
            "buy" => read_units(value).map(StockOp::Buy),
            "restock" => read_units(value).map(StockOp::Restock),
            "read" => Ok(StockOp::Read),
            _ => Err(format!("unknown operation `{f}`; known: buy, restock, read")),
        }
    }

    fn read_ret(&self, op: &StockOp, answer: Answer<'_>) -> Result<StockRet, String> {
        match op {
            StockOp::Buy(_) if answer.mismatch => Ok(StockRet::SoldOut),
            _ if answer.mismatch => Err("only buy can be a mismatch".to_owned()),
            StockOp::Buy(_) | StockOp::Restock(_) => match (op, answer.ret) {
                (_, Some(left)) => read_count(left).map(StockRet::Left),
                (StockOp::Buy(_), None) => Ok(StockRet::Sold),
                (_, None) => Ok(StockRet::Restocked),
            },
            StockOp::Read => read_count(answer.value).map(StockRet::Count),
        }
    }

    fn write_op(&self, op: &StockOp) -> Written {
        match *op {
            StockOp::Buy(units) => Written::new("buy", units.to_string()),
            StockOp::Restock(units) => Written::new("restock", units.to_string()),
            StockOp::Read => Written::new("read", "null"),
        }
    }

    fn write_ret(&self, op: &StockOp, ret: &StockRet) -> Written {
        match ret {
            StockRet::Count(count) => Written::new("read", write_value(Some(&Value::Int(*count)))),
            StockRet::SoldOut => self.write_op(op).mismatched(),
            StockRet::Left(left) => Written { ret: Some(left.to_string()), ..self.write_op(op) },
            StockRet::Sold | StockRet::Restocked => self.write_op(op),
        }
    }
}

fn buy(state: i64, units: i64, ret: Option<&StockRet>) -> Step<i64> {
    match (state >= units, ret) {
        (_, Some(StockRet::Restocked | StockRet::Count(_))) => {
            Step::Refuse("answered a sale with what is no answer to it".to_owned())
        }
        (true, Some(StockRet::SoldOut)) => {
            Step::Refuse(format!("refused {units} although {state} are there"))
        }
        (false, Some(StockRet::Sold | StockRet::Left(_))) => {
            Step::Refuse(format!("sold {units} although only {state} are there"))
        }
        (true, ret) => left(state - units, ret),
        (false, _) => Step::To(state),
    }
}

fn with_left<'a>(term: Term<'a>, ret: Option<&StockRet>) -> Term<'a> {
    match ret {
        Some(StockRet::Left(left)) => term.left(*left),
        _ => term,
    }
}

/// The state when so many are left, unless the answer says that it is another number.
fn left(state: i64, ret: Option<&StockRet>) -> Step<i64> {
    match ret {
        Some(StockRet::Left(left)) if *left != state => {
            Step::Refuse(format!("left {left} where {state} must be left"))
        }
        _ => Step::To(state),
    }
}

fn read_count(text: &str) -> Result<i64, String> {
    match read_value(text)? {
        Some(Value::Int(count)) => Ok(count),
        _ => Err(format!("expected a count, found {text}")),
    }
}

fn read_units(value: &str) -> Result<u32, String> {
    match read_value(value)? {
        Some(Value::Int(units)) => u32::try_from(units).map_err(|_| {
            format!("expected a number of units from 0 to {}, found {units}", u32::MAX)
        }),
        _ => Err(format!("expected a number of units, found {value}")),
    }
}
