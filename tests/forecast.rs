//! What is foretold of a history, against what judging it takes.

use testimony_check::{Budget, Forecast, Linearizable, forecast, measure};
use testimony_tests::collections::{Queues, Reads, Sets, Stacks};
use testimony_tests::draw::Draw;
use testimony_tests::families::{CasRegisters, Kvs, Registers, Stocks, Values};
use testimony_tests::ordered::{FetchAdds, MultiRegisters};
use testimony_tests::random::{self, Family, Shape};
use testimony_verdict::{Engine, Verdict};

/// Estimates beside counted steps.
#[derive(Default)]
struct Seen {
    pairs: Vec<(u64, u64, String)>,
    out_of_budget: usize,
}

impl Seen {
    /// Forecasts and judges histories of a family by the search.
    fn measure<F: Family>(&mut self, name: &str, family: &F, shape: &Shape, rounds: u64) {
        for round in 0..rounds {
            let mut draw = Draw::new(round);
            let (model, history) = random::history(family, shape, &mut draw);
            let foretold = forecast(&model, &history).expect("a history that can be judged");
            let budget = Budget { steps_max: 20_000_000, ..Budget::default() };
            let (holds, steps) = measure(&model, &history, &budget);
            // What an engine that counts no steps judges is foretold, but not measured.
            let counted = |part: &&testimony_check::PartForecast| part.engine == Engine::Search;
            let estimate: u64 = foretold.parts.iter().filter(counted).map(|part| part.steps).sum();
            if holds.is_none() {
                self.out_of_budget += 1;
            } else if steps > 0 && estimate > 0 {
                let case = format!(
                    "{name} {round}: {} operations, {} at once, {holds:?}",
                    foretold.operations, foretold.concurrency
                );
                self.pairs.push((estimate, steps, case));
            }
        }
    }
}

const fn shape(operations: usize, clients: usize, info: usize, lie: usize) -> Shape {
    Shape {
        operations_min: operations / 2,
        operations_max: operations,
        clients_max: clients,
        info,
        fail: 3,
        lie,
        tie: 0,
    }
}

/// Goal: the estimate is right within a factor of ten on nine of ten histories. Method: histories of
/// all sizes, loads and amounts of indeterminate operations, valid and not.
#[test]
fn the_estimated_cost_is_right_within_a_factor_of_ten() {
    let mut seen = Seen::default();
    for (operations, rounds) in [(30, 20), (200, 12), (2_000, 3)] {
        for clients in [3, 6, 12] {
            for info in [0, 5, 20] {
                for lie in [0, 5] {
                    let shape = shape(operations, clients, info, lie);
                    let name = format!("{operations}/{clients}/{info}/{lie}");
                    let cas = CasRegisters(Values::Few(5));
                    seen.measure(&format!("cas {name}"), &cas, &shape, rounds);
                    let register = Registers(Values::Few(3));
                    seen.measure(&format!("register {name}"), &register, &shape, rounds);
                    seen.measure(&format!("kv {name}"), &Kvs(Values::Few(4)), &shape, rounds);
                    seen.measure(&format!("stock {name}"), &Stocks, &shape, rounds);
                }
            }
        }
    }
    let within = |(estimate, steps, _): &&(u64, u64, String)| {
        *estimate <= steps.saturating_mul(10) && *steps <= estimate.saturating_mul(10)
    };
    let right = seen.pairs.iter().filter(within).count();
    let all = seen.pairs.len() + seen.out_of_budget;
    let wrong: Vec<_> = seen.pairs.iter().filter(|pair| !within(pair)).take(40).collect();
    assert!(all >= 1_000, "only {all} histories");
    assert!(right * 10 >= all * 9, "{right} of {all}, {} unknown: {wrong:#?}", seen.out_of_budget);
}

/// Goal: the engine that is foretold is the one that judges.
#[test]
fn the_engine_is_the_one_that_judges() {
    fn engines<F: Family>(family: &F) {
        for round in 0..300 {
            let (model, history) = random::history(family, &Shape::SMALL, &mut Draw::new(round));
            let foretold = forecast(&model, &history).expect("a history that can be judged");
            let checker = Linearizable::default();
            let finding =
                testimony_check::Checker::check(&checker, &model, &history, &Budget::default());
            if history.ok_count() == 0 || matches!(finding.verdict, Verdict::Unknown(_)) {
                continue;
            }
            let mut engines: Vec<_> = foretold.parts.iter().map(|part| part.engine).collect();
            engines.sort_unstable();
            engines.dedup();
            let expected = if let [one] = engines[..] { one } else { Engine::Mixed };
            assert_eq!(finding.engine, expected, "round {round}");
        }
    }
    engines(&Registers(Values::Unique));
    engines(&Registers(Values::Few(2)));
    engines(&CasRegisters(Values::Unique));
    engines(&Kvs(Values::Unique));
    engines(&Stocks);
    engines(&Sets(Values::Unique, Reads::Elements));
    engines(&Sets(Values::Unique, Reads::All));
    engines(&Queues(Values::Unique));
    engines(&Stacks(Values::Few(2)));
    engines(&FetchAdds(&[1, 2, 2, 5, 0]));
    engines(&MultiRegisters);
}

