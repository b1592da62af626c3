//! The steps of the main phase: which one a client takes next, and what it waits for.
//!
//! A step that was chosen while the run went on is taken after the completion that made it be chosen.
//! The first run and its replay go through the same code, in the same order: only where the steps come
//! from differs.

use super::control::Control;
use crate::generator::{Completed, Completion};
use crate::workload::Reactor;
use crate::{Plan, PlannedStep, Reactive};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

/// The steps that are still to be taken.
pub(super) struct Queue<S> {
    control: Rc<Control>,
    inner: RefCell<Inner<S>>,
}

struct Inner<S> {
    /// By client, in order of time.
    steps: Vec<VecDeque<PlannedStep<S>>>,
    /// Which step each of these waits for.
    after: BTreeMap<u32, u32>,
    /// By the step that is waited for: who waits.
    waiting: BTreeMap<u32, Vec<u16>>,
    /// Steps that are waited for and still to come.
    open: BTreeSet<u32>,
    reactor: Option<Box<dyn Reactor<S>>>,
    chosen: Vec<PlannedStep<S>>,
}

impl<S: Clone> Queue<S> {
    pub(super) fn new(
        plan: &Plan<S>,
        reactor: Option<Box<dyn Reactor<S>>>,
        control: Rc<Control>,
    ) -> Queue<S> {
        let mut inner = Inner {
            steps: vec![VecDeque::new(); usize::from(plan.config.clients)],
            after: plan.reactive.after.clone(),
            waiting: BTreeMap::new(),
            open: BTreeSet::new(),
            reactor,
            chosen: Vec::new(),
        };
        let waited_for: BTreeSet<u32> = inner.after.values().copied().collect();
        for step in &plan.steps {
            // A step that waits for one that is not there waits for nothing.
            if waited_for.contains(&step.id) {
                inner.open.insert(step.id);
            }
            inner.push(step.clone());
        }
        if let Some(reactor) = &mut inner.reactor {
            let first = reactor.begin();
            inner.chosen.extend(first.iter().cloned());
            first.into_iter().for_each(|step| inner.push(step));
        }
        Queue { control, inner: RefCell::new(inner) }
    }

    /// The next step of a client; `None` when it has no more.
    pub(super) async fn next(&self, client: u16) -> Option<PlannedStep<S>> {
        loop {
            if self.control.stop.get() {
                return None;
            }
            if let Ok(next) = self.inner.borrow_mut().pop(client) {
                return next;
            }
            self.control.until_woken(client).await;
        }
    }

    /// A step is over: what waits for it may go on, and more may be chosen.
    pub(super) fn completed(&self, step: &PlannedStep<S>, completion: Completion, now_ms: u64) {
        let inner = &mut *self.inner.borrow_mut();
        let PlannedStep { id, client, .. } = *step;
        if let Some(reactor) = &mut inner.reactor {
            let step = step.step.clone();
            let next = reactor.completed(&Completed { id, client, step, completion }, now_ms);
            let over = reactor.is_over();
            for step in next {
                inner.after.insert(step.id, id);
                inner.chosen.push(step.clone());
                inner.push(step);
            }
            if over {
                self.control.wake_all();
            }
        }
        inner.open.remove(&id);
        for client in inner.waiting.remove(&id).unwrap_or_default() {
            self.control.wake(client);
        }
    }

    /// The steps that were chosen while the run went on, and what each waited for.
    fn take_chosen(&self) -> (Vec<PlannedStep<S>>, BTreeMap<u32, u32>) {
        let inner = &mut *self.inner.borrow_mut();
        (std::mem::take(&mut inner.chosen), std::mem::take(&mut inner.after))
    }
}

impl<S> Inner<S> {
    fn push(&mut self, step: PlannedStep<S>) {
        if let Some(before) = self.after.get(&step.id) {
            self.waiting.entry(*before).or_default().push(step.client);
        }
        if let Some(steps) = self.steps.get_mut(usize::from(step.client)) {
            steps.push_back(step);
        }
    }

    /// The next step, or that there is none; an error when it is too early to tell.
    fn pop(&mut self, client: u16) -> Result<Option<PlannedStep<S>>, ()> {
        let Some(steps) = self.steps.get_mut(usize::from(client)) else { return Ok(None) };
        let Some(first) = steps.front() else {
            let more = self.reactor.as_ref().is_some_and(|reactor| !reactor.is_over());
            return if more { Err(()) } else { Ok(None) };
        };
        match self.after.get(&first.id).is_some_and(|before| self.open.contains(before)) {
            true => Err(()),
            false => Ok(steps.pop_front()),
        }
    }
}

/// The plan that a run leaves behind: what was chosen is in it, and nothing more is.
pub(super) fn complete<S: Clone>(plan: &Plan<S>, queue: &Queue<S>) -> Plan<S> {
    let mut complete = plan.clone();
    if plan.reactive.open {
        let (mut steps, after) = queue.take_chosen();
        steps.sort_by_key(|step| (step.not_before_ms, step.id));
        complete.steps = steps;
        complete.reactive = Reactive { open: false, ops: None, after };
    }
    complete
}
