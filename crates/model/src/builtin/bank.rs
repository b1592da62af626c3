//! A bank: accounts between which money is moved, and a read of all of them.

use crate::builtin::tree::map_bytes;
use crate::{Atom, Model, Number, Step, Term, Value, Written};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use testimony_history::Answer;

/// What every account holds.
pub type Balances = BTreeMap<SmolStr, i64>;

/// Accounts with money. A transfer moves some of it in one step, or is refused when the account has
/// too little; no money comes in or goes out, so every read adds up to the same total.
///
/// The workload is that of Jepsen's `bank`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bank {
    /// What the accounts hold at the beginning.
    pub accounts: Balances,
    /// Whether an account may be overdrawn. Then no transfer is refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overdraft: bool,
}

impl Bank {
    /// All the money there is, at every time.
    pub fn total(&self) -> i128 {
        self.accounts.values().map(|balance| i128::from(*balance)).sum()
    }
}

/// An operation on a bank.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "f", content = "value", rename_all = "kebab-case")]
pub enum BankOp {
    /// Moves money between two accounts.
    Transfer {
        /// Whose balance falls.
        from: SmolStr,
        /// Whose balance rises.
        to: SmolStr,
        /// By how much.
        amount: u32,
    },
    /// Answers every balance.
    Read,
}

/// The answer to a [`BankOp`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", content = "value", rename_all = "kebab-case")]
pub enum BankRet {
    /// The money was moved.
    Done,
    /// There was too little. In files: `fail` with `"error":"mismatch"`.
    Refused,
    /// Every balance; a broken bank may leave an account out, invent one, or say a negative number.
    Balances(Balances),
}

impl Model for Bank {
    type Op = BankOp;
    type Ret = BankRet;
    type State = Balances;
    type Key = String;
    const NAME: &'static str = "bank";

    fn init(&self) -> Balances {
        self.accounts.clone()
    }

    fn step(&self, state: &Balances, op: &BankOp, ret: Option<&BankRet>) -> Step<Balances> {
        match (op, ret) {
            (BankOp::Read, Some(BankRet::Balances(read))) if read != state => {
                Step::Refuse(format!("read {} where {} is", shown(read), shown(state)))
            }
            (BankOp::Read, _) => Step::To(state.clone()),
            (BankOp::Transfer { from, to, amount }, ret) => {
                let moved = self.transfer(state, from, to, i64::from(*amount));
                match (moved, ret) {
                    (_, Some(BankRet::Balances(_))) => {
                        Step::Refuse("answered a transfer with balances".to_owned())
                    }
                    (Ok(_), Some(BankRet::Refused)) => Step::Refuse(format!(
                        "refused {amount} from {from} although {} are there",
                        state.get(from).copied().unwrap_or_default()
                    )),
                    (Err(why), Some(BankRet::Done)) => Step::Refuse(why),
                    (Ok(after), _) => Step::To(after),
                    (Err(_), _) => Step::To(state.clone()),
                }
            }
        }
    }

    fn is_observer(&self, op: &BankOp) -> bool {
        matches!(op, BankOp::Read)
    }

    fn is_observation(&self, op: &BankOp, ret: &BankRet) -> bool {
        self.is_observer(op) || matches!((op, ret), (BankOp::Transfer { .. }, BankRet::Refused))
    }

