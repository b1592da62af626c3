//! Lines of text with their numbers, and what is wrong with bytes that are no text.

use testimony_history::Problems;
use testimony_history::native::LINE_BYTES_MAX;

/// The whole text, or nothing with a problem for every line that is not UTF-8 (a text that is cut
/// within its last character is cut before it).
pub(crate) fn text_of<'a>(bytes: &'a [u8], problems: &mut Problems) -> Option<&'a str> {
    if bytes.starts_with("\u{feff}".as_bytes()) {
        problems.push(1, "begins with a byte order mark: expected plain UTF-8");
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()
        }
        Err(_) => {
            for (line, number) in bytes.split(|byte| *byte == b'\n').zip(1_u32..) {
                if let Err(error) = std::str::from_utf8(line) {
                    let what = format!("not UTF-8 at byte {}", error.valid_up_to() + 1);
                    problems.push(number, what);
                }
            }
            None
        }
    }
}

/// A line of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// From 1.
    pub(crate) number: u32,
    /// Without its end.
    pub(crate) text: &'a str,
    /// Whether a line end follows.
    pub(crate) ended: bool,
}

/// The lines that are not blank. Those that are too long become problems.
pub(crate) fn each_line<'a>(
    text: &'a str,
    problems: &mut Problems,
    mut take: impl FnMut(Line<'a>, &mut Problems),
) {
    for (line, number) in text.split_inclusive('\n').zip(1_u32..) {
        let ended = line.ends_with('\n');
        let text = line.trim_end_matches(['\n', '\r']);
        if text.len() > LINE_BYTES_MAX {
            let what = format!("{} bytes long: at most {LINE_BYTES_MAX}", text.len());
            problems.push(number, what);
        } else if !text.trim().is_empty() {
            take(Line { number, text, ended }, problems);
        }
        if problems.is_hopeless() {
            break;
        }
    }
}
