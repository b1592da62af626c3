//! Random histories: clients that run a model, and sometimes lie.
//!
//! Every client calls, the model takes the operation at some moment, the answer goes back. Some
//! answers are replaced by another possible one, some never arrive, some operations fail. So the
//! histories are neither all valid nor all absurd.

use crate::draw::Draw;
use testimony_history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony_model::{Model, Step};

/// What random histories of a model are made of.
pub trait Family {
    /// The specification.
    type Model: Model;
    /// The specification of the next history.
    fn model(&self, draw: &mut Draw) -> Self::Model;
    /// An operation; `number` counts them, for unique values.
    fn op(&self, draw: &mut Draw, number: usize) -> <Self::Model as Model>::Op;
    /// An operation of a client, where it matters who asks.
    fn op_of(&self, draw: &mut Draw, number: usize, _client: usize) -> <Self::Model as Model>::Op {
        self.op(draw, number)
    }
    /// Answers that this operation might get, true or not.
    fn answers(
        &self,
        op: &<Self::Model as Model>::Op,
        number: usize,
    ) -> Vec<<Self::Model as Model>::Ret>;
}

/// How many random histories of a family a test draws, of those that CI draws.
///
/// One in twenty-five under the feature `quick`: enough to see a mutant of an engine, in seconds.
#[must_use]
pub const fn each(full: usize) -> usize {
    if cfg!(feature = "quick") { full / 25 } else { full }
}

/// The shape of random histories.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Operations at least.
    pub operations_min: usize,
    /// Operations at most.
    pub operations_max: usize,
    /// Clients at most.
    pub clients_max: usize,
    /// Percent of operations whose answer never arrives.
    pub info: usize,
    /// Percent of operations that fail.
    pub fail: usize,
    /// Of a thousand answers how many are replaced by any possible one.
    pub lie: usize,
    /// Percent of events at the same rank as the one before.
    pub tie: usize,
}

impl Shape {
    /// Small histories, for the oracle.
    pub const SMALL: Shape = Shape {
        operations_min: 2,
        operations_max: 7,
        clients_max: 4,
        info: 12,
        fail: 5,
        lie: 250,
        tie: 15,
    };
}

type HistoryOf<M> = History<<M as Model>::Op, <M as Model>::Ret>;

/// One open operation.
struct Open<M: Model> {
    /// Its place in the history.
    at: usize,
    client: usize,
    /// Its answer, once the model has taken it.
    taken: Option<Option<M::Ret>>,
    fate: Fate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Ok,
    Fail,
    Info,
}

/// A run in progress.
struct Running<'f, F: Family> {
    family: &'f F,
    model: F::Model,
    state: <F::Model as Model>::State,
    open: Vec<Open<F::Model>>,
    history: HistoryOf<F::Model>,
    rank: u32,
    events: u32,
}

/// A random history with its model.
pub fn history<F: Family>(
    family: &F,
    shape: &Shape,
    draw: &mut Draw,
) -> (F::Model, HistoryOf<F::Model>) {
    let model = family.model(draw);
    let state = model.init();
    let (open, history) = (Vec::new(), History::default());
    let mut run = Running { family, model, state, open, history, rank: 0, events: 0 };
    let spread = shape.operations_max - shape.operations_min + 1;
    let operations = shape.operations_min + draw.below(spread);
    let clients = 1 + draw.below(shape.clients_max);
    let mut processes: Vec<u32> = (0..).take(clients).collect();
    while run.history.operations.len() < operations
        || run.open.iter().any(|open| open.fate != Fate::Info)
    {
        let client = draw.below(clients);
        let busy =
            run.open.iter().position(|open| open.client == client && open.fate != Fate::Info);
        match busy {
            None if run.history.operations.len() < operations => {
                run.call(client, processes[client], shape, draw);
                if run.open.last().is_some_and(|open| open.fate == Fate::Info) {
                    processes[client] += u32::try_from(clients).expect("few clients");
                }
            }
            None => {}
            Some(at) if draw.chance(50) => run.take(at, draw),
            Some(at) => run.complete(at, shape, draw),
        }
        // What never answers may take effect whenever it likes.
        if !run.open.is_empty() && draw.chance(30) {
            let at = draw.below(run.open.len());
            run.take(at, draw);
        }
    }
    (run.model, run.history)
}

impl<F: Family> Running<'_, F> {
    fn tick(&mut self, shape: &Shape, draw: &mut Draw) -> Rank {
        self.events += 1;
        self.rank += u32::from(!draw.chance(shape.tie));
        Rank(self.rank)
    }

    fn call(&mut self, client: usize, process: u32, shape: &Shape, draw: &mut Draw) {
        let at = self.history.operations.len();
        let op = self.family.op_of(draw, at, client);
        let call = self.tick(shape, draw);
        let (info, fail) = (shape.info, shape.info + shape.fail);
        let (outcome, fate) = match draw.below(100) {
            luck if luck < info => (Outcome::Info("lost".to_owned()), Fate::Info),
            luck if luck < fail => (Outcome::Fail("refused".to_owned()), Fate::Fail),
            _ => (Outcome::Info("open".to_owned()), Fate::Ok),
        };
        let (id, process) = (OpId(self.events - 1), Process(process));
        let call_ns = u64::from(call.0) * 1_000_000;
        self.history.operations.push(Operation {
            id,
            process,
            op,
            outcome,
            call,
            ret: Rank::NEVER,
            call_ns,
            ret_ns: call_ns,
        });
        self.open.push(Open { at, client, taken: None, fate });
    }

    /// The model takes an operation, unless it has or the operation fails.
    fn take(&mut self, at: usize, draw: &mut Draw) {
        let open = &mut self.open[at];
        if open.taken.is_some() || open.fate == Fate::Fail {
            return;
        }
        let operation = &self.history.operations[open.at];
        let mut true_ones = self.family.answers(&operation.op, open.at);
        true_ones.retain(|ret| {
            !matches!(self.model.step(&self.state, &operation.op, Some(ret)), Step::Refuse(_))
        });
        let answer = if true_ones.is_empty() { None } else { Some(draw.of(&true_ones).clone()) };
        match self.model.step(&self.state, &operation.op, answer.as_ref()) {
            Step::To(state) => self.state = state,
            Step::Any(states) => self.state = draw.of(&states).clone(),
            Step::Refuse(_) => {}
        }
        open.taken = Some(answer);
    }

    fn complete(&mut self, at: usize, shape: &Shape, draw: &mut Draw) {
        self.take(at, draw);
        let ret = self.tick(shape, draw);
        let open = self.open.swap_remove(at);
        let operation = &mut self.history.operations[open.at];
        operation.ret = ret;
        operation.ret_ns = u64::from(ret.0) * 1_000_000;
        if open.fate == Fate::Fail {
            return;
        }
        let possible = self.family.answers(&operation.op, open.at);
        let lie = draw.of(&possible).clone();
        let answer = open.taken.flatten().filter(|_| draw.below(1000) >= shape.lie).unwrap_or(lie);
        operation.outcome = Outcome::Ok(answer);
    }
}
