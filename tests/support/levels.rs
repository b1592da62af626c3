//! The levels beside linearizability, straight from their definitions, by enumeration.
//!
//! Every choice is tried: what each read saw, in which order writes stand. Nothing is saturated,
//! nothing remembered. For a handful of operations.

use crate::draw::Draw;
use crate::families::Values;
use crate::random::Family;
use std::collections::BTreeSet;
use testimony_history::{History, OpId, Operation, Process, Rank};
use testimony_model::{Access, Atom, CellOp, CellRet, Keys, Kv, KvOp, Model, Step};
use testimony_verdict::{Core, Level};

/// Reads, writes, deletes and compare-and-sets on a few keys.
pub struct Keyed {
    /// What is written.
    pub values: Values,
    /// On which keys.
    pub keys: &'static [&'static str],
    /// Percent of operations that compare and set.
    pub cas: usize,
}

impl Family for Keyed {
    type Model = Kv;

    fn model(&self, _draw: &mut Draw) -> Kv {
        Kv
    }

    fn op(&self, draw: &mut Draw, number: usize) -> KvOp {
        let op = match draw.below(100) {
            luck if luck < self.cas => {
                CellOp::Cas(self.values.seen(draw, number), self.values.draw(draw, number))
            }
            luck if luck < 55 => CellOp::Read,
            luck if luck < 58 => CellOp::Delete,
            _ => CellOp::Write(self.values.draw(draw, number)),
        };
        KvOp::new(*draw.of(self.keys), op)
    }

    fn answers(&self, op: &KvOp, number: usize) -> Vec<CellRet> {
        self.values.answers(&op.op, number)
    }
}

/// One operation that counts.
struct One<'h, M: Model> {
    operation: &'h Operation<M::Op, M::Ret>,
    key: Option<M::Key>,
    /// What its answer says.
    read: Option<Read<'h>>,
    wrote: Option<Atom<'h>>,
    /// Counts as recorded; otherwise its effect may have happened or not.
    required: bool,
}

#[derive(Clone, Copy)]
enum Read<'h> {
    Saw(Atom<'h>),
    Missed(Atom<'h>),
}

impl Read<'_> {
    fn fits(self, value: Atom<'_>) -> bool {
        match self {
            Read::Saw(saw) => saw == value,
            Read::Missed(missed) => missed != value,
        }
    }
}

/// What a read saw: a write, or the beginning.
type Source = Option<usize>;

/// Whether a history has a level; `None` when it has sessions without an order or, for eventual
/// convergence, nothing to compare.
pub fn holds<M: Model>(model: &M, history: &History<M::Op, M::Ret>, level: Level) -> Option<bool> {
    let all = Tale::new(model, history, |operation| operation.is_ok());
    match level {
        Level::Linearizable => Some(crate::oracle::linearizable(model, history)),
        Level::EventualConvergence => all.converges(history.quiet_from?),
        Level::Regular | Level::Safe => Some(all.is_register(level)),
        _ if all.overlap() => None,
        _ => Some(all.holds(level)),
    }
}

/// Whether a core of a level about sessions has an explanation, with one required operation relaxed.
pub fn core_holds<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    level: Level,
    core: &Core,
    relaxed: Option<OpId>,
) -> bool {
    let required = |id: OpId| core.required.contains(&id) && Some(id) != relaxed;
    let mut all = Tale::new(model, history, |operation| required(operation.id));
    all.ones.retain(|one| {
        let inside =
            core.required.contains(&one.operation.id) || core.optional.contains(&one.operation.id);
        inside && (one.required || one.wrote.is_some())
    });
    all.holds(level)
}

struct Tale<'h, M: Model> {
    model: &'h M,
    ones: Vec<One<'h, M>>,
}

