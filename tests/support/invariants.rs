//! What the invariants say, in the plainest words: every pair and every triple of operations is
//! looked at. Nothing here is fast, and nothing is shared with the checkers or the verifier.

use testimony_history::{History, Operation, Rank};
use testimony_model::{
    Access, Atom, Bank, BankOp, BankRet, CollectionOp, CollectionRet, FencedLock, FencedOp,
    FencedRet, IdOp, Locking, Log, LogOp, LogRet, Model, Readings, Set, SetOp, SetRet, Stock,
    StockOp, StockRet, UniqueIds, Value,
};
use testimony_verdict::AnomalyKind;

type Of<M> = Operation<<M as Model>::Op, <M as Model>::Ret>;
type Whole<M> = History<<M as Model>::Op, <M as Model>::Ret>;

/// Some read adds up to something else than the beginning.
pub fn wrong_total(bank: &Bank, history: &History<BankOp, BankRet>) -> bool {
    let total: i64 = bank.accounts.values().sum();
    history.operations.iter().any(|operation| match operation.outcome.answer() {
        Some(BankRet::Balances(read)) => read.values().sum::<i64>() != total,
        _ => false,
    })
}

/// Some read shows less than nothing where that is forbidden.
pub fn negative_balance(bank: &Bank, history: &History<BankOp, BankRet>) -> bool {
    !bank.overdraft
        && history.operations.iter().any(|operation| match operation.outcome.answer() {
            Some(BankRet::Balances(read)) => read.values().any(|balance| *balance < 0),
            _ => false,
        })
}

/// Two operations got the same id.
pub fn duplicate_id(_model: &UniqueIds, history: &History<IdOp, Value>) -> bool {
    pairs(&history.operations).any(|(one, other)| {
        one.outcome.answer().is_some() && one.outcome.answer() == other.outcome.answer()
    })
}

/// Two sales left the same, and every restock was called after one of them had returned.
pub fn sold_twice(_stock: &Stock, history: &History<StockOp, StockRet>) -> bool {
    let left = |sale: &Of<Stock>| match (sale.op, sale.outcome.answer()) {
        (StockOp::Buy(1..), Some(StockRet::Left(left))) => Some(*left),
        _ => None,
    };
    let adds = |one: &Of<Stock>| matches!(one.op, StockOp::Restock(1..)) && !one.is_fail();
    pairs(&history.operations).any(|(one, other)| {
        left(one).is_some()
            && left(one) == left(other)
            && !history
                .operations
                .iter()
                .any(|more| adds(more) && (more.call <= one.ret || more.call <= other.ret))
    })
}

/// Two reads at rest that asked the same got different answers, and nothing that was never answered
/// explains either of them.
pub fn divergence<M: Readings>(model: &M, history: &Whole<M>) -> bool {
    let Some(quiet) = history.quiet_from else { return false };
    let at_rest = |read: &Of<M>| {
        read.call > quiet
            && history.operations.iter().all(|one| match one.outcome.answer() {
                Some(ret) if model.changes(&one.op, ret) => one.ret < read.call,
                _ => true,
            })
    };
    let unexplained = |read: &Of<M>| {
        read.outcome.answer().is_some_and(|ret| {
            model.question(&read.op, ret).is_some()
                && !history.operations.iter().any(|late| {
                    late.is_info()
                        && late.call <= read.ret
                        && model.explains(&late.op, &read.op, ret)
                })
        })
    };
    pairs(&history.operations).any(|(one, other)| {
        let (mine, yours) = (one.outcome.answer(), other.outcome.answer());
        one.op == other.op
            && !mine.zip(yours).is_some_and(|(mine, yours)| model.agree(mine, yours))
            && unexplained(one)
            && unexplained(other)
            && at_rest(one)
            && at_rest(other)
    })
}

