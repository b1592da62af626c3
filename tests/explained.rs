//! Goal: no change of a core, a name or a word goes unseen. Method: what is said about random histories
//! of every model, by every property, counted, against what was said before.
//!
//! The other tests know what must be true of an explanation (it is minimal, it is proved again, its
//! numbers are right); this one knows what it was. `SNAPSHOTS=overwrite` writes the figures anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use testimony::formats::open;
use testimony::history::{Header, History, Rank, ReadOptions};
use testimony::model::{Model, write_history};
use testimony::verdict::{Anomaly, Assurance, Judgement, Verdict};
use testimony::{JudgeOptions, models};
use testimony_tests::collections::{PriorityQueues, Queues, Reads, Sets, Stacks};
use testimony_tests::draw::Draw;
use testimony_tests::families::{Banks, CasRegisters, Ids, Kvs, Registers, Stocks, Values};
use testimony_tests::ordered::{
    Counters, FencedLocks, FetchAdds, Logs, MultiRegisters, Mutexes, Owners, Sequences,
};
use testimony_tests::random::{Family, Shape, history};

/// Histories of each family.
const EACH: usize = 300;

/// Long enough for something to be left out of a core.
const SHAPE: Shape = Shape {
    operations_min: 6,
    operations_max: 14,
    clients_max: 4,
    info: 10,
    fail: 5,
    lie: 100,
    tie: 0,
};

/// What was said of some histories.
#[derive(Default)]
struct Figures {
    /// Histories that do not have the property, or of which nobody knows.
    invalid: usize,
    unknown: usize,
    required: usize,
    optional: usize,
    /// Cores that the verifier decided again.
    proved: usize,
    drawn: usize,
    edges: usize,
    /// A sum over every letter, so that one that changes is seen.
    words: u64,
    names: BTreeMap<&'static str, usize>,
}

impl Figures {
    fn add(&mut self, anomaly: &Anomaly) {
        let told = &anomaly.explanation;
        self.required += anomaly.core.required.len();
        self.optional += anomaly.core.optional.len();
        self.proved += usize::from(anomaly.assurance == Assurance::Reproved);
        self.drawn += told.scene.len();
        self.edges += anomaly.edges.len();
        *self.names.entry(anomaly.kind.id()).or_default() += 1;
        let reasons = told.why.iter().map(|reason| reason.text.as_str());
        let texts = [told.headline.as_str(), told.sentence.as_str()].into_iter().chain(reasons);
        let refusal = anomaly.refusal.as_deref();
        for letter in texts.chain(refusal).flat_map(str::bytes) {
            self.words = self.words.wrapping_mul(31).wrapping_add(u64::from(letter)) % 1_000_003;
        }
    }
}

/// The same of each property, in lines.
fn said(judged: &[Judgement]) -> String {
    let mut by = BTreeMap::<String, Figures>::new();
    for judgement in judged {
        for (property, finding) in &judgement.by {
            let figures = by.entry(property.to_string()).or_default();
            figures.invalid += usize::from(matches!(finding.verdict, Verdict::Invalid(_)));
            figures.unknown += usize::from(matches!(finding.verdict, Verdict::Unknown(_)));
        }
        for anomaly in judgement.anomalies() {
            by.entry(anomaly.property.to_string()).or_default().add(anomaly);
        }
        for stale in &judgement.staleness {
            let figures = by.entry("staleness".to_owned()).or_default();
            figures.drawn += 1;
            for letter in format!("{stale:?}").bytes() {
                figures.words =
                    figures.words.wrapping_mul(31).wrapping_add(u64::from(letter)) % 1_000_003;
            }
        }
    }
    let mut text = String::new();
    for (property, figures) in by {
        let Figures { invalid, unknown, required, optional, proved, drawn, edges, words, names } =
            figures;
        let names: Vec<_> = names.iter().map(|(name, count)| format!("{name} {count}")).collect();
        let names = names.join(", ");
        let _ = writeln!(
            text,
            "  {property}: {invalid} invalid, {unknown} unknown; {required} required, {optional} \
             optional, {proved} proved, {drawn} drawn, {edges} edges, words {words}; {names}"
        );
    }
    text
}

