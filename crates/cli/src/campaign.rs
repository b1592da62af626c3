//! Campaigns: systems under many seeds.
//!
//! Everything that is told about a campaign is a function of its *rows*, one for each seed, taken in
//! the order of the seeds ([`found`]). Who ran them, on how many threads or machines, leaves no
//! trace: a shard runs every n-th seed and writes its rows to a file, and `merge` puts the rows of
//! all shards together and draws the conclusions that one run would have drawn, in the same bytes.

mod cover;
pub(crate) mod file;
pub(crate) mod found;
mod notes;
mod row;
mod run;
pub(crate) mod seeds;
pub(crate) mod tell;

pub(crate) use run::{Limit, Setting, run};
