//! The delay of a part with unique written values, from the zones of its values.
//!
//! As in the engine of the zones, the values of a register form *chains* (linked by swaps), and an
//! order exists exactly when, within each chain, nobody returns before somebody of an earlier value
//! is called, and no two chains must both come first. Both are conditions on pairs, each of which
//! holds from some delay of the reads on or never; so the smallest delay that explains everything is
//! the largest of what the pairs need. Within chains it is found directly, between them by a
//! bisection over the chains that are in each other's way as recorded: a delay only takes conflicts
//! away.

use crate::part::Part;
use rustc_hash::FxHashMap;
use testimony_model::{Access, Atom};
use testimony_verdict::{Bound, StaleTime};

/// The value at the beginning, by number.
const INITIAL: usize = 0;
/// No position.
const NONE: usize = usize::MAX;

/// A moment: its rank and its time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Moment {
    rank: i64,
    ns: u64,
}

/// Before everything.
const BEGINNING: Moment = Moment { rank: -1, ns: 0 };

#[derive(Clone, Copy)]
enum Kind {
    Read(usize),
    Write(usize),
    Swap(usize, usize),
}

/// One access with its interval; one that was never answered has no end.
#[derive(Clone, Copy)]
struct Cell {
    kind: Kind,
    start: Moment,
    end: Option<Moment>,
}

/// The accesses of a part whose written values are unique.
pub(super) struct Cells {
    all: Vec<Cell>,
    /// By value, the position that wrote it, or [`NONE`].
    writers: Vec<usize>,
}

/// What a delay must overcome: the read is called after the other returned.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Need {
    ns: u64,
    read: usize,
    missed: usize,
}

/// A chain as far as others see it.
#[derive(Clone, Copy)]
struct Chain {
    /// The earliest return of its operations, and whose it is.
    end: Moment,
    ends: usize,
    /// The latest call of its writers, by rank.
    written: i64,
    /// The latest call of its reads, and whose it is.
    read: Option<(Moment, usize)>,
}

impl Cells {
    /// Reads the accesses of a part; `None` when values are written twice, when some operation is no
    /// plain access, or when a comparison failed (its place depends on everything). O(n).
    pub(super) fn of(part: &Part<'_>) -> Option<Cells> {
        let mut values: FxHashMap<Atom, usize> = FxHashMap::default();
        values.insert(part.subject.initial(), INITIAL);
        let mut cells = Cells { all: Vec::new(), writers: vec![NONE] };
        for (position, operation) in part.operations.iter().enumerate() {
            let mut number = |atom| {
                let next = values.len();
                *values.entry(atom).or_insert(next)
            };
            let kind = match part.access(operation) {
                Access::Read(Some(value)) => Kind::Read(number(value)),
                Access::Write(value) => Kind::Write(number(value)),
                Access::Cas { from, to, swapped: Some(true) | None } => {
                    Kind::Swap(number(from), number(to))
                }
                _ => return None,
            };
            cells.writers.resize(values.len(), NONE);
            if let Kind::Write(value) | Kind::Swap(_, value) = kind {
                let writer = &mut cells.writers[value];
                if value == INITIAL || *writer != NONE {
                    return None;
                }
                *writer = position;
            }
            let moment = |rank: u32, ns| Moment { rank: i64::from(rank), ns };
            let end =
                operation.is_ok().then(|| moment(operation.ret.0, part.subject.ret_ns(operation)));
            let start = moment(operation.call.0, part.subject.call_ns(operation));
            cells.all.push(Cell { kind, start, end });
        }
        Some(cells)
    }

    /// The smallest delay; `None` when the part needs none, or when none suffices. O(n log n) and a
    /// bisection over the chains in each other's way.
    pub(super) fn time(&self, part: &Part<'_>) -> Option<StaleTime> {
        let kept = self.kept()?;
        let mut inside = None;
        let chains = self.chains(&kept, &mut inside)?;
        let between = match between(&chains) {
            Between::Never => return None,
            Between::Nothing => None,
            Between::Need(need) => Some(need),
        };
        let worst = inside.max(between)?;
        Some(StaleTime {
            ns: worst.ns,
            bound: Bound::Exact,
            read: Some(part.operations[worst.read].id),
            missed: Some(part.operations[worst.missed].id),
        })
    }

