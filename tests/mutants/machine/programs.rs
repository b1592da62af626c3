//! The test programs, their tests, and which mutants each test reaches.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The packages whose tests should notice a mutant of the checker.
const PACKAGES: [&str; 3] = ["testimony-check", "testimony-tests", "xtask"];

/// Programs that look at the sources or at allocations, which weaving changes; and the one that goes
/// through all small histories, which takes minutes each time.
const LEFT_OUT: [&str; 4] = ["exhaustive", "house", "memory", "readme"];

/// Modules of the command line's tests that run clusters: they judge few histories, slowly.
const CLUSTERS: [&str; 3] = ["campaign::", "check::", "shrink::"];

/// A test with what it took and what it met, when nothing was awake.
#[derive(Serialize, Deserialize, Clone)]
pub(crate) struct Test {
    pub(crate) program: PathBuf,
    /// The folder of its package, where cargo would start it.
    pub(crate) folder: PathBuf,
    pub(crate) name: String,
    pub(crate) seconds: f64,
    pub(crate) met: BTreeSet<u32>,
}

impl Test {
    /// Its program, without the hash that cargo gave it, and its name.
    pub(crate) fn label(&self) -> String {
        let program = self.program.file_name().map(|name| name.to_string_lossy().into_owned());
        let program = program.unwrap_or_default();
        let program = program.rsplit_once('-').map_or(&*program, |(program, _)| program);
        format!("{program} {}", self.name)
    }
}

/// What became of a run of tests.
#[derive(PartialEq, Eq, Clone, Copy, Serialize, Deserialize, Debug)]
pub(crate) enum End {
    Passed,
    Failed,
    /// It took many times the processor time or memory that it takes without the mutant.
    Spent,
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A cargo command in the copy, which builds beside it; what a mutant makes odd is no error there.
pub(crate) fn cargo_in(tree: &Path) -> Command {
    let mut command = cargo();
    command.current_dir(tree).env("CARGO_TARGET_DIR", tree.with_file_name("built"));
    command.env("RUSTFLAGS", "--cap-lints allow").env("CARGO_PROFILE_DEV_DEBUG", "false");
    command
}

/// Builds the test programs: each with the folder where it is started.
pub(crate) fn build(tree: &Path) -> Vec<(PathBuf, PathBuf)> {
    let mut command = cargo_in(tree);
    command.args(["test", "--no-run", "--lib", "--tests", "--message-format=json"]);
    command.args(["--features", "testimony-tests/quick"]);
    command.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
    let built = command.stderr(Stdio::inherit()).output().expect("cargo");
    assert!(built.status.success(), "the woven sources are built");
    let said = String::from_utf8(built.stdout).expect("text");
    said.lines().filter_map(program).collect()
}

/// A test program, where cargo's message tells of one that counts here.
fn program(line: &str) -> Option<(PathBuf, PathBuf)> {
    let message: Value = serde_json::from_str(line).ok()?;
    let name = message["target"]["name"].as_str()?;
    let counts = message["profile"]["test"] == true && !LEFT_OUT.contains(&name);
    let program = counts.then(|| message["executable"].as_str()).flatten()?;
    let manifest = Path::new(message["manifest_path"].as_str()?);
    Some((program.into(), manifest.parent()?.into()))
}

/// Runs every test once on its own, with no mutant awake.
pub(crate) fn survey(programs: &[(PathBuf, PathBuf)], scratch: &Path) -> Vec<Test> {
    let mut tests = Vec::new();
    for (program, folder) in programs {
        let mut list = Command::new(program);
        list.current_dir(folder).args(["--list", "--format", "terse"]);
        let listed = list.output().expect("a list of tests");
        let listed = String::from_utf8(listed.stdout).expect("text");
        let names = listed.lines().filter_map(|line| line.strip_suffix(": test"));
        for name in names.filter(|name| !CLUSTERS.iter().any(|module| name.starts_with(module))) {
            let mut test = Test {
                program: program.clone(),
                folder: folder.clone(),
                name: name.to_owned(),
                seconds: 0.0,
                met: BTreeSet::new(),
            };
            let end;
            (end, test.seconds) = timed(|| run(&[&test], ("MUTANT", "0"), 600).0);
            assert_eq!(end, End::Passed, "{name} without a mutant");
            let _ = std::fs::remove_file(scratch);
            run(&[&test], ("MUTANTS_MET", &scratch.to_string_lossy()), 600);
            let met = std::fs::read_to_string(scratch).unwrap_or_default();
            test.met = met.lines().filter_map(|line| line.parse().ok()).collect();
            crate::tell(&format!("{:8.2} s, {:5} mutants: {name}", test.seconds, test.met.len()));
            tests.push(test);
        }
    }
    tests
}

#[expect(clippy::disallowed_methods, reason = "quick tests are run before slow ones")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let started = Instant::now();
    (work(), started.elapsed().as_secs_f64())
}

/// Runs tests of one program, in one process, for at most `seconds` of processor time. Told beside
/// the end is the first test that failed.
pub(crate) fn run(tests: &[&Test], variable: (&str, &str), seconds: u64) -> (End, Option<String>) {
    let mut command = Command::new("sh");
    let limits = format!("ulimit -t {seconds}; ulimit -v 3000000; exec \"$0\" \"$@\"");
    command.args(["-c", &limits]).arg(&tests[0].program).current_dir(&tests[0].folder);
    command.args(["--test-threads", "1", "--exact"]);
    command.args(tests.iter().map(|test| &test.name)).env(variable.0, variable.1);
    command.stderr(Stdio::null()).stdin(Stdio::null());
    let ended = command.output().expect("a test");
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    let failed = |line: &str| {
        let name = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
        Some(name.to_owned())
    };
    let end = match ended.status.code() {
        Some(0) => End::Passed,
        Some(_) => End::Failed,
        None => End::Spent,
    };
    (end, said.lines().find_map(failed))
}
