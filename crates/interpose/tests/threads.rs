//! What governed threads see, and that no other thread notices.
#![cfg(target_os = "linux")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "what is tested is what these ask the operating system for"
)]

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use testimony_interpose::{Conduct, Source, begin, end, set_elapsed};

const GOVERN: Conduct = Conduct::Govern { seed: 7, epoch_ns: 5_000_000_000, notes: true };

fn on_fresh_thread<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    thread::Builder::new().spawn(body).expect("a thread").join().expect("a result")
}

fn hash(conduct: Conduct) -> u64 {
    on_fresh_thread(move || {
        begin(conduct, || Some(1));
        let hash = RandomState::new().hash_one(17);
        end();
        hash
    })
}

#[test]
fn the_keys_of_hash_maps_follow_from_the_seed() {
    assert_eq!(hash(GOVERN), hash(GOVERN));
    let other = Conduct::Govern { seed: 8, epoch_ns: 0, notes: false };
    assert_ne!(hash(GOVERN), hash(other));
    assert_ne!(hash(Conduct::Note), hash(Conduct::Note));
}

#[test]
fn clocks_stand_still_until_they_are_set() {
    let (passed, wall) = on_fresh_thread(|| {
        begin(GOVERN, || None);
        let began = Instant::now();
        assert_eq!(began, Instant::now());
        set_elapsed(3_000_000);
        let (passed, wall) = (began.elapsed(), SystemTime::now());
        end();
        (passed, wall)
    });
    assert_eq!(passed, Duration::from_millis(3));
    assert_eq!(wall, UNIX_EPOCH + Duration::from_nanos(5_003_000_000));
}

#[test]
fn other_threads_notice_nothing() {
    on_fresh_thread(|| {
        begin(GOVERN, || None);
        let began = on_fresh_thread(Instant::now);
        while on_fresh_thread(Instant::now) == began {}
        end();
    });
}

#[test]
fn calls_are_noted_with_their_place() {
    let calls = on_fresh_thread(|| {
        begin(Conduct::Note, || Some(2));
        let times = [SystemTime::now(), SystemTime::now()];
        let hash = RandomState::new().hash_one(times.len());
        assert_ne!(hash, 0);
        end()
    });
    let of = |source| calls.iter().filter(move |call| call.source == source);
    let wall: Vec<_> = of(Source::WallClock).collect();
    assert!(!wall.is_empty(), "{calls:?}");
    assert!(wall.iter().all(|call| call.host == 2), "{calls:?}");
    assert!(wall.iter().any(|call| call.place.contains("tests/threads.rs:")), "{calls:?}");
    assert_eq!(of(Source::Entropy).count(), 1, "{calls:?}");
}
