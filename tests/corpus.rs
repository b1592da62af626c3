//! The corpus: every recorded history is judged by every engine that applies, and each agrees with
//! what its header (or the collection's own list) expects.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use testimony::formats::{Format, open};
use testimony::history::ReadOptions;
use testimony::verdict::{
    AnomalyKind, Assurance, Engine, IMPLICATIONS, Property, Unknown, Verdict, VerdictName,
};
use testimony::{AnyHistory, AnyModel, JudgeOptions, models};

const ENGINES: [Option<Engine>; 4] =
    [None, Some(Engine::Search), Some(Engine::Zones), Some(Engine::Tuning)];

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the package lies below the workspace root").to_owned()
}

fn model(name: &str) -> Box<dyn AnyModel> {
    let found = models().into_iter().find(|model| model.name() == name);
    found.unwrap_or_else(|| panic!("no model {name}"))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut open = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The verdict on one property; `None` when the engine does not apply.
fn verdict(
    history: &dyn AnyHistory,
    property: &Property,
    engine: Option<Engine>,
) -> Option<Verdict> {
    let options =
        JudgeOptions { properties: vec![property.clone()], engine, ..JudgeOptions::default() };
    let finding = history.judge(&options).by.remove(property).expect("the property is judged");
    match finding.verdict {
        Verdict::Unknown(Unknown::NotApplicable(_)) if engine.is_some() => None,
        verdict => Some(verdict),
    }
}

#[test]
fn every_engine_agrees_with_the_headers_of_our_corpus() {
    let files = files(&root().join("histories"), "jsonl");
    assert!(files.len() >= 8, "found only {} histories", files.len());
    for path in files {
        let bytes = fs::read(&path).expect("a readable history");
        let name = path.display().to_string();
        let mut source = open(&name, bytes.as_slice(), None)
            .unwrap_or_else(|problems| panic!("{name}: {problems}"));
        let header = source.header().unwrap_or_else(|| panic!("{name}: no header")).clone();
        let model = model(&header.model);
        let history = model
            .read(&mut source, Some(&header), &ReadOptions::default())
            .unwrap_or_else(|problems| panic!("{name}: {problems}"));
        assert!(!header.expect.is_empty(), "{name}: nothing is expected");
        let mut named = Vec::new();
        for (property, expected) in &header.expect {
            let property = model.property(property);
            let property = &property.unwrap_or_else(|| panic!("{name}: unknown property"));
            for engine in ENGINES {
                let Some(verdict) = verdict(&*history, property, engine) else { continue };
                assert_eq!(verdict.name().name(), expected, "{name}: {property} by {engine:?}");
                if let Verdict::Invalid(anomalies) = verdict {
                    assert!(!anomalies.is_empty(), "{name}: {property}: invalid without anomaly");
                    named.extend(anomalies.iter().map(|anomaly| anomaly.kind.id()));
                }
            }
        }
        if !header.anomalies.is_empty() {
            let hit = named.iter().any(|id| header.anomalies.iter().any(|expected| expected == id));
            assert!(hit, "{name}: expected one of {:?}, named {named:?}", header.anomalies);
        }
    }
}

#[expect(clippy::print_stderr, reason = "a skipped test must say so loudly")]
fn external(folder: &str) -> Option<PathBuf> {
    let base = std::env::var_os("TESTIMONY_CORPUS")
        .map_or_else(|| root().join("../shared/histories"), PathBuf::from);
    let folder = base.join(folder);
    if !folder.is_dir() {
        eprintln!("SKIPPED: no external corpus at {} (set TESTIMONY_CORPUS)", folder.display());
        return None;
    }
    Some(folder)
}

/// Judges a recorded log by every engine: the one verdict on which all agree, and whether the
/// verifier could decide every core again.
fn judge_log(path: &Path, model_name: &str) -> (VerdictName, bool) {
    let name = path.display().to_string();
    let bytes = fs::read(path).expect("a readable log");
    let mut source =
        open(&name, bytes.as_slice(), None).unwrap_or_else(|problems| panic!("{name}: {problems}"));
    assert_eq!(source.format(), Format::Porcupine, "{name}");
    let history = model(model_name)
        .read(&mut source, None, &ReadOptions::default())
        .unwrap_or_else(|problems| panic!("{name}: {problems}"));
    let verdicts: Vec<_> = ENGINES
        .iter()
        .filter_map(|engine| verdict(&*history, &Property::LINEARIZABLE, *engine))
        .collect();
    let mut reproved = true;
    for verdict in &verdicts {
        assert_eq!(verdict.name(), verdicts[0].name(), "{name}: engines disagree");
        if let Verdict::Invalid(anomalies) = verdict {
            for anomaly in anomalies {
                assert!(!anomaly.core.required.is_empty(), "{name}: empty core");
                reproved &= anomaly.assurance == Assurance::Reproved;
            }
        }
    }
    (verdicts[0].name(), reproved)
}

#[test]
fn the_etcd_logs_are_judged_as_the_collection_says() {
    let Some(folder) = external("etcd") else { return };
    let expected = fs::read_to_string(folder.join("expected.tsv")).expect("expected.tsv");
    let mut count: BTreeMap<VerdictName, usize> = BTreeMap::new();
    let mut engine_only = Vec::new();
    for line in expected.lines() {
        let (file, valid) = line.split_once('\t').expect("FILE<TAB>VERDICT");
        let (found, reproved) = judge_log(&folder.join(file), "cas-register");
        if !reproved {
            engine_only.push(file);
        }
        let expected = if valid == "true" { VerdictName::Valid } else { VerdictName::Invalid };
        assert_eq!(found, expected, "{file}");
        *count.entry(found).or_default() += 1;
    }
    assert_eq!(count, BTreeMap::from([(VerdictName::Valid, 23), (VerdictName::Invalid, 79)]));
    assert!(engine_only.len() <= 2, "too large for the verifier: {engine_only:?}");
}

#[test]
fn the_kv_logs_are_judged_as_their_names_say() {
    let Some(folder) = external("kv") else { return };
    let logs = files(&folder, "txt");
    assert!(logs.len() >= 4, "found only {} logs", logs.len());
    for path in logs {
        let name = path.file_name().expect("a file name").to_string_lossy().into_owned();
        let expected = if name.contains("-ok") { VerdictName::Valid } else { VerdictName::Invalid };
        assert_eq!(judge_log(&path, "kv").0, expected, "{name}");
    }
}

/// What the table of `docs/invariants.md` says of an invariant.
struct Row {
    models: Vec<String>,
    anomalies: Vec<String>,
}

/// The words in a cell, without commas and backquotes.
fn words(cell: &str) -> Vec<String> {
    cell.split(',').map(|word| word.trim().trim_matches('`').to_owned()).collect()
}

fn documented() -> BTreeMap<String, Row> {
    let page = fs::read_to_string(root().join("docs/invariants.md")).expect("docs/invariants.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, name, checker, models, _, anomalies, ..] = cells[..] else { panic!("{line}") };
        assert!(checker.starts_with('`'), "{line}");
        (words(name).remove(0), Row { models: words(models), anomalies: words(anomalies) })
    };
    rows.map(row).collect()
}

#[test]
fn every_invariant_is_documented() {
    let documented = documented();
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for model in models() {
        for property in model.properties() {
            if let Property::Invariant(name) = property {
                known.entry(name.into_owned()).or_default().push(model.name().to_owned());
            }
        }
    }
    assert!(known.len() >= 16, "only {} invariants", known.len());
    assert_eq!(known.keys().collect::<Vec<_>>(), documented.keys().collect::<Vec<_>>());
    for (name, mut models) in known {
        let mut expected = documented[&name].models.clone();
        if expected != ["every model with reads"] {
            models.sort_unstable();
            expected.sort_unstable();
            assert_eq!(models, expected, "models of {name}");
        }
    }
}

#[test]
fn every_anomaly_of_an_invariant_has_a_history_and_a_twin() {
    let names: Vec<String> = files(&root().join("histories"), "jsonl")
        .iter()
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    for (invariant, row) in documented() {
        for anomaly in row.anomalies {
            anomaly.parse::<AnomalyKind>().unwrap_or_else(|error| panic!("{invariant}: {error}"));
            for file in [format!("{anomaly}.jsonl"), format!("{anomaly}.valid.jsonl")] {
                assert!(names.contains(&file), "{invariant}: no history {file}");
            }
        }
    }
}

/// A history of the corpus: its header and its events, a line each.
struct Recorded {
    name: String,
    lines: Vec<serde_json::Value>,
}

impl Recorded {
    /// Those that show an anomaly.
    fn invalid() -> Vec<Recorded> {
        let folder = root().join("histories");
        let paths = files(&folder, "jsonl").into_iter();
        let named = paths.filter_map(|path| {
            let name = path.strip_prefix(&folder).ok()?.with_extension("");
            let name = name.to_str().filter(|name| !name.ends_with(".valid"))?.to_owned();
            Some(Recorded::at(&path, name))
        });
        named.collect()
    }

    fn at(path: &Path, name: String) -> Recorded {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let lines = text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON"));
        Recorded { lines: lines.collect(), name }
    }

    /// Its nearest valid twin.
    fn twin(&self) -> Recorded {
        let path = root().join("histories").join(format!("{}.valid.jsonl", self.name));
        Recorded::at(&path, format!("{}.valid", self.name))
    }

    /// What its header expects of a property.
    fn expects(&self, property: &str) -> Option<&str> {
        self.lines[0]["expect"][property].as_str()
    }

    /// The names of which it must show one.
    fn anomalies(&self) -> Vec<&str> {
        let named = self.lines[0]["anomalies"].as_array();
        named.into_iter().flatten().filter_map(|name| name.as_str()).collect()
    }

    /// The operations, by the numbers of their first events.
    fn operations(&self) -> Vec<usize> {
        let calls = (1..self.lines.len()).filter(|&at| self.lines[at]["type"] == "invoke");
        calls.map(|at| at - 1).collect()
    }

    /// The same without one operation.
    fn without(&self, operation: usize) -> Recorded {
        let mut lines = self.lines.clone();
        let process = lines.remove(operation + 1)["process"].clone();
        let rest = lines.iter().skip(operation + 1);
        if let Some(after) = rest.clone().position(|event| event["process"] == process) {
            lines.remove(operation + 1 + after);
        }
        for (index, event) in lines.iter_mut().skip(1).enumerate() {
            event["index"] = index.into();
        }
        Recorded { name: format!("{} without #{operation}", self.name), lines }
    }

    /// The anomalies that are named, by everything of which something is expected.
    fn named(&self) -> Vec<AnomalyKind> {
        let text: Vec<String> = self.lines.iter().map(ToString::to_string).collect();
        let text = text.join("\n");
        let problem =
            |problems: &dyn std::fmt::Display| -> ! { panic!("{}: {problems}", self.name) };
        let mut source =
            open(&self.name, text.as_bytes(), None).unwrap_or_else(|problems| problem(&problems));
        let header = source.header().expect("a header").clone();
        let model = model(&header.model);
        let history = model
            .read(&mut source, Some(&header), &ReadOptions::default())
            .unwrap_or_else(|problems| problem(&problems));
        let mut named = Vec::new();
        for property in header.expect.keys() {
            let property = model.property(property).expect("a known property");
            if let Some(Verdict::Invalid(anomalies)) = verdict(&*history, &property, None) {
                named.extend(anomalies.iter().map(|anomaly| anomaly.kind));
            }
        }
        named
    }

    /// Whether one of the names that are expected is named.
    fn shows(&self, named: &[AnomalyKind]) -> bool {
        named.iter().any(|kind| self.anomalies().contains(&kind.id()))
    }
}

/// Goal: no name is without an example. Method: of every name of the registry, a history that shows it
/// and whose header says so, with a twin that does not.
#[test]
fn every_anomaly_has_a_history_and_a_twin() {
    let invalid = Recorded::invalid();
    for kind in AnomalyKind::ALL {
        let shows = |recorded: &&Recorded| {
            recorded.anomalies().contains(&kind.id())
                && recorded.named().contains(kind)
                && !recorded.twin().named().contains(kind)
        };
        assert!(invalid.iter().any(|one| shows(&one)), "no history and twin of {kind}");
    }
}

/// Goal: no boundary between levels is without an example. Method: for every arrow of the table, a
/// history that breaks the upper level only, and a twin that has both.
#[test]
fn every_arrow_between_levels_has_a_history_and_a_twin() {
    let invalid = Recorded::invalid();
    assert!(!IMPLICATIONS.is_empty());
    for (upper, lower) in IMPLICATIONS {
        let (upper, lower) = (upper.name(), lower.name());
        let apart = |one: &&Recorded| {
            one.expects(upper) == Some("invalid")
                && one.expects(lower) == Some("valid")
                && one.twin().expects(upper) == Some("valid")
                && one.twin().expects(lower) == Some("valid")
        };
        assert!(invalid.iter().any(|one| apart(&one)), "no history from {upper} to {lower}");
    }
}

/// Operations that a history shows beside its anomaly, and what for.
const CONTEXT: &[(&str, &[usize], &str)] = &[
    (
        "fenced-lock/stale-token",
        &[0, 2, 4],
        "how the old token came to be; no name but the general one",
    ),
    ("fenced-lock/token-regression", &[2], "without the release it would be a double lock as well"),
    ("kv/divergence", &[0, 2], "without it a read answers what nobody wrote"),
    ("levels/causal-cycle", &[2, 4], "the cycle needs all; fewer are reads from the future"),
    ("levels/divergence", &[0, 1], "without it a read answers what nobody wrote"),
    ("levels/safe-but-not-regular", &[4], "without the write during it the read is not even safe"),
    ("levels/store-buffer", &[0, 2, 4, 6], "two stale reads of which each alone is sequential"),
    ("linearizable/contradiction", &[0, 2], "no name but the general one"),
    ("linearizable/thin-air-read", &[0], "a register that was written, but not that"),
    ("log/lost-position", &[1, 5], "without the first one more is lost; the second comes too late"),
    ("log/unexpected-effect", &[0], "the append that failed: without it nobody knows the entry"),
    ("log/wrong-entry", &[0], "a log with something in it, but not that"),
    ("multi-register/torn-read", &[0, 2], "no name but the general one"),
    ("priority-queue/lost-take", &[4], "what a take without an answer cannot excuse"),
    ("priority-queue/thin-air-element", &[0], "a queue with something in it, but not that"),
    ("queue/lost-take", &[4], "what a take without an answer cannot excuse"),
    ("queue/thin-air-element", &[0], "a queue with something in it, but not that"),
    ("queue/unexpected-element", &[0], "a queue with something in it, but not that"),
    ("sequence/lost-position", &[0], "without it one more position is lost"),
    ("set/duplicate-element", &[0], "without it the element is unexpected as well"),
    (
        "set/missing-among-many",
        &[26, 28, 30, 32, 34, 36, 38],
        "what the read shows, so much that not every part of it can be tried",
    ),
    ("set/thin-air-element", &[0], "a set with something in it, but not that"),
    ("set/unexpected-element", &[0], "the add that failed: without it nobody knows the element"),
    ("stack/lost-take", &[4], "what a take without an answer cannot excuse"),
    ("stack/thin-air-element", &[0], "a stack with something in it, but not that"),
    ("stock/bought-after-the-count", &[3], "what does not explain the count"),
    ("stock/divergence", &[0], "the sale of which one of the two has not heard"),
    ("stock/sold-before-restock", &[4], "what a later restock cannot excuse"),
];

/// Goal: a history of the corpus is an anomaly and nothing else. Method: leave out each operation: the
/// same anomaly is named no more, but where [`CONTEXT`] says why the operation is there.
#[test]
fn every_history_of_the_corpus_is_minimal() {
    let mut unneeded = Vec::new();
    for recorded in Recorded::invalid() {
        assert!(recorded.shows(&recorded.named()), "{}", recorded.name);
        let operations = recorded.operations().into_iter();
        let left_out = operations.filter(|&one| recorded.shows(&recorded.without(one).named()));
        let left_out: Vec<usize> = left_out.collect();
        let context = CONTEXT.iter().find(|(name, ..)| *name == recorded.name);
        if left_out != context.map_or(&[][..], |(_, operations, _)| *operations) {
            unneeded.push((recorded.name, left_out));
        }
    }
    assert!(unneeded.is_empty(), "the anomaly needs no {unneeded:?}");
}