/// Some read is older than this: all that may have written its value had returned before another
/// write was called, which was answered so long before the read.
pub fn too_stale<M: Model>(model: &M, history: &Whole<M>, max_ns: u64) -> bool {
    let operations = &history.operations;
    operations.iter().any(|late| {
        let Access::Read(Some(value)) = model.access(&late.op, late.outcome.answer()) else {
            return false;
        };
        let known = operations.iter().filter(|one| same_key(model, one, late) && !one.is_fail());
        if late.is_fail() || known.clone().any(|one| access(model, one) == Access::Other) {
            return false;
        }
        let sources: Vec<_> = known
            .clone()
            .filter(|one| written(model, one) == Some(value) && one.call <= late.ret)
            .collect();
        let exists = !sources.is_empty() || value == model.initial();
        exists
            && known.clone().any(|newer| {
                newer.is_ok()
                    && written(model, newer).is_some()
                    && newer.precedes(late)
                    && newer.ret_ns + max_ns < late.call_ns
                    && sources.iter().all(|source| source.is_ok() && source.precedes(newer))
            })
    })
}

/// Some client read less than it had seen before.
pub fn version_regress<M: Model>(model: &M, history: &Whole<M>) -> bool {
    let seen = |one: &Of<M>| -> Option<Option<i64>> {
        let read = match access(model, one) {
            Access::Read(value) => value,
            _ => None,
        };
        match written(model, one).or(read).filter(|_| one.is_ok())? {
            Atom::Int(version) => Some(Some(version)),
            Atom::Nil => Some(None),
            Atom::Text(_) => None,
        }
    };
    pairs(&history.operations).any(|(early, late)| {
        let known = history
            .operations
            .iter()
            .filter(|one| same_key(model, one, late) && !one.is_fail())
            .all(|one| {
                let text = |atom| matches!(atom, Some(Atom::Text(_)));
                let read = match access(model, one) {
                    Access::Read(value) => value,
                    _ => None,
                };
                access(model, one) != Access::Other
                    && !(one.is_ok() && (text(written(model, one)) || text(read)))
            });
        known
            && early.process == late.process
            && same_key(model, early, late)
            && matches!(access(model, late), Access::Read(Some(_)))
            && matches!((seen(early), seen(late)), (Some(then), Some(now)) if now < then)
    })
}

fn same_key<M: Model>(model: &M, one: &Of<M>, other: &Of<M>) -> bool {
    format!("{:?}", model.keys(&one.op)) == format!("{:?}", model.keys(&other.op))
}

fn access<'h, M: Model>(model: &M, operation: &'h Of<M>) -> Access<'h> {
    model.access(&operation.op, operation.outcome.answer())
}

fn written<'h, M: Model>(model: &M, operation: &'h Of<M>) -> Option<Atom<'h>> {
    match access(model, operation) {
        Access::Write(value) => Some(value),
        Access::Cas { to, swapped, .. } if swapped != Some(false) => Some(to),
        _ => None,
    }
}

/// Every pair of operations, the earlier of the list first.
pub(crate) fn pairs<T>(all: &[T]) -> impl Iterator<Item = (&T, &T)> {
    all.iter().enumerate().flat_map(|(at, one)| all[at + 1..].iter().map(move |other| (one, other)))
}

/// At some moment, taken as the return of any operation, more was sold than there can have been; or a
/// sale left less than nothing.
pub fn oversold(stock: &Stock, history: &History<StockOp, StockRet>) -> bool {
    let sale = |one: &Of<Stock>| match (one.op, one.outcome.answer()) {
        (StockOp::Buy(units), Some(StockRet::Sold | StockRet::Left(_))) => i64::from(units),
        _ => 0,
    };
    let restock = |one: &Of<Stock>| match one.op {
        StockOp::Restock(units) if !one.is_fail() => i64::from(units),
        _ => 0,
    };
    history.operations.iter().filter(|one| sale(one) > 0).any(|moment| {
        let known = history.operations.iter();
        let sold: i64 = known.clone().filter(|one| one.ret <= moment.ret).map(sale).sum();
        let there: i64 = known.filter(|one| one.call <= moment.ret).map(restock).sum();
        let left = matches!(moment.outcome.answer(), Some(StockRet::Left(i64::MIN..0)));
        sold > i64::from(stock.initial) + there || left
    })
}

