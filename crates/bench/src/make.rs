//! Histories from a seed: clients that use a real object, and the answers that it gave them.
//!
//! A client calls, the object takes the operation at some moment, the answer goes back; which client
//! moves next is drawn. So a history is valid by construction, unless its recipe asks for a stale
//! read or another wrong answer, which makes it invalid.

mod bank;
mod cells;
mod collections;
mod locks;
mod sums;
#[cfg(test)]
mod tests;
mod whole;

use crate::draw::Draw;
use crate::recipe::{Object, Recipe};
use bank::Accounts;
use cells::{Cells, Map};
use collections::{Collection, Fifo, Greatest, Lifo, Members};
use locks::{Exclusive, Fenced};
use sums::{Article, Sum, Ticket};
use testimony::history::{History, OpId, Operation, Outcome, Process, Rank};
use testimony::model::{CasRegister, Kv, Log, Model, PriorityQueue, Queue, Register, Set, Stack};
use testimony::model::{Counter, FencedLock, FetchAdd, Mutex};
use whole::{Entries, Whole};

/// The histories of a model.
pub(crate) type HistoryOf<M> = History<<M as Model>::Op, <M as Model>::Ret>;

/// Whose turn it is to call an operation.
#[derive(Clone, Copy)]
pub(crate) struct Turn {
    /// Counts the operations, for unique values.
    number: u32,
    /// Counts from zero; stays the same when the process becomes another.
    client: u32,
    /// Whether the answer to the client's last operation never arrived.
    lost: bool,
}

/// An object that clients use one at a time.
pub(crate) trait Service {
    /// The specification that it follows.
    type Model: Model;

    /// The next operation, of the client whose turn it is.
    fn draw(&mut self, draw: &mut Draw, turn: Turn) -> <Self::Model as Model>::Op;

    /// Does the operation at this position of the history and answers.
    fn take(&mut self, op: &<Self::Model as Model>::Op, at: usize) -> <Self::Model as Model>::Ret;

    /// Makes an answer of a finished history stale, or otherwise wrong.
    fn spoil(&self, history: &mut HistoryOf<Self::Model>) -> bool;
}

/// Something to do with a history, whatever its model.
pub(crate) trait Visitor {
    type Out;
    fn visit<M: Flatten>(self, model: &M, history: HistoryOf<M>) -> Self::Out;
}

pub(crate) use cells::{Flat, Flatten};

/// Makes the history of a recipe and hands it over.
pub(crate) fn with<V: Visitor>(recipe: &Recipe, visitor: V) -> V::Out {
    match recipe.object {
        Object::Register => {
            visitor.visit(&Register, history(&mut Cells::<Register>::new(recipe), recipe))
        }
        Object::CasRegister => {
            visitor.visit(&CasRegister, history(&mut Cells::<CasRegister>::new(recipe), recipe))
        }
        Object::Kv => visitor.visit(&Kv, history(&mut Map::new(recipe), recipe)),
        Object::Set => visitor.visit(&Set, history(&mut Members::default(), recipe)),
        Object::WholeSet => visitor.visit(&Set, history(&mut Whole::default(), recipe)),
        Object::Log => visitor.visit(&Log::default(), history(&mut Entries::default(), recipe)),
        Object::Queue => {
            visitor.visit(&Queue, history(&mut Collection::<Fifo>::new(recipe), recipe))
        }
        Object::Stack => {
            visitor.visit(&Stack, history(&mut Collection::<Lifo>::new(recipe), recipe))
        }
        Object::PriorityQueue => {
            visitor.visit(&PriorityQueue, history(&mut Collection::<Greatest>::new(recipe), recipe))
        }
        Object::Counter => visitor.visit(&Counter::default(), history(&mut Sum::default(), recipe)),
        Object::Stock => visitor.visit(&sums::STOCK, history(&mut Article::default(), recipe)),
        Object::Bank => visitor.visit(&bank::bank(), history(&mut Accounts::default(), recipe)),
        Object::FetchAdd => {
            visitor.visit(&FetchAdd::default(), history(&mut Ticket::default(), recipe))
        }
        Object::Mutex => visitor.visit(&Mutex, history(&mut Exclusive::default(), recipe)),
        Object::FencedLock => visitor.visit(&FencedLock, history(&mut Fenced::default(), recipe)),
    }
}

/// What a client is about to do.
enum Client<R> {
    Idle,
    /// Its operation, at this position, is on its way.
    Called(usize),
    /// The answer is on its way back.
    Answered(usize, R),
}

fn history<S: Service>(service: &mut S, recipe: &Recipe) -> HistoryOf<S::Model> {
    let mut draw = Draw::new(recipe.seed);
    let mut run = Run { history: History::default(), rank: 0 };
    let mut clients: Vec<_> = (0..recipe.clients).map(|_| Client::Idle).collect();
    let mut processes: Vec<u32> = (0..recipe.clients).collect();
    let mut lost = vec![false; clients.len()];
    let mut process_next = recipe.clients;
    let (mut started, mut open) = (0, 0_u32);
    while started < recipe.operations || open > 0 {
        let at = draw.below(clients.len());
        clients[at] = match std::mem::replace(&mut clients[at], Client::Idle) {
            Client::Idle if started == recipe.operations => Client::Idle,
            Client::Idle => {
                let client = u32::try_from(at).unwrap_or(u32::MAX);
                let turn = Turn { number: started, client, lost: lost[at] };
                let op = service.draw(&mut draw, turn);
                let position = run.call(processes[at], op);
                started += 1;
                lost[at] = draw.chance(recipe.info);
                if lost[at] {
                    // Half of the operations that are lost took effect.
                    if draw.chance(50) {
                        service.take(&run.history.operations[position].op, position);
                    }
                    run.lose(position);
                    processes[at] = process_next;
                    process_next += 1;
                    Client::Idle
                } else {
                    open += 1;
                    Client::Called(position)
                }
            }
            Client::Called(position) => {
                let answer = service.take(&run.history.operations[position].op, position);
                Client::Answered(position, answer)
            }
            Client::Answered(position, answer) => {
                run.complete(position, answer);
                open -= 1;
                Client::Idle
            }
        };
    }
    let spoilt = !recipe.stale || service.spoil(&mut run.history);
    assert!(spoilt, "no answer of {recipe} can be spoilt");
    run.history
}

/// A history in the making.
struct Run<O, R> {
    history: History<O, R>,
    rank: u32,
}

impl<O, R> Run<O, R> {
    fn tick(&mut self) -> (Rank, u64) {
        let rank = self.rank;
        self.rank += 1;
        (Rank(rank), u64::from(rank) * 1_000)
    }

    fn call(&mut self, process: u32, op: O) -> usize {
        let (call, call_ns) = self.tick();
        self.history.operations.push(Operation {
            id: OpId(call.0),
            process: Process(process),
            op,
            outcome: Outcome::Info("lost".to_owned()),
            call,
            ret: Rank::NEVER,
            call_ns,
            ret_ns: call_ns,
        });
        self.history.operations.len() - 1
    }

    /// The client gives up; whether the operation took effect, nobody knows.
    fn lose(&mut self, position: usize) {
        self.history.operations[position].ret_ns = self.tick().1;
    }

    fn complete(&mut self, position: usize, answer: R) {
        let (ret, ret_ns) = self.tick();
        let operation = &mut self.history.operations[position];
        operation.outcome = Outcome::Ok(answer);
        (operation.ret, operation.ret_ns) = (ret, ret_ns);
    }
}
