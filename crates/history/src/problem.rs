//! What is wrong with an input, and where.

use std::fmt;

/// How many problems of one input are printed before the rest is only counted.
pub const PROBLEMS_PRINTED_MAX: usize = 100;

/// How many problems of one input are counted before reading it is given up.
pub const PROBLEMS_READ_MAX: usize = 100_000;

/// One thing that is wrong with an input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// 1-based line; 0 when it concerns the whole input.
    pub line: u32,
    /// What was found and what was expected, as a lowercase fragment.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.what),
            line => write!(f, "line {line}: {}", self.what),
        }
    }
}

/// Everything that is wrong with an input, in the order of its lines.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Problems {
    /// The first [`PROBLEMS_PRINTED_MAX`] problems.
    pub listed: Vec<Problem>,
    /// How many there are in all.
    pub count: usize,
}

impl Problems {
    /// A single problem.
    pub fn one(line: u32, what: impl Into<String>) -> Problems {
        let mut problems = Problems::default();
        problems.push(line, what);
        problems
    }

    /// Adds one; it is listed while there is room, and counted always.
    ///
    /// What a file contains may be long and hostile: the text is cut, and what could move the cursor
    /// or turn the direction of writing is escaped.
    pub fn push(&mut self, line: u32, what: impl Into<String>) {
        self.count += 1;
        if self.listed.len() < PROBLEMS_PRINTED_MAX {
            self.listed.push(Problem { line, what: printable(what.into()) });
        }
    }

    /// Adds those of `other`, keeping the order of lines.
    pub fn merge(&mut self, other: Problems) {
        self.count += other.count;
        self.listed.extend(other.listed);
        self.listed.sort_by_key(|problem| problem.line);
        self.listed.truncate(PROBLEMS_PRINTED_MAX);
    }

    /// Whether so much is wrong that reading on is of no use: readers stop there, so that a file of
    /// nothing but broken lines takes no longer than a good one.
    pub fn is_hopeless(&self) -> bool {
        self.count >= PROBLEMS_READ_MAX
    }

    /// Says how many are not listed, where some are not.
    pub fn rest(&self) -> Option<String> {
        let more = self.count.checked_sub(self.listed.len()).filter(|more| *more > 0)?;
        let at_least = if self.is_hopeless() { "at least " } else { "" };
        Some(format!("... and {at_least}{more} more"))
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Longer texts are cut in the middle of what they quote.
const TEXT_CHARS_MAX: usize = 400;

fn printable(text: String) -> String {
    let is_hostile = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.len() <= TEXT_CHARS_MAX && !text.contains(is_hostile) {
        return text;
    }
    let count = text.chars().count();
    let (head, tail) = (TEXT_CHARS_MAX * 3 / 4, TEXT_CHARS_MAX / 4);
    let mut out = String::new();
    for (position, c) in text.chars().enumerate() {
        if count > TEXT_CHARS_MAX && position >= head && position < count - tail {
            if position == head {
                out.push_str(" .. ");
            }
        } else if is_hostile(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.listed.iter().enumerate() {
            if position > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        match self.rest() {
            Some(rest) => write!(f, "\n{rest}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_contains_cannot_flood_or_fool_the_terminal() {
        let shown = |text: String| Problems::one(1, text).to_string();
        assert_eq!(shown("a \u{1b}[2J\u{202e}é".to_owned()), "line 1: a \\u{1b}[2J\\u{202e}é");
        let long = shown(format!("found {} (answer to line 3)", "é".repeat(100_000)));
        assert_eq!(long.chars().count(), "line 1: ".len() + TEXT_CHARS_MAX + " .. ".len());
        assert!(long.ends_with("é (answer to line 3)"));
    }

    #[test]
    fn a_hopeless_input_says_that_there_may_be_more() {
        let mut problems = Problems::default();
        (0..PROBLEMS_READ_MAX).for_each(|_| problems.push(1, "bad"));
        assert!(problems.is_hopeless());
        assert!(problems.to_string().ends_with("\n... and at least 99900 more"), "{problems}");
    }

    #[test]
    fn merging_keeps_the_order_of_lines() {
        let mut problems = Problems::one(7, "b");
        problems.merge(Problems::one(3, "a"));
        assert_eq!(problems.to_string(), "line 3: a\nline 7: b");
        assert_eq!(problems.count, 2);
    }
}
