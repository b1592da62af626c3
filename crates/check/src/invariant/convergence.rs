//! `convergence`: in the end, everybody reads the same.

use super::rest::reads_at_rest;
use super::scene::{self, Case, at, client};
use crate::{Budget, Checker};
use std::collections::BTreeMap;
use testimony_history::History;
use testimony_model::{Access, CasRegister, Keys, Kv, Model, Register, Stock, StockOp, StockRet};
use testimony_verdict::{AnomalyKind, Certificate, Finding, Property, Verdict};

/// What convergence needs to know of a model. The defaults suit models with [`Model::access`].
pub trait Readings: Model {
    /// Which object an operation read, and what it saw there, in words; `None` when it read none.
    fn reading(&self, op: &Self::Op, ret: &Self::Ret) -> Option<(String, String)> {
        let object = match self.keys(op) {
            Keys::One(key) => key.to_string(),
            Keys::Many(_) | Keys::All => String::new(),
        };
        match self.access(op, Some(ret)) {
            Access::Read(Some(_)) => Some((object, self.describe_ret(op, ret))),
            _ => None,
        }
    }

    /// Whether an operation with this answer may have changed something.
    fn changes(&self, op: &Self::Op, ret: &Self::Ret) -> bool {
        !self.is_observation(op, ret)
    }
}

impl Readings for Register {}
impl Readings for CasRegister {}
impl Readings for Kv {}

impl Readings for Stock {
    fn reading(&self, _op: &StockOp, ret: &StockRet) -> Option<(String, String)> {
        match ret {
            StockRet::Count(count) => Some((String::new(), count.to_string())),
            StockRet::Sold | StockRet::SoldOut | StockRet::Restocked => None,
        }
    }

    fn changes(&self, op: &StockOp, ret: &StockRet) -> bool {
        match op {
            StockOp::Buy(units) => *units > 0 && *ret == StockRet::Sold,
            StockOp::Restock(units) => *units > 0,
            StockOp::Read => false,
        }
    }
}

/// After the faults had ended and the last answered change had returned, all reads of an object
/// answer the same.
///
/// Not applicable without [`History::quiet_from`], or when no object was read twice after it.
/// O(n log n).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Convergence;

impl Convergence {
    /// The name of the property.
    pub const PROPERTY: Property = Property::invariant("convergence");
}

impl<M: Readings> Checker<M> for Convergence {
    fn property(&self) -> Property {
        Convergence::PROPERTY
    }

    fn check(&self, model: &M, history: &History<M::Op, M::Ret>, _budget: &Budget<'_>) -> Finding {
        let Some(reads) = reads_at_rest(model, history) else {
            return scene::not_applicable("the history does not say when the faults ended");
        };
        let mut first = BTreeMap::new();
        let mut compared = 0;
        for (read, object, seen) in reads {
            let (before, value) = first.entry(object.clone()).or_insert((read, seen.clone()));
            if *value != seen {
                let key = (!object.is_empty()).then_some(object);
                return case(model, (before, value), (read, &seen), key).finding();
            }
            compared += usize::from(before.id != read.id);
        }
        if compared == 0 {
            return scene::not_applicable(
                "nothing was read twice after everything had come to rest",
            );
        }
        scene::finding(Verdict::Valid(Certificate::Checked))
    }
}

type Seen<'c, M> = (&'c crate::part::OperationOf<M>, &'c str);

/// The case of two reads that disagree.
fn case<'c, M: Model>(
    model: &'c M,
    (before, value): Seen<'c, M>,
    (read, seen): Seen<'c, M>,
    key: Option<String>,
) -> Case<'c, M> {
    let of = key.as_ref().map_or_else(String::new, |key| format!(" of {key}"));
    let told = |read: Seen<'c, M>| {
        format!("{} answered {} ({}){}", client(read.0), read.1, read.0.id, at(read.0.call_ns))
    };
    let sentence = format!(
        "After everything had come to rest, a read{of} by {}, and one by {}.",
        told((before, value)),
        told((read, seen)),
    );
    let why = vec![
        "the faults had ended, and every answered change had returned".to_owned(),
        format!("{} answered {value}", before.id),
        format!("{} answered {seen}, although nothing was changed in between", read.id),
    ];
    Case {
        model,
        kind: AnomalyKind::Divergence,
        property: Convergence::PROPERTY,
        key,
        culprit: read,
        required: vec![before],
        optional: Vec::new(),
        headline: format!("divergent reads{of}: {value} and {seen}"),
        sentence,
        why,
    }
}