    /// Which operations happened: the answered ones, and whoever wrote what those saw. `None` when
    /// some value that was seen was never written.
    fn kept(&self) -> Option<Vec<bool>> {
        let mut kept: Vec<bool> = self.all.iter().map(|cell| cell.end.is_some()).collect();
        let mut open: Vec<usize> = (0..kept.len()).filter(|&at| kept[at]).collect();
        while let Some(at) = open.pop() {
            let (Kind::Read(value) | Kind::Swap(value, _)) = self.all[at].kind else { continue };
            match self.writers[value] {
                NONE if value == INITIAL => {}
                NONE => return None,
                writer if !kept[writer] => {
                    kept[writer] = true;
                    open.push(writer);
                }
                _ => {}
            }
        }
        Some(kept)
    }

    /// The chains of what happened; `inside` gets the largest need within one. `None` when no delay
    /// helps.
    fn chains(&self, kept: &[bool], inside: &mut Option<Need>) -> Option<Vec<Chain>> {
        let values = self.writers.len();
        let (mut next, mut readers) = (vec![NONE; values], vec![Vec::new(); values]);
        let (mut heads, mut swaps) = (vec![INITIAL], 0);
        for at in (0..self.all.len()).filter(|&at| kept[at]) {
            match self.all[at].kind {
                Kind::Read(value) => readers[value].push(at),
                Kind::Write(value) => heads.push(value),
                Kind::Swap(from, to) => {
                    next[from] = to;
                    swaps += 1;
                }
            }
        }
        let mut chains = Vec::with_capacity(heads.len());
        for head in heads {
            chains.push(self.chain(head, &next, &readers, &mut swaps, inside)?);
        }
        // Swaps that no chain has form a circle, or another one swapped what they saw.
        (swaps == 0).then_some(chains)
    }

    fn chain(
        &self,
        head: usize,
        next: &[usize],
        readers: &[Vec<usize>],
        swaps: &mut usize,
        inside: &mut Option<Need>,
    ) -> Option<Chain> {
        let never = Moment { rank: i64::MAX, ns: u64::MAX };
        let mut chain = Chain { end: never, ends: NONE, written: -1, read: None };
        if head == INITIAL {
            chain.end = BEGINNING;
        }
        let mut value = head;
        loop {
            let writer = Some(self.writers[value]).filter(|&writer| writer != NONE);
            for segment in [writer.as_slice(), readers[value].as_slice()] {
                let (written, read) = (chain.written, chain.read);
                for &at in segment {
                    let cell = self.all[at];
                    if let Some(end) = cell.end {
                        if end.rank < written {
                            return None;
                        }
                        *inside = (*inside).max(need(end, at, read));
                        if end < chain.end {
                            (chain.end, chain.ends) = (end, at);
                        }
                    }
                    match cell.kind {
                        Kind::Read(_) => chain.read = chain.read.max(Some((cell.start, at))),
                        Kind::Write(_) | Kind::Swap(..) => {
                            chain.written = chain.written.max(cell.start.rank);
                        }
                    }
                }
            }
            if next[value] == NONE {
                return Some(chain);
            }
            *swaps -= 1;
            value = next[value];
        }
    }
}

/// What it takes for this read not to be called after that return: nothing when it is not.
fn need(end: Moment, missed: usize, read: Option<(Moment, usize)>) -> Option<Need> {
    let (start, read) = read.filter(|(start, _)| end.rank < start.rank)?;
    Some(Need { ns: start.ns.saturating_sub(end.ns), read, missed })
}

/// What chains need of each other.
enum Between {
    Nothing,
    Need(Need),
    Never,
}

