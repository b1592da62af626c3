//! Jepsen histories, whole and damaged.

use crate::{Format, open};
use proptest::prelude::*;
use testimony_history::{Event, EventKind, Events, Problems, Process, Who};

struct Told {
    events: Vec<Event>,
    problems: String,
    notes: Vec<String>,
}

fn tell(bytes: &[u8]) -> Told {
    let mut source = open("test.edn", bytes, Some(Format::Edn)).unwrap();
    let (mut events, mut problems, mut notes) = (Vec::new(), Problems::default(), Vec::new());
    source.each(&mut |event| events.push(event.into_owned()), &mut problems, &mut notes);
    Told { events, problems: problems.to_string(), notes }
}

const OPS: &str = "{:index 0, :time 12, :type :invoke, :process 0, :f :cas, :value [:x [3 nil]]}
{:index 1 :time 13 :type :info :process :nemesis :f :start-partition :value :majority}
{:index 2, :time 14, :type :fail, :process 0, :f :cas, :value [:x [3 nil]], :error :mismatch}";

#[test]
fn maps_are_read_one_after_another_and_in_a_vector() {
    for text in [OPS.to_owned(), format!("[{OPS}]"), format!("; c\n({OPS})")] {
        let told = tell(text.as_bytes());
        assert_eq!((told.problems.as_str(), told.notes.len()), ("", 0));
        let [cas, partition, fail] = &told.events[..] else { panic!("{:?}", told.events) };
        assert_eq!((cas.index, cas.time_ns, &*cas.f), (Some(0), 12, "cas"));
        assert_eq!(cas.value, "[\"x\",[3,null]]");
        assert_eq!((&cas.who, cas.kind), (&Who::Client(Process(0)), EventKind::Invoke));
        assert_eq!((&partition.who, partition.kind), (&Who::Nemesis, EventKind::Info));
        assert_eq!(fail.error.as_deref(), Some("mismatch"));
        assert_eq!(fail.line, partition.line + 1);
    }
}

#[test]
fn records_and_tags_are_taken_as_what_they_hold() {
    let text = "#jepsen.history.Op{:index 0, :type :invoke, :process 3, :f :read, \
                :value #jepsen.Tuple [1 nil], :time -5}";
    let told = tell(text.as_bytes());
    assert_eq!(told.problems, "");
    assert_eq!((&*told.events[0].value, told.events[0].time_ns), ("[1,null]", 0));
}

#[test]
fn each_damaged_form_is_told_with_its_line_and_the_rest_is_read() {
    let text = "{:type :invoke, :process 0, :f :read}
{:type :begin, :process 0, :f :read}
{:type :ok, :process \"0\", :f :read}
{:process 0, :f :read}
{:type :ok, :f :read}
{:type :ok, :process 0, :type :ok}
{:type :ok, :process 0, :f :read, :value 18446744073709551616}
{:type :ok, :process 0, :f :read, :index 1.5}
{:type :ok, :process 4294967296, :f :read}
{:type :ok, :process 0, :f}
42
}
{:type :ok, :process 0, :f :read}
";
    let told = tell(text.as_bytes());
    assert_eq!(told.events.len(), 2);
    let expected = [
        "line 2: :type :begin: expected :invoke, :ok, :fail or :info",
        "line 3: :process \"0\": expected an integer or :nemesis",
        "line 4: no :type: expected :invoke, :ok, :fail or :info",
        "line 5: no :process: expected an integer or :nemesis",
        "line 6: duplicate key in a map",
        "line 7: a number that is unreadable or beyond 64 bits",
        "line 8: :index 1.5: expected an integer in range",
        "line 9: :process out of range",
        "line 10: ends too early, e.g. a map with a key but no value",
        "line 11: expected an operation map, found 42",
        "line 12: an unmatched closing bracket",
    ];
    assert_eq!(told.problems.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn bytes_that_are_no_text_are_told() {
    assert_eq!(tell(b"").problems, "the file is empty: expected operation maps");
    assert_eq!(tell(b"{:a 1}\n{:b \"\xff\"}\n").problems, "line 2: not UTF-8 at byte 6");
    assert_eq!(
        tell("\u{feff}{}".as_bytes()).problems,
        "line 1: begins with a byte order mark: expected plain UTF-8"
    );
}

#[test]
fn every_cut_is_a_note() {
    for end in OPS.len() - 40..OPS.len() {
        let told = tell(&OPS.as_bytes()[..end]);
        assert_eq!((told.events.len(), told.problems.as_str()), (2, ""), "cut at {end}");
        assert_eq!(told.notes.len(), 1, "cut at {end}");
    }
}

#[test]
fn deep_nesting_is_refused_without_recursion() {
    for open in ["[", "{:a ", "#{", "("] {
        let text = format!("{{:value {}", open.repeat(200_000));
        assert_eq!(tell(text.as_bytes()).problems, "line 1: nested deeper than 64");
    }
    let tags = format!("{{:value {} 1}}", "#t ".repeat(100_000));
    let told = tell(tags.as_bytes());
    assert!(told.problems.starts_with("line 1: nested deeper than 64"), "{}", told.problems);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        tell(&bytes);
    }

    #[test]
    fn arbitrary_edn_like_text_never_panics(text in "[\\[\\](){}#_\"\\\\;:, \n0-9a-c/.+N-]{0,80}") {
        tell(text.as_bytes());
    }

    #[test]
    fn a_changed_byte_never_panics(at in 0..OPS.len(), byte in any::<u8>(), cut in 0..OPS.len()) {
        let mut bytes = OPS.as_bytes().to_vec();
        bytes[at] = byte;
        tell(&bytes);
        tell(&bytes[..cut]);
    }
}