/// A count at rest that no choice of which unanswered operations happened, of those called before it
/// returned, explains.
pub fn not_conserved(stock: &Stock, history: &History<StockOp, StockRet>) -> bool {
    let Some(quiet) = history.quiet_from else { return false };
    let change = |one: &Of<Stock>| match (one.op, one.outcome.answer()) {
        (_, Some(StockRet::SoldOut)) => 0,
        (StockOp::Buy(units), _) => -i64::from(units),
        (StockOp::Restock(units), _) => i64::from(units),
        (StockOp::Read, _) => 0,
    };
    let known = history.operations.iter();
    let open: Vec<_> = known.clone().filter(|one| one.is_info()).collect();
    let answered: Vec<_> = known.filter(|one| one.is_ok()).collect();
    let certain: i64 = answered.iter().map(|one| change(one)).sum();
    answered.iter().any(|read| {
        let Some(StockRet::Count(count)) = read.outcome.answer() else { return false };
        let moved = |one: &&&Of<Stock>| change(one) != 0 && one.ret >= read.call;
        let at_rest = read.call > quiet && answered.iter().find(moved).is_none();
        let open: Vec<_> = open.iter().filter(|one| one.call <= read.ret).collect();
        let explained = (0..1_u32 << open.len()).any(|happened| {
            let chosen = open.iter().enumerate().filter(|(at, _)| happened & (1 << at) != 0);
            let late: i64 = chosen.map(|(_, one)| change(one)).sum();
            i64::from(stock.initial) + certain + late == *count
        });
        at_rest && !explained
    })
}

/// Everything that a read of a set tells: `None` when it says nothing of the element.
fn shows(one: &Of<Set>, element: &Value) -> Option<bool> {
    match (&one.op, one.outcome.answer()?) {
        (SetOp::Read, SetRet::Elements(all)) => Some(all.contains(element)),
        (SetOp::Contains(asked), SetRet::Told(there)) if asked == element => Some(*there),
        _ => None,
    }
}

/// Some element is missing in a read that was called after it was known to be in, and that returned
/// before any remove was called; with `lost`, no read called then or later shows it.
pub fn element_missing(history: &History<SetOp, SetRet>, lost: bool) -> bool {
    let all = &history.operations;
    let removed_by = |read: &Of<Set>, element: &Value| {
        all.iter().any(|one| {
            one.op == SetOp::Remove(element.clone()) && !one.is_fail() && one.call <= read.ret
        })
    };
    (0..40).map(Value::Int).any(|element| {
        let tells = |read: &Of<Set>| shows(read, &element).filter(|_| !removed_by(read, &element));
        let knows = |one: &Of<Set>| {
            one.op == SetOp::Add(element.clone()) && one.is_ok() || tells(one) == Some(true)
        };
        all.iter().any(|read| {
            let missed = tells(read) == Some(false);
            let last = all.iter().filter(|one| tells(one) == Some(false)).map(|one| one.call).max();
            let shown = all.iter().any(|one| tells(one) == Some(true) && one.call >= read.call);
            missed
                && all.iter().any(|one| knows(one) && one.precedes(read))
                && !(lost && (shown || last != Some(read.call)))
        })
    })
}

/// Some read of a set shows what nobody can have added by then, or something twice.
pub fn element_unexpected(_set: &Set, history: &History<SetOp, SetRet>) -> bool {
    let all = &history.operations;
    all.iter().any(|read| {
        let twice = match read.outcome.answer() {
            Some(SetRet::Elements(all)) => pairs(all).any(|(one, other)| one == other),
            _ => false,
        };
        twice
            || (0..40).map(Value::Int).any(|element| {
                let added = all.iter().any(|one| {
                    one.op == SetOp::Add(element.clone()) && !one.is_fail() && one.call <= read.ret
                });
                shows(read, &element) == Some(true) && !added
            })
    })
}

/// Whether some choice of what the unanswered takes took brings everything out that went in. They
/// are tried one by one: each takes nothing or any element.
fn emptied(inside: &[Value], open: usize) -> bool {
    inside.is_empty()
        || open > 0
            && (emptied(inside, open - 1)
                || (0..inside.len()).any(|at| {
                    let mut rest = inside.to_vec();
                    rest.remove(at);
                    emptied(&rest, open - 1)
                }))
}

