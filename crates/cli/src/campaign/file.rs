//! The file of a campaign: what was asked for, a row for each seed, and the conclusions.
//!
//! One JSON object a line, each with one key that says what it is: `campaign` first; then for each
//! system its `row`s in the order of their seeds and a `found`; `end` last. No timing is in it, so
//! that the same campaign gives the same bytes. A file without `end` is of a run that was broken off.

use super::found::System;
use super::row::Row;
use super::seeds::{Seeds, Shard};
use super::tell::{End, Summary};
use crate::exit::Failure;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use testimony::report::json;
use testimony::sim::Shape;

/// Version of the file.
pub(crate) const VERSION: u32 = 1;

/// The longest line that is read.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// What was asked for: everything on which the rows depend.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) version: u32,
    /// The version of the program.
    pub(crate) program: String,
    pub(crate) seeds: Seeds,
    /// Absent: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shard: Option<Shard>,
    /// It was to end after so many seconds, however many seeds had run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) for_s: Option<u64>,
    pub(crate) fail_fast: bool,
    pub(crate) verify_determinism: bool,
    #[serde(default, skip_serializing_if = "Shape::is_default")]
    pub(crate) shape: Shape,
    /// How verdicts were reached, where something was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) engine: Option<String>,
    pub(crate) steps_max: u64,
    pub(crate) bytes_max: usize,
    /// In the order in which they run.
    pub(crate) systems: Vec<System>,
}

/// A line as it is written.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Written<'a> {
    Campaign(&'a Header),
    Row(&'a Row),
    Found(&'a Summary),
    End(&'a End),
}

/// A line as it is read. Conclusions are drawn again, not read.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ReadLine {
    Campaign(Header),
    Row(Box<Row>),
    Found(IgnoredAny),
    End(IgnoredAny),
}

/// Writes the file of a campaign, or nothing where none was asked for.
pub(crate) struct Writer {
    to: Option<(BufWriter<File>, PathBuf)>,
}

impl Writer {
    pub(crate) fn create(path: Option<&Path>, header: &Header) -> Result<Writer, Failure> {
        let Some(path) = path else { return Ok(Writer { to: None }) };
        let failure = |error| Failure::io(format!("cannot write {}", path.display()), &error);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failure)?;
        }
        let file = File::create(path).map_err(failure)?;
        let mut writer = Writer { to: Some((BufWriter::new(file), path.to_owned())) };
        writer.line(&Written::Campaign(header))?;
        Ok(writer)
    }

    fn line(&mut self, line: &Written<'_>) -> Result<(), Failure> {
        let Some((to, path)) = &mut self.to else { return Ok(()) };
        let written = to.write_all((json::line(line) + "\n").as_bytes());
        written.map_err(|error| Failure::io(format!("cannot write {}", path.display()), &error))
    }

    pub(crate) fn row(&mut self, row: &Row) -> Result<(), Failure> {
        self.line(&Written::Row(row))
    }

    pub(crate) fn found(&mut self, summary: &Summary) -> Result<(), Failure> {
        self.line(&Written::Found(summary))
    }

    /// Ends the file: from here on it is whole.
    pub(crate) fn end(mut self, end: &End) -> Result<(), Failure> {
        self.line(&Written::End(end))?;
        let Some((mut to, path)) = self.to else { return Ok(()) };
        let flushed = to.flush();
        flushed.map_err(|error| Failure::io(format!("cannot write {}", path.display()), &error))
    }
}

/// Reads the file of a campaign line by line: it need not fit into memory.
pub(crate) struct Reader {
    from: BufReader<File>,
    name: String,
    line: u64,
    pub(crate) header: Header,
    /// The next row of the present system, where it was looked at already.
    ahead: Option<Row>,
    /// The rows of the present system are over.
    over: bool,
    /// The file is over.
    ended: bool,
}

impl Reader {
    pub(crate) fn open(path: &Path) -> Result<Reader, Failure> {
        let name = path.display().to_string();
        let file =
            File::open(path).map_err(|error| Failure::unreadable(format!("{name}: {error}")))?;
        let (mut from, mut line) = (BufReader::new(file), 0);
        let header = match read_line(&mut from, &name, &mut line)? {
            Some(ReadLine::Campaign(header)) if header.version == VERSION => header,
            Some(ReadLine::Campaign(Header { version, .. })) => {
                return Err(Failure::unreadable(format!(
                    "{name}: version {version}: this program reads version {VERSION}"
                )));
            }
            _ => return Err(Failure::unreadable(format!("{name}: no file of a campaign"))),
        };
        Ok(Reader { from, name, line, header, ahead: None, over: false, ended: false })
    }

    pub(crate) fn unreadable(&self, what: impl std::fmt::Display) -> Failure {
        Failure::unreadable(format!("{} line {}: {what}", self.name, self.line))
    }

    /// The seed of the next row of the present system.
    pub(crate) fn next_seed(&mut self) -> Result<Option<u64>, Failure> {
        if self.ahead.is_none() && !self.over && !self.ended {
            match read_line(&mut self.from, &self.name, &mut self.line)? {
                Some(ReadLine::Row(row)) => self.ahead = Some(*row),
                Some(ReadLine::Found(_)) => self.over = true,
                Some(ReadLine::End(_)) => self.ended = true,
                Some(ReadLine::Campaign(_)) => {
                    return Err(self.unreadable("a second campaign begins"));
                }
                None => {
                    return Err(
                        self.unreadable("it ends here: its run was broken off; run it again")
                    );
                }
            }
        }
        Ok(self.ahead.as_ref().map(|row| row.seed))
    }

    /// Takes the row that was looked at.
    pub(crate) fn take(&mut self) -> Option<Row> {
        self.ahead.take()
    }

    /// Looks whether the file ends here.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        match self.next_seed()? {
            None if self.ended => Ok(()),
            _ => Err(self.unreadable("more systems than were announced")),
        }
    }

    /// Goes on to the rows of the next system.
    pub(crate) fn next_system(&mut self) -> Result<(), Failure> {
        while self.next_seed()?.is_some() {
            self.ahead = None;
        }
        self.over = false;
        Ok(())
    }
}

fn read_line(
    from: &mut BufReader<File>,
    name: &str,
    line: &mut u64,
) -> Result<Option<ReadLine>, Failure> {
    *line += 1;
    let wrong = |what: String| Failure::unreadable(format!("{name} line {line}: {what}"));
    let mut text = Vec::new();
    let read = from.take(LINE_BYTES_MAX).read_until(b'\n', &mut text);
    read.map_err(|error| wrong(error.to_string()))?;
    if text.is_empty() {
        return Ok(None);
    }
    if text.len() as u64 == LINE_BYTES_MAX {
        return Err(wrong(format!("longer than {LINE_BYTES_MAX} bytes")));
    }
    if text.last() != Some(&b'\n') {
        return Err(wrong("it ends here: its run was broken off; run it again".to_owned()));
    }
    serde_json::from_slice(&text).map(Some).map_err(|error| wrong(error.to_string()))
}
