//! The rules of pairing, each by the message that it gives.

use crate::{
    Answer, FailedCas, NEVER_COMPLETED, OpId, Outcome, PROBLEMS_PRINTED_MAX, Rank, Read,
    ReadOptions, Vocabulary, native, read,
};

/// A register of small numbers.
struct Words;

impl Vocabulary for Words {
    type Op = (String, String);
    type Ret = String;

    fn read_op(&self, f: &str, value: &str) -> Result<(String, String), String> {
        match f {
            "read" | "write" | "cas" => Ok((f.to_owned(), value.to_owned())),
            _ => Err(format!("unknown operation `{f}`")),
        }
    }

    fn read_ret(&self, _op: &(String, String), answer: Answer<'_>) -> Result<String, String> {
        match (answer.mismatch, answer.value) {
            (true, _) => Ok("mismatch".to_owned()),
            (false, "\"bad\"") => Err("expected a number, found \"bad\"".to_owned()),
            (false, value) => Ok(answer.ret.unwrap_or(value).to_owned()),
        }
    }
}

type Reading = Read<(String, String), String>;

fn read_with(text: &str, options: ReadOptions) -> Reading {
    read(&native::Reader::new(text.as_bytes()), &Words, &options)
}

/// Reads events in short hand: `p0 invoke read null`.
fn events(lines: &[&str]) -> Reading {
    read_with(&long_hand(lines), ReadOptions::default())
}

fn long_hand(lines: &[&str]) -> String {
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        let words: Vec<_> = line.split(' ').collect();
        let [process, kind, f, value] = words[..4] else { panic!("short hand: {line}") };
        let process = process.strip_prefix('p').unwrap_or(process);
        let rest = words[4..].join(" ");
        text.push_str(&format!(
            "{{\"index\":{index},\"time\":{index},\"process\":{process},\"type\":\"{kind}\",\
             \"f\":\"{f}\",\"value\":{value}{rest}}}\n"
        ));
    }
    text
}

fn problems(lines: &[&str]) -> String {
    events(lines).problems.to_string()
}

#[test]
fn completions_pair_with_their_invocations() {
    let read = events(&[
        "p0 invoke write 1",
        "p1 invoke read null",
        "p1 ok read 1",
        "p0 ok write 1",
        "p1 invoke read null",
        "p2 invoke write 2",
        "p2 fail write 2 ,\"error\":\"refused\"",
        "p3 invoke write 3",
        "p3 info write 3 ,\"error\":\"timeout\"",
    ]);
    assert_eq!(read.problems.to_string(), "");
    assert!(read.notes.is_empty(), "{:?}", read.notes);
    let shown: Vec<_> = read
        .history
        .operations
        .iter()
        .map(|o| (o.id.0, o.process.0, o.outcome.clone(), o.call.0, o.ret, o.call_ns, o.ret_ns))
        .collect();
    let info = |why: &str| Outcome::Info(why.to_owned());
    assert_eq!(
        shown,
        [
            (0, 0, Outcome::Ok("1".to_owned()), 0, Rank(3), 0, 3),
            (1, 1, Outcome::Ok("1".to_owned()), 1, Rank(2), 1, 2),
            (4, 1, info(NEVER_COMPLETED), 4, Rank::NEVER, 4, 8),
            (5, 2, Outcome::Fail("refused".to_owned()), 5, Rank(6), 5, 6),
            (7, 3, info("timeout"), 7, Rank::NEVER, 7, 8),
        ]
    );
    assert_eq!(read.history.get(OpId(4)).map(|o| o.call), Some(Rank(4)));
}

#[test]
fn each_broken_rule_names_the_process_and_both_events() {
    assert_eq!(
        problems(&["p3 ok read 1"]),
        "line 1: process 3 completes `read` as `ok` (index 0) without an invocation"
    );
    assert_eq!(
        problems(&["p3 invoke read null", "p3 ok read 1", "p3 ok read 1"]),
        "line 3: process 3 completes `read` as `ok` (index 2) without an invocation; its last \
         operation completed at line 2 (index 1)"
    );
    assert_eq!(
        problems(&["p3 invoke read null", "p3 invoke write 1"]),
        "line 2: process 3 invokes `write` (index 1) while its `read` of line 1 (index 0) is open"
    );
    assert_eq!(
        problems(&["p3 invoke read null", "p3 ok write 1"]),
        "line 2: process 3 completes `write` (index 1), but it had invoked `read` at line 1 (index \
         0)"
    );
    let retired = ["p3 invoke read null", "p3 info read null"];
    assert_eq!(
        problems(&[retired[0], retired[1], "p3 invoke read null"]),
        "line 3: process 3 invokes `read` (index 2) after its info of line 2 (index 1): after an \
         info a client goes on as a new process"
    );
    assert_eq!(
        problems(&[retired[0], retired[1], "p3 ok read 1"]),
        "line 3: process 3 completes `read` as `ok` (index 2) after its info of line 2 (index 1)"
    );
}

#[test]
fn what_the_model_cannot_read_is_said_once() {
    assert_eq!(
        problems(&["p0 invoke pop null", "p0 ok pop 1", "p0 invoke read null", "p0 ok read 1"]),
        "line 1: unknown operation `pop`"
    );
    assert_eq!(
        problems(&["p0 invoke read null", "p0 ok read \"bad\""]),
        "line 2: expected a number, found \"bad\" (answer to line 1)"
    );
}

