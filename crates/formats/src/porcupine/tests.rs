//! Porcupine's logs, whole and damaged.

use crate::{Format, open};
use proptest::prelude::*;
use testimony_history::{Event, EventKind, Events, Problems, Who};

struct Told {
    events: Vec<Event>,
    problems: String,
    notes: Vec<String>,
}

fn tell(bytes: &[u8]) -> Told {
    let mut source = open("test.log", bytes, Some(Format::Porcupine)).unwrap();
    let (mut events, mut problems, mut notes) = (Vec::new(), Problems::default(), Vec::new());
    source.each(&mut |event| events.push(event.into_owned()), &mut problems, &mut notes);
    Told { events, problems: problems.to_string(), notes }
}

const LOG: &str = "INFO  jepsen.core - Everything set up
INFO  jepsen.util - 0\t:invoke\t:read\tnil
INFO  jepsen.util - 10  :invoke :cas    [3 0]

INFO  jepsen.util - :nemesis\t:info\t:start\t\"Cut off {:n1 #{:n2}}\"
INFO  jepsen.util - 0\t:ok\t:read\t4
INFO  jepsen.util - 10\t:info\t:cas\t:timed-out
INFO  jepsen.util - 2\t:fail\t:cas\t[-3 0]
INFO  jepsen.util - 3\t:info\t:write\t5\t\"java.net.SocketTimeoutException\"
2014-05-05 19:02:48,581 INFO  jepsen.util - 1\t:invoke\t:write\t12
";

#[test]
fn lines_of_jepsen_util_are_events_and_others_are_counted() {
    let told = tell(LOG.as_bytes());
    assert_eq!(told.problems, "");
    assert_eq!(told.notes, ["lines that are no operations: 1"]);
    let shown: Vec<_> = told
        .events
        .iter()
        .map(|e| (e.line, e.kind.name(), &*e.f, &*e.value, e.error.as_deref()))
        .collect();
    assert_eq!(
        shown,
        [
            (2, "invoke", "read", "null", None),
            (3, "invoke", "cas", "[3,0]", None),
            (5, "info", "start", "\"Cut off {:n1 #{:n2}}\"", None),
            (6, "ok", "read", "4", None),
            (7, "info", "cas", "null", Some("timed-out")),
            (8, "fail", "cas", "[-3,0]", None),
            (9, "info", "write", "5", Some("java.net.SocketTimeoutException")),
            (10, "invoke", "write", "12", None),
        ]
    );
    assert_eq!(told.events[2].who, Who::Nemesis);
    assert_eq!(told.events[2].kind, EventKind::Info);
}

