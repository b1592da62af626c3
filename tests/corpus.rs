//! The corpus: every recorded history is judged by every engine that applies, and each agrees with
//! what its header (or the collection's own list) expects.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use testimony::formats::{Format, open};
use testimony::history::ReadOptions;
use testimony::verdict::{Assurance, Engine, Property, Unknown, Verdict, VerdictName};
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
            let known = model.properties();
            let property = known.iter().find(|known| known.name() == property);
            let property = property.unwrap_or_else(|| panic!("{name}: unknown property"));
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
