//! Goldens of everything that is printed. `SNAPSHOTS=overwrite cargo test -p testimony-report`
//! writes them anew; look at the difference before you commit it.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail as the test itself")]

use snapbox::{assert_data_eq, file, str};
use testimony_history::{FaultEvent, OpId, Process, Rank};
use testimony_report::json::{self, Line, RunName, Start, Subject, Timing};
use testimony_report::spectrum::Spectrum;
use testimony_report::text::{Context, render};
use testimony_report::{lines, safe};
use testimony_verdict::{
    Anomaly, AnomalyKind, Assurance, Certificate, Core, DrawnOp, Edge, EdgeKind, Engine,
    Explanation, Finding, Judgement, Level, Property, Reason, Role, Unknown, Verdict,
};

const MS: u64 = 1_000_000;

/// An operation whose ranks are its times in milliseconds.
fn op(id: u32, process: u32, label: &str, answer: &str, from: u64, until: Option<u64>) -> DrawnOp {
    DrawnOp {
        id: OpId(id),
        process: Process(process),
        label: label.into(),
        answer: answer.into(),
        call: Rank(u32::try_from(from).unwrap()),
        ret: until.map(|ms| Rank(u32::try_from(ms).unwrap())),
        call_ns: from * MS,
        ret_ns: until.unwrap_or(from) * MS,
        role: Role::Required,
    }
}

fn fault(id: u32, begins: bool, name: &str, label: &str, ms: u64) -> FaultEvent {
    FaultEvent {
        fault: id,
        begins,
        name: name.into(),
        detail: "{}".into(),
        label: label.into(),
        rank: Rank(u32::try_from(ms).unwrap()),
        time_ns: ms * MS,
    }
}

fn edge(before: u32, after: u32, kind: EdgeKind) -> Option<Edge> {
    Some(Edge { before: OpId(before), after: OpId(after), kind })
}

fn reason(text: &str, edge: Option<Edge>) -> Reason {
    Reason { text: text.into(), edge }
}

fn stale_read() -> Anomaly {
    let culprit = DrawnOp { role: Role::Culprit, ..op(131, 2, "read x", "1", 412, Some(433)) };
    let old = DrawnOp { role: Role::Context, ..op(84, 1, "write x 1", "ok", 330, Some(345)) };
    let explanation = Explanation {
        headline: "stale read of \"x\"".into(),
        sentence:
            "client 2 read x = 1 at 412 ms, but x = 2 was acknowledged to client 0 at 371 ms, \
                   41 ms before that read began."
                .into(),
        scene: vec![old, op(118, 0, "write x 2", "ok", 350, Some(371)), culprit],
        why: vec![
            reason(
                "write x 2 (#118) must come before read x = 1 (#131): it returned first",
                edge(118, 131, EdgeKind::RealTime),
            ),
            reason(
                "read x = 1 needs the value of write x 1 (#84)",
                edge(84, 131, EdgeKind::ReadsFrom),
            ),
            reason("so write x 2 must come after #131, which contradicts 1.", None),
        ],
    };
    Anomaly {
        kind: AnomalyKind::StaleRead,
        property: Property::LINEARIZABLE,
        key: Some("x".into()),
        core: Core { required: vec![OpId(84), OpId(118), OpId(131)], optional: vec![OpId(90)] },
        edges: vec![edge(118, 131, EdgeKind::RealTime).unwrap()],
        refusal: None,
        assurance: Assurance::Reproved,
        explanation,
    }
}

#[test]
fn a_stale_read_under_a_partition() {
    let faults = [
        fault(0, true, "crash", "n3 down", 10),
        fault(0, false, "crash", "n3 down", 40),
        fault(1, true, "cut", "n1 | n2 n3", 298),
        fault(1, false, "cut", "n1 | n2 n3", 455),
    ];
    let findings = ["n2 panicked at 390 ms: index out of bounds".to_owned()];
    let spectrum = Spectrum {
        holds: vec![Level::Sequential],
        breaks: vec![Level::Linearizable],
        ..Spectrum::default()
    };
    let context = Context {
        subject: "kv@0007",
        faults: &faults,
        findings: &findings,
        again: Some("cargo xtask rerun kv@0007"),
        program: Some("cargo xtask"),
        spectrum: Some(&spectrum),
        files: Some("target/testimony/kv/0007-3fa9c1"),
        ..Context::default()
    };
    assert_data_eq!(render(&stale_read(), &context), file!["golden/stale_read.txt"].raw());
}

