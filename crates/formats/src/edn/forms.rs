//! Splits an EDN text into its top-level forms without reading them: iterative, with a line each.

/// Forms may be nested so deep.
pub(crate) const NESTING_MAX: usize = 64;

/// A top-level form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form<'a> {
    /// A form from its first to its last character, with the line on which it begins.
    Whole { line: u32, text: &'a str },
    /// The text ends within a form: so many bytes.
    Cut { bytes: usize },
    /// Something that is no form.
    Broken { line: u32, what: &'static str },
}

/// The forms of a text, one after another.
#[derive(Clone, Debug)]
pub(crate) struct Forms<'a> {
    rest: &'a str,
    line: u32,
    /// The bracket that closes the vector around all forms.
    close: Option<u8>,
}

impl<'a> Forms<'a> {
    /// The forms of a text that is not wrapped.
    pub(crate) fn of_line(text: &'a str, line: u32) -> Forms<'a> {
        Forms { rest: text, line, close: None }
    }

    /// The operations of a history: those in the vector (or list) around them, if there is one.
    pub(crate) fn of_history(text: &'a str) -> Forms<'a> {
        let mut forms = Forms::of_line(text, 1);
        forms.skip_blank();
        forms.close = match forms.rest.bytes().next() {
            Some(b'[') => Some(b']'),
            Some(b'(') => Some(b')'),
            _ => None,
        };
        if forms.close.is_some() {
            forms.advance(1);
        }
        forms
    }

    fn advance(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        let lines = taken.bytes().filter(|byte| *byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.rest = rest;
        taken
    }

    fn skip_blank(&mut self) {
        let blank = self.rest.len() - skip_blank(self.rest).len();
        self.advance(blank);
    }
}

impl<'a> Iterator for Forms<'a> {
    type Item = Form<'a>;

    fn next(&mut self) -> Option<Form<'a>> {
        loop {
            self.skip_blank();
            if self.close.is_some() && self.rest.bytes().next() == self.close {
                self.close = None;
                self.advance(1);
                continue;
            }
            if self.rest.is_empty() {
                return None;
            }
            let line = self.line;
            let broken = match measure(self.rest) {
                Measured::Form(bytes) => {
                    return Some(Form::Whole { line, text: self.advance(bytes) });
                }
                Measured::Discarded(bytes) => {
                    self.advance(bytes);
                    continue;
                }
                Measured::Cut => {
                    return Some(Form::Cut { bytes: self.advance(self.rest.len()).len() });
                }
                Measured::Unmatched => "an unmatched closing bracket",
                Measured::TooDeep => "nested deeper than 64",
            };
            self.skip_line();
            return Some(Form::Broken { line, what: broken });
        }
    }
}

impl Forms<'_> {
    /// After what is broken, reading goes on at the next line.
    fn skip_line(&mut self) {
        let bytes = self.rest.find('\n').map_or(self.rest.len(), |end| end + 1);
        self.advance(bytes);
    }
}

/// The text after blanks, commas and comments.
pub(crate) fn skip_blank(mut text: &str) -> &str {
    loop {
        text = text.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if !text.starts_with(';') {
            return text;
        }
        text = text.find('\n').map_or("", |end| &text[end..]);
    }
}

enum Measured {
    /// A form of so many bytes.
    Form(usize),
    /// A form that is discarded by `#_`.
    Discarded(usize),
    Cut,
    Unmatched,
    TooDeep,
}

/// A tag awaits the value that it is of.
const TAG: u8 = b'#';
/// `#_` awaits the form that it discards.
const DISCARD: u8 = b'_';

/// How long the form is with which the text begins.
fn measure(text: &str) -> Measured {
    let bytes = text.as_bytes();
    // The closing brackets, tagged values and discarded forms that are awaited, innermost last.
    let mut awaited: Vec<u8> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let mut complete = false;
        match bytes[at] {
            b'[' => awaited.push(b']'),
            b'(' => awaited.push(b')'),
            b'{' => awaited.push(b'}'),
            close @ (b']' | b')' | b'}') => {
                if awaited.pop() != Some(close) {
                    return Measured::Unmatched;
                }
                complete = true;
            }
            b'"' => {
                let Some(end) = text_end(bytes, at) else { return Measured::Cut };
                at = end;
                complete = true;
            }
            b';' => at = line_end(bytes, at),
            b'\\' => {
                at = token_end(bytes, (at + 2).min(bytes.len())) - 1;
                complete = true;
            }
            b'#' => match bytes.get(at + 1) {
                Some(b'{') => {}
                Some(b'_') => {
                    awaited.push(DISCARD);
                    at += 1;
                }
                _ => {
                    awaited.push(TAG);
                    at = token_end(bytes, at + 1) - 1;
                }
            },
            byte if is_blank(byte) => {}
            _ => {
                at = token_end(bytes, at).max(at + 1) - 1;
                complete = true;
            }
        }
        at += 1;
        if awaited.len() > NESTING_MAX {
            return Measured::TooDeep;
        }
        if complete && let Some(measured) = end_value(&mut awaited, at) {
            return measured;
        }
    }
    Measured::Cut
}

