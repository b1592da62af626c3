//! Goal: the walk over removals decides what the general search decides, with nothing relaxed and under
//! random standings. Method: small random histories of few values, some with lies and lost answers.

use super::{Removals, Walked};
use crate::Budget;
use crate::budget::{Meter, Spent};
use crate::families::{self, Draw, Family, draw_history, draw_operations, explains, shown};
use crate::part::{Part, Standing};
use crate::search::Search;
use crate::subject::Typed;
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{
    CollectionOp as Op, CollectionRet as Ret, Model, PriorityQueue, Queue, Stack, Step,
};

/// One of the ways to decide a part.
type Decide = fn(&Removals<'_, '_>, &[Standing], &mut Meter<'_>) -> Result<Walked, Spent>;

/// How many histories had an order, of so many.
fn compare<M>(
    family: &Family<M>,
    decide: Decide,
    histories: u32,
    operations: Option<u32>,
) -> (u32, u32)
where
    M: Model<Op = Op, Ret = Ret>,
{
    let (mut draw, mut asked, mut valid) = (Draw(97), 0, 0);
    for _ in 0..histories {
        let history = match operations {
            Some(operations) => draw_operations(family, &mut draw, operations, 30),
            None => draw_history(family, &mut draw),
        };
        let subject = Typed::new(&family.model, &history);
        let part = Part { key: Some("x".to_owned()), ..Part::all(&subject) };
        let removals = Removals::of(&part).expect("a collection");
        let mut meter = Meter::new(&Budget::default());
        let mut search = Search::new(&part, &mut meter).expect("a small part");
        for round in 0..4 {
            let standings = standings(family, &history, &mut draw, round == 0);
            meter.restart(1 << 18);
            let Some(found) = search.probe(&standings, &mut meter) else { continue };
            meter.restart(1 << 18);
            let Ok(walked) = decide(&removals, &standings, &mut meter) else { continue };
            let says = matches!(walked, Walked::Order(_));
            assert_eq!(says, found, "the walk and the search\n{}", shown(&history, &standings));
            if let Walked::Order(order) = &walked
                && round == 0
            {
                let shown = || shown(&history, &[]);
                assert!(explains(&family.model, &history, order), "{order:?} of\n{}", shown());
            }
            asked += 1;
            valid += u32::from(found);
        }
    }
    (valid, asked)
}

/// Random standings; reductions drop what only observed.
fn standings<M>(
    family: &Family<M>,
    history: &History<Op, Ret>,
    draw: &mut Draw,
    is_recorded: bool,
) -> Vec<Standing>
where
    M: Model<Op = Op, Ret = Ret>,
{
    let observed = |one: &Operation<Op, Ret>| {
        one.outcome.answer().is_some_and(|ret| family.model.is_observation(&one.op, ret))
    };
    let mut standing = |one: &Operation<Op, Ret>| match draw.below(6) {
        _ if is_recorded => Standing::Required,
        0 => Standing::Dropped,
        1 | 2 if observed(one) => Standing::Dropped,
        1 | 2 => Standing::Optional,
        _ => Standing::Required,
    };
    history.operations.iter().map(&mut standing).collect()
}

fn compare_all<M>(model: M, decide: Decide)
where
    M: Model<Op = Op, Ret = Ret> + Copy,
{
    let near = families::repeated(model);
    let far = Family { spread: 24, ..families::repeated(model) };
    let found = [
        compare(&near, decide, 30_000, None),
        compare(&far, decide, 30_000, None),
        compare(&near, decide, 2_000, Some(24)),
        compare(&far, decide, 4_000, Some(14)),
    ];
    assert!(
        found.iter().all(|&(valid, asked)| 8 * valid > asked && 8 * valid < 7 * asked),
        "{found:?}"
    );
}

fn walk(
    removals: &Removals<'_, '_>,
    standings: &[Standing],
    meter: &mut Meter<'_>,
) -> Result<Walked, Spent> {
    removals.walk(|at| standings[at], meter)
}

#[test]
fn the_walk_decides_queues() {
    compare_all(Queue, walk);
}

#[test]
fn the_walk_decides_stacks() {
    compare_all(Stack, walk);
}

#[test]
fn nested_pairs_decide_stacks() {
    compare_all(Stack, |removals, standings, meter| removals.nest(|at| standings[at], meter));
}

#[test]
fn the_walk_decides_priority_queues() {
    compare_all(PriorityQueue, walk);
}

/// An order of a thousand operations on fifty values, that the search does not find.
#[test]
fn a_queue_of_a_thousand_operations_with_repeated_values_has_an_order() {
    for seed in 0..10 {
        let mut draw = Draw(seed);
        let mut state = Queue.init();
        let mut history = History::default();
        for number in 0..1_000 {
            let op = match draw.below(7) {
                0..4 => Op::Insert(i64::from(draw.below(50)).into()),
                4..6 => Op::Take,
                _ => Op::Peek,
            };
            let value = (0..50).map(|value: i64| Some(value.into())).chain([None]);
            let mut rets = value.map(Ret::Value).chain([Ret::Done]);
            let step = |ret: Ret| match Queue.step(&state, &op, Some(&ret)) {
                Step::To(next) => Some((ret, next)),
                _ => None,
            };
            let (ret, next) = rets.find_map(step).expect("an answer");
            state = next;
            let call = Rank((4 * number + 20_u32).saturating_sub(draw.below(9)));
            let end = Rank(4 * number + 21 + draw.below(9));
            let (id, process) = (OpId(number), Process(number));
            let (call_ns, ret_ns) = (u64::from(call.0), u64::from(end.0));
            let outcome = Outcome::Ok(ret);
            let operation = Operation { id, process, op, outcome, call, ret: end, call_ns, ret_ns };
            history.operations.push(operation);
        }
        let subject = Typed::new(&Queue, &history);
        let part = Part::all(&subject);
        let removals = Removals::of(&part).expect("a queue");
        let mut meter = Meter::new(&Budget { steps_max: 100_000, ..Budget::default() });
        let walked = removals.decide(|_| Standing::Required, &mut meter).expect("few steps");
        let Walked::Order(order) = walked else { panic!("no order of seed {seed}") };
        assert!(explains(&Queue, &history, &order), "seed {seed}");
    }
}

/// A value is taken and seen after a greater one was taken, whose put began later.
#[test]
fn what_was_tried_in_vain_is_taken_back() {
    let value = |value: i64| Ret::Value(Some(value.into()));
    let all = [
        (1, 8, Op::Take, value(3)),
        (2, 11, Op::Insert(7.into()), Ret::Done),
        (3, 4, Op::Insert(3.into()), Ret::Done),
        (5, 6, Op::Take, value(7)),
        (7, 9, Op::Peek, value(3)),
    ];
    let operation = |(id, (call, ret, op, answer)): (u32, (u32, u32, Op, Ret))| Operation {
        id: OpId(id),
        process: Process(id),
        op,
        outcome: Outcome::Ok(answer),
        call: Rank(call),
        ret: Rank(ret),
        call_ns: 0,
        ret_ns: 0,
    };
    let operations = (0..).zip(all).map(operation).collect();
    let history = History { operations, ..History::default() };
    let subject = Typed::new(&PriorityQueue, &history);
    let part = Part::all(&subject);
    let removals = Removals::of(&part).expect("a priority queue");
    let mut meter = Meter::new(&Budget::default());
    let walked = removals.decide(|_| Standing::Required, &mut meter).expect("few steps");
    let Walked::Order(order) = walked else { panic!("no order") };
    assert!(explains(&PriorityQueue, &history, &order), "{order:?}");
}
