//! Renderers of a judgement: text for terminals, JSON for programs.
//!
//! A renderer gets an anomaly that is already explained (as data, see
//! [`testimony_verdict::Explanation`]) and turns it into something to read. It never runs a model or
//! an engine, and touches no clock, file or terminal: the same judgement always gives the same bytes.
//!
//! Everything that stems from a history (keys, values, node names, messages) is hostile: it passes
//! [`safe::clean`] before it reaches a terminal.
//!
//! Start at [`text::render`] (one anomaly in words and as a drawing), [`json`] (the wire format) and
//! [`lines`] (one line for a verdict). [`why`] tells how an answer came about, from the message journal.

mod axis;
mod bands;
mod lanes;
mod ticks;

pub mod json;
pub mod lines;
pub mod safe;
pub mod spectrum;
mod stale;
pub mod text;
pub mod units;
pub mod why;
