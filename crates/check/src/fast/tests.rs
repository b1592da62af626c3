//! Goal: what a log-linear engine says of relaxed histories, the general search says, too. Reductions
//! rest on it, and decisions are the case in which nothing is relaxed. Method: small random histories
//! of each object, some with lies, under random standings.

use super::fast;
use crate::families::{self, Draw, Family, draw_history, draw_operations, explains, shown};
use crate::part::{Decision, Part, Standing};
use crate::search::Search;
use crate::subject::Typed;
use crate::{Budget, budget::Meter};
use testimony_history::{History, Operation};
use testimony_model::{CollectionOp, CollectionRet, Model, PriorityQueue, Queue, Stack};

/// How often the engine had an answer, of so many questions.
fn compare<M: Model>(family: &Family<M>) -> (u32, u32) {
    let (mut draw, mut asked, mut told, mut valid) = (Draw(11), 0, 0, 0);
    for _ in 0..8_000 {
        let history = draw_history(family, &mut draw);
        let subject = Typed::new(&family.model, &history);
        let part = Part { key: Some("x".to_owned()), ..Part::all(&subject) };
        let Ok(engine) = fast(&part) else { continue };
        let mut meter = Meter::new(&Budget::default());
        let mut search = Search::new(&part, &mut meter).expect("a small part");
        match (engine.decide(), search.decide(&mut meter)) {
            (Decision::Valid(order), Decision::Valid(_)) => {
                let shown = || shown(&history, &[]);
                assert!(explains(&family.model, &history, &order), "{order:?} of\n{}", shown());
            }
            (Decision::Invalid(_), Decision::Invalid(_)) | (Decision::Unknown(_), _) => {}
            _ => panic!("the engine and the search decide\n{}", shown(&history, &[])),
        }
        for round in 0..4 {
            // Reductions drop what only observed.
            let observed = |one: &Operation<M::Op, M::Ret>| {
                let ret = one.outcome.answer();
                ret.is_some_and(|ret| family.model.is_observation(&one.op, ret))
            };
            let mut standing = |one| match draw.below(6) {
                _ if round == 0 => Standing::Required,
                0 => Standing::Dropped,
                1 | 2 if observed(one) => Standing::Dropped,
                1 | 2 => Standing::Optional,
                _ => Standing::Required,
            };
            let standings: Vec<_> = history.operations.iter().map(&mut standing).collect();
            meter.restart(1 << 16);
            let Some(found) = search.probe(&standings, &mut meter) else { continue };
            asked += 1;
            if let Some(said) = engine.probe(&standings) {
                assert_eq!(
                    said,
                    found,
                    "the engine and the search\n{}",
                    shown(&history, &standings)
                );
                told += 1;
                valid += u32::from(said);
            }
        }
    }
    assert!(4 * valid > told && 12 * valid < 11 * told, "{valid} valid of {told}");
    (told, asked)
}

#[test]
fn cas_registers() {
    let (told, asked) = compare(&families::cas_registers());
    assert!(5 * told > 3 * asked, "{told} of {asked}");
}

#[test]
fn vague_registers() {
    let (told, asked) = compare(&families::vague_registers());
    assert!(told == asked && asked > 400, "{told} of {asked}");
}

#[test]
fn sets() {
    let (told, asked) = compare(&families::sets());
    assert!(12 * told > 11 * asked, "{told} of {asked}");
}

#[test]
fn sets_of_one_element() {
    let (told, asked) = compare(&families::one_element());
    assert!(told == asked && asked > 30_000, "{told} of {asked}");
}

#[test]
fn sets_that_are_read() {
    let (told, asked) = compare(&families::sets_that_are_read());
    assert!(told + 20 > asked && asked > 30_000, "{told} of {asked}");
}

#[test]
fn queues() {
    let (told, asked) = compare(&families::queues());
    assert!(told + 20 > asked && asked > 30_000, "{told} of {asked}");
}

#[test]
fn stacks() {
    let (told, asked) = compare(&families::stacks());
    assert!(told + 20 > asked && asked > 30_000, "{told} of {asked}");
}

#[test]
fn priority_queues() {
    let (told, asked) = compare(&families::priority_queues());
    assert!(told + 20 > asked && asked > 30_000, "{told} of {asked}");
}

#[test]
fn mutexes() {
    let (told, asked) = compare(&families::mutexes());
    assert!(9 * told > 2 * asked, "{told} of {asked}");
}

#[test]
fn fenced_locks() {
    let (told, asked) = compare(&families::fenced_locks());
    assert!(5 * told > asked, "{told} of {asked}");
}

#[test]
fn crowded_fenced_locks() {
    let (told, asked) = compare(&families::crowded_fenced_locks());
    assert!(9 * told > asked, "{told} of {asked}");
}

#[test]
fn fetch_and_adds() {
    let (told, asked) = compare(&families::fetch_and_adds());
    assert!(4 * told > 3 * asked, "{told} of {asked}");
}

#[test]
fn sequences() {
    for gaps in [false, true] {
        let (told, asked) = compare(&families::sequences(gaps));
        assert_eq!(told, asked, "gaps: {gaps}");
    }
}

#[test]
fn sequences_that_do_not_say_their_number() {
    let (told, asked) = compare(&families::silent_sequences());
    assert!(told == asked && asked > 400, "{told} of {asked}");
}

