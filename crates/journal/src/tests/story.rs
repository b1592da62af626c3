//! Journals made by hand: who knew what, and why not.

use super::{done, mark, message, of_client};
use crate::{Carried, Ended, Journal, JournalError, Mark, read_messages};
use testimony_history::{CLIENTS_HOST, Decoded, Fate, FaultEvent, Loss, Message, OpId, Rank};

fn cut() -> Vec<FaultEvent> {
    let event = |begins, rank| FaultEvent {
        fault: 4,
        begins,
        name: "cut".to_owned(),
        detail: r#"{"pairs":[["n1","n2"],["n2","n1"]]}"#.to_owned(),
        label: "n1 | n2".to_owned(),
        rank: Rank(rank),
        time_ns: 0,
    };
    vec![event(true, 2), event(false, 7)]
}

/// Two writes through n1, the second of which n2 never hears of, then a read from n2:
///
/// rank 0..1 process 0 writes 1; 2 the cut begins; 3..4 process 0 writes 2; 5..6 process 1 reads 1.
fn stale() -> (Vec<Message>, Vec<Mark>) {
    let say = |text: &str, message: Message| Message { text: Some(text.to_owned()), ..message };
    let messages = vec![
        say(
            "write 1",
            done(of_client(0, message(0, CLIENTS_HOST, "n1", 0, 1)), Fate::Delivered, 1, 1),
        ),
        say("store 1", done(message(1, "n1", "n2", 1, 1), Fate::Delivered, 2, 1)),
        say(
            "done",
            done(of_client(0, message(2, "n1", CLIENTS_HOST, 1, 1)), Fate::Delivered, 3, 1),
        ),
        say(
            "write 2",
            done(of_client(0, message(3, CLIENTS_HOST, "n1", 5, 4)), Fate::Delivered, 6, 4),
        ),
        Message {
            lost: Some(Loss::Cut),
            ..say("store 2", done(message(4, "n1", "n2", 6, 4), Fate::Lost, 7, 4))
        },
        say(
            "done",
            done(of_client(0, message(5, "n1", CLIENTS_HOST, 6, 4)), Fate::Delivered, 8, 4),
        ),
        say(
            "read",
            done(of_client(1, message(6, CLIENTS_HOST, "n2", 9, 6)), Fate::Delivered, 10, 6),
        ),
        say(
            "value 1",
            done(of_client(1, message(7, "n2", CLIENTS_HOST, 10, 6)), Fate::Delivered, 12, 6),
        ),
    ];
    let wrote = |value: &str, mark: Mark| Mark { wrote: Some(value.to_owned()), ..mark };
    let marks = vec![
        wrote("1", mark(0, 0, 1, "write 1")),
        wrote("2", mark(0, 3, 4, "write 2")),
        Mark { read: Some("1".to_owned()), ..mark(1, 5, 6, "read") },
    ];
    (messages, marks)
}

fn decode(message: &Message) -> Option<Decoded> {
    let text = message.text.as_deref()?;
    let decoded = Decoded::new(text);
    Some(match text.rsplit_once(' ') {
        Some((_, value)) => decoded.value(value),
        None => decoded,
    })
}

fn ids(seen: &[crate::Seen]) -> Vec<u32> {
    seen.iter().map(|seen| seen.message.id).collect()
}

fn ops(marks: &[Mark]) -> Vec<u32> {
    marks.iter().map(|mark| mark.id.0).collect()
}

/// Goal: a stale read is explained: the message that would have told the node, and the fault that
/// stopped it.
#[test]
fn a_write_that_could_not_be_known_is_named_with_what_stopped_it() {
    let (messages, marks) = stale();
    for decodes in [true, false] {
        let decode = |message: &Message| decodes.then(|| decode(message)).flatten();
        let journal = Journal::new(messages.clone(), marks.clone(), &cut(), decode).unwrap();
        let why = journal.why(OpId(5)).unwrap();
        assert_eq!((why.node.as_deref(), why.answered, why.client_known), (Some("n2"), true, true));
        assert_eq!(ids(&why.talk), [6, 7]);
        let carried = if decodes { Carried::ByValue } else { Carried::Latest };
        assert_eq!((why.carried, ids(&why.carriers)), (carried, vec![1]), "it came by this one");
        assert_eq!(why.source.map(|source| source.id), Some(OpId(0)));
        let [missed] = why.missed.as_slice() else { panic!("one write: {:?}", why.missed) };
        assert_eq!(missed.write.id, OpId(3));
        assert!(missed.certain && missed.shown_by.id == OpId(3));
        assert!(!missed.in_past && missed.told.is_empty());
        assert_eq!(missed.by_value, decodes);
        assert_eq!(ids(&missed.stopped), [4]);
        assert_eq!(missed.stopped[0].in_force.as_ref().unwrap().label, "n1 | n2");
        assert_eq!((ops(&why.past), ops(&why.concurrent)), (vec![0], vec![3]));
    }
}

