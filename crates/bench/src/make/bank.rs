//! A bank of a few accounts between which money is moved, and of which all balances are read at once.

use super::sums::{BEYOND, bounds, middle};
use super::{HistoryOf, Service, Turn};
use crate::draw::Draw;
use testimony::history::{Operation, Outcome};
use testimony::model::{Balances, Bank, BankOp, BankRet};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// What each account holds at the beginning: little enough that transfers are refused now and then.
const INITIAL: i64 = 25;

/// Money that is moved at once, at most.
const AMOUNT_MAX: usize = 5;

fn opened() -> Balances {
    NAMES.iter().map(|&name| (name.into(), INITIAL)).collect()
}

/// The specification.
pub(super) fn bank() -> Bank {
    Bank { accounts: opened(), overdraft: false }
}

/// The accounts: two transfers for each read.
pub(super) struct Accounts(Balances);

impl Default for Accounts {
    fn default() -> Accounts {
        Accounts(opened())
    }
}

impl Accounts {
    fn moved(&mut self, from: &str, to: &str, amount: i64) -> bool {
        let enough = self.0.get(from).is_some_and(|balance| *balance >= amount);
        let mut add = |account: &str, amount| {
            if let Some(balance) = self.0.get_mut(account) {
                *balance += amount;
            }
        };
        if enough {
            add(from, -amount);
            add(to, amount);
        }
        enough
    }
}

impl Service for Accounts {
    type Model = Bank;

    fn draw(&mut self, draw: &mut Draw, _turn: Turn) -> BankOp {
        if draw.below(3) == 0 {
            return BankOp::Read;
        }
        let from = draw.below(NAMES.len());
        let to = (from + 1 + draw.below(NAMES.len() - 1)) % NAMES.len();
        let amount = u32::try_from(1 + draw.below(AMOUNT_MAX)).unwrap_or(1);
        BankOp::Transfer { from: NAMES[from].into(), to: NAMES[to].into(), amount }
    }

    fn take(&mut self, op: &BankOp, _at: usize) -> BankRet {
        match op {
            BankOp::Read => BankRet::Balances(self.0.clone()),
            BankOp::Transfer { from, to, amount } => {
                match self.moved(from, to, i64::from(*amount)) {
                    true => BankRet::Done,
                    false => BankRet::Refused,
                }
            }
        }
    }

    /// A read in the middle answers what an earlier one saw: the last one of which some balance is
    /// certainly quite another by then. The total is right; only the transfers tell.
    fn spoil(&self, history: &mut HistoryOf<Bank>) -> bool {
        let Some(read) = middle(history, |one| one.op == BankOp::Read) else { return false };
        let possible = NAMES.map(|name| bounds(history, read, |one| adds(one, name)));
        let stale = |one: &Operation<BankOp, BankRet>| {
            let Some(BankRet::Balances(balances)) = one.outcome.answer() else { return None };
            let is_off = |(name, (least, most)): (&&str, &(i64, i64))| {
                let added = balances.get(*name).map_or(0, |balance| balance - INITIAL);
                added <= least - BEYOND || added >= most + BEYOND
            };
            NAMES.iter().zip(&possible).any(is_off).then(|| one.outcome.clone())
        };
        let Some(answer) = history.operations[..read].iter().rev().find_map(stale) else {
            return false;
        };
        history.operations[read].outcome = answer;
        true
    }
}

/// What an operation adds to an account, if it takes effect.
fn adds(one: &Operation<BankOp, BankRet>, name: &str) -> i64 {
    match (&one.op, &one.outcome) {
        (_, Outcome::Ok(BankRet::Refused)) | (BankOp::Read, _) => 0,
        (BankOp::Transfer { from, amount, .. }, _) if from == name => -i64::from(*amount),
        (BankOp::Transfer { to, amount, .. }, _) if to == name => i64::from(*amount),
        (BankOp::Transfer { .. }, _) => 0,
    }
}