#[test]
fn logs() {
    let (told, asked) = compare(&families::logs());
    assert!(told + 20 > asked && asked > 20_000, "{told} of {asked}");
}

/// Random histories of so many operations, nearly without lies, of which these are kept: those of
/// which the engine cannot tell.
fn left_to_the_search<M>(
    model: M,
    (operations, histories): (u32, u32),
    kept: impl Fn(&CollectionRet) -> bool,
) -> Vec<History<CollectionOp, CollectionRet>>
where
    M: Model<Op = CollectionOp, Ret = CollectionRet>,
{
    let (family, mut draw) = (families::larger(model), Draw(23));
    let histories = (0..histories).map(|_| {
        let mut history = draw_operations(&family, &mut draw, operations, 50 * operations);
        history.operations.retain(|one| one.outcome.answer().is_none_or(&kept));
        history
    });
    let unclear = |history: &History<CollectionOp, CollectionRet>| {
        let subject = Typed::new(&family.model, history);
        let part = Part::all(&subject);
        let engine = fast(&part).expect("unique values");
        matches!(engine.decide(), Decision::Unknown(_))
    };
    histories.filter(unclear).collect()
}

/// Who took what with a take whose answer was lost is a choice. Only rarely is it made so badly that
/// the search must be asked.
#[test]
fn choices_rarely_leave_anything_to_the_search() {
    let left = |operations, histories| {
        let size = (operations, histories);
        [
            left_to_the_search(Queue, size, |_| true).len(),
            left_to_the_search(Stack, size, |_| true).len(),
            left_to_the_search(PriorityQueue, size, |_| true).len(),
        ]
    };
    let (short, long, longest) = (left(14, 2_000), left(40, 2_000), left(280, 150));

    let few = |left: [usize; 3], most: [usize; 3]| {
        left.iter().zip(most).all(|(&left, most)| left <= most)
    };
    assert!(
        few(short, [3, 2, 0]) && few(long, [7, 4, 0]) && few(longest, [1, 0, 0]),
        "{short:?}, {long:?}, {longest:?}"
    );
}

/// Where nobody found a queue empty, its line says all: what is left has no order.
#[test]
fn an_order_of_a_queue_that_nobody_found_empty_is_always_found() {
    let is_found = |ret: &CollectionRet| *ret != CollectionRet::Value(None);
    for size in [(14, 6_000), (40, 2_000), (280, 150)] {
        for history in left_to_the_search(Queue, size, is_found) {
            let subject = Typed::new(&Queue, &history);
            let part = Part::all(&subject);
            let mut meter = Meter::new(&Budget::default());
            let mut search = Search::new(&part, &mut meter).expect("a small part");
            let said = search.decide(&mut meter);
            assert!(matches!(said, Decision::Invalid(_)), "{}", shown(&history, &[]));
        }
    }
}

/// Asks the search whether what an engine suspects is a contradiction, whatever the others did; for
/// how many invalid histories it is, and for how many not.
fn suspects<M: Model>(family: &Family<M>) -> (u32, u32) {
    let (mut draw, mut enough, mut too_few) = (Draw(31), 0, 0);
    for _ in 0..2_000 {
        let history = draw_history(family, &mut draw);
        let subject = Typed::new(&family.model, &history);
        let part = Part { key: Some("x".to_owned()), ..Part::all(&subject) };
        let Ok(engine) = fast(&part) else { continue };
        let Decision::Invalid(hint) = engine.decide() else { continue };
        if hint.suspects.is_empty() {
            continue;
        }
        let mut standings = vec![Standing::Optional; part.operations.len()];
        hint.suspects.iter().for_each(|&at| standings[at] = Standing::Required);
        let mut meter = Meter::new(&Budget::default());
        let mut search = Search::new(&part, &mut meter).expect("a small part");
        match search.probe(&standings, &mut meter).expect("a small part") {
            false => enough += 1,
            true => too_few += 1,
        }
    }
    (enough, too_few)
}

/// Where values were lost, a few times others can have gone with the takes that count as unanswered
/// then.
fn assert_suspects<M: Model>(family: &Family<M>, least: u32, most: u32) {
    let (enough, too_few) = suspects(family);
    assert!(enough >= least && too_few <= most, "{enough} times enough, {too_few} times not");
}

#[test]
fn suspects_of_registers_contradict_each_other() {
    assert_suspects(&families::cas_registers(), 473, 0);
}

#[test]
fn suspects_of_sets_contradict_each_other() {
    assert_suspects(&families::sets(), 411, 0);
    assert_suspects(&families::sets_that_are_read(), 546, 0);
}

#[test]
fn suspects_of_collections_contradict_each_other() {
    assert_suspects(&families::queues(), 462, 37);
    assert_suspects(&families::stacks(), 447, 27);
    assert_suspects(&families::priority_queues(), 450, 37);
}

#[test]
fn suspects_of_locks_contradict_each_other() {
    assert_suspects(&families::mutexes(), 283, 1);
    assert_suspects(&families::fenced_locks(), 322, 0);
}

#[test]
fn suspects_of_sequences_contradict_each_other() {
    assert_suspects(&families::fetch_and_adds(), 830, 0);
    assert_suspects(&families::sequences(false), 779, 0);
    assert_suspects(&families::sequences(true), 513, 0);
    assert_suspects(&families::logs(), 908, 0);
}
