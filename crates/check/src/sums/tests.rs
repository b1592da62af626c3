//! Goal: what adds up to a contradiction is one, and a plan is an order. Method: small random
//! counters, stocks and banks under random standings, beside the search.

use super::highest::Highest;
use super::plan::plan;
use super::schedule::Schedule;
use super::{Sums, beam};
use crate::budget::{Budget, Meter};
use crate::core::{left_out, since};
use crate::families::{
    Draw, Family, banks, counters, draw_history, draw_operations, shown, stocks,
};
use crate::name::named_since;
use crate::part::{Decision, Part, Standing};
use crate::search::Search;
use crate::subject::Typed;
use crate::{Checker, Linearizable};
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{Balances, Bank, BankOp, BankRet, Model, Stock, StockOp, StockRet};
use testimony_verdict::{AnomalyKind, Verdict};

/// How many of the histories were not linearizable, how many of these the sums refuted, of how many
/// others an order was found by whoever is asked, by a plan, and by a beam, and how many random
/// standings the sums refuted.
#[derive(Default, Debug)]
struct Counts {
    invalid: u32,
    broken: u32,
    valid: u32,
    ordered: u32,
    planned: u32,
    beamed: u32,
    refuted: u32,
}

fn beside_the_search<M: Model>(family: &Family<M>, seed: u64) -> Counts {
    let (mut draw, mut counts, budget) = (Draw(seed), Counts::default(), Budget::default());
    for _ in 0..4_000 {
        let history = draw_history(family, &mut draw);
        let subject = Typed::new(&family.model, &history);
        let part = Part { key: Some("x".to_owned()), ..Part::all(&subject) };
        let sums = Sums::of(&part).expect("numbers");
        let mut meter = Meter::new(&budget);
        let mut search = Search::new(&part, &mut meter).expect("a small part");
        let all = vec![Standing::Required; part.operations.len()];
        let is_valid = matches!(search.decide(&mut meter), Decision::Valid(_));
        *(if is_valid { &mut counts.valid } else { &mut counts.invalid }) += 1;
        let broken = sums.broken(&all);
        assert_eq!(broken.is_some(), sums.refutes(&all), "{}", shown(&history, &all));
        if let Some(broken) = broken {
            let required: Vec<usize> = broken.required().collect();
            let standing = |(at, one)| match required.contains(&at) {
                true => Standing::Required,
                false if part.subject.is_observation(one) => Standing::Dropped,
                false => Standing::Optional,
            };
            let standings: Vec<Standing> =
                part.operations.iter().enumerate().map(standing).collect();
            let told = || format!("{broken:?} of\n{}", shown(&history, &standings));
            assert!(!is_valid && sums.refutes(&standings), "{}", told());
            assert_eq!(search.probe(&standings, &mut meter), Some(false), "{}", told());
            // Nothing but what it says of one of its amounts may be left out.
            for &at in &broken.amounts {
                let mut fewer = standings.clone();
                fewer[at] = Standing::Optional;
                let one = sums.broken(&fewer).filter(|one| one.answer == broken.answer);
                assert!(one.is_none_or(|one| one.base != broken.base), "{}", told());
            }
            counts.broken += 1;
        }
        let mut standing = |one: &testimony_history::Operation<_, _>| match draw.below(4) {
            0 if family.model.is_observer(&one.op) => Standing::Dropped,
            0 => Standing::Optional,
            _ => Standing::Required,
        };
        let random: Vec<Standing> = history.operations.iter().map(&mut standing).collect();
        for standings in [&all, &random] {
            let told = || shown(&history, standings);
            let said = search.probe(standings, &mut meter);
            if sums.refutes(standings) {
                assert_eq!(said, Some(false), "\n{}", told());
                counts.refuted += 1;
                continue;
            }
            let found = [
                (sums.order(standings, &mut meter), &mut counts.ordered),
                (sums.ordered(standings, &mut meter, plan), &mut counts.planned),
                (sums.ordered(standings, &mut meter, beam::search), &mut counts.beamed),
            ];
            for (order, count) in found {
                let Some(order) = order else { continue };
                assert_eq!(said, Some(true), "\n{}", told());
                assert!(keeps_to(&part, standings, &order), "{order:?} of\n{}", told());
                *count += 1;
            }
        }
    }
    counts
}

