//! Differential tests of counters, sequences, logs, locks and several registers: the engines against
//! the oracle, and against each other on larger histories.

use testimony_check::{Budget, Checker, Linearizable};
use testimony_history::History;
use testimony_model::{FetchAddOp, Model, Mutex, MutexOp, MutexRet, Sequence, SequenceOp};
use testimony_tests::draw::Draw;
use testimony_tests::evidence::evidence_of;
use testimony_tests::ordered::{
    Counters, FencedLocks, FetchAdds, Logs, MultiRegisters, Mutexes, Owners, Sequences,
};
use testimony_tests::random::{Family, Shape, history};
use testimony_tests::{oracle, show};
use testimony_verdict::Engine;

const AUTOMATIC: Linearizable = Linearizable { engine: None };
const SEARCH: Linearizable = Linearizable { engine: Some(Engine::Search) };
const BLOCKS: Linearizable = Linearizable { engine: Some(Engine::Blocks) };
const POSITIONS: Linearizable = Linearizable { engine: Some(Engine::Positions) };

/// Histories of each family.
const EACH: usize = 200_000;
/// Each so many histories the certificates and cores are looked at, too.
const EVIDENCE_EVERY: usize = 16;

/// What was seen of a family.
#[derive(Default, Debug)]
struct Seen {
    histories: usize,
    invalid: usize,
    /// Judged without the search.
    fast: usize,
}

impl Seen {
    /// A family that is nearly always valid or nearly always invalid tests nothing.
    fn assert_balanced(&self) {
        let share = self.invalid * 100 / self.histories;
        assert!((10..=90).contains(&share), "{share} % invalid of {self:?}");
    }
}

/// What is asked of certificates and cores.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Evidence {
    Ignored,
    /// Certificates are orders; cores contradict themselves and are minimal.
    Minimal,
}

impl Evidence {
    /// Not every history's evidence is looked at.
    fn sometimes(self, number: usize) -> Evidence {
        if number.is_multiple_of(EVIDENCE_EVERY) { self } else { Evidence::Ignored }
    }
}

/// Compares every engine with the oracle on one history.
fn compare<M: Model>(
    model: &M,
    history: &History<M::Op, M::Ret>,
    evidence: Evidence,
    seen: &mut Seen,
) {
    let budget = Budget::default();
    let truth = oracle::linearizable(model, history);
    let fail = |what: &str| -> ! {
        let (model, history) = (std::any::type_name::<M>(), show::paste::<M>(history));
        panic!("{what}, the oracle says {truth}, of\n{model}\n{history}")
    };
    seen.histories += 1;
    seen.invalid += usize::from(!truth);
    if SEARCH.holds(model, history, &budget) != Some(truth) {
        fail("the search is wrong");
    }
    for checker in [BLOCKS, POSITIONS] {
        match checker.holds(model, history, &budget) {
            None => {}
            Some(found) if found == truth => seen.fast += 1,
            Some(_) => fail(&format!("{checker:?} is wrong")),
        }
    }
    if evidence == Evidence::Ignored {
        return;
    }
    if let Err(why) = evidence_of(&AUTOMATIC, model, history) {
        fail(&why);
    }
}

/// Random histories of a family against the oracle.
fn random<F: Family>(family: &F, shape: Shape, evidence: Evidence, seed: u64) -> Seen {
    let mut draw = Draw::new(seed);
    let mut seen = Seen::default();
    for number in 0..EACH {
        let (model, history) = history(family, &shape, &mut draw);
        compare(&model, &history, evidence.sometimes(number), &mut seen);
    }
    seen.assert_balanced();
    seen
}

#[test]
fn several_registers() {
    random(&MultiRegisters, Shape::SMALL, Evidence::Minimal, 8);
}

#[test]
fn counters() {
    random(&Counters, Shape::SMALL, Evidence::Minimal, 9);
}

#[test]
fn fetch_and_adds() {
    let shape = Shape { lie: 100, info: 20, ..Shape::SMALL };
    let seen = random(&FetchAdds(&[1]), shape, Evidence::Minimal, 31);
    assert_eq!(seen.fast, seen.histories, "positions judge everything of one size");
}