/// Goal: the band of a fault begins under the moment in which it began, however long the name of its lane
/// is. Method: one fault of each lane, right after the return of the first write.
#[test]
fn bands_stand_under_their_moment_whatever_their_lane_is_called() {
    for (name, lane) in [("cut", "net"), ("burst", "ops"), ("crash", "node"), ("skew", "clock")] {
        let faults = [fault(0, true, name, "", 346), fault(0, false, name, "", 455)];
        let context = Context { faults: &faults, ..Context::default() };
        let report = render(&stale_read(), &context);
        let column = |line: &str, sign: char| line.chars().position(|other| other == sign);
        let line = |start: &str| report.lines().find(|line| line.trim_start().starts_with(start));
        let (write, band) = (line("c1 ").unwrap(), line(lane).unwrap());
        assert_eq!(column(band, '▒'), column(write, '┤'), "{report}");
    }
}

#[test]
fn a_file_without_times_or_faults() {
    let mut anomaly = stale_read();
    for (position, op) in anomaly.explanation.scene.iter_mut().enumerate() {
        op.call = Rank(u32::try_from(2 * position).unwrap());
        op.ret = Some(Rank(u32::try_from(2 * position + 1).unwrap()));
        (op.call_ns, op.ret_ns) = (0, 0);
    }
    anomaly.explanation.sentence = "the read was called after the write had returned".into();
    anomaly.assurance = Assurance::EngineOnly;
    let context = Context {
        subject: "etcd_000.log",
        again: Some("cargo xtask replay etcd_000.log"),
        ..Context::default()
    };
    assert_data_eq!(render(&anomaly, &context), file!["golden/no_times.txt"].raw());
}

#[test]
fn a_fault_before_the_window_and_an_unfinished_write() {
    let mut anomaly = stale_read();
    anomaly.kind = AnomalyKind::NewOldInversion;
    anomaly.explanation.headline = "new-old inversion of \"x\"".into();
    let write = op(120, 3, "write x 3", "?", 380, None);
    let second = DrawnOp { role: Role::Culprit, ..op(140, 2, "read x", "1", 500, Some(501)) };
    anomaly.explanation.scene[2].role = Role::Required;
    anomaly.explanation.scene.extend([write, second]);
    let faults = [fault(0, true, "crash", "n3 down", 10), fault(0, false, "crash", "n3 down", 40)];
    let context = Context { subject: "kv@0008", faults: &faults, ..Context::default() };
    assert_data_eq!(render(&anomaly, &context), file!["golden/unfinished.txt"].raw());
}

#[test]
fn an_invariant_without_a_scene() {
    let anomaly = Anomaly {
        kind: AnomalyKind::Oversell,
        property: Property::invariant("no-oversell"),
        key: None,
        core: Core { required: (0..30).map(OpId).collect(), optional: vec![] },
        edges: vec![],
        refusal: Some("the stock was 3".into()),
        assurance: Assurance::Reproved,
        explanation: Explanation {
            headline: "4 units sold of 3".into(),
            sentence: "30 clients bought 4 units although only 3 were ever in stock.".into(),
            ..Explanation::default()
        },
    };
    let context = Context { subject: "three-city-store/ap@0000", ..Context::default() };
    assert_data_eq!(render(&anomaly, &context), file!["golden/oversell.txt"].raw());
}

#[test]
fn hostile_text_stays_text() {
    let mut anomaly = stale_read();
    anomaly.key = Some("\u{1b}[2J\u{202e}x".into());
    let explanation = &mut anomaly.explanation;
    explanation.headline = format!("stale read of \"{}\"", "\u{1b}]0;owned\u{7}".repeat(50));
    explanation.sentence = "a\u{1b}[31m\r\nb \u{202e}c ".repeat(100);
    explanation.scene[1].label = "write 日本語日本語日本語日本語日本語日本語 \u{9b}2J".into();
    explanation.scene[2].answer = "\u{200b}\n".repeat(1_000);
    explanation.why[0].text = "\u{1b}[0m".repeat(1_000);
    let faults = [fault(1, true, "\u{1b}[7mcut", &"n1 \u{202e}| ".repeat(99), 298)];
    let findings = vec!["panic\u{1b}[5m".to_owned(); 9];
    let context = Context {
        subject: "../\u{1b}[1m.jsonl",
        faults: &faults,
        findings: &findings,
        again: Some("cargo xtask replay '../\u{1b}[1m.jsonl'"),
        ..Context::default()
    };
    let text = render(&anomaly, &context);
    assert!(text.lines().all(|line| !line.chars().any(safe::is_hostile)), "{text:?}");
    assert_data_eq!(text, file!["golden/hostile.txt"].raw());
}

