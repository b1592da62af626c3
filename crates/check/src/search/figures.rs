//! Goal: no change of what the search costs, or of which order it finds, goes unseen. Method: steps,
//! bytes and configurations over random histories of several objects, against what they were.
//!
//! That a verdict is right is tested elsewhere; that the search did not lose one of its ways to keep
//! small is told by these figures alone. `SNAPSHOTS=overwrite` writes them anew: less is better.

use super::Search;
use super::run::Outcome;
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

    /// Walks: dives so many steps, then goes level by level.
    fn walk(
        &mut self,
        search: &mut Search<'_, '_>,
        standings: &[Standing],
        dive: u64,
        meter: &mut Meter,
    ) {
        let Search { part, tables, run } = search;
        let found = run.go(part, tables, &|at| standings[at], dive, meter);
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
    let mut kinds: [(&str, u64, u64, Figures); 5] = [
        ("dives", u64::MAX, u64::MAX, Figures::default()),
        ("level by level", 0, u64::MAX, Figures::default()),
        ("relaxed dives", u64::MAX, u64::MAX, Figures::default()),
        ("relaxed level by level", 0, u64::MAX, Figures::default()),
        ("short of steps", 100, 300, Figures::default()),
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
        for (name, dive, steps_max, figures) in &mut kinds {
            let budget = Budget { steps_max: *steps_max, ..Budget::default() };
            let mut meter = Meter::new(&budget);
            let mut search = Search::new(&part, &mut meter).expect("a small part");
            meter.restart(*steps_max);
            let standings = if name.starts_with("relaxed") { &relaxed } else { &recorded };
            figures.walk(&mut search, standings, *dive, &mut meter);
        }
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
    ];
    let expected = snapbox::file!["figures.txt": Text];
    snapbox::assert_data_eq!(text.concat(), expected.raw());
}
