//! The drawing of an anomaly: a lane for each client, bars on a time axis, faults below.

use crate::axis::{Axis, Bar, Row, rows};
use crate::safe::{fit, pad, width};
use crate::{bands, ticks};
use std::cmp::Reverse;
use testimony_history::FaultEvent;
use testimony_verdict::{DrawnOp, Role};

/// Columns of the whole drawing, its margin included.
pub(crate) const COLUMNS_MAX: usize = 100;

/// Columns before the lanes' names.
const MARGIN: usize = 6;

/// Lanes drawn at most.
const ROWS_MAX: usize = 10;

/// Operations drawn at most.
const OPS_MAX: usize = 24;

/// Columns of an answer behind its bar.
const ANSWER_COLUMNS_MAX: usize = 12;

/// How much room a drawing takes: columns for the span of time, columns of a label, and what a
/// culprit's lane says at its end.
#[derive(Clone, Copy)]
struct Size {
    stretch: usize,
    label: usize,
    culprit: &'static str,
}

const fn size(stretch: usize, label: usize) -> Size {
    Size { stretch, label, culprit: "cannot be placed anywhere" }
}

const fn narrow(label: usize) -> Size {
    Size { stretch: 0, label, culprit: "impossible" }
}

/// Tried in this order until the drawing fits.
const SIZES: &[Size] = &[
    size(48, 28),
    size(32, 28),
    size(0, 28),
    size(0, 20),
    size(0, 14),
    narrow(20),
    narrow(12),
    narrow(8),
    narrow(5),
    narrow(3),
];

/// So many of the sizes have labels that can be read. Operations that only stand nearby are left out
/// before labels get shorter than that.
const READABLE: usize = 7;

/// Draws a scene with the faults that overlap it. Empty for an empty scene.
pub(crate) fn draw(scene: &[DrawnOp], faults: &[FaultEvent]) -> Vec<String> {
    let mut ops = most_important(scene);
    while let Some(last) = ops.last() {
        let sizes = if last.role == Role::Context { &SIZES[..READABLE] } else { SIZES };
        for &size in sizes {
            let texts = |op: &DrawnOp| {
                let answer = if op.ret.is_some() { op.answer.as_str() } else { "?" };
                (fit(&op.label, size.label), fit(answer, ANSWER_COLUMNS_MAX))
            };
            let (rows, moments) = rows(&ops, texts);
            if rows.len() > ROWS_MAX {
                break;
            }
            let axis = Axis::new(&rows, moments, size.stretch);
            let hidden = scene.len() - ops.len();
            let picture = Picture { axis, rows, hidden, culprit: size.culprit };
            if picture.columns() <= COLUMNS_MAX {
                return picture.lines(faults);
            }
        }
        ops.pop();
    }
    Vec::new()
}

/// The operations to draw, the most telling ones first: culprits, then what contradicts them, then
/// what stands nearest.
fn most_important(scene: &[DrawnOp]) -> Vec<&DrawnOp> {
    let culprit = scene.iter().min_by_key(|op| op.role).map_or(0, |op| op.call.0);
    let mut ops: Vec<&DrawnOp> = scene.iter().collect();
    ops.sort_by_key(|op| (op.role, op.call.0.abs_diff(culprit), Reverse(op.id)));
    ops.truncate(OPS_MAX);
    ops
}

struct Picture<'a> {
    axis: Axis,
    rows: Vec<Row<'a>>,
    hidden: usize,
    culprit: &'static str,
}

impl Picture<'_> {
    /// Columns of the lanes' names.
    fn name_columns(&self) -> usize {
        let longest = self.rows.iter().map(|row| row.process.to_string().len() + 1).max();
        longest.unwrap_or(0).clamp(3, 11)
    }

    /// Columns from the margin to the lanes.
    fn offset(&self) -> usize {
        MARGIN + self.name_columns() + 1
    }

    /// Columns of the widest lane with its mark.
    fn columns(&self) -> usize {
        let widest = self.rows.iter().map(|row| width(&self.lane(row))).max().unwrap_or(0);
        self.offset() + widest.max(self.axis.end + 1)
    }

    fn lines(&self, faults: &[FaultEvent]) -> Vec<String> {
        let mut lines = Vec::new();
        let columns = COLUMNS_MAX - self.offset();
        let mut push = |name: &str, drawing: &str| {
            let line =
                format!("{}{} {drawing}", " ".repeat(MARGIN), pad(name, self.name_columns()));
            lines.push(line.trim_end().to_owned());
        };
        for row in &self.rows {
            push(&format!("c{}", row.process), &self.lane(row));
        }
        if let Some((ticks, labels)) = ticks::lines(&self.axis, &self.rows) {
            push("", &ticks);
            push("", &labels);
        }
        for (name, band) in bands::lines(&self.axis, faults, columns) {
            push(&name, &band);
        }
        if self.hidden > 0 {
            push("", &format!("(drawn without {} more operations)", self.hidden));
        }
        lines
    }

    fn lane(&self, row: &Row<'_>) -> String {
        let mut lane = Lane::default();
        for bar in &row.bars {
            lane.skip_to(self.axis.moments[bar.call].column);
            lane.push(&self.bar(bar));
            lane.push(&bar.answer);
        }
        let culprits: Vec<_> = row.bars.iter().filter(|bar| bar.op.role == Role::Culprit).collect();
        if let Some(culprit) = culprits.first() {
            lane.skip_to((lane.columns + 2).max(self.axis.end + 3));
            // Where the lane has several bars the number says which one is meant.
            let number = if row.bars.len() == 1 || culprits.len() == row.bars.len() {
                String::new()
            } else {
                format!("{} ", culprit.op.id)
            };
            lane.push(&format!("<- {number}{}", self.culprit));
        }
        lane.text
    }

    fn bar(&self, bar: &Bar<'_>) -> String {
        let call = self.axis.moments[bar.call].column;
        match bar.ret {
            Some(ret) => {
                let fill = self.axis.moments[ret].column - call - width(&bar.label) - 3;
                let (left, right) = ("─".repeat(fill / 2), "─".repeat(fill - fill / 2));
                format!("├{left} {} {right}┤", bar.label)
            }
            None => {
                let fill = (self.axis.end - call).saturating_sub(width(&bar.label) + 3);
                format!("├ {} {}", bar.label, "┄".repeat(fill + 1))
            }
        }
    }
}

/// A line that is written from left to right, by columns.
#[derive(Default)]
struct Lane {
    text: String,
    columns: usize,
}

impl Lane {
    fn skip_to(&mut self, column: usize) {
        let missing = column.saturating_sub(self.columns);
        self.text.extend(std::iter::repeat_n(' ', missing));
        self.columns += missing;
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.columns += width(text);
    }
}
