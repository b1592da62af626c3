//! A history as registers, one for each key, and what was written to them and read.

use super::parts::{Touched, parts};
use crate::subject::Subject;
use testimony_model::{Access, Atom, Object};

/// The registers, or why the history is not one of registers. Those with an operation that is no
/// access to a register are left out, with the first such key beside.
pub(super) fn registers<'h>(
    subject: &'h dyn Subject,
) -> Result<(Vec<Touched<'h>>, Option<String>), String> {
    let mut registers = parts(subject, &[Object::Register])?;
    let mut left_out = None;
    registers.retain(|register| {
        let known = register.accesses.iter().all(|(_, access)| is_known(access));
        if !known && left_out.is_none() {
            left_out = Some(name(register));
        }
        known
    });
    Ok((registers, left_out))
}

/// Its key, or a word for it.
pub(super) fn name(register: &Touched<'_>) -> String {
    register.key.clone().unwrap_or_else(|| "the register".to_owned())
}

fn is_known(access: &Access<'_>) -> bool {
    matches!(access, Access::Read(_) | Access::Write(_) | Access::Cas { .. })
}

/// The value that an access put there, or may have put there.
pub(super) fn written<'h>(access: &Access<'h>) -> Option<Atom<'h>> {
    match access {
        Access::Write(value) => Some(*value),
        Access::Cas { to, swapped: Some(true) | None, .. } => Some(*to),
        _ => None,
    }
}

/// The value that a read answered.
pub(super) fn read<'h>(access: &Access<'h>) -> Option<Atom<'h>> {
    match access {
        Access::Read(value) => *value,
        _ => None,
    }
}

/// A value in words.
pub(super) fn shown(atom: Atom<'_>) -> String {
    match atom {
        Atom::Nil => "nothing".to_owned(),
        Atom::Int(number) => number.to_string(),
        Atom::Text(text) => format!("{text:?}"),
    }
}
