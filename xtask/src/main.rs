//! The workspace's own commands: the command line of testimony.

use std::process::ExitCode;
use testimony_cli::{Registry, models};

fn main() -> ExitCode {
    testimony_cli::main(Registry { subjects: testimony_systems::subjects(), models: models() })
}
