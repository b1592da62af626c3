//! What a search accounts for is what it takes: the bytes that an exhausted budget names are within
//! a tenth of what the allocator had given out at most.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use testimony_check::{Budget, Checker, Linearizable};
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{
    Bank, BankOp, BankRet, CasRegister, CellOp, CellRet, CollectionOp, CollectionRet, Log, LogOp,
    LogRet, MicroOp, Model, MultiRegister, PriorityQueue, Queue, Set, SetOp, SetRet, Stack, Step,
    Txn, Value,
};
use testimony_verdict::{Engine, Unknown, Verdict};

/// The system's allocator, counting.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn grew(bytes: usize) {
    PEAK.fetch_max(NOW.fetch_add(bytes, Relaxed) + bytes, Relaxed);
}

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: everything is done by the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grew(layout.size());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        grew(new_size.saturating_sub(layout.size()));
        NOW.fetch_sub(layout.size().saturating_sub(new_size), Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A sum to which anybody adds, and which somebody reads: a state for every set of additions.
#[derive(Clone, Copy)]
struct Sum;

#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
enum SumOp {
    Add(u64),
    Read,
}

impl Model for Sum {
    type Op = SumOp;
    type Ret = u64;
    type State = u64;
    type Key = String;
    const NAME: &'static str = "sum";

    fn init(&self) -> u64 {
        0
    }

    fn step(&self, state: &u64, op: &SumOp, ret: Option<&u64>) -> Step<u64> {
        match (op, ret) {
            (SumOp::Add(more), _) => Step::To(state + more),
            (SumOp::Read, Some(read)) if read != state => Step::Refuse("another sum".to_owned()),
            (SumOp::Read, _) => Step::To(*state),
        }
    }

    fn is_observer(&self, op: &SumOp) -> bool {
        matches!(op, SumOp::Read)
    }
}

/// Operations that are all pending at once; the last of them returns first.
fn crowd<O, R>(operations: Vec<(O, R)>) -> History<O, R> {
    let count = u32::try_from(operations.len()).expect("few operations");
    let operation = |(id, (op, ret)): (u32, (O, R))| Operation {
        id: OpId(id),
        process: Process(id),
        op,
        outcome: Outcome::Ok(ret),
        call: Rank(id),
        ret: Rank(3 * count - id),
        call_ns: 0,
        ret_ns: 0,
    };
    let operations = (0..).zip(operations).map(operation).collect();
    History { operations, ..History::default() }
}

/// Asserts that a search that runs out of bytes names as many as it took.
fn compare<M: Model>(model: &M, history: &History<M::Op, M::Ret>, bytes_max: usize) {
    let search = Linearizable { engine: Some(Engine::Search) };
    let budget = Budget { bytes_max, steps_max: u64::MAX, ..Budget::default() };
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let finding = search.check(model, history, &budget);
    let taken = PEAK.load(Relaxed) - before;
    let Verdict::Unknown(Unknown::Budget(effort)) = finding.verdict else {
        panic!("{} is not exhausted by {bytes_max} bytes", M::NAME);
    };
    let bytes = effort.bytes;
    assert!(bytes <= bytes_max, "{}: {bytes} of {bytes_max}", M::NAME);
    let difference = bytes.abs_diff(taken);
    assert!(difference * 10 <= taken, "{}: accounted {bytes}, taken {taken}", M::NAME);
}

/// All may be taken in any order, but for one that was never put in: a state for every subset.
fn takes() -> History<CollectionOp, CollectionRet> {
    let put = |number: i64| (CollectionOp::Insert(number.into()), CollectionRet::Done);
    let take = |number: i64| (CollectionOp::Take, CollectionRet::Value(Some(number.into())));
    crowd((0..24).map(put).chain((0..24).map(take)).chain([take(99)]).collect())
}

fn adds() -> History<SetOp, SetRet> {
    let mut operations: Vec<_> =
        (0..40).map(|number: i64| (SetOp::Add(number.into()), SetRet::Done)).collect();
    operations.push((SetOp::Contains(99.into()), SetRet::Told(true)));
    crowd(operations)
}

/// Entries that nobody saw the place of.
fn appends() -> History<LogOp, LogRet> {
    let mut history = crowd((0..40).map(|_| (LogOp::Length, LogRet::Length(99))).collect());
    for (number, operation) in (0_i64..).zip(history.operations.iter_mut().take(39)) {
        operation.op = LogOp::Append((number % 9).into());
        (operation.outcome, operation.ret) = (Outcome::Info(String::new()), Rank::NEVER);
    }
    history
}

/// Even amounts, and odd balances that are right in total.
fn transfers() -> History<BankOp, BankRet> {
    let transfer = |bit: u32| BankOp::Transfer {
        from: "a".into(),
        to: if bit.is_multiple_of(2) { "b" } else { "c" }.into(),
        amount: 2 << bit,
    };
    let mut operations: Vec<_> = (0..31).map(|bit| (transfer(bit), BankRet::Done)).collect();
    let wrong = bank().accounts.into_keys().zip([-1, 1, 0]).collect();
    operations.push((BankOp::Read, BankRet::Balances(wrong)));
    crowd(operations)
}

fn bank() -> Bank {
    let account = |name: &str| (name.into(), 0);
    Bank { accounts: ["a", "b", "c"].into_iter().map(account).collect(), overdraft: true }
}

/// Writes of so many keys, two at once.
fn transactions(keys: i64) -> History<Txn, Vec<Option<Value>>> {
    let write = |number: i64| MicroOp::Write(format!("k{}", number % keys).into(), number.into());
    let both = |number| (Txn(vec![write(number), write(number + 1)]), vec![None, None]);
    let mut operations: Vec<_> = (0..40).map(both).collect();
    let read = |number: i64| MicroOp::Read(format!("k{number}").into());
    operations.push((Txn(vec![read(0), read(1)]), vec![Some(99.into()), Some(99.into())]));
    crowd(operations)
}

/// The only test of this file: allocations of another one would count, too.
#[test]
fn what_is_accounted_is_what_is_taken() {
    let value = |number: i64| Some(number.into());
    let mut swaps: Vec<(CellOp, CellRet)> = (0..40)
        .map(|number: i64| (number % 7, number * 3 % 5))
        .map(|(from, to)| (CellOp::Cas(value(from), to.into()), CellRet::Done))
        .collect();
    swaps.push((CellOp::Write(0.into()), CellRet::Done));
    swaps.push((CellOp::Read, CellRet::Value(value(99))));
    let mut sums: Vec<(SumOp, u64)> = (0..40).map(|bit| (SumOp::Add(1 << bit), 0)).collect();
    sums.push((SumOp::Read, 1 << 50));
    for bytes_max in [3 << 20, 5 << 20, 10 << 20] {
        compare(&CasRegister, &crowd(swaps.clone()), bytes_max);
        compare(&Sum, &crowd(sums.clone()), 3 * bytes_max);
        compare(&Queue, &takes(), 3 * bytes_max);
        compare(&Stack, &takes(), 3 * bytes_max);
        compare(&PriorityQueue, &takes(), 3 * bytes_max);
        compare(&Set, &adds(), 3 * bytes_max);
        compare(&Log::default(), &appends(), bytes_max);
        compare(&bank(), &transfers(), 3 * bytes_max);
        compare(&MultiRegister::default(), &transactions(7), 3 * bytes_max);
        compare(&MultiRegister::default(), &transactions(30), 3 * bytes_max);
    }
}
