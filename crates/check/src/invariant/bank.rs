//! `bank-total` and `no-negative-balance`: money neither appears nor vanishes, and nobody owes any.

use super::OperationOf;
use super::scene::{self, Case, at, client};
use crate::subject::{Subject, Typed};
use crate::{Budget, Checker};
use testimony_history::History;
use testimony_model::{Balances, Bank, BankOp, BankRet};
use testimony_verdict::{AnomalyKind, Certificate, Finding, Property, Verdict};

type BankOperation = OperationOf<Bank>;

/// Every answered read adds up to what the accounts held at the beginning, as transfers move money
/// and nothing else; what a transfer without an answer did does not matter. The `:wrong-total` of
/// Jepsen's bank test.
///
/// Not applicable without accounts, or without a read. O(n a) for a accounts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BankTotal;

impl BankTotal {
    /// The name of the property.
    pub const PROPERTY: Property = Property::invariant("bank-total");
}

/// No answered read shows a balance below zero. The `:negative-value` of Jepsen's bank test.
///
/// Not applicable where accounts may be overdrawn, or without a read. O(n a) for a accounts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NoNegativeBalance;

impl NoNegativeBalance {
    /// The name of the property.
    pub const PROPERTY: Property = Property::invariant("no-negative-balance");
}

/// The answered reads with what they showed, by return.
fn reads(history: &History<BankOp, BankRet>) -> Vec<(&BankOperation, &Balances)> {
    let answered = history.operations.iter();
    let mut reads: Vec<_> = answered
        .filter_map(|operation| match operation.outcome.answer() {
            Some(BankRet::Balances(balances)) => Some((operation, balances)),
            _ => None,
        })
        .collect();
    reads.sort_by_key(|(read, _)| (read.ret, read.id));
    reads
}

fn sum(balances: &Balances) -> i128 {
    balances.values().map(|balance| i128::from(*balance)).sum()
}

impl Checker<Bank> for BankTotal {
    fn property(&self) -> Property {
        BankTotal::PROPERTY
    }

    fn check(
        &self,
        model: &Bank,
        history: &History<BankOp, BankRet>,
        _budget: &Budget<'_>,
    ) -> Finding {
        let reads = reads(history);
        if model.accounts.is_empty() {
            return scene::not_applicable("the header does not say what the accounts held");
        }
        if reads.is_empty() {
            return scene::not_applicable("nobody read the balances");
        }
        let total = model.total();
        let wrong: Vec<_> = reads.iter().filter(|(_, read)| sum(read) != total).collect();
        match wrong[..] {
            [] => scene::finding(Verdict::Valid(Certificate::Checked)),
            [&(read, balances), ..] => {
                let sums = wrong.iter().map(|(_, read)| sum(read));
                let range = (sums.clone().min().unwrap_or(total), sums.max().unwrap_or(total));
                wrong_total(&Typed::new(model, history), read, balances, wrong.len(), range)
                    .finding()
            }
        }
    }
}

fn wrong_total<'c>(
    subject: &'c Typed<'c, Bank>,
    read: &'c BankOperation,
    balances: &Balances,
    reads: usize,
    (lowest, highest): (i128, i128),
) -> Case<'c> {
    let (total, sum) = (subject.model.total(), sum(balances));
    let mut why = vec![
        format!("the accounts held {total} at the beginning, and transfers leave that as it is"),
        format!("{} shows accounts that add up to {sum}", read.id),
    ];
    let missing = names(&subject.model.accounts, balances);
    let strange = names(balances, &subject.model.accounts);
    if !missing.is_empty() {
        why.push(format!("it leaves out {missing}"));
    }
    if !strange.is_empty() {
        why.push(format!("it shows accounts that there are not: {strange}"));
    }
    if reads > 1 {
        why.push(format!("{reads} reads have a wrong total, from {lowest} to {highest}"));
    }
    Case {
        subject,
        kind: AnomalyKind::WrongTotal,
        property: BankTotal::PROPERTY,
        key: None,
        culprit: read.id,
        required: Vec::new(),
        optional: Vec::new(),
        headline: format!("wrong total: {sum} instead of {total}"),
        sentence: format!(
            "{} read balances ({}){} that add up to {sum}, but there are {total}.",
            client(read),
            read.id,
            at(read.call_ns)
        ),
        why,
    }
}

/// The accounts that only the first has.
fn names(of: &Balances, not_in: &Balances) -> String {
    let names = of.keys().filter(|name| !not_in.contains_key(*name));
    names.map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Checker<Bank> for NoNegativeBalance {
    fn property(&self) -> Property {
        NoNegativeBalance::PROPERTY
    }

    fn check(
        &self,
        model: &Bank,
        history: &History<BankOp, BankRet>,
        _budget: &Budget<'_>,
    ) -> Finding {
        let reads = reads(history);
        if model.overdraft {
            return scene::not_applicable("accounts may be overdrawn");
        }
        if reads.is_empty() {
            return scene::not_applicable("nobody read the balances");
        }
        let below = |(read, balances): (_, &'_ Balances)| {
            let (account, balance) = balances.iter().find(|(_, balance)| **balance < 0)?;
            Some((read, account.to_string(), *balance))
        };
        match reads.into_iter().find_map(below) {
            Some((read, account, balance)) => {
                negative(&Typed::new(model, history), read, &account, balance).finding()
            }
            None => scene::finding(Verdict::Valid(Certificate::Checked)),
        }
    }
}

fn negative<'c>(
    subject: &'c dyn Subject,
    read: &'c BankOperation,
    account: &str,
    balance: i64,
) -> Case<'c> {
    Case {
        subject,
        kind: AnomalyKind::NegativeBalance,
        property: NoNegativeBalance::PROPERTY,
        key: None,
        culprit: read.id,
        required: Vec::new(),
        optional: Vec::new(),
        headline: format!("negative balance: {account} has {balance}"),
        sentence: format!(
            "{} read balances ({}){}: {account} has {balance}, though nothing may be overdrawn.",
            client(read),
            read.id,
            at(read.call_ns)
        ),
        why: vec![
            "a transfer from an account with too little must be refused".to_owned(),
            format!("{} shows {balance} in {account}", read.id),
        ],
    }
}
