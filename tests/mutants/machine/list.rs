//! The mutants that `cargo mutants` would plant, as it lists them.

use serde::Deserialize;
use std::path::Path;
use std::process::Command;

/// One change of one place, in the words of `cargo mutants`.
#[derive(Deserialize, Clone)]
pub(crate) struct Mutant {
    pub(crate) file: String,
    pub(crate) genre: Genre,
    pub(crate) name: String,
    pub(crate) replacement: String,
    pub(crate) span: Span,
}

/// What is changed.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Genre {
    FnValue,
    BinaryOperator,
    UnaryOperator,
    MatchArm,
    MatchArmGuard,
    StructField,
}

/// Where it stands, in lines and columns that count from 1.
#[derive(Deserialize, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) start: Place,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Mutant {
    /// The name without line and column: it stays the same while the file around it changes.
    pub(crate) fn key(&self) -> String {
        let place = format!(":{}:{}:", self.span.start.line, self.span.start.column);
        self.name.replacen(&place, ":", 1)
    }
}

/// All mutants of the checker; `.cargo/mutants.toml` says which files have some.
pub(crate) fn all(root: &Path) -> Vec<Mutant> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root);
    command.args(["mutants", "--package", "testimony-check", "--list", "--json"]);
    let listed = command.output().expect("cargo");
    assert!(listed.status.success(), "`cargo mutants` is needed: cargo install cargo-mutants");
    serde_json::from_slice(&listed.stdout).expect("a list of mutants")
}
