//! Happened before, from one end to the other: one pass over the order, backwards or forwards.
//!
//! A causal past holds of each place everything up to some point, so that a flag for each place tells
//! whether the pass is inside of it already.

use crate::order::{Order, What};

/// Which events happened before one of these, these among them. O(events).
pub(crate) fn past(order: &Order, of: &[usize]) -> Vec<bool> {
    let mut past = marked(order, of);
    let mut inside = vec![false; order.lanes];
    let mut arrived = vec![false; order.sent.len()];
    for (at, event) in order.events.iter().enumerate().rev() {
        if event.what == What::Wiped {
            inside[event.lane] = false;
            continue;
        }
        past[at] |=
            inside[event.lane] || matches!(event.what, What::Sent(message) if arrived[message]);
        inside[event.lane] = past[at];
        if let (true, What::Arrived(message)) = (past[at], event.what) {
            arrived[message] = true;
        }
    }
    past
}

/// Which events happened after one of these, these among them. O(events).
pub(crate) fn future(order: &Order, of: &[usize]) -> Vec<bool> {
    let mut future = marked(order, of);
    let mut inside = vec![false; order.lanes];
    let mut sent = vec![false; order.sent.len()];
    for (at, event) in order.events.iter().enumerate() {
        if event.what == What::Wiped {
            inside[event.lane] = false;
            continue;
        }
        future[at] |=
            inside[event.lane] || matches!(event.what, What::Arrived(message) if sent[message]);
        inside[event.lane] = future[at];
        if let (true, What::Sent(message)) = (future[at], event.what) {
            sent[message] = true;
        }
    }
    future
}

fn marked(order: &Order, of: &[usize]) -> Vec<bool> {
    let mut marked = vec![false; order.events.len()];
    of.iter().for_each(|at| marked[*at] = true);
    marked
}
