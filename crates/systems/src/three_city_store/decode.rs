//! The store's messages in words, for the message journal.

use super::city::Told;
use super::ledger::Ledger;
use super::message::{Answer, Operation};
use super::paxos::{Accepted, Ask, Ballot, Reply, Request};
use super::shop::Batch;
use crate::wire::{decode_line, decode_round, name_of};
use testimony::history::{Decoded, Message, MessageKind};

/// What a message of a store that agrees on a log is about.
pub(crate) fn decode_log(message: &Message, payload: &[u8]) -> Option<Decoded> {
    match message.kind {
        MessageKind::Udp => decode_round(message, payload, |request| asked(&request), answered),
        _ => decode_customer(message, payload),
    }
}

/// What a message of a store whose cities tell each other their books is about.
pub(crate) fn decode_books<L: Ledger>(message: &Message, payload: &[u8]) -> Option<Decoded> {
    match message.kind {
        MessageKind::Udp => serde_json::from_slice(payload).ok().map(told_books::<L>),
        _ => decode_customer(message, payload),
    }
}

fn decode_customer(message: &Message, payload: &[u8]) -> Option<Decoded> {
    match message.kind {
        MessageKind::Data => decode_line(message, payload, wanted, told),
        _ => None,
    }
}

fn told_books<L: Ledger>(Told { books, lacking, .. }: Told<L::State>) -> Decoded {
    let books = L::describe(&books);
    Decoded::new(match lacking {
        0 => format!("books: {books}"),
        lacking => format!("books: {books}; lacks {lacking}"),
    })
}

fn asked(request: &Request<Batch>) -> Decoded {
    let (from, slot) = (request.from_slot, request.slot());
    let mut words = Vec::new();
    if !request.decided.is_empty() {
        words.push(decided(from, &request.decided));
    }
    words.extend(request.ask.as_ref().map(|ask| match ask {
        Ask::Prepare(ballot) => format!("prepare slot {slot} ({})", name(*ballot)),
        Ask::Accept(proposal) => format!("accept in slot {slot}: {}", accepted(proposal)),
    }));
    Decoded::new(words.join("; "))
}

fn answered(reply: Reply<Batch>) -> Decoded {
    Decoded::new(match reply {
        Reply::Promised { ballot, accepted: None } => format!("promised ({})", name(ballot)),
        Reply::Promised { ballot, accepted: Some(before) } => {
            format!("promised ({}); has accepted {}", name(ballot), accepted(&before))
        }
        Reply::Accepted { ballot } => format!("accepted ({})", name(ballot)),
        Reply::Refused { promised } => format!("refused: has promised {}", name(promised)),
        Reply::Decided { from_slot, decided: slots } => decided(from_slot, &slots),
        Reply::Behind { length } => format!("knows only {length} slots"),
        Reply::Heard => "heard".to_owned(),
    })
}

fn decided(from_slot: usize, slots: &[Batch]) -> String {
    let slots =
        (from_slot..).zip(slots).map(|(slot, batch)| format!("{slot}: {}", commands(batch)));
    format!("decided {}", slots.collect::<Vec<_>>().join(", "))
}

fn accepted(proposal: &Accepted<Batch>) -> String {
    format!("{} ({})", commands(&proposal.value), name(proposal.ballot))
}

fn commands(batch: &Batch) -> String {
    match batch.is_empty() {
        true => "nothing".to_owned(),
        false => {
            let commands = batch.iter().map(|command| operation(command.operation));
            commands.collect::<Vec<_>>().join(" and ")
        }
    }
}

fn name(ballot: Ballot) -> String {
    format!("ballot {} of {}", ballot.round, name_of(ballot.node))
}

fn wanted(wanted: Operation) -> Decoded {
    Decoded::new(operation(wanted))
}

fn operation(operation: Operation) -> String {
    match operation {
        Operation::Buy(units) => format!("buy {units}"),
        Operation::Restock(units) => format!("restock {units}"),
        Operation::Count => "count".to_owned(),
    }
}

fn told(answer: Answer) -> Decoded {
    Decoded::new(match answer {
        Answer::Sold => "sold".to_owned(),
        Answer::SoldOut => "sold out".to_owned(),
        Answer::Restocked => "restocked".to_owned(),
        Answer::Count(count) => format!("count {count}"),
        Answer::Unavailable => "unavailable".to_owned(),
    })
}
