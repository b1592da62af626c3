//! Certificates as files, over the whole corpus: each survives its way through a file, is accepted
//! by the verifier alone, and is rejected as soon as anything in it is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use testimony::certify::{Accepted, CertificateFile, Claimed, ClaimedCore, Rejected};
use testimony::formats::open;
use testimony::history::{OpId, ReadOptions};
use testimony::verdict::{AnomalyKind, Certificate, Property};
use testimony::{AnyHistory, AnyModel, JudgeOptions, models};

/// A history of the corpus with its certificates.
struct Case {
    name: String,
    properties: Vec<Property>,
    history: Box<dyn AnyHistory>,
    file: CertificateFile,
    answered: BTreeSet<OpId>,
}

/// The operations of a native file that were answered; its lines have an index each.
fn answered(text: &str) -> BTreeSet<OpId> {
    let mut invoked = BTreeMap::new();
    let mut answered = BTreeSet::new();
    for line in text.lines().skip(1) {
        let event: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        let process = event["process"].to_string();
        let index = event["index"].as_u64().and_then(|index| u32::try_from(index).ok());
        if event["type"] == "invoke" {
            invoked.insert(process, OpId(index.expect("an index")));
        } else if event["type"] == "ok" || event["error"] == "mismatch" {
            answered.extend(invoked.remove(&process));
        }
    }
    answered
}

fn corpus() -> Vec<Case> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().expect("the package lies below the workspace root");
    let mut open = vec![root.join("histories")];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the corpus") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == "jsonl") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() >= 28, "found only {} histories", found.len());
    let models = models();
    found.iter().map(|path| case(path, &models)).collect()
}

fn case(path: &PathBuf, models: &[Box<dyn AnyModel>]) -> Case {
    let name = path.display().to_string();
    let bytes = fs::read(path).expect("a readable history");
    let answered = answered(&String::from_utf8_lossy(&bytes));
    let mut source =
        open(&name, bytes.as_slice(), None).unwrap_or_else(|problems| panic!("{name}: {problems}"));
    let header = source.header().unwrap_or_else(|| panic!("{name}: no header")).clone();
    let model = models.iter().find(|model| model.name() == header.model);
    let model = model.unwrap_or_else(|| panic!("{name}: no model"));
    let history = model
        .read(&mut source, Some(&header), &ReadOptions::default())
        .unwrap_or_else(|problems| panic!("{name}: {problems}"));
    // Everything by which it can be judged, not only what its header expects.
    let properties = model.properties();
    let options = JudgeOptions { properties: properties.clone(), ..JudgeOptions::default() };
    let file = history.certificate(&history.judge(&options));
    Case { name, properties, history, file, answered }
}

impl Case {
    /// What the verifier says of a claim in the place of the one on a property.
    fn verify(&self, property: &str, claimed: Claimed) -> Result<Accepted, Rejected> {
        let mut file = self.file.clone();
        file.properties.insert(property.to_owned(), claimed);
        let mut verified = self.history.verify(file).expect("a certificate of this history");
        verified.remove(property).expect("an answer for every claim")
    }

    /// The claims on levels of consistency: their evidence is checked in every detail.
    fn levels(&self) -> impl Iterator<Item = (&str, &Claimed)> {
        self.properties.iter().filter_map(|property| match property {
            Property::Level(level) => Some((level.name(), self.file.properties.get(level.name())?)),
            Property::Invariant(_) => None,
        })
    }
}

#[test]
fn every_certificate_survives_its_file_and_is_accepted() {
    let (mut valid, mut invalid) = (0, 0);
    for case in corpus() {
        let text = case.file.to_text();
        let read = CertificateFile::read(text.as_bytes());
        let read = read.unwrap_or_else(|error| panic!("{}: {error:?}\n{text}", case.name));
        assert_eq!(read, case.file, "{}", case.name);
        for (property, checked) in case.history.verify(read).expect("of this history") {
            let claimed = &case.file.properties[&property];
            let checked = checked.unwrap_or_else(|why| panic!("{}: {property}: {why}", case.name));
            match claimed {
                Claimed::Unknown(_) => assert!(matches!(checked, Accepted::Undecided(_))),
                _ => assert_eq!(checked, Accepted::Proven, "{}: {property}", case.name),
            }
            valid += usize::from(matches!(claimed, Claimed::Valid(_)));
            invalid += usize::from(matches!(claimed, Claimed::Invalid(_)));
        }
    }
    assert!(valid >= 14 && invalid >= 14, "{valid} valid, {invalid} invalid");
}

#[test]
fn a_certificate_of_one_history_is_rejected_by_every_other() {
    let cases = corpus();
    for one in &cases {
        for other in cases.iter().filter(|other| other.name != one.name) {
            match other.history.verify(one.file.clone()) {
                Err(Rejected::OtherHistory(_)) => {}
                other_answer => panic!("{} by {}: {other_answer:?}", one.name, other.name),
            }
        }
    }
}

