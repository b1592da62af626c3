//! What is wrong with an input, and where.

use std::fmt;

/// How many problems of one input are printed before the rest is only counted.
pub const PROBLEMS_PRINTED_MAX: usize = 100;

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
    pub fn push(&mut self, line: u32, what: impl Into<String>) {
        self.count += 1;
        if self.listed.len() < PROBLEMS_PRINTED_MAX {
            self.listed.push(Problem { line, what: what.into() });
        }
    }

    /// Adds those of `other`, keeping the order of lines.
    pub fn merge(&mut self, other: Problems) {
        self.count += other.count;
        self.listed.extend(other.listed);
        self.listed.sort_by_key(|problem| problem.line);
        self.listed.truncate(PROBLEMS_PRINTED_MAX);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.listed.iter().enumerate() {
            if position > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        if self.count > self.listed.len() {
            write!(f, "\n... and {} more", self.count - self.listed.len())?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