/// Whether an order has what is required, nothing twice, and nothing before what had returned before
/// it was called.
fn keeps_to(part: &Part<'_>, standings: &[Standing], order: &[OpId]) -> bool {
    let position = |id: &OpId| part.operations.iter().position(|one| one.id == *id);
    let order: Vec<usize> = order.iter().filter_map(position).collect();
    let is_required =
        |at: usize| standings[at] == Standing::Required && part.operations[at].is_ok();
    let ret = |at: usize| if is_required(at) { part.operations[at].ret } else { Rank::NEVER };
    let mut seen = vec![false; standings.len()];
    let once = order.iter().all(|&at| !std::mem::replace(&mut seen[at], true));
    let is_there = |at: usize| match standings[at] {
        Standing::Dropped => !seen[at],
        _ => seen[at] || !is_required(at),
    };
    let in_time = order.iter().enumerate().all(|(place, &at)| {
        order[place..].iter().all(|&later| ret(later) >= part.operations[at].call)
    });
    once && in_time && (0..standings.len()).all(is_there)
}

/// How many cores there were from the nearest answer on, and how many operations they had together,
/// as the others had.
#[derive(Default, Debug)]
struct Sizes {
    cores: usize,
    members: usize,
    others: usize,
}

fn since_an_answer<M: Model>(family: &Family<M>, seed: u64) -> Sizes {
    let (mut draw, mut sizes, budget) = (Draw(seed), Sizes::default(), Budget::default());
    for _ in 0..5_000 {
        let history = draw_operations(family, &mut draw, 40, 120);
        let subject = Typed::new(&family.model, &history);
        let part = Part { key: Some("x".to_owned()), ..Part::all(&subject) };
        let sums = Sums::of(&part).expect("numbers");
        let Some((broken, Some(near))) = sums.broken_as_recorded() else { continue };
        let base = near.base.expect("an answer");
        let core = since(&part, near.required().collect(), base);
        let standing = |at: usize| match (core.required.contains(&at), part.operations[at]) {
            (true, _) => Standing::Required,
            // What came before the answer was as recorded, whatever that was.
            (false, one) if one.ret < part.operations[base].call => Standing::Required,
            (false, _) if core.optional.contains(&at) => Standing::Optional,
            (false, _) => Standing::Dropped,
        };
        let standings: Vec<Standing> = (0..part.operations.len()).map(standing).collect();
        let told = || format!("{near:?} of\n{}", shown(&history, &standings));
        let mut meter = Meter::new(&budget);
        let mut search = Search::new(&part, &mut meter).expect("a small part");
        assert_eq!(search.probe(&standings, &mut meter), Some(false), "{}", told());
        let named = named_since(&part, &core);
        assert!(left_out(&part, &core).is_none() || named.is_some(), "{}", told());
        sizes.cores += 1;
        sizes.members += core.required.len() + core.optional.len();
        let last = broken.required().map(|at| part.operations[at].ret).max();
        let called = part.operations.iter().filter(|one| Some(one.call) <= last);
        sizes.others += called.filter(|one| part.may_change(one)).count();
    }
    sizes
}

#[test]
fn what_came_before_an_answer_is_part_of_it() {
    let sizes = [
        since_an_answer(&counters(), 5),
        since_an_answer(&stocks(), 6),
        since_an_answer(&banks(), 7),
    ];
    for one in &sizes {
        assert!(one.cores > 30 && 3 * one.members < 2 * one.others, "{sizes:?}");
    }
}

#[test]
fn a_core_begins_at_the_nearest_answer() {
    let mut asked: Vec<(StockOp, StockRet)> = Vec::new();
    let mut count = 3;
    for amount in (1..=5).cycle().take(600) {
        asked.push((StockOp::Restock(amount), StockRet::Restocked));
        asked.push((StockOp::Buy(amount - 1), StockRet::Sold));
        count += 1;
        asked.push((StockOp::Read, StockRet::Count(count)));
    }
    asked.push((StockOp::Restock(7), StockRet::Restocked));
    asked.push((StockOp::Buy(2), StockRet::Sold));
    asked.push((StockOp::Read, StockRet::Count(count + 3)));
    let operation = |(number, (op, ret)): (u32, (StockOp, StockRet))| Operation {
        id: OpId(2 * number),
        process: Process(0),
        op,
        outcome: Outcome::Ok(ret),
        call: Rank(2 * number),
        ret: Rank(2 * number + 1),
        call_ns: 0,
        ret_ns: 0,
    };
    let operations: Vec<_> = (0..).zip(asked).map(operation).collect();
    let history = History { operations, ..History::default() };
    let verdict =
        Linearizable::default().check(&Stock { initial: 3 }, &history, &Budget::default()).verdict;
    let Verdict::Invalid(anomalies) = verdict else { panic!("{verdict:?}") };
    let ids = |positions: &[u32]| positions.iter().map(|at| OpId(2 * at)).collect::<Vec<_>>();
    assert_eq!(anomalies[0].core.required, ids(&[1_799, 1_800, 1_802]));
    assert_eq!(anomalies[0].core.optional, ids(&[1_801]));
    assert_eq!(anomalies[0].kind, AnomalyKind::MissingAmount);
}

