//! Damaged native files, each by the message that it gives, and that nothing panics.

use super::*;
use crate::native::{write_event, write_header};
use proptest::prelude::*;

const EVENT: &str = r#"{"index":0,"time":1,"process":0,"type":"invoke","f":"read","value":null}"#;

struct Told {
    events: Vec<crate::Event>,
    problems: String,
    notes: Vec<String>,
}

fn tell(bytes: &[u8]) -> Told {
    let (mut events, mut problems, mut notes) = (Vec::new(), Problems::default(), Vec::new());
    let mut sink = |event: RawEvent<'_>| events.push(event.into_owned());
    Reader::new(bytes).each(&mut sink, &mut problems, &mut notes);
    Told { events, problems: problems.to_string(), notes }
}

#[track_caller]
fn wrong(bytes: impl AsRef<[u8]>, expected: &str) {
    let told = tell(bytes.as_ref());
    assert_eq!(told.problems, expected);
}

#[test]
fn damaged_lines_are_refused_with_their_number() {
    wrong("", "the file is empty: expected a header line or an event a line");
    wrong(" \n\n", "the file is empty: expected a header line or an event a line");
    wrong(
        format!("\u{feff}{EVENT}\n"),
        "line 1: begins with a byte order mark: expected plain UTF-8",
    );
    wrong(format!("{EVENT}\n\0\n"), "line 2: contains a NUL byte");
    let mut bytes = format!("{EVENT}\n").into_bytes();
    bytes.extend(b"{\"f\":\"\xff\"}\n");
    wrong(bytes, "line 2: not UTF-8 at byte 7");
    wrong(format!("{EVENT}\ngarbage\n"), "line 2: expected value (column 1)");
    wrong(
        EVENT.replace("process", "procces"),
        "line 1: unknown field `procces`, expected one of `index`, `time`, `process`, `type`, \
         `f`, `value`, `ret`, `error`, `extra` (column 29)",
    );
    wrong(
        EVENT.replace("\"time\":1", "\"index\":1"),
        "line 1: duplicate field `index` (column 18)",
    );
    wrong(
        EVENT.replace("invoke", "begin"),
        "line 1: unknown variant `begin`, expected one of `invoke`, `ok`, `fail`, `info`, \
         `observe` (column 46)",
    );
    wrong("{}\n", "line 1: missing field `process` (column 2)");
    wrong(
        format!("{{\"testimony\":1,\"model\":\"kv\"}}\n{EVENT},\n"),
        "line 2: trailing characters (column 73)",
    );
}

#[test]
fn numbers_out_of_range_are_refused() {
    let index = |text: &str| EVENT.replace("\"index\":0", &format!("\"index\":{text}"));
    wrong(
        index("4294967296"),
        "line 1: invalid value: integer `4294967296`, expected u32 (column 19)",
    );
    wrong(index("-1"), "line 1: invalid value: integer `-1`, expected u32 (column 11)");
    wrong(
        index("18446744073709551616"),
        "line 1: invalid type: floating point `1.8446744073709552e+19`, expected u32 (column 29)",
    );
    wrong(index("1.0"), "line 1: invalid type: floating point `1.0`, expected u32 (column 12)");
    wrong(index("NaN"), "line 1: expected value (column 10)");
    wrong(
        EVENT.replace("\"process\":0", "\"process\":4294967296"),
        "line 1: invalid value: integer `4294967296`, expected a process: an integer from 0 to \
         4294967295, \"nemesis\" or a node (column 40)",
    );
}

#[test]
fn nesting_and_length_have_limits() {
    let nested = |depth: usize| {
        EVENT.replace("null", &format!("{}{}", "[".repeat(depth), "]".repeat(depth)))
    };
    assert_eq!(tell(nested(NESTING_MAX).as_bytes()).problems, "");
    wrong(nested(NESTING_MAX + 1), "line 1: nested deeper than 100");
    wrong(nested(200_000), "line 1: nested deeper than 100");
    let brackets = EVENT.replace("null", &format!("\"{}\"", "[".repeat(500)));
    assert_eq!(tell(brackets.as_bytes()).problems, "");
    let long = EVENT.replace("null", &format!("\"{}\"", "x".repeat(LINE_BYTES_MAX)));
    wrong(format!("{EVENT}\n{long}\n"), "line 2: 1048646 bytes long: at most 1048576");
}

