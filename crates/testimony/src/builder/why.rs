//! Why an operation of a run answered what it did.

use super::Campaign;
use crate::marks::marks;
use testimony_history::{Decoded, Message, OpId};
use testimony_journal::{Journal, JournalError, Why};
use testimony_model::Model;
use testimony_sim::{Ran, Workload};

impl<M: Model, W: Workload<M>> Campaign<M, W> {
    /// Says what the messages of the system are about: see
    /// [`Cluster::decode`](testimony_sim::Cluster::decode).
    pub fn decode(
        mut self,
        decoder: impl Fn(&Message, &[u8]) -> Option<Decoded> + Send + Sync + 'static,
    ) -> Self {
        self.cluster = self.cluster.decode(decoder);
        self
    }

    /// The message journal of a run beside its operations and faults, ready to be asked.
    ///
    /// # Errors
    ///
    /// The journal of this run cannot be asked: see [`Journal::new`]. Those of runs of this version
    /// can.
    pub fn journal(&self, ran: &Ran<M>) -> Result<Journal, JournalError> {
        let record = &ran.record;
        let marks = marks(self.cluster.model(), &record.history);
        Journal::new(record.messages.clone(), marks, &record.faults, |message| {
            self.decoded(message)
        })
    }

    /// Why an operation of a run answered what it did: the messages that led to the answer, and what
    /// should have been known and was not.
    ///
    /// # Errors
    ///
    /// There is no such operation.
    pub fn why(&self, ran: &Ran<M>, op: OpId) -> Result<Why, JournalError> {
        self.journal(ran)?.why(op)
    }

    /// What the system says of a message whose payload the journal has kept.
    pub(super) fn decoded(&self, message: &Message) -> Option<Decoded> {
        let decoder = self.cluster.decoder()?;
        decoder(message, &message.payload()?)
    }
}
