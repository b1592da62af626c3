//! What became of each mutant.

use crate::list::Mutant;
use crate::programs::{self, End, Test};
use crate::viable::Refused;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Tests that take less than this are run together: starting a program takes time, too.
const SHORT_SECONDS: f64 = 0.2;

/// Tests that take more are run only for the file after which their program is named.
const SLOW_SECONDS: f64 = 2.0;

/// So many of the tests that killed the last mutants of a file are tried first.
const KILLERS: usize = 4;

/// A mutant's end.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// The compiler refuses it, or weaving has no place for it.
    Refused(String),
    /// No test comes to its place.
    NotReached,
    /// The test that failed.
    Killed(String),
    /// A test (or the first of some run together) that took many times what it takes otherwise.
    Hanged(String),
    Survived,
}

impl Fate {
    fn has_survived(&self) -> bool {
        matches!(self, Fate::NotReached | Fate::Survived)
    }
}

/// A line of the file of fates.
#[derive(Serialize, Deserialize, Clone)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) fate: Fate,
}

/// Runs what the tests say of each mutant; known lines of the file are taken as they are. Where some
/// tests are `new`, those that survived the others are asked again, by these alone.
pub(crate) fn all(
    mutants: &[Mutant],
    refused: &Refused,
    tests: &[Test],
    part: &str,
    new: Option<&str>,
    file: &Path,
) -> Vec<Line> {
    let known = fs::read_to_string(file).unwrap_or_default();
    let known = known.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let known: BTreeMap<String, Fate> = known.map(|line| (line.name, line.fate)).collect();
    let open: Vec<(u32, &Mutant)> = (1..).zip(mutants).collect();
    let is_new = |test: &&Test| {
        new.is_some_and(|new| new.split(',').any(|word| test.label().contains(word)))
    };
    let new_tests: Vec<Test> = tests.iter().filter(is_new).cloned().collect();
    let survived = |mutant: &Mutant| known.get(&mutant.name).is_some_and(Fate::has_survived);
    let wanted = |mutant: &Mutant| {
        let is_open = !known.contains_key(&mutant.name) || new.is_some() && survived(mutant);
        part.split(',').any(|word| mutant.file.contains(word)) && is_open
    };
    let mut open: Vec<_> = open.into_iter().filter(|(_, mutant)| wanted(mutant)).collect();
    // The quick ones first, so that a run that is interrupted has told of many.
    let cost = |number: &u32| -> f64 {
        tests.iter().filter(|test| test.met.contains(number)).map(|test| test.seconds).sum()
    };
    open.sort_by_cached_key(|(number, _)| ordered(cost(number)));
    let out = OpenOptions::new().create(true).append(true).open(file).expect("a file of fates");
    let (out, next, threads) = (Mutex::new(out), AtomicUsize::new(0), threads());
    let killers = Mutex::new(BTreeMap::<&str, Vec<String>>::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((number, mutant)) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let fate = refused.get(number).map(|why| Fate::Refused(why.clone()));
                    let first = killers.lock().expect("no panic").get(&*mutant.file).cloned();
                    let first = first.unwrap_or_default();
                    let again = survived(mutant);
                    let tests = if again { &new_tests } else { tests };
                    let fate = fate.unwrap_or_else(|| fate_of(*number, mutant, tests, &first));
                    if let Fate::Killed(by) = &fate {
                        let mut killers = killers.lock().expect("no panic");
                        let mine = killers.entry(&mutant.file).or_default();
                        mine.retain(|other| other != by);
                        mine.insert(0, by.clone());
                        mine.truncate(KILLERS);
                    }
                    if again && fate.has_survived() {
                        continue;
                    }
                    write(&out, &Line { name: mutant.name.clone(), fate });
                }
            });
        }
    });
    let lines = fs::read_to_string(file).expect("the file of fates");
    let lines = lines.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let now: BTreeMap<String, Fate> = lines.map(|line| (line.name, line.fate)).collect();
    let mine = mutants.iter().filter_map(|mutant| {
        Some(Line { name: mutant.name.clone(), fate: now.get(&mutant.name)?.clone() })
    });
    mine.collect()
}