/// Leaves room between the ranks, and lets the faults end at two thirds if they end.
fn spread<O, R>(history: &mut History<O, R>, becomes_quiet: bool) {
    let apart = |rank: Rank| if rank == Rank::NEVER { rank } else { Rank(4 * rank.0) };
    for operation in &mut history.operations {
        (operation.call, operation.ret) = (apart(operation.call), apart(operation.ret));
    }
    let last = history.operations.last().map_or(0, |operation| operation.call.0);
    history.quiet_from = becomes_quiet.then_some(Rank((last / 3 * 2) | 3));
}

/// What is said of random histories of a family.
fn figures<F: Family>(name: &str, family: &F) -> String {
    let mut draw = Draw::new(77);
    let model_name = <F::Model as Model>::NAME;
    let entry = models().into_iter().find(|entry| entry.name() == model_name).expect(model_name);
    let judged = (0..EACH).map(|number| {
        let (model, mut history) = history(family, &SHAPE, &mut draw);
        spread(&mut history, number % 2 == 1);
        let params = model
            .params()
            .map(|params| serde_json::value::RawValue::from_string(params).expect("an object"));
        let header = Header { params, ..Header::new(model_name) };
        let text = write_history(&model, &header, &history, &[]);
        let mut source = open(name, text.as_bytes(), None).expect("our own format");
        let header = source.header().cloned();
        let options = ReadOptions { filtered: true, ..ReadOptions::default() };
        let history = entry.read(&mut source, header.as_ref(), &options);
        let history = history.unwrap_or_else(|problems| panic!("{problems}\n{text}"));
        let properties = entry.properties();
        history.judge(&JudgeOptions { properties, staleness: true, ..JudgeOptions::default() })
    });
    let judged: Vec<Judgement> = judged.collect();
    let operations: usize = judged.iter().map(|judgement| judgement.operations).sum();
    let answered: usize = judged.iter().map(|judgement| judgement.answered).sum();
    format!("{name}: {operations} operations, {answered} answered\n{}", said(&judged))
}

#[test]
fn registers_are_explained_as_before() {
    let unique = Values::Unique;
    let text = [
        figures("registers of unique values", &Registers(unique)),
        figures("registers of few values", &Registers(Values::Few(3))),
        figures("cas registers of unique values", &CasRegisters(unique)),
        figures("cas registers of few values", &CasRegisters(Values::Few(3))),
        figures("maps", &Kvs(unique)),
    ];
    snapbox::assert_data_eq!(
        text.concat(),
        snapbox::file!["golden/explained/registers.txt": Text].raw()
    );
}

#[test]
fn collections_are_explained_as_before() {
    let unique = Values::Unique;
    let text = [
        figures("sets of which elements are asked", &Sets(unique, Reads::Elements)),
        figures("sets that grow", &Sets(unique, Reads::Growing)),
        figures("queues", &Queues(unique)),
        figures("queues of few values", &Queues(Values::Few(3))),
        figures("stacks", &Stacks(unique)),
        figures("priority queues", &PriorityQueues(unique)),
    ];
    snapbox::assert_data_eq!(
        text.concat(),
        snapbox::file!["golden/explained/collections.txt": Text].raw()
    );
}

#[test]
fn what_counts_and_locks_is_explained_as_before() {
    let text = [
        figures("counters", &Counters),
        figures("fetch-and-add", &FetchAdds(&[1])),
        figures("sequences", &Sequences { gaps: false }),
        figures("sequences with gaps", &Sequences { gaps: true }),
        figures("logs", &Logs { entries: 3 }),
        figures("mutexes", &Mutexes(Owners::Clients)),
        figures("fenced locks", &FencedLocks(Owners::Clients)),
        figures("mutexes of anybody", &Mutexes(Owners::Any)),
        figures("fenced locks of anybody", &FencedLocks(Owners::Any)),
        figures("several registers", &MultiRegisters),
        figures("stocks", &Stocks),
        figures("banks", &Banks),
        figures("ids", &Ids),
    ];
    snapbox::assert_data_eq!(
        text.concat(),
        snapbox::file!["golden/explained/ordered.txt": Text].raw()
    );
}
