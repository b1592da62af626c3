//! Journals that nobody recorded: whatever stands in them, a question is answered or refused.

use super::{mark, message};
use crate::{Ended, Journal, Mark};
use proptest::prelude::*;
use testimony_history::{CLIENTS_HOST, Decoded, Fate, FaultEvent, Loss, Message, Rank};

fn host() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("n1"), Just("n2"), Just(CLIENTS_HOST), Just("")]
}

/// Small numbers, which meet, and the largest.
fn number() -> impl Strategy<Value = u32> {
    prop_oneof![8 => 0..12u32, 1 => Just(u32::MAX - 1), 1 => Just(u32::MAX)]
}

fn fate() -> impl Strategy<Value = (Fate, Option<Loss>)> {
    prop_oneof![
        Just((Fate::Delivered, None)),
        Just((Fate::Duplicated, None)),
        Just((Fate::Held, None)),
        Just((Fate::Lost, Some(Loss::Down))),
        Just((Fate::Lost, Some(Loss::Power))),
        Just((Fate::Lost, None)),
    ]
}

prop_compose! {
    fn any_message()(
        (from, to) in (host(), host()),
        (id, bytes) in (number(), number()),
        process in prop::option::of(number()),
        (sent, takes) in (number(), number()),
        (sent_after, events) in (number(), prop::option::weighted(0.95, number())),
        (fate, lost) in fate(),
        text in prop::option::of("[a-c=1-3]{0,4}"),
    ) -> Message {
        // Most arrive after they were sent.
        let done_ns = Some(u64::from(sent.saturating_add(takes)) << 32 | 1);
        let done_after = events.map(|events| sent_after.saturating_add(events));
        let sent_after = Some(sent_after);
        let sent_ns = u64::from(sent) << 32;
        let whole = message(id, from, to, 0, 0);
        Message {
            process, bytes, sent_ns, sent_after, done_ns, done_after, fate, lost, text, ..whole
        }
    }
}

prop_compose! {
    fn any_mark()(
        (process, call, ret) in (number(), number(), number()),
        ends in 0..3u8,
        key in prop::option::of("[a-c]"),
        wrote in prop::option::of("[1-3]"),
        read in prop::option::of("[1-3]|null"),
    ) -> Mark {
        let why = "why".to_owned();
        let ended = [Ended::Ok(why.clone()), Ended::Fail(why.clone()), Ended::Info(why)];
        let ended = ended[usize::from(ends)].clone();
        Mark { key, wrote, read, ended, ..mark(process, call, ret, "op") }
    }
}

prop_compose! {
    fn any_fault()(
        (fault, rank) in (number(), number()),
        begins in any::<bool>(),
        name in "cut|amnesia|crash",
        detail in prop_oneof![
            Just(r#"{"node":"n1"}"#),
            Just(r#"{"pairs":[["n1","n2"],["n1"],3],"nodes":["n2",[]]}"#),
            Just(r#"{"node":{"node":[]},"pairs":"n1"}"#),
            Just("[["),
        ],
    ) -> FaultEvent {
        FaultEvent {
            fault,
            begins,
            name,
            detail: detail.to_owned(),
            label: "label".to_owned(),
            rank: Rank(rank),
            time_ns: 0,
        }
    }
}

proptest! {
    #[test]
    fn no_journal_breaks_a_question(
        messages in prop::collection::vec(any_message(), 0..20),
        mut marks in prop::collection::vec(any_mark(), 0..8),
        faults in prop::collection::vec(any_fault(), 0..6),
    ) {
        marks.sort_by_key(|mark| mark.id);
        let decode = |message: &Message| {
            let text = message.text.as_deref()?;
            let (key, value) = text.split_once('=')?;
            Some(Decoded::new(text).key(key).value(value).topic(value))
        };
        let ids: Vec<_> = marks.iter().map(|mark| mark.id).collect();
        let Ok(journal) = Journal::new(messages, marks, &faults, decode) else { return Ok(()) };
        for op in ids {
            let (past, why) = (journal.past(op), journal.why(op));
            prop_assert!(past.is_ok() && why.is_ok());
        }
    }
}
