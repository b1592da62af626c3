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

/// Labels that are cut to fewer columns than this can hardly be read. Operations that only stand
/// nearby are left out before labels get shorter.
const READABLE_COLUMNS: usize = 12;

/// How much room a drawing takes.
#[derive(Clone, Copy)]
struct Size {
    /// Columns for the span of time; labels may ask for more.
    stretch: usize,
    /// Columns of a label at most.
    label: usize,
    /// What a culprit's lane says at its end.
    culprit: &'static str,
    /// Whether that stands right behind the lane's last bar, rather than behind the axis.
    beside: bool,
    /// Whether labels have no space before and behind them.
    tight: bool,
}

/// The roomiest drawing: whole labels, and a span of time that looks like one.
const ROOMY: Size = Size {
    stretch: 48,
    label: 28,
    culprit: "cannot be placed anywhere",
    beside: false,
    tight: false,
};

const SHORT: Size = Size { stretch: 0, culprit: "impossible", ..ROOMY };

const TIGHT: Size = Size { beside: true, tight: true, ..SHORT };

/// Tried in this order until the drawing fits: everything else gives way before labels are cut.
const SIZES: &[Size] = &[
    ROOMY,
    Size { stretch: 32, ..ROOMY },
    Size { stretch: 0, ..ROOMY },
    SHORT,
    Size { beside: true, ..SHORT },
    TIGHT,
    Size { label: 20, ..TIGHT },
    Size { label: 16, ..TIGHT },
    Size { label: 14, ..TIGHT },
    Size { label: 12, ..TIGHT },
    Size { label: 10, ..TIGHT },
    Size { label: 9, ..TIGHT },
    Size { label: 8, ..TIGHT },
    Size { label: 7, ..TIGHT },
    Size { label: 6, ..TIGHT },
    Size { label: 5, ..TIGHT },
    Size { label: 4, ..TIGHT },
    Size { label: 3, ..TIGHT },
];

/// Draws a scene with the faults that overlap it. Empty for an empty scene.
pub(crate) fn draw(scene: &[DrawnOp], faults: &[FaultEvent]) -> Vec<String> {
    let mut ops = most_important(scene);
    while let Some(last) = ops.last() {
        let label_min = if last.role == Role::Context { READABLE_COLUMNS } else { 0 };
        for &size in SIZES.iter().filter(|size| size.label >= label_min) {
            let texts = |op: &DrawnOp| {
                let answer = if op.ret.is_some() { op.answer.as_str() } else { "?" };
                let label = fit(&op.label, size.label);
                let label = if size.tight { label } else { format!(" {label} ") };
                (label, fit(answer, ANSWER_COLUMNS_MAX))
            };
            let (rows, moments) = rows(&ops, texts);
            if rows.len() > ROWS_MAX {
                break;
            }
            let axis = Axis::new(&rows, moments, size.stretch);
            let hidden = scene.len() - ops.len();
            let names = bands::name_columns(&axis, faults, COLUMNS_MAX);
            let picture = Picture { axis, rows, hidden, size, names };
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
    size: Size,
    /// Columns of the longest name of a band.
    names: usize,
}

impl Picture<'_> {
    /// Columns of the lanes' names.
    fn name_columns(&self) -> usize {
        let longest = self.rows.iter().map(|row| row.process.to_string().len() + 1).max();
        longest.unwrap_or(0).max(self.names).clamp(3, 11)
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
            let behind = if self.size.beside { 0 } else { self.axis.end + 3 };
            lane.skip_to((lane.columns + 2).max(behind));
            // Where the lane has several bars the number says which one is meant.
            let number = if row.bars.len() == 1 || culprits.len() == row.bars.len() {
                String::new()
            } else {
                format!("{} ", culprit.op.id)
            };
            lane.push(&format!("<- {number}{}", self.size.culprit));
        }
        lane.text
    }

    fn bar(&self, bar: &Bar<'_>) -> String {
        let call = self.axis.moments[bar.call].column;
        match bar.ret {
            Some(ret) => {
                let fill = self.axis.moments[ret].column - call - width(&bar.label) - 1;
                let (left, right) = ("─".repeat(fill / 2), "─".repeat(fill - fill / 2));
                format!("├{left}{}{right}┤", bar.label)
            }
            None => {
                let fill = (self.axis.end - call).saturating_sub(width(&bar.label) + 1);
                format!("├{}{}", bar.label, "┄".repeat(fill + 1))
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
