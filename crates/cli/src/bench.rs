//! `bench`: builds the benchmark and runs it. It is a package of its own, because the peers that it
//! brings along are heavy: nothing else builds them.

use crate::args::{Bench, BenchSubject, Output};
use crate::environment;
use crate::exit::Failure;
use crate::out::say;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Where a whole benchmark leaves its tables.
const PAGE: &str = "docs/benchmark.md";

/// Runs the benchmark and ends as it ends.
///
/// With `--quick` it is built as everything else is; else for release and with the peers, and so is
/// the program `testimony`, for the rows that measure a whole `replay`.
pub(crate) fn run(args: &Bench) -> Result<ExitCode, Failure> {
    let workspace = environment::workspace();
    let program = match args.quick {
        _ if args.subject == BenchSubject::Sim => None,
        true => environment::program(),
        false if args.instructions => None,
        false => Some(build_program(&workspace)?),
    };
    let mut command = Command::new(environment::cargo());
    command
        .args(arguments(args, program, &workspace))
        .current_dir(&workspace)
        .env(environment::CORPUS_VARIABLE, environment::corpus());
    let status = command.status().map_err(|error| Failure::io("cannot run cargo", &error))?;
    // Killed by a signal: no code of its own, so it counts as failed.
    let code = status.code().unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// The program for recorded histories, built for release.
fn build_program(workspace: &Path) -> Result<PathBuf, Failure> {
    say("building for release");
    let mut command = Command::new(environment::cargo());
    command
        .args(["build", "--quiet", "--release", "--package", "testimony-cli"])
        .current_dir(workspace);
    let status = command.status().map_err(|error| Failure::io("cannot run cargo", &error))?;
    if !status.success() {
        return Err(Failure::internal("the command line does not build for release"));
    }
    let program = format!("testimony{}", std::env::consts::EXE_SUFFIX);
    Ok(environment::target().join("release").join(program))
}

/// What cargo is given.
fn arguments(args: &Bench, program: Option<PathBuf>, workspace: &Path) -> Vec<OsString> {
    let mut given: Vec<OsString> = vec!["run".into(), "--quiet".into()];
    given.extend(["--package", "testimony-bench"].map(OsString::from));
    let sim = args.subject == BenchSubject::Sim;
    let peers = !(sim || args.quick || args.no_peers || args.instructions);
    if !args.quick {
        given.push("--release".into());
    }
    if peers {
        given.extend(["--features", "peers"].map(OsString::from));
    }
    given.push("--".into());
    given.push(match args.subject {
        BenchSubject::Judge => "judge".into(),
        BenchSubject::Sim => "sim".into(),
    });
    let flags = [
        (args.quick, "--quick"),
        (args.no_peers, "--no-peers"),
        (args.instructions, "--instructions"),
        (args.bless, "--bless"),
        (args.format == Output::Json, "--format=json"),
    ];
    given.extend(flags.iter().filter(|(wanted, _)| *wanted).map(|(_, flag)| (*flag).into()));
    for only in &args.only {
        given.push(format!("--only={only}").into());
    }
    given.extend(args.limit.map(|seconds| format!("--limit={seconds}").into()));
    if let Some(program) = program {
        given.push("--program".into());
        given.push(program.into());
    }
    // Only a whole run is worth a page.
    if peers && args.only.is_empty() {
        given.push("--write".into());
        given.push(workspace.join(PAGE).into());
    }
    given
}

#[cfg(test)]
mod tests {
    use super::arguments;
    use crate::args::{Cli, Verb};
    use clap::Parser;
    use std::path::Path;

    fn given(words: &[&str]) -> String {
        let words = ["xtask", "bench"].iter().chain(words);
        let Verb::Bench(args) = Cli::try_parse_from(words).expect("a command line").verb else {
            panic!("another verb")
        };
        let given = arguments(&args, Some("xtask".into()), Path::new("root"));
        given.join(" ".as_ref()).into_string().expect("UTF-8")
    }

    #[test]
    fn a_whole_run_has_peers_and_leaves_a_page() {
        let whole = given(&[]);
        assert!(whole.starts_with(
            "run --quiet --package testimony-bench --release --features peers -- judge"
        ));
        assert!(whole.contains("--write root/docs/benchmark.md"), "{whole}");
        for part in [&["--no-peers"][..], &["--only", "etcd"]] {
            assert!(!given(part).contains("--write"), "{part:?}");
        }
    }

    #[test]
    fn a_quick_run_builds_no_peers_and_not_for_release() {
        let quick = given(&["--quick", "--format", "json", "--only", "a", "--only", "b"]);
        assert_eq!(
            quick,
            "run --quiet --package testimony-bench -- judge --quick --format=json --only=a --only=b \
             --program xtask"
        );
    }

    #[test]
    fn the_harness_is_measured_without_peers() {
        let sim = given(&["sim", "--format", "json"]);
        assert!(sim.contains("--release -- sim --format=json"), "{sim}");
        assert!(!sim.contains("peers") && !sim.contains("--write"), "{sim}");
    }

    #[test]
    fn a_baseline_is_only_written_from_counts() {
        assert!(given(&["--instructions", "--bless"]).contains("judge --instructions --bless"));
        assert!(Cli::try_parse_from(["xtask", "bench", "--bless"]).is_err());
        assert!(Cli::try_parse_from(["xtask", "bench", "elsewhere"]).is_err());
    }
}
