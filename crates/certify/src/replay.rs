//! Replaying the order that a valid verdict shows, in linear time.

use crate::Rejected;
use crate::part::Part;
use crate::recorded::{Op, Recorded};
use std::collections::BTreeMap;
use testimony_history::{OpId, Rank};
use testimony_verdict::Certificate;

/// Replays one order.
///
/// Real time: an order contradicts it exactly when some operation stands after one that was called
/// later than it returned. The latest call so far is enough to see that, because if any earlier
/// call is later than this return, the latest one is.
pub(crate) fn replay(
    history: &dyn Recorded,
    part: &Part<'_>,
    order: &[OpId],
) -> Result<(), Rejected> {
    let mut placed = vec![false; part.operations.len()];
    let mut states = history.follower();
    let mut latest: Option<(Rank, OpId)> = None;
    let mut position = 0;
    for &id in order {
        position = part.position_near(id, position)?;
        let operation = part.operations[position];
        if std::mem::replace(&mut placed[position], true) {
            return Err(Rejected::Repeated(id));
        }
        if operation.is_fail() {
            return Err(Rejected::Failed(id));
        }
        if let Some((_, after)) = latest.filter(|&(call, _)| returned(operation) < call) {
            return Err(Rejected::RealTime { before: id, after });
        }
        latest = latest.max(Some((operation.call, id)));
        states.step(operation)?;
    }
    let missing = part.operations.iter().zip(&placed).find(|(op, placed)| op.is_ok() && !**placed);
    missing.map_or(Ok(()), |(operation, _)| Err(Rejected::Missing(operation.id)))
}

/// Replays an order for each key. Sound for local levels: a history is linearizable exactly when
/// its part for each key is (Herlihy and Wing, 1990, theorem 1).
pub(crate) fn by_key(
    history: &dyn Recorded,
    certificates: &BTreeMap<String, Certificate>,
) -> Result<(), Rejected> {
    let parts = Part::by_key(history)?;
    if let Some(stray) = certificates.keys().find(|key| !parts.contains_key(*key)) {
        return Err(Rejected::StrayKey(stray.clone()));
    }
    for (key, part) in &parts {
        let replayed = match certificates.get(key) {
            Some(Certificate::Order(order)) => replay(history, part, order),
            Some(_) => return Err(Rejected::StrayKey(key.clone())),
            None if part.operations.iter().any(|operation| operation.is_ok()) => {
                return Err(Rejected::MissingKey(key.clone()));
            }
            None => Ok(()),
        };
        replayed.map_err(|why| Rejected::InKey(key.clone(), Box::new(why)))?;
    }
    Ok(())
}

/// When an operation returned; one without an answer never did, whatever its history says.
fn returned(operation: &Op) -> Rank {
    if operation.is_ok() { operation.ret } else { Rank::NEVER }
}
