//! Exit codes: what a run of the command line ends with.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | everything that was checked is valid (for `check`: everything is as it is expected) |
//! | 1 | an anomaly was found (for `check`: something is not as it is expected), or the code under test blocks |
//! | 2 | no anomaly was found, but something is unknown |
//! | 3 | a run was not deterministic |
//! | 4 | nothing was checked |
//! | 64 | the command line could not be understood |
//! | 65 | a history or a plan could not be read |
//! | 70 | an internal error: a bug of ours |
//! | 74 | input or output failed |
//!
//! Where several apply, the first of 64, 70, 1, 65, 74, 3, 2, 4, 0 is given.

use std::process::ExitCode;

/// How a command ended. The numbers are a promise to scripts and never change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Exit {
    /// Everything that was checked is valid, or as it is expected.
    Valid = 0,
    /// An anomaly was found, or something is not as it is expected.
    Anomaly = 1,
    /// No anomaly was found, but something is unknown.
    Unknown = 2,
    /// A run was not deterministic.
    NotDeterministic = 3,
    /// Nothing was checked.
    NothingChecked = 4,
    /// The command line could not be understood.
    Usage = 64,
    /// A history could not be read.
    Unreadable = 65,
    /// A bug of ours.
    Internal = 70,
    /// Input or output failed.
    InputOutput = 74,
}

impl Exit {
    /// Every code, the one that wins first.
    pub const PRECEDENCE: [Exit; 9] = [
        Exit::Usage,
        Exit::Internal,
        Exit::Anomaly,
        Exit::Unreadable,
        Exit::InputOutput,
        Exit::NotDeterministic,
        Exit::Unknown,
        Exit::NothingChecked,
        Exit::Valid,
    ];

    /// The number that the process ends with.
    pub const fn code(self) -> u8 {
        self as u8
    }

    fn place(self) -> usize {
        Exit::PRECEDENCE.iter().position(|exit| *exit == self).unwrap_or(0)
    }

    /// Of two, the one that wins.
    pub fn and(self, other: Exit) -> Exit {
        if self.place() <= other.place() { self } else { other }
    }

    /// Of many, the one that wins; without any, nothing was checked.
    pub fn of(all: impl IntoIterator<Item = Exit>) -> Exit {
        all.into_iter().reduce(Exit::and).unwrap_or(Exit::NothingChecked)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// Why a command cannot go on: one clear line and the code to end with.
#[derive(Debug)]
pub struct Failure {
    /// What to end with.
    pub exit: Exit,
    /// What is wrong and what would be right, for people.
    pub message: String,
}

impl Failure {
    /// The command line could not be understood.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Usage, message: message.into() }
    }

    /// A history (or a run's file) could not be read.
    pub fn unreadable(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Unreadable, message: message.into() }
    }

    /// Input or output failed while doing this.
    pub fn io(doing: impl std::fmt::Display, error: &std::io::Error) -> Failure {
        Failure { exit: Exit::InputOutput, message: format!("{doing}: {error}") }
    }

    /// A bug of ours.
    pub fn internal(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Internal, message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_documentation() {
        let numbers: Vec<u8> = Exit::PRECEDENCE.iter().map(|exit| exit.code()).collect();
        assert_eq!(numbers, [64, 70, 1, 65, 74, 3, 2, 4, 0]);
    }

    /// Goal: the precedence holds whatever comes together. Method: every set of codes, forwards,
    /// backwards and doubled.
    #[test]
    fn every_combination_ends_with_the_first_in_the_order() {
        let all = Exit::PRECEDENCE;
        for set in 0_u32..1 << all.len() {
            let chosen: Vec<Exit> =
                (0..all.len()).filter(|bit| set & (1 << bit) != 0).map(|bit| all[bit]).collect();
            let expected = chosen.first().copied().unwrap_or(Exit::NothingChecked);
            assert_eq!(Exit::of(chosen.iter().copied()), expected);
            assert_eq!(Exit::of(chosen.iter().rev().copied()), expected);
            assert_eq!(Exit::of(chosen.iter().chain(chosen.iter().rev()).copied()), expected);
        }
    }
}