/// Goal: what arrived is told apart from what did not. Method: the same story, but the message that
/// was lost arrives before the read.
#[test]
fn a_node_that_was_told_and_did_not_say_so_is_to_blame_itself() {
    let (mut messages, marks) = stale();
    messages[4] = Message { lost: None, ..done(messages[4].clone(), Fate::Delivered, 8, 4) };
    let journal = Journal::new(messages, marks, &cut(), decode).unwrap();
    let why = journal.why(OpId(5)).unwrap();
    assert!(why.missed[0].in_past && !why.missed[0].restarted);
    assert_eq!(ids(&why.missed[0].told), [4]);
    assert_eq!((ops(&why.past), ops(&why.concurrent)), (vec![3, 0], vec![]));
}

/// Goal: the fault that is named is one that can lose messages so, and was in force. Method: a delay on
/// the same way that began later, and a cut that is over.
#[test]
fn the_fault_that_is_named_is_one_that_can_do_it() {
    let (messages, marks) = stale();
    let slow = |rank| FaultEvent {
        fault: 9,
        name: "slow".to_owned(),
        rank: Rank(rank),
        ..cut()[0].clone()
    };
    let over = FaultEvent { rank: Rank(2), ..cut()[1].clone() };
    for (faults, named) in [
        (vec![cut()[0].clone(), slow(2)], Some(4)),
        (vec![slow(2)], None),
        (vec![cut()[0].clone(), over], None),
        (cut(), Some(4)),
    ] {
        let journal = Journal::new(messages.clone(), marks.clone(), &faults, decode).unwrap();
        let stopped = journal.why(OpId(5)).unwrap().missed[0].stopped[0].clone();
        assert_eq!(stopped.in_force.map(|fault| fault.fault), named);
    }
}

/// Goal: a restart between the message and the answer is told. Method: n2 answers in its second life.
#[test]
fn a_node_that_was_restarted_since_it_was_told_is_named() {
    let (mut messages, marks) = stale();
    messages[4] = Message { lost: None, ..done(messages[4].clone(), Fate::Delivered, 8, 4) };
    messages[7].from_life = 1;
    let journal = Journal::new(messages, marks, &[], decode).unwrap();
    assert!(journal.why(OpId(5)).unwrap().missed[0].restarted);
}

/// Goal: writes that nobody can put in an order are not claimed to be in one. Method: the same story,
/// but the second write begins before the first returns; then nobody acknowledges it, and a read shows
/// it.
#[test]
fn a_write_beside_the_one_that_was_read_may_be_the_later_one() {
    let (messages, mut marks) = stale();
    marks[0].ret = Rank(4);
    marks[1].ret = Rank(4);
    let ask = |marks: &[Mark]| {
        let journal = Journal::new(messages.clone(), marks.to_vec(), &cut(), decode).unwrap();
        journal.why(OpId(marks.last().unwrap().id.0)).unwrap().missed
    };
    let missed = ask(&marks);
    assert_eq!((missed.len(), missed[0].certain), (1, false));
    marks[0].ret = Rank(1);
    marks[1] = Mark { ret: Rank::NEVER, ended: Ended::Info("?".to_owned()), ..marks[1].clone() };
    assert_eq!(ask(&marks), []);
    let shows = Mark { read: Some("2".to_owned()), ..mark(2, 4, 4, "read") };
    marks.insert(2, shows);
    let missed = ask(&marks);
    assert_eq!((missed.len(), missed[0].certain, missed[0].shown_by.id), (1, true, OpId(4)));
}

