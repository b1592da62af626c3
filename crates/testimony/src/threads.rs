//! Where the facade reaches threads: independent parts of a history are judged on rayon's pool.

use rayon::prelude::*;
use testimony_check::{AT_ONCE_MAX, Workers};

/// The pool that is current: the global one, or that in which a caller has installed itself.
pub(crate) struct Threads;

impl Workers for Threads {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..count).into_par_iter().with_min_len(count.div_ceil(AT_ONCE_MAX)).for_each(work);
    }
}
