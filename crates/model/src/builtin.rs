//! The built-in models.

pub(crate) mod bank;
pub(crate) mod cell;
pub(crate) mod kv;
pub(crate) mod register;
pub(crate) mod stock;
pub(crate) mod unique_ids;

#[cfg(test)]
mod tests;