#[test]
fn indexes_increase_without_gaps_and_times_do_not_decrease() {
    let event = |index: u32, time: u64, process: u32| {
        format!(
            "{{\"index\":{index},\"time\":{time},\"process\":{process},\"type\":\"invoke\",\
             \"f\":\"read\",\"value\":null}}\n"
        )
    };
    let said = |text: &str| read_with(text, ReadOptions::default()).problems.to_string();
    assert_eq!(
        said(&(event(0, 0, 0) + &event(1, 1, 1) + &event(1, 1, 2))),
        "line 3: index 1 again, after line 2"
    );
    assert_eq!(
        said(&(event(0, 0, 0) + &event(1, 1, 1) + &event(0, 1, 2))),
        "line 3: index 0 after index 1 of line 2"
    );
    let gap = event(0, 0, 0) + &event(4, 1, 1);
    assert_eq!(
        said(&gap),
        "line 2: index 4 after index 0 of line 1: 3 missing (a history that was filtered on \
         purpose needs --filtered)"
    );
    let headless = event(5, 0, 0);
    assert!(said(&headless).starts_with("line 1: the first index is 5, expected 0"));
    assert_eq!(
        said(&(event(0, 9, 0) + &event(1, 8, 1))),
        "line 2: time 8 after time 9 of line 1: time goes backwards"
    );
    for text in [gap, headless] {
        let filtered = ReadOptions { filtered: true, ..ReadOptions::default() };
        assert!(read_with(&text, filtered).problems.is_empty());
    }
    let never = event(u32::MAX, 0, 0);
    assert!(said(&never).contains("index 4294967295: at most 4294967294"), "{}", said(&never));
}

#[test]
fn files_without_index_count_positions_and_may_not_mix() {
    let one = "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}\n";
    let two = "{\"process\":0,\"type\":\"ok\",\"f\":\"read\",\"value\":1}\n";
    let plain = read_with(&format!("{one}\n{two}"), ReadOptions::default());
    assert!(plain.problems.is_empty());
    assert_eq!(plain.history.operations[0].ret, Rank(1));
    let mixed = two.replace('{', "{\"index\":1,");
    assert_eq!(
        read_with(&format!("{one}{mixed}"), ReadOptions::default()).problems.to_string(),
        "line 2: index 1, but the events before have no index"
    );
}

#[test]
fn a_mismatch_is_an_answer_unless_it_is_ignored() {
    let text = long_hand(&[
        "p0 invoke cas [1,2]",
        "p0 fail cas [1,2] ,\"error\":\"mismatch\"",
        "p0 invoke cas [1,2]",
        "p0 fail cas [1,2]",
        "p0 invoke cas [1,2]",
        "p0 fail cas [1,2] ,\"error\":\"timeout\"",
    ]);
    let outcomes = |failed_cas| -> Vec<_> {
        let read = read_with(&text, ReadOptions { failed_cas, filtered: false });
        read.history.operations.into_iter().map(|operation| operation.outcome).collect()
    };
    let (ok, fail) =
        (Outcome::Ok("mismatch".to_owned()), |why: &str| Outcome::Fail(why.to_owned()));
    assert_eq!(outcomes(FailedCas::BySource), [ok.clone(), fail(""), fail("timeout")]);
    assert_eq!(outcomes(FailedCas::Observes), [ok.clone(), ok, fail("timeout")]);
    assert_eq!(outcomes(FailedCas::Ignored), [fail("mismatch"), fail(""), fail("timeout")]);
}

#[test]
fn faults_quiet_and_observations_stand_beside_the_operations() {
    let read = events(&[
        "\"nemesis\" info cut {\"fault\":1,\"begins\":true,\"label\":\"l\",\"pairs\":[]}",
        "p0 invoke read null",
        "\"nemesis\" info quiet null",
        "\"n1\" observe stock 3",
        "p0 ok read 1",
    ]);
    assert_eq!(read.problems.to_string(), "");
    assert_eq!(read.faults.len(), 1);
    assert_eq!(read.faults[0].detail, "{\"pairs\":[]}");
    assert_eq!(read.history.quiet_from, Some(Rank(2)));
    let told = &read.history.observations[0];
    assert_eq!((told.node.as_str(), told.name.as_str(), told.value.as_str()), ("n1", "stock", "3"));
    assert_eq!(
        problems(&["p0 observe stock 3", "\"n1\" ok read 3"]),
        "line 1: type `observe` of process 0: only a node, by its name, observes\nline 2: process \
         \"n1\" with type `ok`: only `observe` belongs to a node"
    );
}

#[test]
fn a_lost_line_is_said_once_and_not_what_follows_from_it() {
    let text = long_hand(&["p0 invoke read null", "p1 invoke read null", "p1 ok read 1"]);
    let broken = text.replacen("\"process\":1,", "\"procces\":1,", 1);
    let said = read_with(&broken, ReadOptions::default()).problems.to_string();
    assert!(said.starts_with("line 2: unknown field `procces`"), "{said}");
    assert!(!said.contains('\n'), "{said}");
}

#[test]
fn problems_are_listed_by_line_up_to_a_limit_and_counted_always() {
    let text = "{}\n".repeat(PROBLEMS_PRINTED_MAX + 7);
    let problems = read_with(&text, ReadOptions::default()).problems;
    assert_eq!(problems.count, PROBLEMS_PRINTED_MAX + 7);
    assert_eq!(problems.listed.len(), PROBLEMS_PRINTED_MAX);
    assert!(problems.to_string().ends_with("\n... and 7 more"));
}
