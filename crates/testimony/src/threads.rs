//! Where the facade reaches threads: independent parts of a history are judged, and candidates of a
//! minimisation are run, on rayon's pool.

use rayon::prelude::*;
use testimony_check::{AT_ONCE_MAX, Workers};

/// The pool that is current: the global one, or that in which a caller has installed itself.
pub(crate) struct Threads;

impl Workers for Threads {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..count).into_par_iter().with_min_len(count.div_ceil(AT_ONCE_MAX)).for_each(work);
    }
}

/// How many plans can be tried at once.
pub(crate) fn at_once() -> usize {
    rayon::current_num_threads()
}

/// The position of the first that passes, whatever runs beside it.
pub(crate) fn first<T: Sync>(
    all: &[T],
    passes: impl Fn(&T) -> bool + Sync + Send,
) -> Option<usize> {
    match all {
        // Where nothing can run beside it, no pool is needed.
        [only] => passes(only).then_some(0),
        all => all.par_iter().position_first(passes),
    }
}
