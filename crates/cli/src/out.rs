//! Standard output and standard error: data to one, talk to the other.
//!
//! A reader that goes away (`| head`) is no error: what is left to print is dropped, and the command
//! ends with the code that it would have ended with. Any other failure to write ends with 74.

use crate::exit::Failure;
use anstyle::{AnsiColor, Color, Style};
use std::io::{self, BufWriter, Write};

const BAD: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Red))).bold();
const GOOD: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Green)));

/// Where data goes.
pub(crate) struct Out {
    to: BufWriter<io::Stdout>,
    colours: bool,
    /// The reader went away.
    closed: bool,
}

impl Out {
    pub(crate) fn stdout() -> Out {
        let colours = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
        Out { to: BufWriter::new(io::stdout()), colours, closed: false }
    }

    /// Writes a line (or several) and the newline.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.write(text)?;
        self.write("\n")
    }

    /// Writes a text as it is, its first word coloured where it says how something ended.
    pub(crate) fn write(&mut self, text: &str) -> Result<(), Failure> {
        let written = match self.style_of(text) {
            Some((style, word)) => {
                write!(self.to, "{style}{word}{style:#}{}", &text[word.len()..])
            }
            None => self.to.write_all(text.as_bytes()),
        };
        self.settle(written)
    }

    /// Hands over what is buffered.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        let flushed = self.to.flush();
        self.settle(flushed)
    }

    fn style_of<'t>(&self, text: &'t str) -> Option<(Style, &'t str)> {
        if !self.colours {
            return None;
        }
        let word = text.split([' ', '\n']).next()?;
        match word {
            "FAIL" | "hidden" | "unknown" => Some((BAD, word)),
            "ok" | "caught" => Some((GOOD, word)),
            _ => None,
        }
    }

    fn settle(&mut self, result: io::Result<()>) -> Result<(), Failure> {
        match result {
            _ if self.closed => Ok(()),
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            Err(error) => Err(Failure::io("cannot write to standard output", &error)),
        }
    }
}

/// Says something to people. Nothing can be done when that fails.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says what is wrong, in one line.
pub(crate) fn complain(text: &str) {
    say(&format!("error: {}", testimony::report::safe::clean(text)));
}
