//! Intervals.

use super::{Came, Interval};
use testimony_history::{OpId, Process, Rank};

#[test]
fn intervals_contain_their_ends() {
    let one = |call: u32, ret: u32| Interval {
        at: 0,
        id: OpId(call),
        process: Process(0),
        call: Rank(call),
        ret: Rank(ret),
        came: Came::Ok,
    };
    assert!(one(1, 2).precedes(&one(3, 4)));
    assert!(!one(1, 3).precedes(&one(3, 4)), "they may have happened at one moment");
    assert!(!one(1, 4).precedes(&one(3, 5)));
}