/// The largest need between two chains.
fn between(chains: &[Chain]) -> Between {
    let chains = in_the_way(chains);
    let Some(first) = conflict(&chains, None) else { return Between::Nothing };
    if conflict(&chains, Some(u64::MAX)).is_some() {
        return Between::Never;
    }
    let latest = chains.iter().filter_map(|chain| chain.read).map(|(start, _)| start.ns).max();
    // `high` is enough; whatever is below `low` is not, as `worst` shows.
    let (mut low, mut high, mut worst) = (0, latest.unwrap_or(0), first);
    while low < high {
        let middle = low + (high - low) / 2;
        match conflict(&chains, Some(middle)) {
            None => high = middle,
            Some(pair) => (low, worst) = (middle + 1, pair),
        }
    }
    let (one, other) = worst;
    let needs = [need(one.end, one.ends, other.read), need(other.end, other.ends, one.read)];
    // Where writes are in the way, too, that side cannot give way.
    let possible = [one.end.rank >= other.written, other.end.rank >= one.written];
    let either = needs.into_iter().zip(possible).filter(|(_, possible)| *possible);
    match either.filter_map(|(need, _)| need).min() {
        Some(need) => Between::Need(Need { ns: high, ..need }),
        None => Between::Never,
    }
}

/// When a chain's latest operation is called with reads so much earlier (`None`: as recorded), as a
/// rank: behind the last end of a chain before that time.
fn start(chain: &Chain, delay: Option<u64>, ends: &[Moment]) -> i64 {
    let Some((start, _)) = chain.read else { return chain.written };
    let Some(delay) = delay else { return chain.written.max(start.rank) };
    let before = start.ns.saturating_sub(delay);
    let precede = ends.partition_point(|end| end.ns < before);
    let rank = precede.checked_sub(1).map_or(-1, |last| ends[last].rank + 1);
    chain.written.max(rank.min(start.rank))
}

/// Two chains that must both come before the other, with reads so much earlier. O(n log n).
fn conflict(chains: &[Chain], delay: Option<u64>) -> Option<(Chain, Chain)> {
    let mut ends: Vec<Moment> = chains.iter().map(|chain| chain.end).collect();
    ends.sort_unstable();
    let starts: Vec<i64> = chains.iter().map(|chain| start(chain, delay, &ends)).collect();
    let is_forward = |&at: &usize| chains[at].end.rank < starts[at];
    let (mut forward, backward): (Vec<usize>, Vec<usize>) =
        (0..chains.len()).partition(|at| is_forward(at));
    forward.sort_unstable_by_key(|&at| (chains[at].end, at));
    for pair in forward.windows(2) {
        if chains[pair[1]].end.rank < starts[pair[0]] {
            return Some((chains[pair[0]], chains[pair[1]]));
        }
    }
    for at in backward {
        let begun = forward.partition_point(|&other| chains[other].end.rank < starts[at]);
        let around = begun.checked_sub(1).map(|last| forward[last]);
        if let Some(other) = around.filter(|&other| chains[at].end.rank < starts[other]) {
            return Some((chains[other], chains[at]));
        }
    }
    None
}

/// The chains that are in conflict with some other as recorded. O(n log n).
fn in_the_way(chains: &[Chain]) -> Vec<Chain> {
    let starts: Vec<i64> = chains.iter().map(|chain| start(chain, None, &[])).collect();
    let mut by_end: Vec<usize> = (0..chains.len()).collect();
    by_end.sort_unstable_by_key(|&at| (chains[at].end, at));
    let mut by_start: Vec<usize> = (0..chains.len()).collect();
    by_start.sort_unstable_by_key(|&at| (starts[at], at));
    // For each chain: the latest start of another that ends before this one starts. If this one ends
    // before that start, too, the two are in conflict.
    let mut involved = vec![false; chains.len()];
    let mut ended = by_end.iter().peekable();
    // The two latest starts so far, for one of them may be the chain's own.
    let mut latest: [(i64, usize); 2] = [(i64::MIN, NONE); 2];
    for &at in &by_start {
        while let Some(&&other) = ended.peek() {
            if chains[other].end.rank >= starts[at] {
                break;
            }
            let entry = (starts[other], other);
            if entry > latest[0] {
                latest = [entry, latest[0]];
            } else if entry > latest[1] {
                latest[1] = entry;
            }
            ended.next();
        }
        let other = latest.iter().find(|(_, other)| *other != at);
        involved[at] = other.is_some_and(|(start, _)| chains[at].end.rank < *start);
    }
    (0..chains.len()).filter(|&at| involved[at]).map(|at| chains[at]).collect()
}
