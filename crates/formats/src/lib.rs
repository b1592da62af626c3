//! Histories of any tool: finds out the format, unpacks what is compressed, and tells the events.
//!
//! [`open`] takes a file, as a stream of bytes, and gives a [`Source`], which is [`testimony_history::Events`]
//! whatever the format: our own JSON lines, Jepsen's EDN, and the two kinds of logs in Porcupine's
//! collection. `docs/formats.md` states the rules of every import. This crate reads no files.
//!
//! ```
//! use testimony_formats::{Format, open};
//! use testimony_history::{Events, Problems};
//!
//! let log = "INFO  jepsen.util - 0\t:invoke\t:cas\t[3 0]\n";
//! let mut source = open("etcd.log", log.as_bytes(), None).unwrap();
//! assert_eq!(source.format(), Format::Porcupine);
//! let mut values = Vec::new();
//! let mut sink = |event: testimony_history::RawEvent<'_>| values.push(event.value.into_owned());
//! source.each(&mut sink, &mut Problems::default(), &mut Vec::new());
//! assert_eq!(values, ["[3,0]"]);
//! ```

mod compressed;
mod detect;
mod edn;
mod format;
mod lines;
mod porcupine;
mod source;

pub use compressed::{FILE_BYTES_MAX, UNPACKED_BYTES_MAX};
pub use format::{Format, UnknownFormat};
pub use source::{Source, open};
