//! The lines of a stream, with their numbers, in bounded memory.

use super::LINE_BYTES_MAX;
use std::io::{self, BufRead, Read};

/// A line with its number, without its end.
pub(super) struct Line<'a> {
    pub(super) number: u32,
    /// Its bytes; of one that is too long only the first.
    pub(super) bytes: &'a [u8],
    /// How many bytes it has.
    pub(super) len: usize,
    /// Whether a line end follows: the last line of a killed run has none.
    pub(super) ended: bool,
}

/// What is known of the current line beside its bytes.
#[derive(Clone, Copy, Debug)]
struct Shape {
    len: usize,
    is_blank: bool,
    ended: bool,
}

/// A stream as lines, one in memory at a time.
#[derive(Clone, Debug)]
pub(super) struct Lines<R> {
    input: R,
    bytes: Vec<u8>,
    number: u32,
    /// A line that was looked at and not yet taken.
    peeked: Option<Shape>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Lines<R> {
        Lines { input, bytes: Vec::new(), number: 0, peeked: None }
    }

    pub(super) fn input(&self) -> &R {
        &self.input
    }

    /// The first line from here on that is not blank, without taking it.
    pub(super) fn peek(&mut self) -> io::Result<Option<Line<'_>>> {
        let shape = self.find()?;
        Ok(shape.map(|shape| self.line(shape)))
    }

    fn find(&mut self) -> io::Result<Option<Shape>> {
        while self.peeked.is_none() {
            match self.read()? {
                None => return Ok(None),
                Some(shape) => self.peeked = Some(shape).filter(|shape| !shape.is_blank),
            }
        }
        Ok(self.peeked)
    }

    /// Takes the next line that is not blank.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        let shape = self.find()?;
        self.peeked = None;
        Ok(shape.map(|shape| self.line(shape)))
    }

    fn line(&self, shape: Shape) -> Line<'_> {
        let Shape { len, ended, .. } = shape;
        Line { number: self.number, bytes: &self.bytes, len, ended }
    }

    /// Reads the next line into memory, as far as it is not too long.
    fn read(&mut self) -> io::Result<Option<Shape>> {
        self.bytes.clear();
        // Room for the line end, so that a line of the greatest length is read whole.
        let most = LINE_BYTES_MAX as u64 + 2;
        let read = self.input.by_ref().take(most).read_until(b'\n', &mut self.bytes)?;
        if read == 0 {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        let mut ended = self.bytes.ends_with(b"\n");
        if ended {
            self.bytes.pop();
        }
        let mut shape = Shape { len: self.bytes.len(), is_blank: false, ended };
        let (mut is_blank, mut last) =
            (self.bytes.trim_ascii().is_empty(), self.bytes.last().copied());
        while !ended && shape.len as u64 >= most {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let rest = &chunk[..end.unwrap_or(chunk.len())];
            ended = end.is_some();
            shape.len = shape.len.saturating_add(rest.len());
            is_blank &= rest.trim_ascii().is_empty();
            last = rest.last().copied().or(last);
            let taken = rest.len() + usize::from(ended);
            self.input.consume(taken);
        }
        if last == Some(b'\r') {
            shape.len -= 1;
            self.bytes.truncate(shape.len);
        }
        Ok(Some(Shape { is_blank, ended, ..shape }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    /// Lines as numbers, lengths, beginnings, and whether they ended; read through a buffer of so
    /// many bytes.
    fn lines(bytes: &[u8], buffer: usize) -> Vec<(u32, usize, Vec<u8>, bool)> {
        let mut lines = Lines::new(BufReader::with_capacity(buffer, bytes));
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            let shown = line.bytes[..line.bytes.len().min(4)].to_vec();
            found.push((line.number, line.len, shown, line.ended));
        }
        found
    }

    #[test]
    fn lines_are_the_same_whatever_the_buffer() {
        let long = "x".repeat(LINE_BYTES_MAX);
        let longer = format!("{long}xxxx");
        let blank = " ".repeat(LINE_BYTES_MAX + 10);
        let text = format!("a\r\n\n \r\nbc\n{long}\r\n{longer}\r\n{blank}\nd\r");
        let expected = [
            (1, 1, b"a".to_vec(), true),
            (4, 2, b"bc".to_vec(), true),
            (5, LINE_BYTES_MAX, b"xxxx".to_vec(), true),
            (6, LINE_BYTES_MAX + 4, b"xxxx".to_vec(), true),
            (8, 1, b"d".to_vec(), false),
        ];
        for buffer in [1, 3, 64, 4096, 1 << 22] {
            assert_eq!(lines(text.as_bytes(), buffer), expected, "buffer of {buffer}");
        }
        assert_eq!(lines(longer.as_bytes(), 7), [(1, LINE_BYTES_MAX + 4, b"xxxx".to_vec(), false)]);
    }

    #[test]
    fn what_is_peeked_is_not_taken() {
        let mut lines = Lines::new(&b"\n \na\nb"[..]);
        assert_eq!(lines.peek().unwrap().map(|line| line.number), Some(3));
        assert_eq!(lines.peek().unwrap().map(|line| line.number), Some(3));
        assert_eq!(lines.next().unwrap().map(|line| line.bytes.to_vec()), Some(b"a".to_vec()));
        assert_eq!(lines.next().unwrap().map(|line| line.bytes.to_vec()), Some(b"b".to_vec()));
        assert!(lines.peek().unwrap().is_none());
    }
}