/// Something came out of a queue that cannot have been in, or too often; or it was found empty when
/// something must have been in.
pub fn queue_broken<M>(_model: &M, history: &History<CollectionOp, CollectionRet>) -> bool {
    type One = Operation<CollectionOp, CollectionRet>;
    let all = &history.operations;
    let got = |one: &One| match one.outcome.answer() {
        Some(CollectionRet::Value(Some(value))) => Some(value.clone()),
        _ => None,
    };
    let took =
        |one: &One, value: &Value| one.op == CollectionOp::Take && got(one).as_ref() == Some(value);
    let puts =
        |one: &One, value: &Value| one.op == CollectionOp::Insert(value.clone()) && !one.is_fail();
    let strange = all.iter().any(|out| {
        got(out).filter(|_| !matches!(out.op, CollectionOp::Insert(_))).is_some_and(|value| {
            let inserted =
                all.iter().filter(|one| puts(one, &value) && one.call <= out.ret).count();
            let taken = all.iter().filter(|one| took(one, &value) && one.ret <= out.ret).count();
            inserted == 0 || taken > inserted
        })
    });
    let lost = all.iter().any(|empty| {
        let is_empty = !matches!(empty.op, CollectionOp::Insert(_))
            && empty.outcome.answer() == Some(&CollectionRet::Value(None));
        let mut inside: Vec<Value> = Vec::new();
        for one in all.iter().filter(|one| one.is_ok() && one.precedes(empty)) {
            if let CollectionOp::Insert(value) = &one.op {
                inside.push(value.clone());
            }
        }
        for one in all {
            if let Some(value) = got(one).filter(|_| one.op == CollectionOp::Take) {
                let at = inside.iter().position(|inside| *inside == value);
                at.map(|at| inside.remove(at));
            }
        }
        let open = all
            .iter()
            .filter(|one| one.op == CollectionOp::Take && one.is_info() && one.call <= empty.ret)
            .count();
        is_empty && !emptied(&inside, open)
    });
    strange || lost
}

/// Two owners certainly hold the lock at the same rank. Every moment between two ranks is looked at.
pub fn two_holders<M: Model>(model: &M, history: &Whole<M>) -> bool {
    let all: Vec<_> = history.operations.iter().filter(|one| !one.is_fail()).collect();
    let releases = |one: &Of<M>, owner: Atom<'_>| {
        matches!(access(model, one), Access::Lock(Locking::Release { by, granted })
            if by == owner && granted != Some(false))
    };
    let ends = all.iter().filter(|one| one.is_ok()).map(|one| one.ret.0);
    let last = all.iter().map(|one| one.call.0).chain(ends).max().unwrap_or(0) + 1;
    // Between this rank and the next.
    (0..=last).any(|moment| {
        let mut holders: Vec<Atom<'_>> = Vec::new();
        for acquire in &all {
            let Access::Lock(Locking::Acquire { by, granted: Some(true), .. }) =
                access(model, acquire)
            else {
                continue;
            };
            let gone = all.iter().filter(|one| releases(one, by)).any(|release| {
                let before = release.call < acquire.call;
                before && release.ret >= acquire.call || !before && release.call.0 <= moment
            });
            if acquire.ret.0 <= moment && !gone {
                holders.push(by);
            }
        }
        holders.iter().any(|holder| *holder != holders[0])
    })
}

/// The resource accepted a token, and later, after that had returned, was asked with a lower one and
/// accepted that too.
pub fn token_fell(_lock: &FencedLock, history: &History<FencedOp, FencedRet>) -> bool {
    let accepted = |one: &Of<FencedLock>| match (&one.op, one.outcome.answer()) {
        (FencedOp::Write(token), Some(FencedRet::Done)) => Some(*token),
        _ => None,
    };
    pairs(&history.operations).any(|(one, other)| {
        let fell = |early: &Of<FencedLock>, late: &Of<FencedLock>| {
            early.precedes(late) && accepted(early).zip(accepted(late)).is_some_and(|(e, l)| l < e)
        };
        fell(one, other) || fell(other, one)
    })
}

/// What a read of a log shows at which place.
fn shown_by(log: &Log, one: &Of<Log>) -> Vec<(i64, Value)> {
    match (&one.op, one.outcome.answer()) {
        (LogOp::Read(at), Some(LogRet::Entry(Some(entry)))) => vec![(*at, entry.clone())],
        (LogOp::ReadFrom(from), Some(LogRet::Entries(entries))) => {
            ((*from).max(log.first)..).zip(entries.iter().cloned()).collect()
        }
        _ => Vec::new(),
    }
}

