//! The medium of a node's disk: what the faults of its plan do to it.

use crate::{Draw, Fault};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use testimony_net::disk::{Access, Medium, Place};

/// A disk with the faults that are active.
#[derive(Debug)]
pub(super) struct Platter {
    draw: Draw,
    node: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By the number of the fault in the plan; overlapping ones stand beside each other.
    faults: Vec<(u32, Fault)>,
    /// How often the same access was made before.
    occurrences: BTreeMap<u64, u64>,
}

impl State {
    /// How often the same access was made, this time among them.
    fn count(&mut self, content: u64) -> u64 {
        let count = self.occurrences.entry(content).or_insert(0);
        *count += 1;
        *count
    }
}

impl Platter {
    pub(super) fn new(draw: Draw, node: String) -> Platter {
        Platter { draw, node, state: Mutex::default() }
    }

    /// A fault begins. Faults of other things are not the disk's.
    pub(super) fn begin(&self, id: u32, fault: &Fault) {
        self.state().faults.push((id, fault.clone()));
    }

    /// A fault ends.
    pub(super) fn end(&self, id: u32) {
        self.state().faults.retain(|(other, _)| *other != id);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere cannot leave the list half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn any(&self, is: impl Fn(&Fault) -> bool) -> bool {
        self.state().faults.iter().any(|(_, fault)| is(fault))
    }

    /// What the luck of an access is drawn from: its content, and how often the same was done.
    fn content(&self, what: &str, name: &str, bytes: &[u8]) -> u64 {
        self.draw.content(&[self.node.as_bytes(), what.as_bytes(), name.as_bytes(), bytes])
    }
}

impl Medium for Platter {
    fn delay(&self) -> Duration {
        let state = self.state();
        let extra = state.faults.iter().map(|(_, fault)| match fault {
            Fault::SlowDisk { extra_ms, .. } => u64::from(*extra_ms),
            _ => 0,
        });
        Duration::from_millis(extra.sum())
    }

    fn access(&self, access: Access<'_>) -> io::Result<()> {
        let (what, name, bytes) = match access {
            Access::Read(name) => ("read", name, &[][..]),
            Access::Write(name, bytes) => ("write", name, bytes),
            Access::Sync => ("sync", "", &[][..]),
        };
        if what == "write" && self.any(|fault| matches!(fault, Fault::DiskFull { .. })) {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "no space left on the disk"));
        }
        if !self.any(|fault| matches!(fault, Fault::DiskError { .. })) {
            return Ok(());
        }
        let content = self.content(what, name, bytes);
        let state = &mut *self.state();
        let count = state.count(content);
        let fails = state.faults.iter().any(|(id, fault)| match fault {
            Fault::DiskError { per_mille, .. } => {
                self.draw.chance(*per_mille, "disk error", &[content, count, u64::from(*id)])
            }
            _ => false,
        });
        match fails {
            true => Err(io::Error::other(format!("input/output error ({what} {name})"))),
            false => Ok(()),
        }
    }

    fn lies(&self) -> bool {
        self.any(|fault| matches!(fault, Fault::LyingSync { .. }))
    }

    fn place(&self, name: &str, written: &[u8], others: &[&str]) -> Place {
        if !self.any(|fault| matches!(fault, Fault::Misdirect { .. })) {
            return Place::Meant;
        }
        let content = self.content("place", name, written);
        let state = &mut *self.state();
        let count = state.count(content);
        for (id, fault) in &state.faults {
            let Fault::Misdirect { per_mille, .. } = fault else { continue };
            let ids = [content, count, u64::from(*id)];
            if self.draw.chance(*per_mille, "misdirect", &ids) {
                let files = u64::try_from(others.len()).unwrap_or(u64::MAX);
                let place = usize::try_from(self.draw.below(files, "misdirect to", &ids));
                return match place {
                    Ok(at) if at < others.len() => Place::Other(at),
                    _ => Place::Nowhere,
                };
            }
        }
        Place::Meant
    }

    fn tear(&self, name: &str, written: &[u8]) -> Option<usize> {
        if !self.any(|fault| matches!(fault, Fault::Torn { .. })) {
            return None;
        }
        let length = u64::try_from(written.len()).unwrap_or(u64::MAX);
        let content = self.content("tear", name, written);
        usize::try_from(self.draw.between(0, length, "tear", &[content])).ok()
    }

    fn rot(&self, name: &str, file: &mut [u8]) {
        let bits = u64::try_from(file.len()).unwrap_or(0).saturating_mul(8);
        let content = self.content("rot", name, file);
        for (id, fault) in &self.state().faults {
            let Fault::BitRot { per_mille, .. } = fault else { continue };
            let ids = [content, u64::from(*id)];
            if bits > 0 && self.draw.chance(*per_mille, "rot", &ids) {
                let bit = self.draw.below(bits, "rot bit", &ids);
                let byte = usize::try_from(bit / 8).unwrap_or(0);
                file[byte] ^= 1 << (bit % 8);
            }
        }
    }
}
