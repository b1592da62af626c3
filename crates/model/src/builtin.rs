//! The built-in models.

pub(crate) mod bag;
pub(crate) mod bank;
pub(crate) mod cell;
pub(crate) mod collection;
pub(crate) mod counter;
pub(crate) mod fenced_lock;
pub(crate) mod fetch_add;
pub(crate) mod kv;
pub(crate) mod log;
pub(crate) mod multi_register;
pub(crate) mod mutex;
pub(crate) mod register;
pub(crate) mod sequence;
pub(crate) mod set;
pub(crate) mod stock;
mod tree;
pub(crate) mod unique_ids;

#[cfg(test)]
mod collection_tests;
#[cfg(test)]
mod terms_tests;
#[cfg(test)]
mod tests;
