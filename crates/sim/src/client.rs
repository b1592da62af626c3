//! The client side of the system under test: how an operation is asked of it.

use std::future::Future;
use std::pin::Pin;
use testimony_history::Outcome;
use testimony_model::Model;

/// A client of the system under test.
///
/// `invoke` decides what the caller learnt, and that is where harnesses go wrong most often: an
/// operation that may have had its effect (a write whose answer never came) is
/// [`Outcome::Info`]; [`Outcome::Fail`] only when it certainly had none; a read that failed is
/// always `Fail`. A timeout belongs here too. After an `Info` this client is dropped and another
/// one is connected as a new process.
pub trait Client<M: Model> {
    /// Asks for one operation and says what came of it.
    fn invoke(&mut self, op: &M::Op) -> impl Future<Output = Outcome<M::Ret>>;
}

/// A client whose type is forgotten.
pub(crate) trait AnyClient<M: Model> {
    fn invoke_any<'a>(
        &'a mut self,
        op: &'a M::Op,
    ) -> Pin<Box<dyn Future<Output = Outcome<M::Ret>> + 'a>>;
}

impl<M: Model, C: Client<M>> AnyClient<M> for C {
    fn invoke_any<'a>(
        &'a mut self,
        op: &'a M::Op,
    ) -> Pin<Box<dyn Future<Output = Outcome<M::Ret>> + 'a>> {
        Box::pin(self.invoke(op))
    }
}

/// What one client (through all its processes) has asked and learnt, oldest first.
pub struct Memory<M: Model> {
    seen: Vec<(M::Op, Outcome<M::Ret>)>,
}

impl<M: Model> Default for Memory<M> {
    fn default() -> Self {
        Memory { seen: Vec::new() }
    }
}

impl<M: Model> Memory<M> {
    /// The operations it completed, with what it learnt.
    pub fn seen(&self) -> &[(M::Op, Outcome<M::Ret>)] {
        &self.seen
    }

    /// The operations that were answered, newest first.
    pub fn answers(&self) -> impl Iterator<Item = (&M::Op, &M::Ret)> {
        self.seen.iter().rev().filter_map(|(op, outcome)| Some((op, outcome.answer()?)))
    }

    pub(crate) fn push(&mut self, op: M::Op, outcome: Outcome<M::Ret>) {
        self.seen.push((op, outcome));
    }
}
