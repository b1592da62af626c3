//! What a thread has asked for.

use crate::calls::{Call, Calls, Source};
use std::cell::{Cell, RefCell};

/// How the calls of a thread are answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Conduct {
    /// By the operating system; they are only noted.
    Note,
    /// By a function of this seed, and by the time that was set last; `notes` says whether they are
    /// noted, too.
    Govern {
        /// The seed of all entropy.
        seed: u64,
        /// Nanoseconds since 1970 at the beginning.
        epoch_ns: u64,
        /// Whether calls are noted.
        notes: bool,
    },
}

/// The monotonic clock of a governed thread begins here: far enough from zero that programs can
/// subtract from it.
const MONOTONIC_NS: u64 = 1_000_000_000_000;

struct State {
    conduct: Conduct,
    calls: Calls,
    /// Tells whose code is running, where somebody's is.
    host: fn() -> Option<u16>,
}

thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
    static ELAPSED_NS: Cell<u64> = const { Cell::new(0) };
    static DRAWN: Cell<u64> = const { Cell::new(0) };
    /// A call is being noted: what that calls itself is not noted.
    static NOTING: Cell<bool> = const { Cell::new(false) };
}

/// From here on the calls of this thread are answered in this way. `host` tells whose code is
/// running: only calls of a host are noted.
///
/// What a thread keeps (the keys of its hash maps, its generators) is drawn once: a thread that has
/// drawn before keeps what it drew. Begin on a fresh thread.
pub fn begin(conduct: Conduct, host: fn() -> Option<u16>) {
    #[cfg(target_os = "linux")]
    crate::hooks::keep();
    ELAPSED_NS.set(0);
    DRAWN.set(0);
    STATE.set(Some(State { conduct, calls: Calls::default(), host }));
}

/// Ends it; what was noted, in the order of the first calls.
pub fn end() -> Vec<Call> {
    let state = STATE.take();
    state.map(|state| state.calls.into_list()).unwrap_or_default()
}

/// Sets the clocks of this thread to so many nanoseconds after the beginning.
pub fn set_elapsed(ns: u64) {
    ELAPSED_NS.set(ns);
}

/// Which clock is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Clock {
    Wall,
    Monotonic,
}

/// The time of a governed thread in nanoseconds; `None` where the system is to answer.
pub(crate) fn time_ns(clock: Clock) -> Option<u64> {
    let source = match clock {
        Clock::Wall => Source::WallClock,
        Clock::Monotonic => Source::MonotonicClock,
    };
    let Conduct::Govern { epoch_ns, .. } = noted(source)? else { return None };
    let begins = match clock {
        Clock::Wall => epoch_ns,
        Clock::Monotonic => MONOTONIC_NS,
    };
    Some(begins.saturating_add(ELAPSED_NS.get()))
}

/// Fills a buffer of a governed thread; false where the system is to answer.
pub(crate) fn fill(buffer: &mut [u8]) -> bool {
    let Some(Conduct::Govern { seed, .. }) = noted(Source::Entropy) else { return false };
    for chunk in buffer.chunks_mut(8) {
        let drawn = DRAWN.get();
        DRAWN.set(drawn + 1);
        let word = mixed(seed ^ mixed(drawn.wrapping_add(1))).to_le_bytes();
        let length = chunk.len();
        chunk.copy_from_slice(&word[..length]);
    }
    true
}

/// The finaliser of SplitMix64: every bit of the result depends on every bit of the number.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Notes a call where that is asked for, and says how this thread is answered.
fn noted(source: Source) -> Option<Conduct> {
    // A thread that ends has no state any more; one that is being asked already is not asked again.
    let looked = STATE.try_with(|state| {
        let state = state.try_borrow().ok()?;
        let state = state.as_ref()?;
        Some((state.conduct, state.host))
    });
    let (conduct, host) = looked.ok().flatten()?;
    let notes = match conduct {
        Conduct::Note => true,
        Conduct::Govern { notes, .. } => notes,
    };
    if notes
        && !NOTING.get()
        && let Some(host) = host()
    {
        NOTING.set(true);
        // Outside of any borrow: looking at the stack allocates and may draw entropy itself.
        let place = crate::calls::place();
        STATE.with_borrow_mut(|state| {
            if let (Some(state), Some(place)) = (state, place) {
                state.calls.add(host, source, place);
            }
        });
        NOTING.set(false);
    }
    Some(conduct)
}