#[test]
fn headers_are_checked_before_what_they_hold() {
    wrong(
        "{\"testimony\":2,\"model\":\"kv\",\"future\":1}\n",
        "line 1: format version 2 is newer than 1, the newest that this build reads",
    );
    wrong("{\"testimony\":\"x\"}\n", "line 1: format version \"x\": expected 1");
    wrong("{\"testimony\":1}\n", "line 1: header: missing field `model` (column 15)");
    wrong(
        "{\"testimony\":1,\"model\":\"kv\",\"sed\":7}\n",
        "line 1: header: unknown field `sed`, expected one of `testimony`, `model`, `params`, \
         `name`, `system`, `seed`, `determinism`, `expect`, `anomalies`, `extra` (column 33)",
    );
    let header = "{\"testimony\":1,\"model\":\"kv\"}\n";
    wrong(
        format!("{header}{EVENT}\n{header}"),
        "line 3: a second header: a file holds one history",
    );
    let read = |text: &str| Reader::new(text.as_bytes()).header().map(|h| h.map(|h| h.model));
    assert_eq!(read(header), Ok(Some("kv".to_owned())));
    assert_eq!(read(EVENT), Ok(None));
    assert_eq!(read("{\"testimony\":9}").map_err(|problem| problem.line), Err(1));
}

#[test]
fn harmless_oddities_are_accepted() {
    let told = tell(format!("\r\n{EVENT}\r\n\n{EVENT}").as_bytes());
    assert_eq!((told.events.len(), told.problems.as_str()), (2, ""));
    assert_eq!(told.events.iter().map(|event| event.line).collect::<Vec<_>>(), [2, 4]);
    let extra = EVENT.replace("null", "null,\"extra\":{\"anything\":[1]}");
    assert_eq!(tell(extra.as_bytes()).problems, "");
}

#[test]
fn every_cut_of_the_last_line_is_a_note() {
    let whole = format!("{EVENT}\n{}", EVENT.replace("null", "\"\u{e9}\u{1f600}\\n\""));
    let begin = EVENT.len() + 1;
    for end in begin + 1..whole.len() {
        let told = tell(&whole.as_bytes()[..end]);
        assert_eq!((told.events.len(), told.problems.as_str()), (1, ""), "cut at {end}");
        assert_eq!(told.notes, [format!("cut last line, {} bytes ignored", end - begin)]);
    }
    let cut_header = tell(b"{\"testimony\":1,\"mod");
    assert_eq!(cut_header.notes, ["cut last line, 19 bytes ignored"]);
    assert_eq!(cut_header.problems, "");
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
        Just("null".to_owned()),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop::collection::vec(inner, 0..3).prop_map(|items| format!("[{}]", items.join(",")))
    })
}

fn event() -> impl Strategy<Value = crate::Event> {
    let who = prop_oneof![
        any::<u32>().prop_map(|id| Who::Client(Process(id))),
        Just(Who::Nemesis),
        any::<String>()
            .prop_filter("the nemesis is no node", |name| name != "nemesis")
            .prop_map(|name| Who::Node(Cow::Owned(name))),
    ];
    let kind = prop::sample::select(vec![
        EventKind::Invoke,
        EventKind::Ok,
        EventKind::Fail,
        EventKind::Info,
        EventKind::Observe,
    ]);
    let ret = prop::option::of(json().prop_filter("null is no answer", |json| json != "null"));
    let texts = (any::<String>(), json(), ret, prop::option::of(any::<String>()));
    (prop::option::of(any::<u32>()), any::<u64>(), who, kind, texts).prop_map(
        |(index, time_ns, who, kind, (f, value, ret, error))| RawEvent {
            line: 1,
            index,
            time_ns,
            who,
            kind,
            f: Cow::Owned(f),
            value: Cow::Owned(value),
            ret: ret.map(Cow::Owned),
            error: error.map(Cow::Owned),
        },
    )
}

/// What both ways of reading a line make of it.
fn both(bytes: &[u8], ended: bool) -> Option<(Option<crate::Event>, Result<crate::Event, String>)> {
    let line = Line { number: 7, bytes, len: bytes.len(), ended };
    let text = text_of(&line).ok()?;
    let reference = read_any(&line, text).map(RawEvent::into_owned).map_err(|wrong| match wrong {
        Wrong::Cut => "cut".to_owned(),
        Wrong::Is(what) => what,
    });
    Some((canonical::read(text, line.number).map(RawEvent::into_owned), reference))
}

