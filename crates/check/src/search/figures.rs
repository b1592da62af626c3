//! Goal: no change of what the search costs, or of which order it finds, goes unseen. Method: steps,
//! bytes and configurations over random histories of several objects, against what they were.
//!
//! That a verdict is right is tested elsewhere; that the search did not lose one of its ways to keep
//! small is told by these figures alone. `SNAPSHOTS=overwrite` writes them anew: less is better.

use super::Search;
use super::run::{Most, Outcome};
use crate::Budget;
use crate::budget::{Meter, Spent};
use crate::families::{self, Draw, Family, draw_operations};
use crate::part::{Part, Standing};
use crate::subject::Typed;
use std::fmt::Write as _;
use testimony_model::Model;
use testimony_verdict::{Progress, Unknown};

/// What walks of one kind came to.
#[derive(Default)]
struct Figures {
    orders: usize,
    none: usize,
    spent: usize,
    steps: u64,
    bytes: usize,
    met: usize,
    kept: usize,
    /// Which orders were found, and how far the others came, as one number.
    mark: u64,
}

impl Figures {
    fn mark(&mut self, number: u64) {
        self.mark = self.mark.wrapping_mul(31).wrapping_add(number) % 1_000_003;
    }

    /// Walks: dives, then goes level by level. Whether there is an order.
    fn walk(
        &mut self,
        search: &mut Search<'_, '_>,
        standings: &[Standing],
        most: Most,
        meter: &mut Meter,
    ) -> Option<bool> {
        let Search { part, tables, run } = search;
        let found = run.go(part, tables, &|at| standings[at], most, meter);
        self.steps += meter.steps();
        self.met += run.visited.len();
        self.kept += run.visited.kept();
        match found {
            Ok(Outcome::Order) => {
                self.orders += 1;
                run.order(tables).into_iter().for_each(|at| self.mark(u64::from(at)));
            }
            Ok(Outcome::None) => {
                self.none += 1;
                self.mark(run.stuck().map_or(7, u64::from));
            }
            Err(_) => {
                self.spent += 1;
                let counts = match run.progress() {
                    Some(Progress::Search {
                        passed,
                        answers,
                        pending_max,
                        optional_kinds,
                        configurations,
                    }) => [passed, answers, pending_max, optional_kinds, configurations],
                    _ => [0; 5],
                };
                counts.into_iter().for_each(|count| self.mark(count as u64));
                self.mark(run.reached().map_or(7, u64::from));
            }
        }
        if let Unknown::Budget(effort) = meter.unknown(Spent::Budget, None) {
            self.bytes += effort.bytes;
        }
        found.ok().map(|found| found == Outcome::Order)
    }

    fn line(&self, name: &str) -> String {
        let Figures { orders, none, spent, steps, bytes, met, kept, mark } = self;
        format!(
            "  {name}: {orders} orders, {none} without, {spent} given up; {steps} steps, {bytes} \
             bytes, {met} configurations met, {kept} kept; mark {mark}\n"
        )
    }
}

/// Walks through random histories of so many operations.
fn figures<M: Model>(name: &str, family: &Family<M>, operations: u32, histories: u32) -> String {
    let mut draw = Draw(41);
    let most = Most { dive: 0, each: 0, total: 0 };
    let dive = Most { dive: u64::MAX, ..most };
    let (each, total) = (Most { each: u64::MAX, ..most }, Most { total: u64::MAX, ..most });
    let mut kinds: [(&str, Most, u64, Figures); 7] = [
        ("dives", dive, u64::MAX, Figures::default()),
        ("level by level", each, u64::MAX, Figures::default()),
        ("uses told together", total, u64::MAX, Figures::default()),
        ("relaxed dives", dive, u64::MAX, Figures::default()),
        ("relaxed level by level", each, u64::MAX, Figures::default()),
        ("relaxed uses told together", total, u64::MAX, Figures::default()),
        ("short of steps", Most { dive: 100, ..each }, 300, Figures::default()),
    ];
    for _ in 0..histories {
        let history = draw_operations(family, &mut draw, operations, 8 * operations);
        let subject = Typed::new(&family.model, &history);
        let part = Part { key: Some("x".to_owned()), ..Part::all(&subject) };
        let recorded = vec![Standing::Required; part.operations.len()];
        let relaxed = part.operations.iter().map(|_| match draw.below(4) {
            0 => Standing::Optional,
            1 => Standing::Dropped,
            _ => Standing::Required,
        });
        let relaxed: Vec<Standing> = relaxed.collect();
        let mut found = Vec::new();
        for (name, most, steps_max, figures) in &mut kinds {
            let budget = Budget { steps_max: *steps_max, ..Budget::default() };
            let mut meter = Meter::new(&budget);
            let mut search = Search::new(&part, &mut meter).expect("a small part");
            meter.restart(*steps_max);
            let standings = if name.starts_with("relaxed") { &relaxed } else { &recorded };
            found.push(figures.walk(&mut search, standings, *most, &mut meter));
        }
        let shown = || families::shown(&history, &relaxed);
        assert!(found[..3].windows(2).all(|two| two[0] == two[1]), "{}", shown());
        assert!(found[3..6].windows(2).all(|two| two[0] == two[1]), "{}", shown());
    }
    let mut text = format!("{name}, {operations} operations\n");
    for (name, .., figures) in &kinds {
        let _ = text.write_str(&figures.line(name));
    }
    text
}

#[test]
fn the_search_costs_what_it_did() {
    let text = [
        figures("cas registers of few values", &families::few_values(), 12, 300),
        figures("cas registers of few values", &families::few_values(), 60, 40),
        figures("more at once than a word has bits", &families::crowds(), 150, 5),
        figures("registers that do not say what matched", &families::vague_registers(), 12, 200),
        figures("cas registers of few values by steps alone", &families::steps_alone(), 12, 200),
        figures("texts", &families::texts(), 12, 200),
        figures("texts", &families::texts(), 40, 30),
        figures("registers of unique values", &families::cas_registers(), 12, 100),
        figures("logs, which tell an order", &families::logs(), 12, 100),
        figures("fenced locks", &families::fenced_locks(), 12, 100),
        figures("stacks", &families::stacks(), 10, 60),
        figures("sets that are read", &families::sets_that_are_read(), 10, 60),
        figures("counters", &families::counters(), 12, 100),
    ];
    let expected = snapbox::file!["figures.txt": Text];
    snapbox::assert_data_eq!(text.concat(), expected.raw());
}
