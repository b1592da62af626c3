//! Runs the command line as a user does, in a folder of its own.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A folder for one test, empty at its begin.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
}

impl Place {
    pub(crate) fn new(test: &str) -> Place {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder for the test");
        Place { folder }
    }

    /// Writes a file and gives its name.
    pub(crate) fn file<'n>(&self, name: &'n str, text: impl AsRef<[u8]>) -> &'n str {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file of the test");
        name
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(args).current_dir(&self.folder).env("CI", "1");
        command.env("TESTIMONY_DIR", self.folder.join("runs")).env_remove("CARGO_TARGET_DIR");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        end(self.command(args).output().expect("the command runs"))
    }

    pub(crate) fn run_with_input(&self, args: &[&str], input: &[u8]) -> Ended {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().expect("the command runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        // A command that does not read its input to the end closes the pipe: no matter.
        let _ = stdin.write_all(input);
        drop(stdin);
        end(child.wait_with_output().expect("the command ends"))
    }
}

fn end(output: std::process::Output) -> Ended {
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let ended = Ended {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    };
    assert!(!ended.stderr.contains("panicked at"), "{ended:#?}");
    ended
}

/// A valid history of a register.
pub(crate) const VALID: &str = r#"{"testimony":1,"model":"register"}
{"index":0,"time":1000000,"process":0,"type":"invoke","f":"write","value":1}
{"index":1,"time":9000000,"process":0,"type":"ok","f":"write","value":1}
{"index":2,"time":10000000,"process":1,"type":"invoke","f":"read","value":null}
{"index":3,"time":12000000,"process":1,"type":"ok","f":"read","value":1}
"#;

/// The same, but the read saw nothing although the write had returned.
pub(crate) const STALE: &str = r#"{"testimony":1,"model":"register"}
{"index":0,"time":1000000,"process":0,"type":"invoke","f":"write","value":1}
{"index":1,"time":9000000,"process":0,"type":"ok","f":"write","value":1}
{"index":2,"time":9500000,"process":"nemesis","type":"info","f":"cut","value":{"fault":1,"begins":true,"label":"n1 | n2 n3","pairs":[["n1","n2"]]}}
{"index":3,"time":10000000,"process":0,"type":"invoke","f":"write","value":2}
{"index":4,"time":15000000,"process":0,"type":"ok","f":"write","value":2}
{"index":5,"time":20000000,"process":1,"type":"invoke","f":"read","value":null}
{"index":6,"time":31000000,"process":1,"type":"ok","f":"read","value":1}
"#;

/// A history in which nobody got an answer.
pub(crate) const VACUOUS: &str = r#"{"testimony":1,"model":"register"}
{"index":0,"time":1000000,"process":0,"type":"invoke","f":"write","value":1}
{"index":1,"time":9000000,"process":0,"type":"info","f":"write","value":1,"error":"timeout"}
"#;