#[test]
fn counters_add_up() {
    let counts = beside_the_search(&counters(), 1);
    assert!(counts.invalid > 300 && 2 * counts.broken > counts.invalid, "{counts:?}");
    assert!(10 * counts.ordered > 12 * counts.valid && counts.refuted > 200, "{counts:?}");
    assert!(100 * counts.beamed > 98 * counts.ordered, "{counts:?}");
    assert!(100 * counts.planned > 90 * counts.ordered, "{counts:?}");
}

#[test]
fn stocks_add_up() {
    let counts = beside_the_search(&stocks(), 2);
    assert!(counts.invalid > 300 && 2 * counts.broken > counts.invalid, "{counts:?}");
    assert!(10 * counts.ordered > 12 * counts.valid && counts.refuted > 200, "{counts:?}");
    assert!(100 * counts.beamed > 98 * counts.ordered, "{counts:?}");
    assert!(100 * counts.planned > 90 * counts.ordered, "{counts:?}");
}

#[test]
fn banks_add_up() {
    let counts = beside_the_search(&banks(), 3);
    assert!(counts.invalid > 300 && 2 * counts.broken > counts.invalid, "{counts:?}");
    assert!(10 * counts.ordered > 12 * counts.valid && counts.refuted > 200, "{counts:?}");
    assert!(100 * counts.beamed > 98 * counts.ordered, "{counts:?}");
    assert!(100 * counts.planned > 90 * counts.ordered, "{counts:?}");
}

/// When transfers that are not answered take effect.
#[derive(Clone, Copy)]
enum Lost {
    /// Half of them when they are called, the others never.
    Soon,
    /// Long after their call.
    Late,
}

/// A bank of four accounts of ten each, with reads of all of them, as some clients see it that all have
/// one operation open. A third of the transfers are not answered.
fn transfers(seed: u64, clients: usize, when: Lost) -> History<BankOp, BankRet> {
    const NAMES: [&str; 4] = ["a", "b", "c", "d"];
    let mut draw = Draw(seed);
    let mut balances: Balances = NAMES.iter().map(|&name| (name.into(), 10)).collect();
    let (mut history, mut rank) = (History::default(), 0);
    let mut tick = || {
        rank += 1;
        Rank(rank)
    };
    let (mut open, mut late): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    let mut move_money = |op: &BankOp| {
        let BankOp::Transfer { from, to, amount } = op else {
            return BankRet::Balances(balances.clone());
        };
        if balances[from] < i64::from(*amount) {
            return BankRet::Refused;
        }
        *balances.get_mut(from).expect("an account") -= i64::from(*amount);
        *balances.get_mut(to).expect("an account") += i64::from(*amount);
        BankRet::Done
    };
    while history.operations.len() < 600 {
        let next = draw.below(8);
        if next < 6 && open.len() < clients {
            let (from, to) = (draw.below(4) as usize, draw.below(3) as usize);
            let (from, to) = (NAMES[from], NAMES[(from + 1 + to) % 4]);
            let op = match draw.below(5) {
                0 | 1 => BankOp::Read,
                _ => {
                    BankOp::Transfer { from: from.into(), to: to.into(), amount: 1 + draw.below(5) }
                }
            };
            let is_lost = op != BankOp::Read && draw.below(3) == 0;
            let at = history.operations.len();
            match (is_lost, when) {
                (false, _) => open.push(at),
                (true, Lost::Late) => late.push(at),
                (true, Lost::Soon) => {
                    if draw.below(2) == 0 {
                        move_money(&op);
                    }
                }
            }
            let call = tick();
            history.operations.push(Operation {
                id: OpId(call.0),
                process: Process(call.0),
                op,
                outcome: Outcome::Info("lost".to_owned()),
                call,
                ret: Rank::NEVER,
                call_ns: 0,
                ret_ns: 0,
            });
        } else if next == 6 && !open.is_empty() {
            let at = open.remove(draw.below(u32::try_from(open.len()).unwrap_or(1)) as usize);
            let one = &mut history.operations[at];
            one.outcome = Outcome::Ok(move_money(&one.op));
            one.ret = tick();
        } else if next == 7 && late.len() > 10 {
            let at = late.remove(draw.below(u32::try_from(late.len()).unwrap_or(1)) as usize);
            move_money(&history.operations[at].op);
        }
    }
    history
}

fn bank() -> Bank {
    let accounts = ["a", "b", "c", "d"].iter().map(|&name| (name.into(), 10)).collect();
    Bank { accounts, overdraft: false }
}

