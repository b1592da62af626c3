//! The workspace's own commands: the command line of testimony with the built-in systems.

use std::process::ExitCode;

fn main() -> ExitCode {
    testimony_cli::main(testimony_systems::registry())
}