/// An effect of a log that nobody asked for, or that is lost, duplicated or reordered.
pub fn effect_broken(log: &Log, history: &History<LogOp, LogRet>) -> bool {
    use AnomalyKind::{DuplicateEffect, LostEffect, ReorderedEffect, UnexpectedEffect};
    let kinds = [UnexpectedEffect, LostEffect, DuplicateEffect, ReorderedEffect];
    kinds.into_iter().any(|kind| effect_is((kind, None), log, history))
}

/// Where an append was told that its entry stands.
fn place(append: &Of<Log>) -> Option<i64> {
    match append.outcome.answer() {
        Some(LogRet::Offset(at)) => Some(*at),
        _ => None,
    }
}

/// A read shows an entry of which no append that may have happened was called by then.
fn effect_unexpected(log: &Log, history: &History<LogOp, LogRet>) -> bool {
    let all: Vec<_> = history.operations.iter().filter(|one| !one.is_fail()).collect();
    all.iter().any(|read| {
        shown_by(log, read).into_iter().any(|(_, shown)| {
            let append = LogOp::Append(shown);
            !all.iter().any(|one| one.op == append && one.call <= read.ret)
        })
    })
}

/// An effect of a log with this anomaly (of this entry, if that is asked), looked for entry by entry.
pub fn effect_is(
    (kind, of): (AnomalyKind, Option<&Value>),
    log: &Log,
    history: &History<LogOp, LogRet>,
) -> bool {
    if kind == AnomalyKind::UnexpectedEffect {
        return effect_unexpected(log, history);
    }
    let all: Vec<_> = history.operations.iter().filter(|one| !one.is_fail()).collect();
    let mut entries: Vec<&Value> = Vec::new();
    for one in &all {
        if let LogOp::Append(entry) = &one.op {
            entries.extend(of.is_none_or(|of| of == entry).then_some(entry));
        }
    }
    let shows = |one: &Of<Log>| shown_by(log, one);
    entries.iter().any(|entry| {
        let appends: Vec<_> =
            all.iter().filter(|one| one.op == LogOp::Append((*entry).clone())).collect();
        let lost = all.iter().any(|read| {
            let known = appends.iter().filter(|append| append.precedes(read));
            let known = known.filter_map(|append| place(append));
            let shown = shows(read).iter().filter(|(_, shown)| shown == *entry).count();
            match (&read.op, read.outcome.answer()) {
                (LogOp::ReadFrom(from), Some(LogRet::Entries(_))) => {
                    known.filter(|at| at >= (from.max(&log.first))).count() > shown
                }
                (LogOp::Read(asked), Some(LogRet::Entry(_))) => {
                    known.into_iter().any(|at| at == *asked) && shown == 0
                }
                _ => false,
            }
        });
        let places_by = |by: Option<Rank>| {
            let mut places: Vec<i64> = Vec::new();
            for read in all.iter().filter(|read| by.is_none_or(|by| read.ret <= by)) {
                let here = shows(read).into_iter().filter(|(_, shown)| shown == *entry);
                places.extend(here.map(|(at, _)| at));
            }
            places.sort_unstable();
            places.dedup();
            places
        };
        let duplicated = all.iter().any(|read| {
            let asked = appends.iter().filter(|append| append.call <= read.ret).count();
            let here = shows(read).iter().any(|(_, shown)| shown == *entry);
            here && asked > 0 && places_by(Some(read.ret)).len() > asked
        });
        let only = |wanted: &Value| -> Option<(&Of<Log>, i64)> {
            let mut appends = all.iter().filter(|one| one.op == LogOp::Append(wanted.clone()));
            let (append, None) = (appends.next()?, appends.next()) else { return None };
            let mut places: Vec<i64> = place(append).into_iter().collect();
            for read in &all {
                let here = shows(read).into_iter().filter(|(_, shown)| shown == wanted);
                places.extend(here.map(|(at, _)| at));
            }
            places.sort_unstable();
            places.dedup();
            if let [at] = places[..] { Some((append, at)) } else { None }
        };
        let reordered = entries.iter().any(|other| match (only(entry), only(other)) {
            (Some((first, there)), Some((second, here))) => {
                first.is_ok() && first.precedes(second) && here < there
            }
            _ => false,
        });
        match kind {
            AnomalyKind::LostEffect => lost,
            AnomalyKind::DuplicateEffect => duplicated,
            _ => reordered,
        }
    })
}