impl<'h, M: Model> Tale<'h, M> {
    fn new(
        model: &'h M,
        history: &'h History<M::Op, M::Ret>,
        required: impl Fn(&Operation<M::Op, M::Ret>) -> bool,
    ) -> Tale<'h, M> {
        let ones = history.operations.iter().filter(|operation| !operation.is_fail());
        let ones = ones.filter(|one| one.is_ok() || !model.is_observer(&one.op));
        let one = |operation: &'h Operation<M::Op, M::Ret>| {
            let key = match model.keys(&operation.op) {
                Keys::One(key) => Some(key),
                _ => None,
            };
            let required = required(operation);
            let (read, wrote) = match model.access(&operation.op, operation.outcome.answer()) {
                Access::Read(saw) => (saw.map(Read::Saw), None),
                Access::Write(to) => (None, Some(to)),
                Access::Cas { from, swapped: Some(false), .. } => (Some(Read::Missed(from)), None),
                Access::Cas { from, to, .. } => (Some(Read::Saw(from)), Some(to)),
                _ => panic!("the oracle knows registers only"),
            };
            One { operation, key, read: read.filter(|_| required), wrote, required }
        };
        Tale { model, ones: ones.map(one).collect() }
    }

    fn process(&self, at: usize) -> Process {
        self.ones[at].operation.process
    }

    /// Whether one comes before the other in their session.
    fn session(&self, first: usize, second: usize) -> bool {
        first < second && self.process(first) == self.process(second)
    }

    fn overlap(&self) -> bool {
        let all = 0..self.ones.len();
        all.clone().any(|a| {
            all.clone().any(|b| {
                let (one, other) = (self.ones[a].operation, self.ones[b].operation);
                self.session(a, b) && one.ret >= other.call
            })
        })
    }

    fn holds(&self, level: Level) -> bool {
        match level {
            Level::Sequential => self.one_order(&mut Vec::new(), &self.model.init()),
            Level::Pram => self.processes().into_iter().all(|process| {
                let mut values = Vec::new();
                self.own_order(process, &mut Vec::new(), &mut values)
            }),
            _ => self.any_sources(level, &mut Vec::new()),
        }
    }

    fn processes(&self) -> BTreeSet<Process> {
        (0..self.ones.len()).map(|at| self.process(at)).collect()
    }

    /// Whether an order of everything, from this one on, keeps sessions and pleases the model.
    fn one_order(&self, placed: &mut Vec<usize>, state: &M::State) -> bool {
        let all = 0..self.ones.len();
        if all.clone().all(|at| placed.contains(&at) || !self.ones[at].required) {
            return true;
        }
        all.clone().any(|next| {
            if placed.contains(&next) || !self.in_turn(placed, next, |_| true) {
                return false;
            }
            let one = &self.ones[next];
            let answer = one.operation.outcome.answer().filter(|_| one.required);
            let Step::To(after) = self.model.step(state, &one.operation.op, answer) else {
                return false;
            };
            placed.push(next);
            let found = self.one_order(placed, &after);
            placed.pop();
            found
        })
    }

    /// Whether no session is turned round when this one comes next.
    fn in_turn(&self, placed: &[usize], next: usize, counts: impl Fn(usize) -> bool) -> bool {
        (0..self.ones.len()).all(|other| {
            let late = self.session(next, other) && placed.contains(&other);
            let early = self.session(other, next) && self.ones[other].required && counts(other);
            !late && (!early || placed.contains(&other))
        })
    }

    /// PRAM: whether an order of all writes and of one session's operations keeps sessions and
    /// explains what that session read.
    fn own_order(
        &self,
        process: Process,
        placed: &mut Vec<usize>,
        values: &mut Vec<(Option<M::Key>, Atom<'h>)>,
    ) -> bool {
        let counts = |at: usize| self.process(at) == process || self.ones[at].wrote.is_some();
        let needed = |at: usize| counts(at) && self.ones[at].required;
        if (0..self.ones.len()).all(|at| placed.contains(&at) || !needed(at)) {
            return true;
        }
        (0..self.ones.len()).any(|next| {
            let one = &self.ones[next];
            if !counts(next) || placed.contains(&next) || !self.in_turn(placed, next, counts) {
                return false;
            }
            let last = values.iter().rev().find(|(key, _)| *key == one.key);
            let value = last.map_or(self.model.initial(), |(_, value)| *value);
            let fits = one.read.is_none_or(|read| read.fits(value));
            if !fits && self.process(next) == process {
                return false;
            }
            placed.push(next);
            values.extend(one.wrote.map(|wrote| (one.key.clone(), wrote)));
            let found = self.own_order(process, placed, values);
            placed.pop();
            values.truncate(values.len() - usize::from(one.wrote.is_some()));
            found
        })
    }

    /// Whether what reads saw can be chosen so that a level holds.
    fn any_sources(&self, level: Level, sources: &mut Vec<Option<Source>>) -> bool {
        let at = sources.len();
        if at == self.ones.len() {
            return self.holds_with(level, sources);
        }
        let Some(read) = self.ones[at].read else {
            sources.push(None);
            let found = self.any_sources(level, sources);
            sources.pop();
            return found;
        };
        let writes = (0..self.ones.len()).filter(|&write| {
            let one = &self.ones[write];
            write != at && one.key == self.ones[at].key && one.wrote.is_some_and(|w| read.fits(w))
        });
        let beginning = read.fits(self.model.initial()).then_some(None);
        let choices: Vec<Source> = writes.map(Some).chain(beginning).collect();
        choices.into_iter().any(|source| {
            sources.push(Some(source));
            let found = self.any_sources(level, sources);
            sources.pop();
            found
        })
    }

    /// Whether each one comes before each other by sessions and by what reads saw.
    fn causal(&self, sources: &[Option<Source>]) -> Vec<Vec<bool>> {
        let all = || 0..self.ones.len();
        let direct = |first: usize, second: usize| {
            self.session(first, second) || sources[second] == Some(Some(first))
        };
        let mut causal: Vec<Vec<bool>> =
            all().map(|first| all().map(|second| direct(first, second)).collect()).collect();
        for middle in all() {
            let after = causal[middle].clone();
            for row in causal.iter_mut().filter(|row| row[middle]) {
                row.iter_mut().zip(&after).for_each(|(known, after)| *known |= after);
            }
        }
        causal
    }

    fn holds_with(&self, level: Level, sources: &[Option<Source>]) -> bool {
        let causal = self.causal(sources);
        let seen_by = |at: usize, process: Option<Process>| {
            let counts = |read: usize| process.is_none_or(|process| self.process(read) == process);
            (0..sources.len()).any(|read| sources[read] == Some(Some(at)) && counts(read))
        };
        let writes = |process: Option<Process>| -> Vec<usize> {
            let there = |&at: &usize| {
                let one = &self.ones[at];
                one.wrote.is_some() && (one.required || seen_by(at, process))
            };
            (0..self.ones.len()).filter(there).collect()
        };
        let cyclic = (0..self.ones.len()).any(|at| causal[at][at]);
        match level {
            Level::CausalConvergence => {
                let before = |a: usize, b: usize| causal[a][b];
                let good = |order: &[usize]| self.sees(sources, |_| true, before, order);
                !cyclic && any_order(&writes(None), &before, &mut Vec::new(), &good)
            }
            Level::CausalMemory => {
                !cyclic
                    && self.processes().into_iter().all(|process| {
                        let own = |at: usize| self.process(at) == process;
                        let mut all = writes(None);
                        let reads = (0..self.ones.len())
                            .filter(|at| own(*at) && self.ones[*at].wrote.is_none());
                        all.extend(reads);
                        let before = |a: usize, b: usize| causal[a][b];
                        let good = |order: &[usize]| self.is_legal(sources, own, order);
                        any_order(&all, &before, &mut Vec::new(), &good)
                    })
            }
            _ => self.processes().into_iter().all(|process| {
                let joint = level == Level::WritesFollowReads;
                let there = writes((!joint).then_some(process));
                let before = |a: usize, b: usize| self.session(a, b);
                let own = |at: usize| self.process(at) == process;
                let good = |order: &[usize]| {
                    let must = |write: usize, read: usize| {
                        there.contains(&write) && self.must_see(level, sources, write, read)
                    };
                    self.sees(sources, own, must, order)
                };
                any_order(&there, &before, &mut Vec::new(), &good)
            }),
        }
    }

    /// Whether a session guarantee says that a read must not miss a write.
    fn must_see(
        &self,
        level: Level,
        sources: &[Option<Source>],
        write: usize,
        read: usize,
    ) -> bool {
        let all = 0..self.ones.len();
        let saw = |read: usize, write: usize| sources[read] == Some(Some(write));
        let upto = |at: usize| at == read || self.session(at, read);
        match level {
            Level::ReadYourWrites => self.session(write, read),
            Level::MonotonicReads => {
                all.clone().any(|earlier| self.session(earlier, read) && saw(earlier, write))
            }
            Level::MonotonicWrites => all.clone().any(|earlier| {
                upto(earlier)
                    && all.clone().any(|later| saw(earlier, later) && self.session(write, later))
            }),
            Level::WritesFollowReads => all.clone().any(|earlier| {
                upto(earlier)
                    && all.clone().any(|later| {
                        saw(earlier, later)
                            && all.clone().any(|theirs| {
                                (theirs == later || self.session(theirs, later))
                                    && saw(theirs, write)
                            })
                    })
            }),
            _ => false,
        }
    }

    /// Whether each read of these saw the last, by an order, of the writes of its key that it must
    /// not miss (or a later one).
    fn sees(
        &self,
        sources: &[Option<Source>],
        counts: impl Fn(usize) -> bool,
        must: impl Fn(usize, usize) -> bool,
        order: &[usize],
    ) -> bool {
        (0..self.ones.len()).filter(|&read| counts(read)).all(|read| {
            let Some(source) = sources[read] else { return true };
            let position = |at: usize| order.iter().position(|other| *other == at);
            order.iter().all(|&write| {
                let missed = self.ones[write].key == self.ones[read].key && must(write, read);
                let older = source.is_some_and(|source| position(write) <= position(source));
                !missed || older
            })
        })
    }

    /// Whether each read of these saw the last write of its key in an order.
    fn is_legal(
        &self,
        sources: &[Option<Source>],
        counts: impl Fn(usize) -> bool,
        order: &[usize],
    ) -> bool {
        order.iter().enumerate().filter(|(_, at)| counts(**at)).all(|(position, &read)| {
            let Some(source) = sources[read] else { return true };
            let before = order[..position].iter().rev().copied();
            let mut writes = before.filter(|&at| {
                self.ones[at].wrote.is_some() && self.ones[at].key == self.ones[read].key
            });
            writes.next() == source
        })
    }

    fn is_register(&self, level: Level) -> bool {
        let all = 0..self.ones.len();
        let end = |at: usize| match self.ones[at].required {
            true => self.ones[at].operation.ret,
            false => Rank::NEVER,
        };
        let call = |at: usize| self.ones[at].operation.call;
        all.clone().all(|read| {
            let Some(answer) = self.ones[read].read else { return true };
            let writes: Vec<usize> = all
                .clone()
                .filter(|&at| {
                    at != read
                        && self.ones[at].wrote.is_some()
                        && self.ones[at].key == self.ones[read].key
                })
                .collect();
            let during = |&&at: &&usize| call(at) <= end(read) && end(at) >= call(read);
            if level == Level::Safe && writes.iter().any(|at| during(&at)) {
                return true;
            }
            let between = |from: usize| {
                writes.iter().any(|&other| end(from) < call(other) && end(other) < call(read))
            };
            let last = |&&at: &&usize| call(at) <= end(read) && !between(at);
            let from_start = !writes.iter().any(|&other| end(other) < call(read));
            writes
                .iter()
                .filter(last)
                .any(|&at| self.ones[at].wrote.is_some_and(|wrote| answer.fits(wrote)))
                || (from_start && answer.fits(self.model.initial()))
        })
    }

    fn converges(&self, quiet: Rank) -> Option<bool> {
        let mut compared = false;
        let keys: BTreeSet<&Option<M::Key>> = self.ones.iter().map(|one| &one.key).collect();
        for key in keys {
            let of_key: Vec<_> = self.ones.iter().filter(|one| one.key == *key).collect();
            let ended = of_key.iter().filter(|one| one.wrote.is_some() && one.required);
            let rest = ended.map(|one| one.operation.ret).fold(quiet, Rank::max);
            let late: Vec<Atom<'_>> =
                of_key.iter().filter(|one| !one.required).filter_map(|one| one.wrote).collect();
            let mut values = Vec::new();
            for one in of_key.iter().filter(|one| one.operation.call > rest) {
                if let Some(Read::Saw(value)) = one.read {
                    values.push(value);
                }
            }
            compared |= values.len() > 1;
            values.retain(|value| !late.contains(value));
            if values.iter().any(|value| *value != values[0]) {
                return Some(false);
            }
        }
        compared.then_some(true)
    }
}

/// Whether some order of these that keeps a relation is good.
fn any_order(
    all: &[usize],
    before: &dyn Fn(usize, usize) -> bool,
    placed: &mut Vec<usize>,
    good: &dyn Fn(&[usize]) -> bool,
) -> bool {
    if placed.len() == all.len() {
        return good(placed);
    }
    all.iter().any(|&next| {
        let open = |other: &&usize| !placed.contains(other);
        if placed.contains(&next) || all.iter().filter(open).any(|&other| before(other, next)) {
            return false;
        }
        placed.push(next);
        let found = any_order(all, before, placed, good);
        placed.pop();
        found
    })
}