/// Goal: copies and messages with flipped bits carry the past, lost ones and those under way do not.
#[test]
fn only_what_arrives_carries_the_past() {
    for (fate, carries) in [
        (Fate::Delivered, true),
        (Fate::Duplicated, true),
        (Fate::Corrupted, true),
        (Fate::Lost, false),
        (Fate::Held, false),
    ] {
        let (mut messages, marks) = stale();
        messages[4] = done(messages[4].clone(), fate, 8, 4);
        let journal = Journal::new(messages, marks, &[], |_| None).unwrap();
        let past = journal.past(OpId(5)).unwrap();
        assert_eq!(past.operations.contains(&OpId(3)), carries, "{fate:?}");
        assert_eq!(past.messages.contains(&4), carries, "{fate:?}");
    }
}

/// Goal: a crash keeps what the disk may hold, the loss of the disk does not. Method: n2 is struck
/// between the message that told it and the read.
#[test]
fn a_lost_disk_ends_the_past_and_a_crash_does_not() {
    for (name, remembers) in [("crash", true), ("amnesia", false)] {
        let (messages, marks) = stale();
        let struck = FaultEvent {
            name: name.to_owned(),
            detail: r#"{"node":"n2"}"#.to_owned(),
            ..cut()[0].clone()
        };
        let journal = Journal::new(messages, marks, &[struck], |_| None).unwrap();
        let past = journal.past(OpId(5)).unwrap();
        assert_eq!(past.operations.contains(&OpId(0)), remembers, "{name}");
    }
}

/// Goal: within one millisecond the arrival comes first, whatever the ids say.
#[test]
fn what_arrives_in_a_millisecond_is_there_before_the_node_speaks() {
    let early = done(message(0, "n1", "n2", 1, 0), Fate::Delivered, 5, 0);
    let late = done(message(1, "n2", "n3", 5, 0), Fate::Delivered, 6, 0);
    let ask = done(of_client(0, message(2, CLIENTS_HOST, "n3", 7, 1)), Fate::Delivered, 8, 1);
    let answer = done(of_client(0, message(3, "n3", CLIENTS_HOST, 8, 1)), Fate::Delivered, 9, 1);
    let journal =
        Journal::new(vec![early, late, ask, answer], vec![mark(0, 0, 1, "op")], &[], |_| None);
    assert_eq!(journal.unwrap().past(OpId(0)).unwrap().messages, [0, 1, 2, 3]);
}

/// Goal: an operation that nobody answered tells what became of the request.
#[test]
fn without_an_answer_the_request_is_shown_with_its_fate() {
    let lost = done(of_client(0, message(0, CLIENTS_HOST, "n1", 0, 1)), Fate::Lost, 1, 1);
    let gave_up = Mark { ret: Rank::NEVER, ..mark(0, 0, 9, "write") };
    let journal = Journal::new(vec![lost], vec![gave_up], &[], |_| None).unwrap();
    let why = journal.why(OpId(0)).unwrap();
    assert_eq!((why.answered, why.node.as_deref()), (false, Some("n1")));
    assert_eq!(why.talk[0].message.fate, Fate::Lost);
}

/// Goal: whatever is wrong with a journal is an error that names it.
#[test]
fn damaged_and_older_journals_are_refused() {
    let (messages, marks) = stale();
    let ask =
        |messages: Vec<Message>| Journal::new(messages, marks.clone(), &[], |_| None).map(drop);
    let change = |change: fn(&mut Message)| {
        let mut changed = messages.clone();
        change(&mut changed[4]);
        changed
    };
    assert_eq!(ask(messages.clone()), Ok(()));
    let older = change(|message| message.sent_after = None);
    assert_eq!(ask(older), Err(JournalError::Older(4)));
    let backwards = change(|message| {
        message.fate = Fate::Delivered;
        message.done_ns = Some(0);
    });
    assert_eq!(ask(backwards), Err(JournalError::Backwards(4)));
    let journal = Journal::new(messages, marks, &[], |_| None).unwrap();
    let near = |op| journal.past(OpId(op)).unwrap_err().to_string();
    assert_eq!(near(4), "there is no operation #4; the nearest is #3");
    assert_eq!(near(u32::MAX), format!("there is no operation #{}; the nearest is #5", u32::MAX));
    let empty = Journal::new(Vec::new(), Vec::new(), &[], |_| None).unwrap();
    assert_eq!(empty.why(OpId(1)).unwrap_err().to_string(), "there is no operation #1");
    let line = read_messages("\n{\"id\":1}\n").unwrap_err().to_string();
    assert!(line.starts_with("line 2: missing field `from`"), "{line}");
}
