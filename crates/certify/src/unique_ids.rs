//! Uniqueness of ids, decided again.

use std::collections::BTreeMap;
use testimony_history::History;
use testimony_model::{IdOp, UniqueIds, Value};

/// `unique-ids`: no id was answered twice. O(n log n).
///
/// # Errors
///
/// Two operations that answered the same.
pub fn unique(_model: &UniqueIds, history: &History<IdOp, Value>) -> Result<(), String> {
    let mut given = BTreeMap::new();
    for operation in &history.operations {
        let Some(id) = operation.outcome.answer() else { continue };
        if let Some(before) = given.insert(id, operation.id) {
            return Err(format!("{before} and {} both answered {id}", operation.id));
        }
    }
    Ok(())
}
