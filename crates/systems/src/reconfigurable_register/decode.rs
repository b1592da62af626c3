//! The messages of the register whose members come and go, in words: for the message journal.

use super::group::Group;
use super::message::{Order, Reply, Report, Request, Versions, What};
use super::operator::OPERATOR_PORT;
use crate::quorum_register::decode::{holds, query, store, stored, told, wanted};
use crate::wire::{decode_line, decode_round};
use testimony::history::{Decoded, Message, MessageKind};

/// What a message is about.
pub(crate) fn decode(message: &Message, payload: &[u8]) -> Option<Decoded> {
    let operator = message.ports.is_some_and(|(a, b)| [a, b].contains(&OPERATOR_PORT));
    match message.kind {
        MessageKind::Udp => decode_round(message, payload, asked, answered),
        MessageKind::Data if operator => decode_line(message, payload, ordered, reported),
        MessageKind::Data => decode_line(message, payload, wanted, told),
        _ => None,
    }
}

fn asked(Request { group, what }: Request) -> Decoded {
    let mut asked = match what {
        What::Query { key } => query(key),
        What::Store { key, version } => store(key, &version),
        What::Fetch => Decoded::new("fetch all"),
    };
    asked.words = format!("{} in {}", asked.words, epoch(&group));
    asked
}

fn answered(reply: Reply) -> Decoded {
    match reply {
        Reply::Holds(version) => holds(&version),
        Reply::Stored => stored(),
        Reply::All(versions) => Decoded::new(format!("holds {}", keys(&versions))),
        Reply::Newer(group) => Decoded::new(format!("there is {}", members(&group))),
    }
}

fn ordered(order: Order) -> Decoded {
    Decoded::new(match order {
        Order::Seal { group } => format!("seal: next is {}", members(&group)),
        Order::Install { group, versions } => {
            format!("install {} with {}", members(&group), keys(&versions))
        }
    })
}

fn reported(report: Report) -> Decoded {
    Decoded::new(match report {
        Report::Sealed(versions) => format!("sealed, holds {}", keys(&versions)),
        Report::Installed => "installed".to_owned(),
        Report::Failed => "the disk failed".to_owned(),
    })
}

fn epoch(group: &Group) -> String {
    format!("epoch {}", group.epoch)
}

fn members(group: &Group) -> String {
    format!("{} ({})", epoch(group), group.members.join(" "))
}

fn keys(versions: &Versions) -> String {
    match versions.is_empty() {
        true => "nothing".to_owned(),
        false => versions.keys().map(String::as_str).collect::<Vec<_>>().join(" "),
    }
}
