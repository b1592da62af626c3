//! That limits are met exactly, and that what is accounted is about what is taken.

use super::*;
use std::sync::atomic::{AtomicU64, Ordering};

fn meter(steps_max: u64, bytes_max: usize) -> Meter<'static> {
    Meter::new(&Budget { steps_max, bytes_max, ..Budget::default() })
}

#[test]
fn the_last_step_may_be_taken_and_no_other() {
    let mut meter = meter(10, 0);
    for steps in 1..=10 {
        assert_eq!((meter.step(1), meter.steps()), (Ok(()), steps));
        assert!(!meter.is_out_of_steps());
    }
    assert_eq!(meter.step(1), Err(Spent::Budget));
    assert!(meter.is_out_of_steps());
    meter.restart(3);
    assert_eq!((meter.steps(), meter.is_out_of_steps()), (0, false));
    assert_eq!((meter.step(3), meter.step(u64::MAX)), (Ok(()), Err(Spent::Budget)));
    let unknown = meter.unknown(Spent::Budget, Some("k"));
    assert!(matches!(&unknown, Unknown::Budget(effort) if effort.steps == 3), "{unknown:?}");
}

#[test]
fn who_says_stop_is_asked_now_and_then() {
    let asked = AtomicU64::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) == 3;
    let mut meter = Meter::new(&Budget { stop: &stop, ..Budget::default() });
    let mut steps = 0;
    while meter.step(1) == Ok(()) {
        steps += 1;
        assert_eq!(asked.load(Ordering::Relaxed), steps / STOP_EVERY, "{steps} steps");
    }
    assert_eq!(steps, 4 * STOP_EVERY - 1);
    assert!(matches!(meter.unknown(Spent::Stopped, None), Unknown::Stopped(_)));
}

#[test]
fn the_last_byte_may_be_taken_and_no_other() {
    let mut meter = meter(0, 100);
    assert_eq!((meter.grow(60), meter.grow(41)), (Ok(()), Err(Spent::Budget)));
    assert_eq!((meter.grow(40), meter.grow(1)), (Ok(()), Err(Spent::Budget)));
    meter.release(30);
    assert_eq!((meter.grow(30), meter.grow(1)), (Ok(()), Err(Spent::Budget)));
    assert_eq!(meter.bytes_peak, 100);
}

#[test]
fn lists_are_accounted_as_they_are() {
    let mut meter = meter(0, 1 << 20);
    let mut list: Vec<u64> = Vec::new();
    for number in 0..5_000_u64 {
        let more = 1 + usize::try_from(number % 3).expect("a small number");
        reserve(&mut list, more, &mut meter).expect("room");
        assert!(list.capacity() >= list.len() + more);
        list.push(number);
        assert_eq!(meter.bytes, list.capacity() * size_of::<u64>());
        assert!(list.capacity() <= 4.max(2 * list.len() + 2), "{} {more}", list.capacity());
    }
    let before = list.capacity();
    meter.bytes_max = meter.bytes;
    let full = loop {
        match reserve(&mut list, 1, &mut meter) {
            Ok(()) => list.push(0),
            Err(spent) => break spent,
        }
    };
    assert_eq!((full, list.len(), list.capacity()), (Spent::Budget, before, before));
}

#[test]
fn tables_are_accounted_about_as_they_are() {
    let mut meter = meter(0, 1 << 24);
    let mut table: FxHashMap<u64, u32> = FxHashMap::default();
    let entry = size_of::<(u64, u32)>() + 1;
    for number in 0..5_000_u64 {
        let (before, peak) = (table.capacity(), meter.bytes_peak);
        reserve_entry(&mut table, &mut meter).expect("room");
        let grown = table.capacity() > before;
        table.insert(number, 0);
        assert!(table.len() <= table.capacity());
        // Buckets are a power of two, of which at most seven in eight are used.
        let least = table.capacity() * entry;
        assert!((least..=2 * least + 64).contains(&meter.bytes), "{} {least}", meter.bytes);
        if grown && before > 0 {
            assert!(meter.bytes_peak >= least + before * entry, "both are there for a while");
        } else if !grown {
            assert_eq!(meter.bytes_peak, peak);
        }
    }
    meter.bytes_max = meter.bytes;
    let full = loop {
        match reserve_entry(&mut table, &mut meter) {
            Ok(()) => drop(table.insert(u64::MAX - table.len() as u64, 0)),
            Err(spent) => break spent,
        }
    };
    assert_eq!((full, table.len()), (Spent::Budget, table.capacity()));
}

#[test]
fn a_budget_shows_its_limits() {
    let shown = format!("{:?}", Budget { steps_max: 7, bytes_max: 9, ..Budget::default() });
    assert_eq!(shown, "Budget { steps_max: 7, bytes_max: 9, .. }");
    assert_eq!(Budget::default().bytes_max, 1 << 30);
}
