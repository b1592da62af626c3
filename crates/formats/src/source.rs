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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A few bytes that are like a history of some format, or like none.
    fn texts() -> impl Strategy<Value = Vec<u8>> {
        let begins = prop::sample::select(vec![
            "{\"testimony\":1,\"model\":\"kv\"}\n",
            "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\",\"value\":",
            "{:process 0, :type :invoke, :f :get, :key \"0\", :value ",
            "[{:process 0, :type :invoke, :f :read, :value ",
            "INFO  jepsen.util - 0\t:invoke\t:read\t",
            "",
        ]);
        let rest = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            "[\\[\\](){}#_\"\\\\;:, \n0-9a-c/.+-]{0,60}".prop_map(String::into_bytes),
        ];
        (begins, rest).prop_map(|(begin, rest)| [begin.as_bytes(), &rest].concat())
    }

    fn tell(bytes: &[u8]) {
        for format in [None, Some(Format::Native), Some(Format::Edn), Some(Format::Porcupine)] {
            if let Ok(source) = open("fuzzed", bytes.to_vec(), format) {
                source.each(&mut |_| {}, &mut Problems::default(), &mut Vec::new());
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_opened_panics(bytes in texts()) {
            tell(&bytes);
        }

        #[test]
        fn nothing_compressed_panics(
            bytes in texts(),
            cut in 0..100_usize,
            at in 4..100_usize,
            byte in any::<u8>(),
        ) {
            let mut packed = zstd::encode_all(bytes.as_slice(), 1).unwrap_or_default();
            packed.truncate(packed.len().saturating_sub(cut));
            tell(&packed);
            if let Some(changed) = packed.get_mut(at) {
                *changed = byte;
            }
            tell(&packed);
        }
    }
}
