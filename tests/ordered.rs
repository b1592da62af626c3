//! Differential tests of counters, sequences, logs, locks and several registers: the engines against
//! the oracle, and against each other on larger histories.

use testimony_check::{Budget, Checker, Linearizable};
use testimony_tests::census::ORDERED;
use testimony_tests::compare::{self, SEARCH, Seen};
use testimony_tests::draw::Draw;
use testimony_tests::evidence::evidence_of;
use testimony_tests::ordered::{
    Counters, FencedLocks, FetchAdds, Logs, MultiRegisters, Mutexes, Owners, Sequences,
};
use testimony_tests::random::{Family, Shape, history};
use testimony_tests::show;
use testimony_verdict::Engine;

const BLOCKS: Linearizable = Linearizable { engine: Some(Engine::Blocks) };
const POSITIONS: Linearizable = Linearizable { engine: Some(Engine::Positions) };

/// Random histories of a family against the oracle.
fn random<F: Family>(family: &F, shape: Shape, seed: u64) -> Seen {
    let seen = compare::random(family, (shape, ORDERED.of(seed)), seed);
    seen.assert_invalid(10..=90);
    seen
}

#[test]
fn several_registers() {
    random(&MultiRegisters, Shape::SMALL, 8);
}

#[test]
fn counters() {
    random(&Counters, Shape::SMALL, 9);
}

#[test]
fn fetch_and_adds() {
    let shape = Shape { lie: 100, info: 20, ..Shape::SMALL };
    let seen = random(&FetchAdds(&[1]), shape, 31);
    assert_eq!(seen.fast, seen.histories, "positions judge everything of one size");
}

#[test]
fn fetch_and_adds_of_different_sizes() {
    let shape = Shape { lie: 80, info: 20, ..Shape::SMALL };
    let seen = random(&FetchAdds(&[1, 2, 2, 5, 0]), shape, 32);
    assert!(seen.fast * 4 > seen.histories * 3, "positions judge most, {seen:?}");
    random(&FetchAdds(&[1, 2, -1]), Shape { lie: 80, ..Shape::SMALL }, 33);
}

#[test]
fn sequences() {
    for (gaps, seed) in [(false, 34), (true, 35)] {
        let shape = Shape { lie: 100, info: 20, ..Shape::SMALL };
        let seen = random(&Sequences { gaps }, shape, seed);
        assert_eq!(seen.fast, seen.histories, "positions judge every sequence");
    }
}

#[test]
fn logs() {
    let shape = Shape { lie: 140, info: 25, ..Shape::SMALL };
    let seen = random(&Logs { entries: 2 }, shape, 36);
    assert_eq!(seen.fast, seen.histories, "positions judge every log");
}

#[test]
fn mutexes() {
    let shape = Shape { lie: 150, ..Shape::SMALL };
    let seen = random(&Mutexes(Owners::Clients), shape, 37);
    assert!(seen.fast * 2 > seen.histories, "blocks judge most, {seen:?}");
    random(&Mutexes(Owners::Any), shape, 38);
}

#[test]
fn fenced_locks() {
    let shape = Shape { lie: 100, operations_max: 8, ..Shape::SMALL };
    let seen = random(&FencedLocks(Owners::Clients), shape, 39);
    assert!(seen.fast * 20 > seen.histories, "blocks judge some, {seen:?}");
    random(&FencedLocks(Owners::Any), shape, 40);
}

/// Histories of hundreds of operations on which an engine and the search must agree.
fn engines_agree<F: Family>(family: &F, fast: Linearizable, info: usize, lie: usize, seed: u64) {
    let shape = Shape {
        operations_min: 60,
        operations_max: 200,
        clients_max: 5,
        info,
        fail: 2,
        lie,
        tie: 5,
    };
    let mut draw = Draw::new(seed);
    let mut seen = Seen::default();
    for _ in 0..150 {
        let (model, history) = history(family, &shape, &mut draw);
        let budget = Budget::default();
        let Some(found) = fast.holds(&model, &history, &budget) else { continue };
        let searched = SEARCH.holds(&model, &history, &budget);
        let paste = || show::paste::<F::Model>(&history);
        assert!(searched.is_none_or(|searched| searched == found), "{found}, of\n{}", paste());
        seen.histories += 1;
        seen.fast += usize::from(searched.is_some());
        seen.invalid += usize::from(!found);
        if found {
            assert_eq!(evidence_of(&fast, &model, &history), Ok(()), "of\n{}", paste());
        } else {
            let cores = fast.check(&model, &history, &budget).verdict;
            let cores = testimony_certify::verify(
                &model,
                &history,
                &testimony_verdict::Property::LINEARIZABLE,
                None,
                &mut cores.clone(),
            );
            assert_eq!(cores, Ok(()), "of\n{}", paste());
        }
    }
    assert!(seen.histories > 50 && seen.fast * 2 > seen.histories, "{seen:?}");
    assert!(seen.invalid > 5 && seen.invalid < seen.histories - 5, "{seen:?}");
}

#[test]
fn positions_and_search_agree_on_long_sequences() {
    engines_agree(&Sequences { gaps: false }, POSITIONS, 3, 5, 61);
    engines_agree(&FetchAdds(&[1]), POSITIONS, 2, 5, 62);
}

#[test]
fn blocks_and_search_agree_on_long_locks() {
    engines_agree(&Mutexes(Owners::Clients), BLOCKS, 0, 4, 63);
}