/// Goal: no scene breaks the bounds. Method: scenes of every size, ties and backward times included.
#[test]
fn reports_stay_small_whatever_the_scene() {
    for size in [1_u32, 2, 9, 40, 500] {
        for clients in [1_u32, 2, 7, 300] {
            for spread in [0_u64, 1, 3, 1_000_000] {
                let scene: Vec<DrawnOp> = (0..size)
                    .map(|n| {
                        let from = u64::from(n % 17) * spread % 1_000_000;
                        let ends = from + u64::from(n % 5) * 7;
                        let label = format!("write key-{n} {}", "v".repeat(n as usize % 90));
                        let role = if n == size / 2 { Role::Culprit } else { Role::Optional };
                        let ret = (n % 3 > 0).then_some(ends);
                        DrawnOp { role, ..op(n, n % clients, &label, "ok", from, ret) }
                    })
                    .collect();
                let mut anomaly = stale_read();
                anomaly.explanation.scene = scene;
                anomaly.explanation.why = vec![reason(&"because ".repeat(60), None); 40];
                let faults: Vec<FaultEvent> =
                    (0..20).map(|n| fault(n, true, "cut", "n1 | n2", u64::from(n))).collect();
                let context = Context { subject: "kv@0007", faults: &faults, ..Context::default() };
                let text = render(&anomaly, &context);
                let (count, widest) =
                    (text.lines().count(), text.lines().map(safe::width).max().unwrap_or(0));
                assert!(count <= 50, "{count} lines:\n{text}");
                assert!(widest <= 100, "{widest} columns:\n{text}");
                assert!(text.contains("<- "), "{text}");
            }
        }
    }
}

fn judgement(verdict: Verdict) -> Judgement {
    let finding = Finding { verdict, engine: Engine::Zones };
    let by = [(Property::LINEARIZABLE, finding)].into();
    Judgement { by, operations: 4, answered: 3, ..Judgement::default() }
}

#[test]
fn lines_of_the_json_stream() {
    let timing = Timing { read_ms: 0.25, check_ms: 1.5 };
    let mut out = vec![json::line(&Start::NOW)];
    let unknown = Verdict::Unknown(Unknown::Vacuous);
    let large = Anomaly { assurance: Assurance::EngineOnly, ..stale_read() };
    for (name, verdict) in [
        ("a\u{202e}.jsonl", Verdict::Invalid(vec![stale_read()])),
        ("b", unknown),
        ("c", Verdict::Invalid(vec![stale_read(), large])),
    ] {
        let judgement = judgement(verdict);
        for (property, finding) in &judgement.by {
            let subject = Subject::File(name);
            let line = Line::new(subject, "kv", (property, finding), &judgement, timing);
            out.push(json::line(&line));
        }
    }
    assert_data_eq!(out.join("\n"), file!["golden/stream.jsonl": Text].raw());
}

#[test]
fn the_verdict_file() {
    let run = RunName { run: "kv@0007", system: "kv", seed: 7, model: "kv", findings: &[] };
    let invalid = json::verdict_file(run, &judgement(Verdict::Invalid(vec![stale_read()])));
    assert_data_eq!(invalid, file!["golden/verdict_invalid.json": Text].raw());
    let order = Certificate::Order(vec![OpId(0), OpId(2)]);
    let certificate = Certificate::ByKey([("x".to_owned(), order)].into());
    let valid = json::verdict_file(run, &judgement(Verdict::Valid(certificate)));
    assert_data_eq!(valid, file!["golden/verdict_valid.json": Text].raw());
}

#[test]
fn a_run_that_failed_by_itself_is_invalid_although_every_property_holds() {
    let findings = ["n2 panicked at 390 ms".to_owned()];
    let run = RunName { run: "kv@0007", system: "kv", seed: 7, model: "kv", findings: &findings };
    let valid = judgement(Verdict::Valid(Certificate::Order(vec![OpId(0)])));
    let file = json::verdict_file(run, &valid);
    let file: serde_json::Value = serde_json::from_str(&file).unwrap();
    assert_eq!(file["verdict"], "invalid");
    assert_eq!(file["findings"][0], "n2 panicked at 390 ms");
    assert_eq!(file["properties"][0]["verdict"], "valid");
}

#[test]
fn verdicts_in_one_line() {
    let print = |verdict: Verdict| {
        let judgement = judgement(verdict);
        let finding = &judgement.by[&Property::LINEARIZABLE];
        lines::verdict("etcd_000.log", 14, "cas-register", &Property::LINEARIZABLE, finding)
    };
    assert_data_eq!(
        print(Verdict::Invalid(vec![stale_read()])),
        str!["etcd_000.log    cas-register  linearizable  invalid  stale-read #84 #118 #131"]
    );
    assert_data_eq!(
        print(Verdict::Valid(Certificate::Checked)),
        str!["etcd_000.log    cas-register  linearizable  valid"]
    );
    assert_data_eq!(
        print(Verdict::Unknown(Unknown::Vacuous)),
        str![
            "etcd_000.log    cas-register  linearizable  unknown  no operation was answered, so nothing is constrained"
        ]
    );
}
