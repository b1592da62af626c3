//! The built-in models.

pub(crate) mod cell;
pub(crate) mod counter;
pub(crate) mod fenced_lock;
pub(crate) mod fetch_add;
pub(crate) mod kv;
pub(crate) mod log;
pub(crate) mod multi_register;
pub(crate) mod mutex;
pub(crate) mod register;
pub(crate) mod sequence;
pub(crate) mod stock;

#[cfg(test)]
mod tests;
