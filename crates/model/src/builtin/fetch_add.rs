//! Fetch-and-add: every addition answers the number before it, or after it.

use super::cell::check_name;
use crate::json::{read_int, read_pair, read_params};
use crate::{Access, Atom, Model, Number, Object, Placing, Step, Term, Written};
use serde::{Deserialize, Serialize};
use testimony_history::Answer;

/// A number to which amounts are added; each addition answers the number.
///
/// Where every amount is above zero, the answers give the order, and a log-linear engine judges.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FetchAdd {
    /// The number at the beginning.
    pub initial: i64,
    /// Which number an addition answers.
    pub returns: Returns,
}

/// Which number an addition answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Returns {
    /// The one before it (fetch-and-add).
    #[default]
    Old,
    /// The one after it (add-and-fetch).
    New,
}

/// An operation on a [`FetchAdd`]; the answer to either is a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "f", content = "value", rename_all = "kebab-case")]
pub enum FetchAddOp {
    /// Adds this amount and answers the number.
    FetchAdd(i64),
    /// Answers the number.
    Read,
}

impl Model for FetchAdd {
    type Op = FetchAddOp;
    type Ret = i64;
    type State = i64;
    type Key = String;
    const NAME: &'static str = "fetch-add";

    fn init(&self) -> i64 {
        self.initial
    }

    fn step(&self, state: &i64, op: &FetchAddOp, ret: Option<&i64>) -> Step<i64> {
        let FetchAddOp::FetchAdd(amount) = op else {
            return match ret {
                Some(read) if read != state => {
                    Step::Refuse(format!("read {read} where {state} is"))
                }
                Some(_) | None => Step::To(*state),
            };
        };
        // What no state explains is said first.
        let possible = ret.and_then(|answer| match self.returns {
            Returns::Old => answer.checked_add(*amount),
            Returns::New => answer.checked_sub(*amount),
        });
        if let (Some(answer), None) = (ret, possible) {
            return Step::Refuse(format!(
                "answered {answer}, but with {amount} that is beyond 64 bits"
            ));
        }
        let Some(sum) = state.checked_add(*amount) else {
            return Step::Refuse(format!("{state} and {amount} are beyond 64 bits"));
        };
        let (right, when) = match self.returns {
            Returns::Old => (*state, "before"),
            Returns::New => (sum, "after"),
        };
        match ret {
            Some(answer) if *answer != right => {
                Step::Refuse(format!("answered {answer} where {right} is the number {when} it"))
            }
            Some(_) | None => Step::To(sum),
        }
    }

    fn is_observer(&self, op: &FetchAddOp) -> bool {
        matches!(op, FetchAddOp::Read | FetchAddOp::FetchAdd(0))
    }

    fn object(&self) -> Object {
        Object::Sequence
    }

    fn access<'a>(&self, op: &'a FetchAddOp, ret: Option<&'a i64>) -> Access<'a> {
        match *op {
            FetchAddOp::Read | FetchAddOp::FetchAdd(0) => Access::Place(Placing::End(ret.copied())),
            FetchAddOp::FetchAdd(size) if size > 0 => {
                let before = |ret: &i64| match self.returns {
                    Returns::Old => ret.checked_add(size).map(|_| *ret),
                    Returns::New => ret.checked_sub(size),
                };
                match (ret, ret.and_then(before)) {
                    (Some(_), None) => Access::Other,
                    (_, at) => Access::Place(Placing::Take { at, size, entry: None }),
                }
            }
            FetchAddOp::FetchAdd(_) => Access::Other,
        }
    }

    fn initial(&self) -> Atom<'_> {
        Atom::Int(self.initial)
    }

    fn numbers(&self) -> Vec<Number<'_>> {
        vec![Number { name: Atom::Nil, initial: self.initial, least: None }]
    }

    fn terms<'a>(
        &'a self,
        op: &'a FetchAddOp,
        ret: Option<&'a i64>,
        each: &mut dyn FnMut(Term<'a>),
    ) {
        let adds = Term::default().adds(match op {
            FetchAddOp::FetchAdd(amount) => *amount,
            FetchAddOp::Read => 0,
        });
        each(match (ret, op, self.returns) {
            (None, ..) => adds,
            (Some(ret), FetchAddOp::FetchAdd(_), Returns::New) => adds.left(*ret),
            (Some(ret), ..) => adds.found(*ret),
        });
    }

    fn describe(&self, op: &FetchAddOp) -> String {
        match op {
            FetchAddOp::FetchAdd(amount) => format!("fetch-add {amount}"),
            FetchAddOp::Read => "read number".to_owned(),
        }
    }

    fn describe_ret(&self, _op: &FetchAddOp, ret: &i64) -> String {
        ret.to_string()
    }

    fn describe_state(&self, state: &i64) -> String {
        state.to_string()
    }

    fn with_params(&self, params: &str) -> Result<FetchAdd, String> {
        read_params(params, "{\"initial\": number, \"returns\": \"old\" or \"new\"}")
    }

    fn params(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    fn read_op(&self, f: &str, value: &str) -> Result<FetchAddOp, String> {
        check_name(f, &["fetch-add", "read"])?;
        match f {
            "read" => Ok(FetchAddOp::Read),
            _ => read_int("an amount", value).map(FetchAddOp::FetchAdd),
        }
    }

    fn read_ret(&self, op: &FetchAddOp, answer: Answer<'_>) -> Result<i64, String> {
        if answer.mismatch {
            return Err("fetch-and-add has no mismatch".to_owned());
        }
        let number = match op {
            FetchAddOp::Read => answer.value,
            FetchAddOp::FetchAdd(amount) => {
                let (again, number) = read_pair(answer.value)?;
                if read_int("an amount", again)? != *amount {
                    return Err(format!(
                        "expected the amount {amount} of the invocation, found {again}"
                    ));
                }
                number
            }
        };
        read_int("a number", number)
    }

    fn write_op(&self, op: &FetchAddOp) -> Written {
        match op {
            FetchAddOp::FetchAdd(amount) => Written::new("fetch-add", amount.to_string()),
            FetchAddOp::Read => Written::new("read", "null"),
        }
    }

    fn write_ret(&self, op: &FetchAddOp, ret: &i64) -> Written {
        match op {
            FetchAddOp::FetchAdd(amount) => Written::new("fetch-add", format!("[{amount},{ret}]")),
            FetchAddOp::Read => Written::new("read", ret.to_string()),
        }
    }
}
