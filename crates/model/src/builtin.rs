//! The built-in models.

pub(crate) mod bag;
pub(crate) mod cell;
pub(crate) mod collection;
pub(crate) mod kv;
pub(crate) mod register;
pub(crate) mod set;
pub(crate) mod stock;
mod tree;

#[cfg(test)]
mod tests;
