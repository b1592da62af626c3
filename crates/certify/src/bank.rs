//! The invariants of a bank, decided again.

use testimony_history::History;
use testimony_model::{Balances, Bank, BankOp, BankRet};

type BankHistory = History<BankOp, BankRet>;

/// `bank-total`: every answered read adds up to what the accounts held at the beginning.
///
/// # Errors
///
/// The first read that does not.
pub fn total(bank: &Bank, history: &BankHistory) -> Result<(), String> {
    let mut beginning: i128 = 0;
    for balance in bank.accounts.values() {
        beginning += i128::from(*balance);
    }
    for (id, balances) in reads(history) {
        let sum = balances.values().fold(0, |sum: i128, balance| sum + i128::from(*balance));
        if sum != beginning {
            return Err(format!("{id} adds up to {sum}, not to {beginning}"));
        }
    }
    Ok(())
}

/// `no-negative-balance`: no answered read shows a balance below zero, unless accounts may be
/// overdrawn.
///
/// # Errors
///
/// The first read that shows one.
pub fn negative(bank: &Bank, history: &BankHistory) -> Result<(), String> {
    let negative = reads(history).find(|(_, read)| read.values().any(|balance| *balance < 0));
    match negative {
        Some((id, _)) if !bank.overdraft => Err(format!("{id} shows a negative balance")),
        _ => Ok(()),
    }
}

fn reads(history: &BankHistory) -> impl Iterator<Item = (testimony_history::OpId, &Balances)> {
    history.operations.iter().filter_map(|operation| match operation.outcome.answer() {
        Some(BankRet::Balances(balances)) => Some((operation.id, balances)),
        _ => None,
    })
}