#[test]
fn a_verdict_turned_round_is_rejected() {
    for case in corpus() {
        for property in &case.properties {
            let name = property.name();
            let turned = match &case.file.properties[name] {
                Claimed::Unknown(_) => continue,
                Claimed::Valid(_) => {
                    let kind = AnomalyKind::Contradiction;
                    let core = ClaimedCore { kind, key: None, required: vec![], optional: vec![] };
                    vec![Claimed::Invalid(vec![core]), Claimed::Invalid(vec![])]
                }
                Claimed::Invalid(_) => {
                    vec![
                        Claimed::Valid(Certificate::Checked),
                        Claimed::Valid(Certificate::Order(vec![])),
                        Claimed::Valid(Certificate::ByKey([].into())),
                    ]
                }
            };
            for claimed in turned {
                let checked = case.verify(name, claimed);
                assert!(checked.is_err(), "{}: {name}: {checked:?}", case.name);
            }
        }
    }
}

/// Every order that is one change away and cannot be one: an operation missing, twice, or unknown.
fn broken_orders(order: &[OpId], answered: &impl Fn(OpId) -> bool) -> Vec<Vec<OpId>> {
    let mut broken = vec![[order, &[OpId(999_999)]].concat()];
    for (position, &id) in order.iter().enumerate() {
        if answered(id) {
            broken.push([&order[..position], &order[position + 1..]].concat());
        }
        broken.push([&order[..=position], &order[position..]].concat());
    }
    broken
}

/// Goal: no order but a right one is accepted. Method: over the corpus, change an order in every
/// way that cannot be right; an order with two neighbours swapped may be right, but then turning all
/// of it round is not.
#[test]
fn a_tampered_order_is_rejected() {
    let mut changed = 0;
    for case in corpus() {
        // An order may leave out what was never answered.
        let answered = |id| case.answered.contains(&id);
        for (property, claimed) in case.levels() {
            let mut variants = Vec::new();
            match claimed {
                Claimed::Valid(Certificate::Order(order)) => {
                    let orders = broken_orders(order, &answered);
                    variants.extend(orders.into_iter().map(Certificate::Order));
                }
                Claimed::Valid(Certificate::ByKey(keys)) => {
                    for (key, part) in keys {
                        let mut with = |part: Option<Certificate>| {
                            let mut keys = keys.clone();
                            match part {
                                Some(part) => keys.insert(key.clone(), part),
                                None => keys.remove(key),
                            };
                            variants.push(Certificate::ByKey(keys));
                        };
                        with(Some(Certificate::Checked));
                        with(Some(Certificate::ByKey([].into())));
                        if let Certificate::Order(order) = part {
                            if order.iter().any(|id| answered(*id)) {
                                with(None);
                            }
                            for order in broken_orders(order, &answered) {
                                with(Some(Certificate::Order(order)));
                            }
                        }
                    }
                    let mut stray = keys.clone();
                    stray.insert("no such key".to_owned(), Certificate::Order(vec![]));
                    variants.push(Certificate::ByKey(stray));
                }
                _ => continue,
            }
            for certificate in variants {
                let checked = case.verify(property, Claimed::Valid(certificate.clone()));
                assert!(checked.is_err(), "{}: {property}: {certificate:?}", case.name);
                changed += 1;
            }
        }
    }
    assert!(changed >= 100, "only {changed} changes");
}

/// Goal: no core but a contradictory one is accepted. Method: cores are minimal, so over the corpus
/// every core with a required operation left out or made optional must be rejected; and so must one
/// with an operation that is unknown or stands twice.
#[test]
fn a_tampered_core_is_rejected() {
    let mut changed = 0;
    for case in corpus() {
        for (property, claimed) in case.levels() {
            let Claimed::Invalid(cores) = claimed else { continue };
            // These are decided again over the whole history: their cores only show where.
            if ["regular", "safe", "eventual-convergence"].contains(&property) {
                continue;
            }
            for (number, core) in cores.iter().enumerate() {
                let mut variants = Vec::new();
                for at in 0..core.required.len() {
                    let mut left_out = core.clone();
                    let id = left_out.required.remove(at);
                    variants.push(left_out.clone());
                    left_out.optional.push(id);
                    left_out.optional.sort();
                    variants.push(left_out);
                    let mut twice = core.clone();
                    twice.optional.push(id);
                    variants.push(twice);
                }
                let mut unknown = core.clone();
                unknown.required.push(OpId(999_999));
                variants.push(unknown);
                // Below linearizability keys are not judged apart: there the key is a label.
                if property == "linearizable" {
                    let key = Some("no such key".to_owned());
                    variants.push(ClaimedCore { key, ..core.clone() });
                }
                variants.push(ClaimedCore { required: vec![], optional: vec![], ..core.clone() });
                for core in variants {
                    let mut cores = cores.clone();
                    cores[number] = core.clone();
                    let checked = case.verify(property, Claimed::Invalid(cores));
                    assert!(checked.is_err(), "{}: {property}: {core:?}", case.name);
                    changed += 1;
                }
            }
        }
    }
    assert!(changed >= 100, "only {changed} changes");
}
