//! A source of events: what every reader of a file format is.

use crate::{Problems, RawEvent};

/// Something that tells its events one after another, whatever its format.
///
/// A source says what is wrong with its text; [`crate::Pairing`] says what is wrong with the
/// events. A source never panics, whatever its bytes are.
pub trait Events {
    /// Gives every readable event to `sink`, in the order of the source, and adds what is wrong to
    /// `problems` and what is worth knowing to `notes`. O(size of the source). A stream can be told
    /// once; what is in memory, as often as wanted.
    fn each(
        &mut self,
        sink: &mut dyn FnMut(RawEvent<'_>),
        problems: &mut Problems,
        notes: &mut Vec<String>,
    );

    /// The customs of the tool that wrote it.
    fn customs(&self) -> Customs {
        Customs::NATIVE
    }
}

impl<E: Events + ?Sized> Events for &mut E {
    fn each(
        &mut self,
        sink: &mut dyn FnMut(RawEvent<'_>),
        problems: &mut Problems,
        notes: &mut Vec<String>,
    ) {
        E::each(self, sink, problems, notes);
    }

    fn customs(&self) -> Customs {
        E::customs(self)
    }
}

/// What may be relied on in the files of a tool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Customs {
    /// The first index is 0: a file that begins later has lost its head.
    pub index_from_zero: bool,
    /// Times never decrease. (Jepsen draws the time before the index, so its times may.)
    pub time_ordered: bool,
    /// A `fail` of a `cas` means that another value was there, marked or not.
    pub failed_cas_observes: bool,
}

impl Customs {
    /// Our own files.
    pub const NATIVE: Customs =
        Customs { index_from_zero: true, time_ordered: true, failed_cas_observes: false };

    /// Other people's files: nothing may be relied on.
    pub const FOREIGN: Customs =
        Customs { index_from_zero: false, time_ordered: false, failed_cas_observes: false };
}