/// The steps that somebody takes to find an order of a history, and whether one was found.
fn steps_of(
    history: &History<BankOp, BankRet>,
    steps_max: u64,
    find: impl FnOnce(&Schedule<'_, '_, '_>, &mut Meter<'_>) -> Option<Vec<usize>>,
) -> (u64, bool) {
    let (model, budget) = (bank(), Budget { steps_max, ..Budget::default() });
    let subject = Typed::new(&model, history);
    let part = Part { key: Some("x".to_owned()), ..Part::all(&subject) };
    let all = vec![Standing::Required; part.operations.len()];
    let mut meter = Meter::new(&budget);
    let order = Sums::of(&part).expect("numbers").ordered(&all, &mut meter, find);
    assert!(order.as_ref().is_none_or(|order| keeps_to(&part, &all, order)));
    (meter.steps(), order.is_some())
}

#[test]
fn a_beam_goes_on_where_a_plan_goes_wrong() {
    let (mut planned, mut beamed) = (0, 0);
    for seed in 0..8 {
        let history = transfers(seed, 6, Lost::Late);
        planned += u32::from(steps_of(&history, Budget::STEPS_MAX, plan).1);
        beamed += u32::from(steps_of(&history, Budget::STEPS_MAX, beam::search).1);
    }
    assert!(beamed >= 7 && planned < beamed, "{planned} and {beamed} of 8");
}

/// Three transfers without an answer, then three that are open when all balances are read, of which
/// the first is refused: by two of those without an answer, or by one and by the second, which leads
/// nowhere.
fn refused_before_a_read() -> History<BankOp, BankRet> {
    let transfer = |from: &str, to: &str, amount| BankOp::Transfer {
        from: from.into(),
        to: to.into(),
        amount,
    };
    let read = [("a", 6), ("b", 12), ("c", 7), ("d", 15)];
    let read: Balances = read.map(|(name, balance)| (name.into(), balance)).into();
    let lost = || Outcome::Info("lost".to_owned());
    let operations = [
        (transfer("a", "b", 3), lost(), 0, Rank::NEVER.0),
        (transfer("a", "d", 5), lost(), 1, Rank::NEVER.0),
        (transfer("b", "c", 1), lost(), 2, Rank::NEVER.0),
        (transfer("a", "c", 5), Outcome::Ok(BankRet::Refused), 3, 8),
        (transfer("a", "b", 1), Outcome::Ok(BankRet::Done), 4, 9),
        (transfer("c", "a", 4), Outcome::Ok(BankRet::Done), 5, 10),
        (BankOp::Read, Outcome::Ok(BankRet::Balances(read)), 6, 7),
    ];
    let operation = |(process, (op, outcome, call, ret))| Operation {
        id: OpId(call),
        process: Process(process),
        op,
        outcome,
        call: Rank(call),
        ret: Rank(ret),
        call_ns: 0,
        ret_ns: 0,
    };
    let operations = (0..).zip(operations).map(operation).collect();
    History { operations, ..History::default() }
}

#[test]
fn a_beam_looks_for_more_than_what_is_needed_where_that_led_nowhere() {
    let history = refused_before_a_read();
    assert!(steps_of(&history, Budget::STEPS_MAX, beam::search).1);
}

#[test]
fn what_takes_effect_soon_is_found_in_few_steps() {
    for (clients, each_max) in [(6, 100), (16, 5_000)] {
        for seed in 0..8 {
            let history = transfers(seed, clients, Lost::Soon);
            let (steps, is_found) = steps_of(&history, 10_000_000, beam::search);
            let most = each_max * history.operations.len() as u64;
            assert!(is_found && steps < most, "{clients} clients, seed {seed}: {steps} steps");
        }
    }
}

#[test]
fn a_beam_keeps_to_its_steps_with_many_clients() {
    for steps_max in [10_000, 100_000, 1_000_000] {
        for when in [Lost::Soon, Lost::Late] {
            let history = transfers(1, 64, when);
            let (steps, _) = steps_of(&history, steps_max, beam::search);
            assert!(steps <= steps_max + steps_max / 10, "{steps} of {steps_max}");
        }
    }
}

#[test]
fn the_highest_is_that_of_a_list() {
    let mut draw = Draw(4);
    for places in 1..40_usize {
        let (mut tree, mut list) = (Highest::new(places), Vec::new());
        for _ in 0..200 {
            let value = i128::from(draw.below(100)) - 50;
            let before = draw.below(64) as usize % (list.len() + 1);
            if list.len() < places && draw.below(3) == 0 {
                tree.set(list.len(), value);
                list.push(value);
            } else {
                tree.raise(before, value);
                list[..before].iter_mut().for_each(|one| *one += value);
            }
            assert_eq!(tree.highest(), list.iter().copied().max(), "{list:?}");
        }
    }
}
