//! The native format: a header line, then one JSON object a line for each event.
//!
//! The keys are Jepsen's (`index`, `time`, `process`, `type`, `f`, `value`, and `error`), with `ret`
//! for an answer that stands apart from the value and `extra` for whatever else. [`Reader`] reads
//! it as a stream, [`write_header`] and [`write_event`] write it. `docs/formats.md` describes it field by field.

mod canonical;
mod lines;
mod reader;
mod writer;

pub use reader::{LINE_BYTES_MAX, NESTING_MAX, Reader};
pub use writer::{write_event, write_fault, write_header, write_observation, write_quiet};