    /// Each balance by the name of its account, and the total.
    fn numbers(&self) -> Vec<Number<'_>> {
        let balances = self.accounts.iter().map(|(account, &initial)| Number {
            name: Atom::Text(account),
            initial,
            least: (!self.overdraft).then_some(initial.min(0)),
        });
        let total = i64::try_from(self.total());
        let total = total.map(|initial| Number { name: Atom::Nil, initial, least: None });
        balances.chain(total.ok()).collect()
    }

    fn terms<'a>(
        &'a self,
        op: &'a BankOp,
        ret: Option<&'a BankRet>,
        each: &mut dyn FnMut(Term<'a>),
    ) {
        match (op, ret) {
            (BankOp::Read, Some(BankRet::Balances(balances))) => {
                for (account, balance) in balances {
                    each(Term::default().on(Atom::Text(account)).found(*balance));
                }
                let total: i128 = balances.values().map(|balance| i128::from(*balance)).sum();
                if let Ok(total) = i64::try_from(total) {
                    each(Term::default().found(total));
                }
            }
            (BankOp::Read, _) => {}
            (BankOp::Transfer { from, to, amount }, Some(BankRet::Refused)) => {
                let amount = i64::from(*amount);
                if self.refuses_only_the_poor(from, to) {
                    let at_most = Some(amount - 1);
                    each(Term { at_most, ..Term::default().on(Atom::Text(from)) });
                }
            }
            (BankOp::Transfer { from, to, amount }, _) if from != to => {
                let amount = i64::from(*amount);
                each(Term::default().on(Atom::Text(from)).adds(-amount));
                each(Term::default().on(Atom::Text(to)).adds(amount));
            }
            (BankOp::Transfer { .. }, _) => {}
        }
    }

    fn describe(&self, op: &BankOp) -> String {
        match op {
            BankOp::Transfer { from, to, amount } => format!("transfer {amount} {from} -> {to}"),
            BankOp::Read => "read balances".to_owned(),
        }
    }

    fn describe_ret(&self, _op: &BankOp, ret: &BankRet) -> String {
        match ret {
            BankRet::Done => "ok".to_owned(),
            BankRet::Refused => "refused".to_owned(),
            BankRet::Balances(balances) => shown(balances),
        }
    }

    fn state_bytes(&self, state: &Self::State) -> Option<usize> {
        Some(map_bytes::<SmolStr, i64>(state.len()))
    }

    fn describe_state(&self, state: &Balances) -> String {
        shown(state)
    }

    fn with_params(&self, params: &str) -> Result<Bank, String> {
        serde_json::from_str(params)
            .map_err(|error| format!("expected {{\"accounts\": {{name: balance}}}}: {error}"))
    }

    fn params(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    fn read_op(&self, f: &str, value: &str) -> Result<BankOp, String> {
        match f {
            "transfer" => {
                let read: Transfer = serde_json::from_str(value).map_err(|error| {
                    format!("expected {{\"from\": account, \"to\": account, \"amount\": number}}, found {value}: {error}")
                })?;
                let (from, to) = (read.from.name(), read.to.name());
                Ok(BankOp::Transfer { from, to, amount: read.amount })
            }
            "read" => Ok(BankOp::Read),
            _ => Err(format!("unknown operation `{f}`; known: transfer, read")),
        }
    }

    fn read_ret(&self, op: &BankOp, answer: Answer<'_>) -> Result<BankRet, String> {
        match op {
            BankOp::Transfer { .. } if answer.mismatch => Ok(BankRet::Refused),
            BankOp::Transfer { .. } => Ok(BankRet::Done),
            BankOp::Read if answer.mismatch => Err("only a transfer can be a mismatch".to_owned()),
            BankOp::Read => serde_json::from_str(answer.value)
                .map(BankRet::Balances)
                .map_err(|error| format!("expected {{account: balance}}: {error}")),
        }
    }

    fn write_op(&self, op: &BankOp) -> Written {
        match op {
            BankOp::Read => Written::new("read", "null"),
            BankOp::Transfer { from, to, amount } => {
                let (from, to) = (text(from), text(to));
                let value = format!("{{\"from\":{from},\"to\":{to},\"amount\":{amount}}}");
                Written::new("transfer", value)
            }
        }
    }

    fn write_ret(&self, op: &BankOp, ret: &BankRet) -> Written {
        match ret {
            BankRet::Done => self.write_op(op),
            BankRet::Refused => self.write_op(op).mismatched(),
            BankRet::Balances(balances) => {
                let value = serde_json::to_string(balances).unwrap_or_else(|_| "{}".to_owned());
                Written::new("read", value)
            }
        }
    }
}

impl Bank {
    /// Whether a transfer between these is refused only where the first has too little: both are
    /// there, and no balance can grow beyond 64 bits.
    fn refuses_only_the_poor(&self, from: &SmolStr, to: &SmolStr) -> bool {
        let money: i128 = self.accounts.values().map(|balance| i128::from(*balance).abs()).sum();
        let fits = money <= i128::from(i64::MAX / 2);
        let there = |account| self.accounts.contains_key(account);
        !self.overdraft && fits && there(from) && there(to)
    }

    /// The balances after a transfer, or why there is none.
    fn transfer(
        &self,
        state: &Balances,
        from: &SmolStr,
        to: &SmolStr,
        amount: i64,
    ) -> Result<Balances, String> {
        let balance = |account: &SmolStr| {
            state.get(account).copied().ok_or_else(|| format!("there is no account {account}"))
        };
        let (had, has) = (balance(from)?, balance(to)?);
        if had < amount && !self.overdraft {
            return Err(format!("took {amount} from {from} where {had} are"));
        }
        let mut after = state.clone();
        if from != to {
            let fits = || format!("{amount} more than an account can hold");
            after.insert(from.clone(), had.checked_sub(amount).ok_or_else(fits)?);
            after.insert(to.clone(), has.checked_add(amount).ok_or_else(fits)?);
        }
        Ok(after)
    }
}

/// A transfer as it stands in files.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transfer {
    from: Account,
    to: Account,
    amount: u32,
}

/// The name of an account; a number is taken as its text, as other tools write it.
#[derive(Deserialize)]
struct Account(Value);

impl Account {
    fn name(self) -> SmolStr {
        match self.0 {
            Value::Int(number) => SmolStr::from(number.to_string()),
            Value::Text(text) => text,
        }
    }
}

fn text(name: &SmolStr) -> String {
    serde_json::Value::from(name.as_str()).to_string()
}

/// `a: 3, b: 7`.
fn shown(balances: &Balances) -> String {
    let one = |(account, balance): (&SmolStr, &i64)| format!("{account}: {balance}");
    let all: Vec<_> = balances.iter().map(one).collect();
    format!("{{{}}}", all.join(", "))
}
