//! The dive: depth first, with a stack of its own.

use super::choice::Choice;
use super::run::{Outcome, Run, count};
use super::tables::{State, Tables};
use super::uses::{NOTHING, Used};
use crate::budget::{Meter, Spent, reserve};

/// A configuration with the choices that are left.
#[derive(Clone, Copy)]
struct Frame {
    level: u32,
    state: State,
    used: Used,
    /// Length of the order up to here.
    placed: u32,
    /// Its choices are on the stack of choices from here on.
    choices: u32,
    /// Whether its choices beside the operation that must return next were listed.
    listed: bool,
}

/// The stacks of the dive.
#[derive(Default)]
pub(super) struct Depth {
    frames: Vec<Frame>,
    /// The masks of the frames.
    masks: Vec<u64>,
    choices: Vec<Choice>,
}

impl Depth {
    /// Dives for an order; `None` when it took more than so many steps.
    pub(super) fn search(
        &mut self,
        run: &mut Run,
        initial: State,
        tables: &mut Tables,
        steps_max: u64,
        meter: &mut Meter,
    ) -> Result<Option<Outcome>, Spent> {
        self.frames.clear();
        self.masks.clear();
        self.choices.clear();
        let end = meter.steps().saturating_add(steps_max);
        let state = run.settle(initial, tables, meter)?;
        if run.window.is_over() {
            return Ok(Some(Outcome::Order));
        }
        self.push(run, state, NOTHING, tables, meter)?;
        while let Some(&frame) = self.frames.last() {
            if meter.steps() > end {
                return Ok(None);
            }
            self.resume(run, frame);
            if self.choices.len() > frame.choices as usize {
                let Some(choice) = self.choices.pop() else { continue };
                let Some((state, used)) = run.take(choice, frame.used, tables, meter)? else {
                    continue;
                };
                if run.window.is_over() {
                    return Ok(Some(Outcome::Order));
                }
                self.push(run, state, used, tables, meter)?;
            } else if frame.listed {
                self.frames.pop();
                self.masks.truncate(self.masks.len() - run.masks.0.len());
            } else {
                self.list(run, frame, tables, meter)?;
            }
        }
        Ok(Some(Outcome::None))
    }

    /// Goes back to the configuration of the last frame.
    fn resume(&self, run: &mut Run, frame: Frame) {
        run.window.go_to(frame.level as usize);
        run.order.truncate(frame.placed as usize);
        let from = self.masks.len() - run.masks.0.len();
        run.masks.0.copy_from_slice(&self.masks[from..]);
    }

    /// Makes the current configuration a frame, unless one that can do as much was met. Its first
    /// choice is the operation that must return next.
    fn push(
        &mut self,
        run: &mut Run,
        state: State,
        used: Used,
        tables: &mut Tables,
        meter: &mut Meter,
    ) -> Result<(), Spent> {
        if run.visit(state, used, meter)?.is_none() {
            return Ok(());
        }
        reserve(&mut self.frames, 1, meter)?;
        reserve(&mut self.masks, run.masks.0.len(), meter)?;
        let level = count(run.window.level());
        let (placed, choices) = (count(run.order.len()), count(self.choices.len()));
        self.masks.extend_from_slice(&run.masks.0);
        self.frames.push(Frame { level, state, used, placed, choices, listed: false });
        run.aim(state, &mut self.choices, tables, meter)
    }

    /// Puts the other choices of the last frame on the stack, the best on top.
    fn list(
        &mut self,
        run: &mut Run,
        frame: Frame,
        tables: &mut Tables,
        meter: &mut Meter,
    ) -> Result<(), Spent> {
        run.list(frame.state, frame.used, tables, meter)?;
        reserve(&mut self.choices, run.kinds.iter().map(Vec::len).sum(), meter)?;
        for kind in run.kinds.iter_mut().rev() {
            self.choices.extend(kind.drain(..).rev());
        }
        if let Some(last) = self.frames.last_mut() {
            last.listed = true;
        }
        Ok(())
    }
}
