//! Finds out the format of a history by its content.

use crate::Format;
use crate::edn::{Fields, forms};
use crate::porcupine::LOG_MARK;
use clojure_reader::edn::Edn;

/// How much of a file is looked at.
pub(crate) const HEAD_BYTES: usize = 1 << 16;

/// The format, or what is wrong.
pub(crate) fn detect(bytes: &[u8]) -> Result<Format, String> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD_BYTES)]);
    let text = forms::skip_blank(&head);
    let rest = |skipped: usize| forms::skip_blank(&text[skipped..]);
    match text.bytes().next() {
        // The native reader says best what is wrong with an empty file.
        None => Ok(Format::Native),
        Some(b'{') => match rest(1).bytes().next() {
            Some(b'"' | b'}') | None => Ok(Format::Native),
            Some(_) if has_key(text) => Ok(Format::Porcupine),
            Some(_) => Ok(Format::Edn),
        },
        Some(b'[' | b'(') if !head.contains(LOG_MARK) => match rest(1).as_bytes() {
            [b'{', ..] if rest(1)[1..].trim_start().starts_with('"') => {
                Err("a JSON array of events: expected an event a line".to_owned())
            }
            [b'{' | b'#' | b']' | b')', ..] | [] => Ok(Format::Edn),
            _ => Err(unknown(text)),
        },
        Some(b'#') => Ok(Format::Edn),
        Some(_) if head.contains(LOG_MARK) => Ok(Format::Porcupine),
        // A damaged first line must not hide what the file is.
        Some(_) if text.contains("\"type\":\"invoke\"") => Ok(Format::Native),
        Some(_) if text.contains(":type :invoke") => Ok(Format::Edn),
        Some(_) => Err(unknown(text)),
    }
}

/// Whether the first map has `:key`, which only Porcupine's maps have.
fn has_key(text: &str) -> bool {
    let Some(forms::Form::Whole { text, .. }) = forms::Forms::of_line(text, 1).next() else {
        return false;
    };
    let first = clojure_reader::edn::read(text);
    matches!(&first, Ok((map @ Edn::Map(_), _)) if Fields(map).get("key").is_some())
}

fn unknown(text: &str) -> String {
    let first: String = text.chars().take_while(|c| *c != '\n').take(40).collect();
    format!(
        "unknown format, it begins with {first:?}; known: native (JSON lines), edn (Jepsen), \
         porcupine (logs)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_beginning() {
        for (text, format) in [
            ("", Format::Native),
            ("\n{\"testimony\":1}", Format::Native),
            ("{ \"index\":0}", Format::Native),
            ("{:type :invoke, :process 0}", Format::Edn),
            ("; a comment\n{:type :invoke}", Format::Edn),
            ("[{:type :invoke}]", Format::Edn),
            ("#jepsen.history.Op{:type :invoke}", Format::Edn),
            ("{:process 0, :type :invoke, :f :get, :key \"7\", :value nil}", Format::Porcupine),
            ("{:type :invoke, :value {:key 1}}", Format::Edn),
            ("{:type :invoke, :error \"jepsen.util - 1\"}", Format::Edn),
            ("[main] begins\nINFO  jepsen.util - 0\t:invoke", Format::Porcupine),
            ("noise\nINFO  jepsen.util - 0\t:invoke\t:read\tnil", Format::Porcupine),
            ("\u{feff}{\"index\":0,\"type\":\"invoke\"}", Format::Native),
        ] {
            assert_eq!(detect(text.as_bytes()), Ok(format), "{text}");
        }
    }

    #[test]
    fn what_is_unknown_is_shown() {
        assert_eq!(
            detect(b"r(1,2,3,4)\nmore"),
            Err("unknown format, it begins with \"r(1,2,3,4)\"; known: native (JSON lines), edn \
                 (Jepsen), porcupine (logs)"
                .to_owned())
        );
        let array = "[{\"type\":\"invoke\"},\n{}]";
        let said = detect(array.as_bytes()).unwrap_err();
        assert_eq!(said, "a JSON array of events: expected an event a line");
        assert!(detect(b"\xff\xfe\x00").is_err());
    }
}
