//! The built-in models with their invariants.

use crate::{AnyModel, ModelEntry};
use testimony_model::{CasRegister, Kv, Register, Stock};

/// Every built-in model.
pub fn models() -> Vec<Box<dyn AnyModel>> {
    let stock = ModelEntry::new(Stock { initial: 0 }, "units of one article: buy, restock, read");
    vec![
        Box::new(ModelEntry::new(Register, "one value: read, write")),
        Box::new(ModelEntry::new(CasRegister, "one value: read, write, cas")),
        Box::new(ModelEntry::new(Kv, "a map by key: read, write, cas, append, delete")),
        Box::new(stock),
    ]
}
