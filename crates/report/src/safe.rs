//! Hostile text made safe for a terminal, and measured and cut by what it looks like.
//!
//! Keys and values come from whoever recorded the history. Printed raw they could move the cursor,
//! recolour the terminal or reverse the reading direction of our own words, so that a report says
//! something else than it means.

use std::fmt::Write as _;
use unicode_width::UnicodeWidthChar;

/// Marks (of no width) in a row that are kept on one character; more are written as escapes.
const MARKS_MAX: usize = 2;

/// Whether a character must not reach a terminal: controls, and invisible characters that change
/// how others are shown (reading direction, joining, line breaks, tags).
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// The text with hostile characters written as escapes (`\n`, `\u{1b}`).
///
/// ```
/// assert_eq!(testimony_report::safe::clean("a\u{1b}[31mb"), "a\\u{1b}[31mb");
/// ```
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        push_clean(&mut out, &mut marks, c);
    }
    out
}

fn push_clean(out: &mut String, marks: &mut usize, c: char) {
    if is_hostile(c) {
        *marks = 0;
        let _ = write!(out, "{}", c.escape_default());
        return;
    }
    *marks = if c.width() == Some(0) { *marks + 1 } else { 0 };
    if *marks > MARKS_MAX {
        let _ = write!(out, "{}", c.escape_unicode());
    } else {
        out.push(c);
    }
}

/// Columns that a clean text takes.
pub fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// The text, clean, in at most `columns` columns; what is cut is shown by an ellipsis.
///
/// O(`columns`), however long the text is.
///
/// ```
/// assert_eq!(testimony_report::safe::fit("a long value", 7), "a long…");
/// ```
pub fn fit(text: &str, columns: usize) -> String {
    // Every character takes a column or is a mark, of which a bounded number is kept as such.
    let enough = (columns + 1) * (MARKS_MAX + 1) + 1;
    let whole = text.chars().nth(enough).is_none();
    let head: String = text.chars().take(enough).collect();
    let head = clean(&head);
    if whole && width(&head) <= columns {
        return head;
    }
    let mut out = String::new();
    let mut used = 0;
    for c in head.chars() {
        let w = c.width().unwrap_or(0);
        if used + w + 1 > columns {
            break;
        }
        used += w;
        out.push(c);
    }
    if columns > 0 {
        out.push('…');
    }
    out
}

/// Like [`fit`], but what is cut is the begin: the end of a path tells more.
///
/// ```
/// assert_eq!(testimony_report::safe::fit_end("runs/a/history.jsonl", 16), "…a/history.jsonl");
/// ```
pub fn fit_end(text: &str, columns: usize) -> String {
    let whole = clean(text);
    let mut missing = width(&whole).saturating_sub(columns);
    if missing == 0 || columns == 0 {
        return fit(&whole, columns);
    }
    missing += 1;
    let mut rest = whole.chars();
    while missing > 0 {
        let Some(c) = rest.next() else { break };
        missing = missing.saturating_sub(c.width().unwrap_or(0));
    }
    format!("…{}", rest.as_str())
}

/// The text padded with spaces to `columns`; longer texts stay as they are.
pub fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// Breaks a text at spaces into clean lines of at most `columns`; at most `lines_max` lines, the
/// last one with an ellipsis when something is cut.
pub fn wrap(text: &str, columns: usize, lines_max: usize) -> Vec<String> {
    let columns = columns.max(8);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let limit = columns.saturating_mul(lines_max.saturating_add(1)).saturating_mul(2);
    let mut cut = text.chars().nth(limit).is_some();
    let head: String = text.chars().take(limit).collect();
    for word in clean(&head).split_whitespace() {
        let mut rest = word.to_owned();
        loop {
            let glue = usize::from(!line.is_empty());
            if width(&line) + glue + width(&rest) <= columns {
                if glue == 1 {
                    line.push(' ');
                }
                line.push_str(&rest);
                break;
            }
            if line.is_empty() {
                let at = split_at_width(&rest, columns);
                line = rest[..at].to_owned();
                rest = rest[at..].to_owned();
            }
            lines.push(std::mem::take(&mut line));
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    if lines.len() > lines_max {
        lines.truncate(lines_max);
        cut = true;
    }
    if cut && let Some(last) = lines.last_mut() {
        *last = fit(&format!("{last} …"), columns);
        if !last.ends_with('…') {
            last.push('…');
        }
    }
    lines
}

fn split_at_width(text: &str, columns: usize) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns && at > 0 {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_direction_marks_become_escapes() {
        assert_eq!(clean("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb\\nc");
        assert_eq!(clean("\u{202e}evil\u{2066}"), "\\u{202e}evil\\u{2066}");
        assert_eq!(clean("\u{9b}31m"), "\\u{9b}31m");
        assert_eq!(clean("naïve 日本"), "naïve 日本");
    }

    #[test]
    fn piles_of_marks_are_bounded() {
        let pile = format!("a{}", "\u{301}".repeat(5));
        assert_eq!(clean(&pile), "a\u{301}\u{301}\\u{301}\\u{301}\\u{301}");
    }

    #[test]
    fn cutting_counts_columns_not_characters() {
        assert_eq!(fit("日本語", 6), "日本語");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(fit("abc", 0), "");
        assert_eq!(fit(&"x".repeat(10_000_000), 4), "xxx…");
    }

    #[test]
    fn the_end_of_a_path_stays() {
        assert_eq!(fit_end("a/b.log", 7), "a/b.log");
        assert_eq!(fit_end("日本語/b.log", 8), "…/b.log");
        assert_eq!(fit_end("abc", 1), "…");
        assert_eq!(fit_end("abc", 0), "");
    }

    #[test]
    fn wrapping_breaks_long_words_and_bounds_the_lines() {
        assert_eq!(wrap("one two three four", 9, 9), ["one two", "three", "four"]);
        assert_eq!(wrap(&"y".repeat(20), 8, 9), ["yyyyyyyy", "yyyyyyyy", "yyyy"]);
        assert_eq!(wrap("aaaa bbbb cccc dddd", 9, 1), ["aaaa bbb…"]);
        assert_eq!(wrap("", 9, 3), Vec::<String>::new());
    }
}
