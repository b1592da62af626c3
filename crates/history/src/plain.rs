//! Plain JSON: the part of JSON that is most of every history, scanned without a parser.
//!
//! Plain values are `null`, `true`, `false`, integers, strings without escapes, and arrays of plain
//! values that are not nested deeply, all without blanks. Our writers write nothing else unless a
//! text needs escapes. Whatever is plain is JSON and means the same to every parser; what is not
//! plain is left to serde_json, so nothing here says what is wrong with a text.

/// Arrays nested deeper are not plain.
const DEPTH_MAX: usize = 16;

/// Splits a plain value off the beginning of a text. O(its length), without recursion.
///
/// What follows is not looked at: `1` is split off `1.5`, so a caller must see that a value may end
/// there.
///
/// ```
/// use testimony_history::plain::split_value;
///
/// assert_eq!(split_value("[\"x\",[1,null]],2"), Some(("[\"x\",[1,null]]", ",2")));
/// assert_eq!(split_value("{}"), None);
/// ```
pub fn split_value(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0_usize, 0_usize);
    loop {
        at = match bytes.get(at)? {
            b'[' if bytes.get(at + 1) == Some(&b']') => at + 2,
            b'[' => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return None;
                }
                at += 1;
                continue;
            }
            b'"' => end_of_text(bytes, at + 1)? + 1,
            b'-' | b'0'..=b'9' => end_of_integer(bytes, at)?,
            b'n' => end_of_word(bytes, at, b"null")?,
            b't' => end_of_word(bytes, at, b"true")?,
            b'f' => end_of_word(bytes, at, b"false")?,
            _ => return None,
        };
        // A value ended here: it is the whole, or stands in an array.
        loop {
            if depth == 0 {
                return text.split_at_checked(at);
            }
            match bytes.get(at)? {
                b',' => break at += 1,
                b']' => (at, depth) = (at + 1, depth - 1),
                _ => return None,
            }
        }
    }
}

/// Splits a string without escapes off the beginning of a text: what is between its quotes.
pub fn split_text(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('"')?;
    let end = end_of_text(inside.as_bytes(), 0)?;
    Some((inside.get(..end)?, inside.get(end + 1..)?))
}

/// Splits a number without sign off the beginning of a text, if it has at most 19 digits.
pub fn split_number(text: &str) -> Option<(u64, &str)> {
    let (mut number, mut digits) = (0_u64, 0_usize);
    for byte in text.bytes() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        digits += 1;
        if digits > 19 {
            return None;
        }
        number = number * 10 + u64::from(digit);
    }
    let is_canonical = digits == 1 || (digits > 1 && !text.starts_with('0'));
    if is_canonical { Some((number, text.get(digits..)?)) } else { None }
}

/// The two values of a plain pair `[a,b]`.
pub fn pair(text: &str) -> Option<(&str, &str)> {
    let (first, rest) = split_value(text.strip_prefix('[')?)?;
    let (second, rest) = split_value(rest.strip_prefix(',')?)?;
    if rest == "]" { Some((first, second)) } else { None }
}

/// What is between the quotes of a text that is nothing but a string without escapes.
pub fn text(text: &str) -> Option<&str> {
    split_text(text).filter(|(_, rest)| rest.is_empty()).map(|(inside, _)| inside)
}

/// Where the closing quote is.
fn end_of_text(bytes: &[u8], from: usize) -> Option<usize> {
    for (at, &byte) in bytes.iter().enumerate().skip(from) {
        match byte {
            b'"' => return Some(at),
            b'\\' | 0..b' ' => return None,
            _ => {}
        }
    }
    None
}

fn end_of_integer(bytes: &[u8], from: usize) -> Option<usize> {
    let first = from + usize::from(bytes[from] == b'-');
    if bytes.get(first) == Some(&b'0') {
        return Some(first + 1);
    }
    let rest = bytes.get(first..)?;
    let digits = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    if digits == 0 { None } else { Some(first + digits) }
}

fn end_of_word(bytes: &[u8], from: usize, word: &[u8]) -> Option<usize> {
    let end = from + word.len();
    if bytes.get(from..end)? == word { Some(end) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    #[test]
    fn what_is_plain_and_what_is_not() {
        for whole in ["null", "true", "false", "0", "-0", "-12", "\"é\"", "[]", "[[],[1,\"\"]]"] {
            assert_eq!(split_value(whole), Some((whole, "")), "{whole}");
        }
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(split_value(&deep(DEPTH_MAX + 1)).is_some());
        for text in [
            "",
            "-",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "[,1]",
            "nul",
            "\"",
            "\"\\n\"",
            "\"\n\"",
            "[1 ]",
            " 1",
            "{}",
            "+1",
            &deep(DEPTH_MAX + 2),
        ] {
            assert_eq!(split_value(text), None, "{text:?}");
        }
        assert_eq!(split_value("01"), Some(("0", "1")));
        assert_eq!(split_number("9999999999999999999,"), Some((9_999_999_999_999_999_999, ",")));
        for text in ["", "-1", "01", "10000000000000000000"] {
            assert_eq!(split_number(text), None, "{text:?}");
        }
        assert_eq!(pair("[\"a]\",[1,2]]"), Some(("\"a]\"", "[1,2]")));
        for text in ["[1]", "[1,2,3]", "[1,2] ", "[1, 2]", "1,2]"] {
            assert_eq!(pair(text), None, "{text:?}");
        }
    }

    proptest! {
        /// Goal: whatever is taken as plain is the same to serde_json. Method: texts of the
        /// characters that JSON is made of.
        #[test]
        fn what_is_plain_is_json(text in "[\\[\\],0-9\"na-]{0,12}|[\\[\"]{0,3}(null|true|1,){0,3}[\\]\"]{0,3}") {
            if let Some((value, "")) = split_value(&text) {
                let read = serde_json::from_str::<&RawValue>(value).map(RawValue::get);
                prop_assert_eq!(read.ok(), Some(value));
            }
            if let Some((first, second)) = pair(&text) {
                let read = serde_json::from_str::<(&RawValue, &RawValue)>(&text).unwrap();
                prop_assert_eq!((first, second), (read.0.get(), read.1.get()));
            }
        }
    }
}