#[test]
fn fetch_and_adds_of_different_sizes() {
    let shape = Shape { lie: 80, info: 20, ..Shape::SMALL };
    let seen = random(&FetchAdds(&[1, 2, 2, 5, 0]), shape, Evidence::Minimal, 32);
    assert!(seen.fast * 4 > seen.histories * 3, "positions judge most, {seen:?}");
    random(&FetchAdds(&[1, 2, -1]), Shape { lie: 80, ..Shape::SMALL }, Evidence::Minimal, 33);
}

#[test]
fn sequences() {
    for (gaps, seed) in [(false, 34), (true, 35)] {
        let shape = Shape { lie: 100, info: 20, ..Shape::SMALL };
        let seen = random(&Sequences { gaps }, shape, Evidence::Minimal, seed);
        assert_eq!(seen.fast, seen.histories, "positions judge every sequence");
    }
}

#[test]
fn logs() {
    let shape = Shape { lie: 140, info: 25, ..Shape::SMALL };
    let seen = random(&Logs { entries: 2 }, shape, Evidence::Minimal, 36);
    assert_eq!(seen.fast, seen.histories, "positions judge every log");
}

#[test]
fn mutexes() {
    let shape = Shape { lie: 150, ..Shape::SMALL };
    let seen = random(&Mutexes(Owners::Clients), shape, Evidence::Minimal, 37);
    assert!(seen.fast * 2 > seen.histories, "blocks judge most, {seen:?}");
    random(&Mutexes(Owners::Any), shape, Evidence::Minimal, 38);
}

#[test]
fn fenced_locks() {
    let shape = Shape { lie: 100, operations_max: 8, ..Shape::SMALL };
    let seen = random(&FencedLocks(Owners::Clients), shape, Evidence::Minimal, 39);
    assert!(seen.fast * 20 > seen.histories, "blocks judge some, {seen:?}");
    random(&FencedLocks(Owners::Any), shape, Evidence::Minimal, 40);
}

/// Every history of so many operations over an alphabet of operations with their answers, with calls
/// and returns at three ranks: enough for every way in which three intervals can lie.
fn every<M: Model>(model: &M, alphabet: &[(M::Op, Option<M::Ret>)], operations: u32) -> Seen {
    let intervals: Vec<(u32, u32)> =
        (0..3).flat_map(|call| (call..3).map(move |ret| (call, ret))).collect();
    let kinds = alphabet.len() * intervals.len();
    let mut seen = Seen::default();
    for mut code in 0..kinds.pow(operations) {
        let evidence = Evidence::Minimal.sometimes(code);
        let all = (0..operations).map(|id| {
            let kind = code % kinds;
            code /= kinds;
            let (op, answer) = alphabet[kind % alphabet.len()].clone();
            let (call, ret) = intervals[kind / alphabet.len()];
            match answer {
                Some(answer) => show::ok(id, call, ret, op, answer),
                None => show::info(id, call, op),
            }
        });
        compare(model, &show::history(all.collect()), evidence, &mut seen);
    }
    seen
}

#[test]
fn every_history_of_few_requests_for_a_lock() {
    let mut alphabet = Vec::new();
    for by in [0, 1] {
        for op in [MutexOp::Acquire(by.into()), MutexOp::Release(by.into())] {
            for answer in [Some(MutexRet::Granted), Some(MutexRet::Refused), None] {
                alphabet.push((op.clone(), answer));
            }
        }
    }
    for operations in 1..=3 {
        assert!(every(&Mutex, &alphabet, operations).invalid > 0);
    }
}

#[test]
fn every_history_of_few_numbers() {
    let answers = [None, Some(0), Some(1), Some(2)];
    for gaps in [false, true] {
        let alphabet = answers.map(|answer| (SequenceOp::Next, answer));
        let model = Sequence { first: 0, gaps };
        for operations in 2..=4 {
            assert!(every(&model, &alphabet, operations).invalid > 0);
        }
    }
    let take = answers.map(|answer| (FetchAddOp::FetchAdd(1), answer));
    let read = [Some(0), Some(1), Some(2)].map(|answer| (FetchAddOp::Read, answer));
    let alphabet = [&take[..], &read[..]].concat();
    for operations in 1..=3 {
        assert!(every(&testimony_model::FetchAdd::default(), &alphabet, operations).invalid > 0);
    }
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
