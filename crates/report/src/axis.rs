//! Where each moment of a drawing stands: columns for calls and returns.
//!
//! Time is warped so that every bar has room for its label: between two moments there is as much
//! room as their distance in time asks for, or as the labels between them need, whichever is more.
//! Order is never bent: a moment that ranks later stands further right.

use crate::safe::width;
use testimony_verdict::DrawnOp;

/// Whether a moment is a call or a return. At equal ranks calls come first, since intervals are
/// closed: such operations are concurrent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Phase {
    Call,
    Return,
}

/// A moment with its column.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    rank: u32,
    phase: Phase,
    /// Virtual time in nanoseconds.
    pub(crate) ns: u64,
    /// Its column, from 0.
    pub(crate) column: usize,
}

/// An operation on its row, with the texts that are printed for it.
#[derive(Clone, Debug)]
pub(crate) struct Bar<'a> {
    pub(crate) op: &'a DrawnOp,
    pub(crate) label: String,
    pub(crate) answer: String,
    /// Index of its call among the moments.
    pub(crate) call: usize,
    /// Index of its return; `None` when it never returned.
    pub(crate) ret: Option<usize>,
}

/// One line of the drawing: operations of one client that follow each other.
#[derive(Clone, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) process: u32,
    pub(crate) bars: Vec<Bar<'a>>,
}

/// The columns of a drawing.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(crate) moments: Vec<Moment>,
    /// The last column.
    pub(crate) end: usize,
    /// Whether the moments have different times (else they are spaced by rank).
    pub(crate) timed: bool,
    /// Whether equal distances are equal times (but for rounding).
    pub(crate) to_scale: bool,
}

/// The return of an operation, where it has one that can be drawn.
fn return_of(op: &DrawnOp) -> Option<u32> {
    op.ret.map(|rank| rank.0).filter(|&rank| rank >= op.call.0 && rank != u32::MAX)
}

/// Distributes operations over rows and finds their moments. Columns are not yet set.
pub(crate) fn rows<'a>(
    ops: &[&'a DrawnOp],
    texts: impl Fn(&DrawnOp) -> (String, String),
) -> (Vec<Row<'a>>, Vec<Moment>) {
    let mut moments: Vec<Moment> = Vec::with_capacity(2 * ops.len());
    for op in ops {
        let call = Moment { rank: op.call.0, phase: Phase::Call, ns: op.call_ns, column: 0 };
        moments.push(call);
        if let Some(rank) = return_of(op) {
            moments.push(Moment { rank, phase: Phase::Return, ns: op.ret_ns, column: 0 });
        }
    }
    moments.sort_by_key(|moment| (moment.rank, moment.phase));
    moments.dedup_by_key(|moment| (moment.rank, moment.phase));
    let find = |rank: u32, phase: Phase| {
        moments.binary_search_by_key(&(rank, phase), |moment| (moment.rank, moment.phase)).ok()
    };

    let mut sorted: Vec<&DrawnOp> = ops.to_vec();
    sorted.sort_by_key(|op| (op.process, op.call, op.id));
    let mut rows: Vec<Row<'_>> = Vec::new();
    for op in sorted {
        let Some(call) = find(op.call.0, Phase::Call) else { continue };
        let ret = return_of(op).and_then(|rank| find(rank, Phase::Return));
        let (label, answer) = texts(op);
        let bar = Bar { op, label, answer, call, ret };
        let free = rows.iter_mut().find(|row| {
            row.process == op.process.0
                && row.bars.last().is_some_and(|last| last.ret.is_some_and(|ret| ret < call))
        });
        match free {
            Some(row) => row.bars.push(bar),
            None => rows.push(Row { process: op.process.0, bars: vec![bar] }),
        }
    }
    (rows, moments)
}

/// Columns that a bar needs from its call to its return: `├label┤` without the last one.
fn bar_columns(bar: &Bar<'_>) -> usize {
    width(&bar.label) + 1
}

impl Axis {
    /// Sets the columns: `stretch` columns for the whole span of time, more where labels ask for it.
    /// O(moments + bars).
    pub(crate) fn new(rows: &[Row<'_>], mut moments: Vec<Moment>, stretch: usize) -> Axis {
        let mut after: Vec<Vec<(usize, usize)>> = vec![Vec::new(); moments.len()];
        for row in rows {
            for (position, bar) in row.bars.iter().enumerate() {
                let Some(ret) = bar.ret else { continue };
                after[ret].push((bar.call, bar_columns(bar)));
                if let Some(next) = row.bars.get(position + 1) {
                    after[next.call].push((ret, width(&bar.answer) + 2));
                }
            }
        }
        let first_ns = moments.iter().map(|moment| moment.ns).min().unwrap_or(0);
        let last_ns = moments.iter().map(|moment| moment.ns).max().unwrap_or(0);
        let span = last_ns - first_ns;
        let steps = moments.len().saturating_sub(1).max(1);
        let mut to_scale = true;
        for at in 0..moments.len() {
            let wanted = if span == 0 {
                stretch * at / steps
            } else {
                share(stretch, moments[at].ns - first_ns, span)
            };
            let mut column = if at == 0 { 0 } else { moments[at - 1].column + 1 };
            for &(from, gap) in &after[at] {
                column = column.max(moments[from].column + gap);
            }
            to_scale &= column <= wanted + 1;
            moments[at].column = column.max(wanted);
        }
        let mut end = moments.last().map_or(0, |moment| moment.column);
        for bar in rows.iter().flat_map(|row| &row.bars) {
            if bar.ret.is_none() {
                end = end.max(moments[bar.call].column + bar_columns(bar));
            }
        }
        Axis { moments, end, timed: span > 0, to_scale }
    }

    /// Length of the drawn time in nanoseconds.
    pub(crate) fn span_ns(&self) -> u64 {
        let times = || self.moments.iter().map(|moment| moment.ns);
        times().max().unwrap_or(0) - times().min().unwrap_or(0)
    }

    /// Ranks of the first and the last moment; `None` for an empty drawing.
    pub(crate) fn window(&self) -> Option<(u32, u32)> {
        Some((self.moments.first()?.rank, self.moments.last()?.rank))
    }

    /// The column of something that happened at this rank and time.
    pub(crate) fn column_of(&self, rank: u32, ns: u64) -> usize {
        let next = self.moments.partition_point(|moment| moment.rank < rank);
        if next == 0 {
            return 0;
        }
        let left = &self.moments[next - 1];
        let Some(right) = self.moments.get(next) else { return self.end };
        let room = right.column.saturating_sub(left.column + 1);
        let span = right.ns.saturating_sub(left.ns);
        let into = ns.saturating_sub(left.ns).min(span);
        left.column + if span == 0 { room / 2 } else { share(room, into, span) }
    }
}

/// `columns * part / whole` without overflow, at most `columns`.
fn share(columns: usize, part: u64, whole: u64) -> usize {
    let exact = columns as u128 * u128::from(part) / u128::from(whole.max(1));
    usize::try_from(exact).unwrap_or(columns).min(columns)
}