/// Tenths of a second: mutants of about the same cost stay with their neighbours.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few seconds")]
fn ordered(seconds: f64) -> u64 {
    (10.0 * seconds) as u64
}

fn threads() -> usize {
    let asked = std::env::var("MUTANTS_THREADS").ok().and_then(|threads| threads.parse().ok());
    asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

fn write(out: &Mutex<File>, line: &Line) {
    let mut text = serde_json::to_string(line).expect("a line");
    text.push('\n');
    out.lock().expect("no panic").write_all(text.as_bytes()).expect("the file of fates");
}

/// Runs the tests that reach a mutant, those that killed its neighbours first, then the short ones.
fn fate_of(number: u32, mutant: &Mutant, tests: &[Test], first: &[String]) -> Fate {
    let stem = Path::new(&mutant.file).file_stem().and_then(|stem| stem.to_str());
    let own = |test: &Test| stem.is_some_and(|stem| test.label().starts_with(stem));
    let runs =
        |test: &&Test| test.met.contains(&number) && (test.seconds < SLOW_SECONDS || own(test));
    let mut reaching: Vec<&Test> = tests.iter().filter(runs).collect();
    if reaching.is_empty() {
        return Fate::NotReached;
    }
    reaching.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let is_first = |test: &&Test| first.contains(&test.label());
    let (known, others): (Vec<&Test>, Vec<&Test>) = reaching.into_iter().partition(is_first);
    let (short, long): (Vec<&Test>, Vec<&Test>) =
        others.into_iter().partition(|test| test.seconds < SHORT_SECONDS);
    let mut together = BTreeMap::<&Path, Vec<&Test>>::new();
    for test in short {
        together.entry(&test.program).or_default().push(test);
    }
    let known = known.into_iter().map(|test| vec![test]);
    let long = long.into_iter().map(|test| vec![test]);
    for group in known.chain(together.into_values()).chain(long) {
        let seconds: f64 = group.iter().map(|test| test.seconds).sum();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "few seconds")]
        let limit = (5.0 * seconds) as u64 + 3;
        let (end, failed) = programs::run(&group, ("MUTANT", &number.to_string()), limit);
        let failed = group.iter().find(|test| Some(&test.name) == failed.as_ref());
        let label = failed.unwrap_or(&group[0]).label();
        match end {
            End::Passed => {}
            End::Failed => return Fate::Killed(label),
            End::Spent => return Fate::Hanged(label),
        }
    }
    Fate::Survived
}

/// Prints the count of each fate, and the survivors that nobody has explained.
pub(crate) fn report(root: &Path, mutants: &[Mutant], fates: &[Line]) -> ExitCode {
    let mut counts = BTreeMap::<&str, usize>::new();
    for line in fates {
        let word = match line.fate {
            Fate::Refused(_) => "refused by the compiler",
            Fate::NotReached | Fate::Survived => "survived",
            Fate::Killed(_) => "killed",
            Fate::Hanged(_) => "hanged",
        };
        *counts.entry(word).or_default() += 1;
    }
    say(&format!("{} of {} mutants: {counts:?}", fates.len(), mutants.len()));
    let explained = fs::read_to_string(root.join("tests/mutants/survivors.json")).expect("a list");
    let explained: BTreeMap<String, Vec<String>> = serde_json::from_str(&explained).expect("JSON");
    let explained: BTreeSet<String> = explained.into_values().flatten().collect();
    let survived = |line: &&Line| line.fate.has_survived();
    let mut left = 0;
    for line in fates.iter().filter(survived) {
        let key = mutants.iter().find(|mutant| mutant.name == line.name).expect("itself").key();
        if !explained.contains(&key) {
            left += 1;
            say(&format!("{:?} {}", line.fate, line.name));
        }
    }
    say(&format!("{left} survivors are not explained"));
    if left == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::print_stdout, reason = "the result of a command")]
fn say(line: &str) {
    println!("{line}");
}
