//! A history as a stream, whatever its format.

use crate::compressed::{Unpacked, head_of};
use crate::{Format, detect, edn, porcupine};
use std::fmt;
use std::io::{self, BufReader, Cursor, Read};
use testimony_history::{
    Customs, Events, Header, Problems, RawEvent, ReadOptions, Vocabulary, native, read,
};

/// The bytes of a history, unpacked, with their format.
///
/// Native histories are read line by line, in memory that does not grow with the file; the formats
/// of other tools are taken into memory whole. The events can be told once.
pub struct Source<'i> {
    name: String,
    format: Format,
    header: Option<Header>,
    input: Input<'i>,
}

type Stream<'i> = BufReader<io::Chain<Cursor<Vec<u8>>, Unpacked<'i>>>;

enum Input<'i> {
    Native(native::Reader<Stream<'i>>),
    Whole(Vec<u8>, Option<String>),
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Source");
        shown.field("name", &self.name).field("format", &self.format).finish_non_exhaustive()
    }
}

/// So much is read at once.
const CHUNK_BYTES: usize = 1 << 17;

/// Opens a history: unpacks it and finds out its format, unless `format` says it. `name` is only
/// for people.
///
/// # Errors
///
/// When the bytes cannot be read or unpacked, no format fits, or the first line of a native file is
/// neither a header nor an event (then with everything else that is wrong with its lines).
pub fn open<'i>(
    name: &str,
    input: impl Read + 'i,
    format: Option<Format>,
) -> Result<Source<'i>, Problems> {
    let refused = |error: io::Error| Problems::one(0, error.to_string());
    let mut input = Unpacked::new(input).map_err(refused)?;
    let head = head_of(&mut input, detect::HEAD_BYTES).map_err(refused)?;
    let format = match format {
        Some(format) => format,
        None => detect::detect(&head).map_err(|what| Problems::one(0, what))?,
    };
    let mut header = None;
    let input = if format == Format::Native {
        let stream = BufReader::with_capacity(CHUNK_BYTES, Cursor::new(head).chain(input));
        let mut reader = native::Reader::new(stream);
        header = match reader.header() {
            Ok(header) => header,
            Err(_) => {
                let mut problems = Problems::default();
                reader.each(&mut |_| {}, &mut problems, &mut Vec::new());
                return Err(problems);
            }
        };
        Input::Native(reader)
    } else {
        let mut bytes = head;
        input.read_to_end(&mut bytes).map_err(refused)?;
        Input::Whole(bytes, input.note())
    };
    Ok(Source { name: name.to_owned(), format, header, input })
}

impl Source<'_> {
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

    /// Reads the history in the words of a model. Its notes include those of the file.
    pub fn read<V: Vocabulary>(
        self,
        vocabulary: &V,
        options: &ReadOptions,
    ) -> testimony_history::Read<V::Op, V::Ret> {
        read(self, vocabulary, options)
    }
}

impl Events for Source<'_> {
    fn each(
        &mut self,
        sink: &mut dyn FnMut(RawEvent<'_>),
        problems: &mut Problems,
        notes: &mut Vec<String>,
    ) {
        match (&mut self.input, self.format) {
            (Input::Native(reader), _) => {
                // What concerns the file itself is known at its end and said first.
                let before = notes.len();
                reader.each(sink, problems, notes);
                let note = reader.input().get_ref().get_ref().1.note();
                notes.splice(before..before, note);
            }
            (Input::Whole(bytes, note), format) => {
                notes.extend(note.clone());
                match format {
                    Format::Porcupine => porcupine::each(bytes, sink, problems, notes),
                    Format::Edn | Format::Native => edn::each(bytes, sink, problems, notes),
                }
            }
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
            if let Ok(mut source) = open("fuzzed", bytes, format) {
                source.each(&mut |_| {}, &mut Problems::default(), &mut Vec::new());
            }
        }
    }

    /// Bytes that come a few at a time, as from a pipe.
    struct Dripping<'b>(&'b [u8], usize);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(buffer.len()).min(self.0.len());
            self.0.read(&mut buffer[..count])
        }
    }

    /// Lines without end, none of which is an event.
    struct Endless;

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer.chunks_mut(4).for_each(|line| line.copy_from_slice(&b"{x}\n"[..line.len()]));
            Ok(buffer.len())
        }
    }

    /// Everything that is told of a history.
    fn told(input: impl Read, format: Option<Format>) -> (Vec<String>, String, Vec<String>) {
        let (mut events, mut problems, mut notes) = (Vec::new(), Problems::default(), Vec::new());
        match open("told", input, format) {
            Err(refused) => problems = refused,
            Ok(mut source) => {
                let mut sink = |event: RawEvent<'_>| events.push(format!("{event:?}"));
                source.each(&mut sink, &mut problems, &mut notes);
            }
        }
        (events, problems.to_string(), notes)
    }

    #[test]
    fn an_endless_file_of_broken_lines_is_given_up() {
        let (events, problems, _) = told(Endless, Some(Format::Native));
        assert!(events.is_empty() && problems.contains("at least"), "{problems}");
    }

    #[test]
    fn a_cut_compressed_history_is_read_as_far_as_it_goes() {
        let mut text = String::new();
        for index in 0..20_000_u32 {
            let kind = if index % 2 == 0 { "invoke" } else { "ok" };
            let value = u64::from(index / 2).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
            text.push_str(&format!(
                "{{\"index\":{index},\"time\":{index},\"process\":0,\"type\":\"{kind}\",\
                 \"f\":\"write\",\"value\":{value}}}\r\n"
            ));
        }
        let packed = zstd::encode_all(text.as_bytes(), 1).unwrap();
        let (whole, problems, notes) = told(packed.as_slice(), None);
        assert_eq!((whole.len(), problems.as_str(), notes.len()), (20_000, "", 0));
        let (some, problems, notes) = told(&packed[..packed.len() / 2], None);
        assert!(some.len() > 1_000 && whole.starts_with(&some), "{} events", some.len());
        assert_eq!(problems, "");
        assert!(notes[0].starts_with("the compressed file is cut: read the "), "{notes:?}");
        assert!(notes[1].starts_with("cut last line, "), "{notes:?}");
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_the_bytes_come(bytes in texts(), few in 1..9_usize) {
            for format in [None, Some(Format::Native), Some(Format::Edn), Some(Format::Porcupine)] {
                let slow = told(Dripping(&bytes, few), format);
                prop_assert_eq!(&slow, &told(bytes.as_slice(), format));
                let packed = zstd::encode_all(bytes.as_slice(), 1).unwrap_or_default();
                prop_assert_eq!(&slow, &told(Dripping(&packed, few), format));
            }
        }

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