#[test]
fn damaged_lines_are_told() {
    let text = "INFO  jepsen.util - 0 :begin :read nil
INFO  jepsen.util - 0 :invoke read nil
INFO  jepsen.util - 0 :invoke :read
INFO  jepsen.util - 0 :invoke :cas [3 0
INFO  jepsen.util - 0 :invoke :write 18446744073709551616
INFO  jepsen.util - 4294967296 :invoke :read nil
INFO  jepsen.util - 0 :invoke :write 1 2 3
INFO  jepsen.util - Waiting for nodes
";
    let expected = [
        "line 1: type :begin: expected :invoke, :ok, :fail or :info",
        "line 2: operation \"read\": expected a keyword, e.g. :read",
        "line 3: no value: expected nil, a number, or a pair like [3 0]",
        "line 4: value \"[3 0\": ends too early",
        "line 5: value \"18446744073709551616\": a number that is unreadable or beyond 64 bits",
        "line 6: process 4294967296: out of range",
        "line 7: \"3\" after the value and the error",
    ];
    assert_eq!(tell(text.as_bytes()).problems.lines().collect::<Vec<_>>(), expected);
    assert_eq!(
        tell(b"nothing\n").problems,
        "no operations: expected lines of jepsen.util or maps with :key"
    );
}

#[test]
fn every_cut_of_the_last_line_is_a_note() {
    let whole =
        "INFO  jepsen.util - 0\t:invoke\t:read\tnil\nINFO  jepsen.util - 1\t:ok\t:cas\t[3 0]";
    assert_eq!(tell(whole.as_bytes()).events.len(), 2);
    let number = format!("{whole}\nINFO  jepsen.util - 1\t:ok\t:read\t1");
    assert_eq!(tell(number.as_bytes()).events.len(), 2);
    let begin = whole.find('\n').unwrap() + 1;
    for end in begin + 1..whole.len() {
        let told = tell(&whole.as_bytes()[..end]);
        assert_eq!((told.events.len(), told.problems.as_str()), (1, ""), "cut at {end}");
        assert_eq!(told.notes, [format!("cut last line, {} bytes ignored", end - begin)]);
    }
}

#[test]
fn maps_become_operations_of_our_kv() {
    let text = r#"{:process 0, :type :invoke, :f :append, :key "0", :value "x 0 0 y"}
{:process 0, :type :ok, :f :append, :key "0", :value "x 0 0 y"}
{:process 0, :type :invoke, :f :get, :key "7", :value nil}
{:process 0, :type :ok, :f :get, :key "7", :value ""}
{:process 1, :type :invoke, :f :put, :key 3, :value "\n"}
{:process 1, :type :invoke, :f :put, :key "3", :value ""}
{:process 1, :type :invoke, :f :append, :key "3", :value ""}
"#;
    let told = tell(text.as_bytes());
    assert_eq!(told.problems, "");
    assert_eq!(told.notes, ["events left out, because appending an empty text says nothing: 1"]);
    let shown: Vec<_> = told.events.iter().map(|e| (e.kind.name(), &*e.f, &*e.value)).collect();
    assert_eq!(
        shown,
        [
            ("invoke", "append", r#"["0","x 0 0 y"]"#),
            ("ok", "append", r#"["0","x 0 0 y"]"#),
            ("invoke", "read", r#"["7",null]"#),
            ("ok", "read", r#"["7",null]"#),
            ("invoke", "write", r#"["3","\n"]"#),
            ("invoke", "delete", r#"["3",null]"#),
        ]
    );
}

#[test]
fn damaged_maps_are_told() {
    let text = r#"{:process 0, :type :invoke, :f :get, :value nil}
{:process 0, :type :invoke, :f :pop, :key "1", :value nil}
{:process 0, :type :invoke, :f :put, :key "1", :value nil}
{:process 0, :type :invoke, :f :put, :key "1", :value 5}
{:process 0, :type :invoke, :f :get, :key "1"
{:process 0, :type :invoke, :f :get, :key "1"} {}
{:process 0, :type :ok, :f :g"#;
    let told = tell(text.as_bytes());
    let expected = [
        "line 1: no :key: expected a string",
        "line 2: unknown operation `pop`; known: get, put, append",
        "line 3: :put needs a :value, a string",
        "line 4: :value 5: expected a string or nil",
        "line 5: the map is not closed",
        "line 6: something after the map: expected one map a line",
    ];
    assert_eq!(told.problems.lines().collect::<Vec<_>>(), expected);
    assert_eq!(told.notes, ["cut last line, 29 bytes ignored"]);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        tell(&bytes);
    }

    #[test]
    fn arbitrary_values_never_panic(text in "[\\[\\]{}#\"\\\\;: \t0-9a-c/.-]{0,60}") {
        tell(format!("INFO  jepsen.util - 0 :ok :read {text}\n").as_bytes());
        tell(format!("{{:process 0 :type :ok :f :get :key {text}}}\n").as_bytes());
    }

    #[test]
    fn a_changed_byte_never_panics(at in 0..LOG.len(), byte in any::<u8>(), cut in 0..LOG.len()) {
        let mut bytes = LOG.as_bytes().to_vec();
        bytes[at] = byte;
        tell(&bytes);
        tell(&bytes[..cut]);
    }
}
