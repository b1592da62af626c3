//! The program `testimony`: judges recorded histories by the built-in models.

use std::process::ExitCode;
use testimony_cli::{Registry, models};

fn main() -> ExitCode {
    testimony_cli::testimony(Registry { subjects: Vec::new(), models: models() })
}
