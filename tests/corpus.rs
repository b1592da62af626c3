//! The corpus: every recorded history is judged by every engine that applies, and each agrees with
//! what its header (or the collection's own list) expects.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use testimony::formats::{Format, open};
use testimony::history::ReadOptions;
use testimony::verdict::{AnomalyKind, Assurance, Engine, Property, Unknown, Verdict, VerdictName};
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
