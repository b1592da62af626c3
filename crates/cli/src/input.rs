//! Reading a recorded history from a file or standard input, whatever its format.

use crate::args;
use crate::exit::Failure;
use crate::expected;
use crate::judging;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use testimony::history::{Header, Problems, ReadOptions};
use testimony::{AnyHistory, AnyModel, Registry, formats};

/// Where a history comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    Path(PathBuf),
    Stdin,
}

impl Source {
    /// Its name in reports.
    pub(crate) fn name(&self) -> String {
        match self {
            Source::Path(path) => path.display().to_string(),
            Source::Stdin => "-".to_owned(),
        }
    }

    /// Opens it. Folders, devices and pipes are refused: a history is a regular file.
    pub(crate) fn open(&self) -> Result<Box<dyn Read>, Failure> {
        match self {
            Source::Path(path) => Ok(Box::new(file(path)?)),
            Source::Stdin => Ok(Box::new(io::stdin().lock())),
        }
    }
}

fn file(path: &Path) -> Result<File, Failure> {
    let name = &path.display().to_string();
    let kind = std::fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Failure::unreadable(format!("{name}: no such file"))
        }
        _ => Failure::io(name, &error),
    })?;
    if !kind.is_file() {
        return Err(Failure::unreadable(format!(
            "{name}: not a regular file (use - to read a pipe)"
        )));
    }
    File::open(path).map_err(|error| Failure::io(name, &error))
}

/// How inputs are to be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    pub(crate) input: Option<formats::Format>,
    pub(crate) model: Option<String>,
    /// The model where neither the line above nor the file names one.
    pub(crate) otherwise: Option<String>,
    pub(crate) options: ReadOptions,
}

impl Reading {
    /// As the arguments say. An unknown model is a mistake in typing.
    pub(crate) fn new(args: &args::Input, registry: &Registry) -> Result<Reading, Failure> {
        if let Some(name) = &args.model {
            judging::model(registry, name).map_err(Failure::usage)?;
        }
        let (filtered, failed_cas) = (args.filtered, args.failed_cas.unwrap_or_default());
        let options = ReadOptions { filtered, failed_cas };
        Ok(Reading { input: args.histories, model: args.model.clone(), otherwise: None, options })
    }
}

/// A history that was read, with what its header says.
pub(crate) struct Loaded<'r> {
    pub(crate) model: &'r dyn AnyModel,
    pub(crate) header: Option<Header>,
    pub(crate) history: Box<dyn AnyHistory>,
}

/// Reads a history from an open file, as a stream. `name` is only for people.
pub(crate) fn load<'r>(
    name: &str,
    input: impl Read,
    reading: &Reading,
    registry: &'r Registry,
) -> Result<Loaded<'r>, Problems> {
    let mut source = formats::open(name, input, reading.input)?;
    let header = source.header().cloned();
    let named = reading.model.as_deref().or(header.as_ref().map(|header| header.model.as_str()));
    let named = named.or(reading.otherwise.as_deref());
    let model = named.map_or_else(
        || Err("nothing says what its model is: name it with --model".to_owned()),
        |name| judging::model(registry, name),
    );
    let model = model.map_err(|what| {
        let mut problems = Problems::default();
        problems.push(u32::from(reading.model.is_none() && header.is_some()), what);
        problems
    })?;
    if let Some(header) = &header {
        let problems = expected::problems(header, model, registry);
        if !problems.is_empty() {
            return Err(problems);
        }
    }
    let history = model.read(&mut source, header.as_ref(), &reading.options)?;
    Ok(Loaded { model, header, history })
}
