//! The corpus in `histories/`: each file is held to what its header expects.

use crate::exit::{Exit, Failure};
use crate::expected;
use crate::glob;
use crate::input::{Loaded, Reading, Source, load};
use crate::judging::{self, Judge, Timed};
use std::path::{Path, PathBuf};
use testimony::Registry;
use testimony::history::FaultEvent;
use testimony::verdict::{Anomaly, AnomalyKind, Engine, Finding, Property, Unknown, Verdict};

/// Examples with more operations are not shown.
const EXAMPLE_OPERATIONS_MAX: usize = 60;

/// A file of the corpus, judged.
pub(crate) struct Judged<'r> {
    pub(crate) loaded: Loaded<'r>,
    pub(crate) timed: Timed,
}

/// What became of a file: judged or not, and everything that is not as expected.
pub(crate) struct Outcome<'r> {
    pub(crate) name: String,
    pub(crate) judged: Option<Judged<'r>>,
    pub(crate) surprises: Vec<String>,
    pub(crate) exit: Exit,
}

/// The files of the corpus, sorted; none where there is no such folder.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    if folder.is_dir() { glob::below(folder) } else { Ok(Vec::new()) }
}

/// Judges a file with every engine that applies and compares with its header.
pub(crate) fn check<'r>(
    name: String,
    path: &Path,
    judge: &Judge,
    registry: &'r Registry,
) -> Outcome<'r> {
    let failed = |name: String, exit: Exit, what: String| Outcome {
        name,
        judged: None,
        surprises: vec![what],
        exit,
    };
    let source = Source::Path(path.to_owned());
    let loaded = match source.open() {
        Err(failure) => return failed(name, failure.exit, failure.message),
        Ok(input) => match load(&name, input, &Reading::default(), registry) {
            Ok(loaded) => loaded,
            Err(problems) => return failed(name, Exit::Unreadable, problems.to_string()),
        },
    };
    let (properties, mut surprises) = expected(&loaded);
    let wanted = judge.chosen(properties);
    if wanted.is_empty() {
        let exit = if surprises.is_empty() { Exit::NothingChecked } else { Exit::Anomaly };
        return Outcome { name, judged: None, surprises, exit };
    }
    let timed = judge.run(&wanted, |options| loaded.history.judge(options));
    surprises.extend(compare(&loaded, &timed, "chosen engine"));
    for &engine in Engine::LINEARIZABLE {
        let judge = judge.with_engine(Some(engine));
        let mut again = judge.run(&wanted, |options| loaded.history.judge(options));
        again.judgement.by.retain(|_, finding| applies(finding));
        surprises.extend(compare(&loaded, &again, engine.name()));
    }
    let internal = timed.judgement.by.values().any(|f| judging::exit_of(f) == Exit::Internal);
    let exit = match (internal, surprises.is_empty()) {
        (true, _) => Exit::Internal,
        (false, true) => Exit::Valid,
        (false, false) => Exit::Anomaly,
    };
    Outcome { name, judged: Some(Judged { loaded, timed }), surprises, exit }
}

/// Whether an engine that was forced applied at all.
fn applies(finding: &Finding) -> bool {
    !matches!(finding.verdict, Verdict::Unknown(Unknown::NotApplicable(_)))
}

/// The properties that the header names, and what is wrong with the header.
fn expected(loaded: &Loaded<'_>) -> (Vec<Property>, Vec<String>) {
    let known = loaded.model.properties();
    let mut surprises = Vec::new();
    let expect = loaded.header.as_ref().map(|header| &header.expect);
    let Some(expect) = expect.filter(|expect| !expect.is_empty()) else {
        return (Vec::new(), vec!["its header expects nothing".to_owned()]);
    };
    let mut properties = Vec::new();
    for name in expect.keys() {
        match loaded.model.property(name) {
            Some(property) => properties.push(property),
            None => surprises.push(format!(
                "its header expects something of `{name}`; known: {}",
                judging::names(&known)
            )),
        }
    }
    (properties, surprises)
}

/// What is not as the header says.
fn compare(loaded: &Loaded<'_>, timed: &Timed, engine: &str) -> Vec<String> {
    let Some(header) = &loaded.header else { return Vec::new() };
    let mut surprises = Vec::new();
    for (property, finding) in &timed.judgement.by {
        let found = finding.verdict.name().name();
        let wanted = header.expect.get(property.name()).map_or(found, String::as_str);
        if found != wanted {
            surprises.push(format!("{property}: expected {wanted}, found {found} ({engine})"));
        }
    }
    let other = expected::other_anomalies(header, &timed.judgement);
    surprises.extend(other.map(|other| format!("{other} ({engine})")));
    surprises
}

/// The smallest history of the corpus that shows this anomaly: its path for people, the anomaly, and
/// the faults around it.
pub(crate) fn example(
    folder: &Path,
    kind: AnomalyKind,
    registry: &Registry,
) -> Option<(String, Anomaly, Vec<FaultEvent>)> {
    let judge = Judge::plain();
    let mut best: Option<(usize, String, Anomaly, Vec<FaultEvent>)> = None;
    for path in files(folder).ok()? {
        let Ok(input) = Source::Path(path.clone()).open() else { continue };
        let name = crate::runs::shown(&path);
        let Ok(loaded) = load(&name, input, &Reading::default(), registry) else { continue };
        let named = loaded
            .header
            .as_ref()
            .is_some_and(|header| header.anomalies.iter().any(|anomaly| anomaly == kind.id()));
        let operations = loaded.history.operations();
        let smaller = best.as_ref().is_none_or(|(least, ..)| operations < *least);
        if !named || !smaller || operations > EXAMPLE_OPERATIONS_MAX {
            continue;
        }
        let (properties, _) = expected(&loaded);
        let timed = judge.run(&properties, |options| loaded.history.judge(options));
        if let Some(anomaly) = timed.judgement.anomalies().find(|anomaly| anomaly.kind == kind) {
            let faults = loaded.history.faults().to_vec();
            best = Some((operations, name, anomaly.clone(), faults));
        }
    }
    best.map(|(_, name, anomaly, faults)| (name, anomaly, faults))
}