#[test]
fn what_is_counted_is_counted() {
    use testimony_model::{CellOp, CellRet, Register};
    use testimony_tests::show::{fail, history, info, ok};
    let history = history(vec![
        ok(0, 0, 3, CellOp::Write(1.into()), CellRet::Done),
        ok(1, 1, 4, CellOp::Read, CellRet::Value(None)),
        info(2, 2, CellOp::Write(1.into())),
        info(5, 5, CellOp::Write(1.into())),
        info(6, 6, CellOp::Write(2.into())),
        info(7, 7, CellOp::Read),
        fail(8, 8, 9, CellOp::Write(3.into())),
        ok(10, 10, 11, CellOp::Read, CellRet::Value(Some(1.into()))),
    ]);
    let foretold = forecast(&Register, &history).expect("a history that can be judged");
    assert_eq!((foretold.operations, foretold.ok, foretold.fail, foretold.info), (8, 3, 1, 4));
    assert_eq!(foretold.concurrency, 2);
    let [part] = &foretold.parts[..] else { panic!("one part: {foretold:?}") };
    assert_eq!((part.operations, part.indeterminate, part.classes), (6, 3, 2));
    assert_eq!(foretold.steps(), part.steps);
    let twice = Forecast { parts: vec![part.clone(), part.clone()], ..foretold.clone() };
    assert_eq!(twice.steps(), 2 * part.steps);
    assert_eq!(part.engine, Engine::Search);
    assert!(part.why.as_ref().is_some_and(|why| why.contains("write the same value")), "{part:?}");
}

#[test]
fn what_is_estimated_is_counted() {
    use testimony_model::{CellOp, CellRet, Kv, KvOp};
    use testimony_tests::show::{history, info, ok};
    let write = || KvOp::new("x", CellOp::Write(1.into()));
    let read = || KvOp::new("x", CellOp::Read);
    let one = || CellRet::Value(Some(1.into()));
    let repeated = history(vec![
        ok(0, 0, 3, write(), CellRet::Done),
        ok(1, 1, 4, read(), one()),
        info(2, 2, write()),
        ok(4, 4, 6, read(), one()),
        info(5, 5, write()),
    ]);
    let foretold = forecast(&Kv, &repeated).expect("a history that can be judged");
    let part = &foretold.parts[0];
    assert_eq!((part.indeterminate, part.classes, part.concurrency), (2, 1, 2));
    // Three answered operations at four steps and one for the class, and two for each overlap.
    assert_eq!((part.engine, part.steps), (Engine::Search, 3 * (4 + 1) + 2 * 2));
    let plain = history(vec![ok(0, 0, 1, write(), CellRet::Done), ok(2, 2, 3, read(), one())]);
    let part = &forecast(&Kv, &plain).expect("a history that can be judged").parts[0];
    assert_eq!((part.engine, part.steps), (Engine::Zones, 2 * 2 / 4));
}

#[test]
fn all_parts_share_one_budget() {
    use testimony_model::{CellOp, CellRet, Kv, KvOp};
    use testimony_tests::show::{history, ok};
    let keys = |keys: &[&str]| {
        let write = |(id, key): (u32, &&str)| {
            ok(id, id, 100 + id, KvOp::new(*key, CellOp::Write(1.into())), CellRet::Done)
        };
        let twice = keys.iter().chain(keys).chain(keys);
        history((0..).zip(twice).map(write).collect())
    };
    let measured =
        |history, steps_max| measure(&Kv, &history, &Budget { steps_max, ..Budget::default() });
    let (one, steps) = measured(keys(&["x"]), u64::MAX);
    assert!(one == Some(true) && steps > 0, "{one:?} in {steps} steps");
    assert_eq!(measured(keys(&["x", "y"]), 2 * steps), (Some(true), 2 * steps));
    assert_eq!(measured(keys(&["x", "y"]), 2 * steps - 1).0, None);
}
