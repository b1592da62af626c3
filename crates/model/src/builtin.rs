//! The built-in models.

pub(crate) mod cell;
pub(crate) mod kv;
pub(crate) mod register;
pub(crate) mod stock;

#[cfg(test)]
mod tests;
