//! The time axis under the lanes: exact times at the moments that matter.
//!
//! Since time is warped, ticks stand at calls and returns and carry their exact times, the
//! culprit's first; a tick whose label would touch another is left out.

use crate::axis::{Axis, Row};
use crate::units::Unit;
use testimony_verdict::Role;

/// Columns left free between two labels.
const LABEL_GAP: usize = 2;

/// The two lines of the axis: ticks, and their labels. `None` for an empty drawing.
pub(crate) fn lines(axis: &Axis, rows: &[Row<'_>]) -> Option<(String, String)> {
    if axis.moments.is_empty() {
        return None;
    }
    let unit = Unit::for_span(axis.span_ns());
    let mut placed: Vec<(usize, usize, String)> = Vec::new(); // label's column, tick's, label
    for at in by_importance(axis, rows) {
        let moment = &axis.moments[at];
        let label = if axis.timed {
            format!("{} {}", unit.number(moment.ns), unit.sign())
        } else {
            continue;
        };
        let from = moment.column.saturating_sub(label.len() / 2);
        let free = placed.iter().all(|(other, _, text)| {
            from >= other + text.len() + LABEL_GAP || from + label.len() + LABEL_GAP <= *other
        });
        if free {
            placed.push((from, moment.column, label));
        }
    }
    placed.sort();

    let mut line: Vec<char> = vec!['─'; axis.end + 1];
    let mut labels = String::new();
    for (from, tick, label) in &placed {
        line[*tick] = '┬';
        let written = labels.chars().count();
        labels.extend(std::iter::repeat_n(' ', from.saturating_sub(written)));
        labels.push_str(label);
    }
    if !axis.timed {
        labels.push_str("(no times recorded: in order of events)");
    } else if !axis.to_scale {
        labels.push_str("  (not to scale)");
    }
    Some((line.into_iter().collect(), labels))
}

/// Indices of the moments: the culprits' first, then the required operations', then the rest.
fn by_importance(axis: &Axis, rows: &[Row<'_>]) -> Vec<usize> {
    let mut roles = vec![Role::Context; axis.moments.len()];
    for bar in rows.iter().flat_map(|row| &row.bars) {
        for at in std::iter::once(bar.call).chain(bar.ret) {
            roles[at] = roles[at].min(bar.op.role);
        }
    }
    let mut order: Vec<usize> = (0..axis.moments.len()).collect();
    order.sort_by_key(|&at| (roles[at], at));
    order
}
