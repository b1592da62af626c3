//! What is wrong with the wall clocks of simulated hosts, set by the simulator.

use std::cell::RefCell;
use std::collections::BTreeMap;

/// One thing that is wrong with a clock. Times are nanoseconds since 1970 in right time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// It is so far ahead (behind, when negative).
    Offset {
        /// How far.
        ns: i64,
    },
    /// It runs too fast (too slow, when negative).
    Drift {
        /// Since when.
        since_ns: u64,
        /// By so many of a thousand.
        per_mille: i32,
    },
    /// It jumps between right and wrong.
    Strobe {
        /// Since when; it is wrong first.
        since_ns: u64,
        /// How far it is ahead when it is wrong.
        ns: i64,
        /// It jumps every so often.
        every_ns: u64,
    },
    /// It stands still.
    Frozen {
        /// At this time.
        at_ns: u64,
    },
}

thread_local! {
    static WRONGS: RefCell<BTreeMap<u16, Vec<Wrong>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Sets everything that is wrong with the clock of a host.
pub fn set(host: u16, wrongs: Vec<Wrong>) {
    WRONGS.with_borrow_mut(|all| _ = all.insert(host, wrongs));
}

/// Sets all clocks right: a run begins.
pub fn set_right() {
    WRONGS.with_borrow_mut(BTreeMap::clear);
}

/// What the clock of a host shows at a time.
pub(super) fn shown_ns(host: Option<u16>, now_ns: u64) -> u64 {
    let Some(host) = host else { return now_ns };
    WRONGS.with_borrow(|all| all.get(&host).map_or(now_ns, |wrongs| shown(wrongs, now_ns)))
}

/// A clock that stands still does so first; everything else comes on top.
fn shown(wrongs: &[Wrong], now_ns: u64) -> u64 {
    let frozen = wrongs.iter().filter_map(|wrong| match wrong {
        Wrong::Frozen { at_ns } => Some(*at_ns),
        _ => None,
    });
    let now_ns = frozen.fold(now_ns, u64::min);
    let offsets = wrongs.iter().map(|wrong| match *wrong {
        Wrong::Offset { ns } => i128::from(ns),
        Wrong::Drift { since_ns, per_mille } => {
            i128::from(now_ns.saturating_sub(since_ns)) * i128::from(per_mille) / 1000
        }
        Wrong::Strobe { since_ns, ns, every_ns } => {
            let turn = now_ns.saturating_sub(since_ns) / every_ns.max(1);
            i128::from(ns) * i128::from(turn.is_multiple_of(2))
        }
        Wrong::Frozen { .. } => 0,
    });
    let shown = i128::from(now_ns) + offsets.sum::<i128>();
    u64::try_from(shown.max(0)).unwrap_or(u64::MAX)
}
