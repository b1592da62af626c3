//! Work on many parts at once, without knowing a thread.
//!
//! Engines judge keys apart, and nothing of one key concerns another, so they may be judged at the
//! same time. Who has threads passes them as [`Workers`]; the results are put together by number,
//! so that nobody can tell from them who worked when.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};

/// Whoever does pieces of work that do not depend on each other, possibly at the same time.
pub trait Workers: Sync {
    /// Calls `work` once with each number below `count`, in any order, and returns when all calls
    /// have returned. No more than [`AT_ONCE_MAX`] calls may run at the same time.
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync));
}

/// So many pieces may be worked on at the same time: the memory of a budget is divided by it.
pub const AT_ONCE_MAX: usize = 32;

/// One piece after another, on the thread that asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OneByOne;

impl Workers for OneByOne {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..count).for_each(work);
    }
}

type Caught<T> = Result<T, Box<dyn Any + Send>>;

/// What `make` gives for each number below `count`. Of several panics the first by number goes on,
/// whoever panicked first.
pub(crate) fn gather<T: Send>(
    workers: &dyn Workers,
    count: usize,
    make: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let one = |number| catch_unwind(AssertUnwindSafe(|| make(number)));
    let made: Vec<Mutex<Option<Caught<T>>>> = (0..count).map(|_| Mutex::new(None)).collect();
    workers.each(count, &|number| {
        let made_here = one(number);
        if let Some(slot) = made.get(number) {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(made_here);
        }
    });
    let take = |(number, slot): (usize, Mutex<Option<Caught<T>>>)| {
        let caught = slot.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Workers that forget a piece are a mistake that costs time and nothing else.
        caught.unwrap_or_else(|| one(number)).unwrap_or_else(|panic| resume_unwind(panic))
    };
    made.into_iter().enumerate().map(take).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the last to the first, some of them twice, and one never.
    struct Careless;

    impl Workers for Careless {
        fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
            (1..count).rev().for_each(work);
            (1..count / 2).for_each(work);
        }
    }

    #[test]
    fn results_stand_in_order_whoever_works() {
        let square = |number: usize| number * number;
        let expected: Vec<usize> = (0..100).map(square).collect();
        assert_eq!(gather(&OneByOne, 100, square), expected);
        assert_eq!(gather(&Careless, 100, square), expected);
    }

    #[test]
    fn the_first_panic_by_number_goes_on() {
        for workers in [&OneByOne as &dyn Workers, &Careless] {
            let panics = || gather(workers, 9, |number| assert!(number % 4 != 3, "piece {number}"));
            let panic = catch_unwind(AssertUnwindSafe(panics)).unwrap_err();
            assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some("piece 3"));
        }
    }
}
