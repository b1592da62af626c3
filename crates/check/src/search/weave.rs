//! From what the search placed to an order of everything.
//!
//! The search places an overwrite only where somebody sees it. The others are where it settled what
//! they owed: right in front of an overwrite that was placed while they were pending, or at a moment
//! when they changed nothing. This follows the order that was found level by level and puts each of
//! them into the first such place.

use super::tables::{State, Tables};
use super::window::Window;

/// The order that grows, and who is pending and still hidden.
struct Weave {
    /// By required operation whether the search placed it, and whether it is in the order already.
    placed: Vec<bool>,
    done: Vec<bool>,
    /// Pending, not placed by the search, not in the order yet.
    waiting: Vec<u32>,
    /// Positions.
    order: Vec<u32>,
}

/// The whole order by position: those that the search placed, each with the state after it, and
/// between them the overwrites that it did not.
pub(super) fn weave(
    window: &mut Window,
    tables: &Tables,
    mut state: State,
    found: &[(u32, State)],
) -> Vec<u32> {
    window.go_to(0);
    let required = window.levels();
    let mut weave = Weave {
        placed: vec![false; required],
        done: vec![false; required],
        waiting: Vec::new(),
        order: Vec::with_capacity(required.max(found.len())),
    };
    for &(who, _) in found {
        if let Some(placed) = weave.placed.get_mut(who as usize) {
            *placed = true;
        }
    }
    weave.enter(window);
    weave.pass(window, tables, &mut state);
    for &(who, after) in found {
        if tables.overwrites(window.symbol(who)).is_some() {
            weave.flush(window, tables);
        }
        weave.order.push(window.position(who));
        if let Some(done) = weave.done.get_mut(who as usize) {
            *done = true;
        }
        state = after;
        weave.pass(window, tables, &mut state);
    }
    weave.order
}

impl Weave {
    /// Notes who is called at the current level.
    fn enter(&mut self, window: &Window) {
        let placed = &self.placed;
        self.waiting.extend(window.entering().filter(|&who| !placed[who as usize]));
    }

    /// Passes every return that can be passed, with those that change nothing.
    fn pass(&mut self, window: &mut Window, tables: &Tables, state: &mut State) {
        loop {
            while !window.is_over() && self.done[window.next_return() as usize] {
                window.advance();
                self.enter(window);
            }
            if window.is_over() {
                return;
            }
            let rank = window.rank();
            *state = tables.fade(*state, rank);
            let waiting = self.waiting.len();
            let Weave { done, order, .. } = self;
            self.waiting.retain(|&who| {
                let idle = tables.keeps(*state, window.symbol(who), rank);
                if idle {
                    order.push(window.position(who));
                    done[who as usize] = true;
                }
                !idle
            });
            if self.waiting.len() == waiting {
                return;
            }
        }
    }

    /// Puts every overwrite that waits in front of the one that comes.
    fn flush(&mut self, window: &Window, tables: &Tables) {
        let Weave { done, order, .. } = self;
        self.waiting.retain(|&who| {
            let unseen = tables.overwrites(window.symbol(who)).is_some();
            if unseen {
                order.push(window.position(who));
                done[who as usize] = true;
            }
            !unseen
        });
    }
}