/// After a value: the tags before it have theirs, and a `#_` has discarded it.
fn end_value(awaited: &mut Vec<u8>, at: usize) -> Option<Measured> {
    while awaited.last() == Some(&TAG) {
        awaited.pop();
    }
    let discarded = awaited.last() == Some(&DISCARD);
    if discarded {
        awaited.pop();
    }
    let whole = if discarded { Measured::Discarded(at) } else { Measured::Form(at) };
    awaited.is_empty().then_some(whole)
}

fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b','
}

/// The closing quote of the string that begins at `at`.
fn text_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut escaped = false;
    for (offset, byte) in bytes[at + 1..].iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1 + offset),
            _ => {}
        }
    }
    None
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    let end = bytes[at..].iter().position(|byte| *byte == b'\n');
    end.map_or(bytes.len() - 1, |end| at + end)
}

/// The first byte at or after `at` that ends a token.
fn token_end(bytes: &[u8], at: usize) -> usize {
    let ends = |byte: &u8| {
        is_blank(*byte) || matches!(byte, b'[' | b']' | b'(' | b')' | b'{' | b'}' | b'"' | b';')
    };
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(ends).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Vec<(u32, &str)> {
        let take = |form| match form {
            Form::Whole { line, text } => (line, text),
            other => panic!("{other:?}"),
        };
        Forms::of_history(text).map(take).collect()
    }

    #[test]
    fn forms_are_found_with_their_lines() {
        let text =
            "; c [\n{:a \"}\\\"{\"}, {:b \\}}\n\n#t.x{:c\n [#{1}]} x #_ {} {:d 1} #_ #_ a b;end";
        assert_eq!(
            whole(text),
            [
                (2, "{:a \"}\\\"{\"}"),
                (2, "{:b \\}}"),
                (4, "#t.x{:c\n [#{1}]}"),
                (5, "x"),
                (5, "{:d 1}"),
            ]
        );
        assert_eq!(whole("[{:a 1}\n {:b 2}]\n"), [(1, "{:a 1}"), (2, "{:b 2}")]);
        assert_eq!(whole("[{:a 1} #_{:b 2}]\n"), [(1, "{:a 1}")]);
        assert_eq!(whole("([1] 2)"), [(1, "[1]"), (1, "2")]);
        assert!(whole("").is_empty());
    }

    #[test]
    fn what_is_cut_or_broken_is_told_and_skipped() {
        let forms: Vec<_> = Forms::of_history("{:a 1}\n]\n{:b").collect();
        assert_eq!(
            forms[1..],
            [
                Form::Broken { line: 2, what: "an unmatched closing bracket" },
                Form::Cut { bytes: 3 }
            ]
        );
        let deep = format!("{}\n{{:a 1}}", "[".repeat(100_000));
        let forms: Vec<_> = Forms::of_line(&deep, 1).collect();
        assert_eq!(forms[0], Form::Broken { line: 1, what: "nested deeper than 64" });
        assert_eq!(forms[1], Form::Whole { line: 2, text: "{:a 1}" });
    }
}