#[test]
fn plain_lines_of_our_writer_take_the_fast_path() {
    let texts = [
        ("read", "null", None, None),
        ("write", "[\"x\",1]", None, Some("timeout")),
        ("cas", "[\"\u{e9}\",[null,-2]]", Some("[]"), None),
    ];
    for (f, value, ret, error) in texts {
        for (index, who) in [(None, Who::Nemesis), (Some(u32::MAX), Who::Client(Process(3)))] {
            let event = RawEvent {
                line: 7,
                index,
                time_ns: 9_999_999_999_999_999_999,
                who,
                kind: EventKind::Ok,
                f: f.into(),
                value: value.into(),
                ret: ret.map(Cow::Borrowed),
                error: error.map(Cow::Borrowed),
            };
            let mut text = String::new();
            write_event(&mut text, &event);
            let (fast, reference) = both(text.trim_end().as_bytes(), true).unwrap();
            assert_eq!(fast, Some(event.clone().into_owned()));
            assert_eq!(reference, Ok(event.into_owned()));
        }
    }
}

/// Lines that are nearly in canonical form.
const HOSTILE: &[(&str, &str)] = &[
    ("0,\"time\"", "00,\"time\""),
    ("0,\"time\"", "4294967296,\"time\""),
    ("\"time\":1", "\"time\":18446744073709551615"),
    ("\"time\":1", "\"time\":18446744073709551616"),
    ("\"time\":1", "\"time\":1.0"),
    ("\"time\":1", "\"time\":1e3"),
    ("\"process\":0", "\"process\":-0"),
    ("\"process\":0", "\"process\":4294967296"),
    ("\"process\":0", "\"process\":\"n1\""),
    ("\"process\":0", "\"process\":\"nemesis\""),
    ("\"process\":0", "\"process\":null"),
    ("invoke", "invok"),
    ("invoke", "\\u0069nvoke"),
    ("read", "re\\nad"),
    ("read", "re\nad"),
    ("read", "re\u{7f}ad"),
    ("null", "null,\"ret\":null"),
    ("null", "null,\"ret\":1,\"error\":null"),
    ("null", "null,\"error\":\"x\",\"ret\":1"),
    ("null", "null,\"extra\":1"),
    ("null", "null,\"value\":null"),
    ("null", "1.5"),
    ("null", "01"),
    ("null", "-"),
    ("null", "[1,[2,\"x\"],true,false]"),
    ("null", "[1,]"),
    ("null", "[ 1]"),
    ("null", "{\"a\":1}"),
    ("null", "\"\\ud800\""),
    ("null", "nul"),
    ("null", ""),
    ("}", "} "),
    ("}", "}}"),
    ("}", ""),
    ("{", " {"),
    ("{\"index\":0,", "{"),
];

#[test]
fn hostile_lines_are_read_alike() {
    for (from, to) in HOSTILE {
        let line = EVENT.replacen(from, to, 1);
        for ended in [true, false] {
            let (fast, reference) = both(line.as_bytes(), ended).unwrap();
            assert!(fast.is_none() || fast == reference.clone().ok(), "{line}: {reference:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    /// Goal: the fast path and the reference agree on every line that the fast path takes. Method:
    /// lines of our writer, with a few bytes changed, put in or cut out.
    #[test]
    fn the_fast_path_reads_what_the_reference_reads(
        event in event(),
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..3_u8, prop::sample::select(&b"0123456789\"\\,:[]{}nult -.e\r\xc3"[..])),
            0..4,
        ),
        ended in any::<bool>(),
    ) {
        let mut text = String::new();
        write_event(&mut text, &event);
        let mut bytes = text.trim_end_matches('\n').as_bytes().to_vec();
        for (at, edit, byte) in edits {
            let at = at.index(bytes.len().max(1));
            match edit {
                0 if at < bytes.len() => bytes[at] = byte,
                1 if at < bytes.len() => {
                    bytes.remove(at);
                }
                _ => bytes.insert(at, byte),
            }
        }
        if let Some((Some(fast), reference)) = both(&bytes, ended) {
            prop_assert_eq!(Ok(fast), reference);
        }
    }

    #[test]
    fn what_is_written_is_read_again(mut events in prop::collection::vec(event(), 0..8)) {
        let mut text = String::new();
        write_header(&mut text, &Header::new("kv"));
        for (event, line) in events.iter_mut().zip(2..) {
            event.line = line;
            write_event(&mut text, event);
        }
        let told = tell(text.as_bytes());
        prop_assert_eq!(told.problems, "");
        prop_assert_eq!(told.events, events);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        tell(&bytes);
    }

    #[test]
    fn a_changed_byte_never_panics(at in 0..EVENT.len(), byte in any::<u8>(), cut in 0..200_usize) {
        let mut bytes = format!("{EVENT}\n{EVENT}\n").into_bytes();
        bytes[at] = byte;
        bytes.truncate(cut);
        tell(&bytes);
    }
}
