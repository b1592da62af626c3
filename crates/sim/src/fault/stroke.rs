//! Faults that are made of others: when each part of them strikes and ends.

use super::{Fault, between};

/// A part of a fault: what strikes when, in milliseconds since the fault itself began.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stroke {
    pub(crate) from_ms: u64,
    /// `None`: as long as the fault itself.
    pub(crate) until_ms: Option<u64>,
    pub(crate) fault: Fault,
}

impl Fault {
    /// The part with this number, in the order of their begins; `None` behind the last. A fault
    /// that is not made of others is its own only part.
    pub(crate) fn stroke(&self, number: u64, hosts: &[String]) -> Option<Stroke> {
        match self {
            Fault::Flap { pairs, on_ms, off_ms } => {
                let (on_ms, off_ms) = (u64::from(*on_ms).max(1), u64::from(*off_ms).max(1));
                let from_ms = number.saturating_mul(on_ms + off_ms);
                let fault = Fault::Cut { pairs: pairs.clone() };
                Some(Stroke { from_ms, until_ms: Some(from_ms.saturating_add(on_ms)), fault })
            }
            Fault::Swizzle { clog, release, step_ms } => {
                let node = clog.get(usize::try_from(number).ok()?)?;
                let step_ms = u64::from(*step_ms).max(1);
                let place = release.iter().position(|other| other == node).unwrap_or_default();
                let place = u64::try_from(clog.len() + place).unwrap_or(u64::MAX);
                let others: Vec<&str> = hosts.iter().map(String::as_str).collect();
                Some(Stroke {
                    from_ms: number.saturating_mul(step_ms),
                    until_ms: Some(place.saturating_mul(step_ms)),
                    fault: Fault::Jam { pairs: between(&[node], &others) },
                })
            }
            Fault::Rolling { nodes, grace_ms, down_ms, gap_ms } => {
                let node = nodes.get(usize::try_from(number).ok()?)?.clone();
                let lasts_ms = u64::from(*grace_ms) + u64::from(*down_ms);
                let from_ms = number.saturating_mul(lasts_ms + u64::from(*gap_ms));
                let until_ms = Some(from_ms.saturating_add(lasts_ms));
                Some(Stroke { from_ms, until_ms, fault: Fault::Stop { node, grace_ms: *grace_ms } })
            }
            whole => {
                (number == 0).then(|| Stroke { from_ms: 0, until_ms: None, fault: whole.clone() })
            }
        }
    }
}
