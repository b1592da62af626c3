//! A history in memory, whatever its format.

use crate::{Format, compressed, detect, edn, porcupine};
use testimony_history::{
    Customs, Events, Header, Problems, RawEvent, Read, ReadOptions, Vocabulary, native, read,
};

/// The bytes of a history, unpacked, with their format.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    bytes: Vec<u8>,
    format: Format,
    header: Option<Header>,
    notes: Vec<String>,
}

/// Opens a history: unpacks it and finds out its format, unless `format` says it. `name` is only
/// for people.
///
/// # Errors
///
/// When the bytes cannot be unpacked, no format fits, or the first line of a native file is neither a
/// header nor an event (then with everything else that is wrong with its lines).
pub fn open(name: &str, bytes: Vec<u8>, format: Option<Format>) -> Result<Source, Problems> {
    let mut notes = Vec::new();
    let bytes = compressed::unpack(bytes, &mut notes)?;
    let format = match format {
        Some(format) => format,
        None => detect::detect(&bytes).map_err(|what| Problems::one(0, what))?,
    };
    let mut header = None;
    if format == Format::Native {
        let reader = native::Reader::new(&bytes);
        header = reader.header().map_err(|_| {
            let mut problems = Problems::default();
            reader.each(&mut |_| {}, &mut problems, &mut Vec::new());
            problems
        })?;
    }
    Ok(Source { name: name.to_owned(), bytes, format, header, notes })
}

impl Source {
    /// The name that it was opened with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The header, where it has one.
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// What is worth knowing about the file itself, e.g. that it is cut.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Its size in bytes, unpacked.
    pub fn len_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Reads the history in the words of a model. Its notes include those of the file.
    pub fn read<V: Vocabulary>(
        &self,
        vocabulary: &V,
        options: &ReadOptions,
    ) -> Read<V::Op, V::Ret> {
        read(self, vocabulary, options)
    }
}

impl Events for Source {
    fn each(
        &self,
        sink: &mut dyn FnMut(RawEvent<'_>),
        problems: &mut Problems,
        notes: &mut Vec<String>,
    ) {
        notes.extend_from_slice(&self.notes);
        match self.format {
            Format::Native => native::Reader::new(&self.bytes).each(sink, problems, notes),
            Format::Edn => edn::each(&self.bytes, sink, problems, notes),
            Format::Porcupine => porcupine::each(&self.bytes, sink, problems, notes),
        }
    }

    fn customs(&self) -> Customs {
        match self.format {
            Format::Native => Customs::NATIVE,
            Format::Edn => Customs::FOREIGN,
            Format::Porcupine => Customs { failed_cas_observes: true, ..Customs::FOREIGN },
        }
    }
}
