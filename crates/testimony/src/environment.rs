//! The one place that reads the environment and writes files for library users.

use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, io, process};

/// The variable that replaces the seeds of every `Check`: one seed (`7`) or a range (`0..1000`).
pub(crate) const SEED_VARIABLE: &str = "TESTIMONY_SEED";

/// The variable that names the folder for failing runs.
const FOLDER_VARIABLE: &str = "TESTIMONY_DIR";

/// The seeds that the environment asks for, where it does.
pub(crate) fn seeds() -> Result<Option<Range<u64>>, String> {
    match env::var(SEED_VARIABLE) {
        Ok(text) => parse_seeds(&text).map(Some),
        Err(_) => Ok(None),
    }
}

fn parse_seeds(text: &str) -> Result<Range<u64>, String> {
    let number = |part: &str| {
        let parsed = part.trim().parse::<u64>();
        parsed.map_err(|_| format!("{SEED_VARIABLE}: expected `7` or `0..100`, found `{text}`"))
    };
    match text.split_once("..") {
        Some((from, to)) => Ok(number(from)?..number(to)?),
        None => number(text).map(|seed| seed..seed.saturating_add(1)),
    }
}

/// Where cargo put this program: a test runs in the folder of its package, and the packages of a
/// workspace share one target folder, which need not be called so.
fn target() -> PathBuf {
    let program = env::current_exe().unwrap_or_default();
    let tagged = |folder: &&Path| folder.join("CACHEDIR.TAG").is_file();
    // A target folder that was copied may have lost its tag: tests are two folders below it.
    let deps = program.ancestors().find(|folder| folder.ends_with("deps"));
    let above = || deps.and_then(|deps| deps.ancestors().nth(2));
    program.ancestors().find(tagged).or_else(above).unwrap_or(Path::new("target")).to_owned()
}

/// Numbers the folders of one process.
static RUNNING: AtomicU64 = AtomicU64::new(0);

/// The folder of one run. It is filled while the run goes on, so that a run that never ends, or a
/// judgement that does not, leaves its record; only failing runs keep it.
#[derive(Debug)]
pub(crate) struct RunFolder {
    /// Where it is while the run goes on: no other run of this name is in its way.
    running: PathBuf,
    /// Where it ends up.
    kept: PathBuf,
}

impl RunFolder {
    /// Makes the folder of a run.
    pub(crate) fn create(run: &str) -> io::Result<RunFolder> {
        let base = env::var_os(FOLDER_VARIABLE).map(PathBuf::from);
        RunFolder::below(&base.unwrap_or_else(|| target().join("testimony")), run)
    }

    fn below(base: &Path, run: &str) -> io::Result<RunFolder> {
        let number = RUNNING.fetch_add(1, Ordering::Relaxed);
        let running = base.join("running").join(format!("{run}-{}-{number}", process::id()));
        fs::create_dir_all(&running)?;
        Ok(RunFolder { running, kept: base.join(run) })
    }

    /// Writes one of its files. A disk that is full must not hide what was found.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let _ = fs::write(self.running.join(name), text);
    }

    /// A file that is written line by line, each handed over as soon as it is complete.
    pub(crate) fn lines(&self, name: &str) -> Option<Box<dyn Write + Send>> {
        let file = fs::File::create(self.running.join(name)).ok()?;
        Some(Box::new(Lenient(io::LineWriter::with_capacity(1 << 16, file))))
    }

    /// Keeps it in the place of an older run of this name; says where it is.
    pub(crate) fn keep(self) -> PathBuf {
        let _ = fs::remove_dir_all(&self.kept);
        match fs::rename(&self.running, &self.kept) {
            Ok(()) => {
                self.tidy();
                self.kept
            }
            Err(_) => self.running,
        }
    }

    /// Removes it.
    pub(crate) fn discard(self) {
        let _ = fs::remove_dir_all(&self.running);
        self.tidy();
    }

    /// Removes the folder of running runs when this was the last.
    fn tidy(&self) {
        if let Some(folder) = self.running.parent() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Writes as long as it can: a full disk must not end a run that is kept in memory, too.
struct Lenient<W: Write>(W);

impl<W: Write> Write for Lenient<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{RunFolder, parse_seeds, target};
    use std::fs;
    use std::io::Write;

    #[test]
    fn the_target_folder_is_that_of_this_program() {
        let program = std::env::current_exe().expect("a program");
        assert!(program.starts_with(target()), "{} in {}", program.display(), target().display());
    }

    /// Goal: what is recorded is there before anything is judged, two runs of one name do not meet,
    /// and only what is kept stays.
    #[test]
    fn a_run_is_recorded_while_it_goes_on() {
        let base = std::env::temp_dir().join(format!("testimony-folder-{}", std::process::id()));
        let one = RunFolder::below(&base, "store@7").expect("a folder");
        let other = RunFolder::below(&base, "store@7").expect("another folder");
        one.write("plan.json", "{}");
        let mut lines = one.lines("history.jsonl").expect("a file");
        lines.write_all(b"first\nsec").expect("room");
        let recorded = fs::read_to_string(one.running.join("history.jsonl")).expect("the file");
        assert_eq!(recorded, "first\n");
        drop(lines);
        other.discard();
        let kept = one.keep();
        assert_eq!(kept, base.join("store@7"));
        assert_eq!(fs::read_to_string(kept.join("plan.json")).expect("the plan"), "{}");
        assert!(!base.join("running").exists());
        fs::remove_dir_all(&base).expect("the folder");
    }

    #[test]
    fn seeds_are_one_or_a_range() {
        assert_eq!(parse_seeds("7"), Ok(7..8));
        assert_eq!(parse_seeds("0..100"), Ok(0..100));
        assert!(parse_seeds("x").is_err_and(|error| error.contains("found `x`")));
        assert!(parse_seeds("1..").is_err());
    }
}
