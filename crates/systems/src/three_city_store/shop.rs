//! The stock as the log says it: what every city computes by itself from the same commands.

use super::message::{Answer, Operation};
use crate::wire::NodeId;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeMap;
use testimony::net::time;
use tokio::sync::oneshot;

/// A customer's operation with a name, so that its city knows it again in the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Command {
    pub(crate) id: CommandId,
    pub(crate) operation: Operation,
}

/// Names a command, for ever and everywhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct CommandId {
    /// The city that the customer asked.
    pub(crate) city: NodeId,
    /// How often that city had been started.
    pub(crate) incarnation: u32,
    /// How many commands it had named since.
    pub(crate) number: u32,
}

/// What one slot of the log is decided for: commands, in this order.
pub(crate) type Batch = Vec<Command>;

/// The stock after the decided commands, and the customers who wait for theirs.
pub(crate) struct Shop {
    inside: RefCell<Inside>,
}

struct Inside {
    stock: i64,
    slots_applied: usize,
    commands_named: u32,
    waiting: BTreeMap<CommandId, (Operation, oneshot::Sender<Answer>)>,
}

impl Shop {
    /// A shop with so many units.
    pub(crate) fn new(units: u32) -> Shop {
        let inside = Inside {
            stock: i64::from(units),
            slots_applied: 0,
            commands_named: 0,
            waiting: BTreeMap::new(),
        };
        Shop { inside: RefCell::new(inside) }
    }

    /// Names a command, and waits for its answer until patience is over. A command that nobody
    /// waits for is proposed no more; where it was proposed before, it may still be decided.
    pub(crate) fn wait_for(
        &self,
        city: NodeId,
        incarnation: u32,
        operation: Operation,
        patience: time::Duration,
    ) -> impl Future<Output = Answer> {
        let (sender, answer) = oneshot::channel();
        let mut inside = self.inside.borrow_mut();
        let number = inside.commands_named;
        inside.commands_named += 1;
        let id = CommandId { city, incarnation, number };
        inside.waiting.insert(id, (operation, sender));
        async move {
            let answer = time::timeout(patience, answer).await;
            self.inside.borrow_mut().waiting.remove(&id);
            answer.ok().and_then(Result::ok).unwrap_or(Answer::Unavailable)
        }
    }

    /// The commands that customers wait for.
    pub(crate) fn waiting(&self) -> Batch {
        let inside = self.inside.borrow();
        let command = |(id, (operation, _)): (&CommandId, &(Operation, _))| Command {
            id: *id,
            operation: *operation,
        };
        inside.waiting.iter().map(command).collect()
    }

    /// How many slots are applied.
    pub(crate) fn slots_applied(&self) -> usize {
        self.inside.borrow().slots_applied
    }

    /// Applies what is new in the log and answers the customers whose commands are in it.
    pub(crate) fn apply(&self, log: &[Batch]) {
        let mut inside = self.inside.borrow_mut();
        let applied = inside.slots_applied;
        for command in log.iter().skip(applied).flatten() {
            let answer = inside.execute(command.operation);
            if let Some((_, customer)) = inside.waiting.remove(&command.id) {
                // The customer may just have left.
                let _ = customer.send(answer);
            }
        }
        inside.slots_applied = log.len().max(applied);
    }
}

impl Inside {
    fn execute(&mut self, operation: Operation) -> Answer {
        match operation {
            Operation::Buy(units) if self.stock < i64::from(units) => Answer::SoldOut,
            Operation::Buy(units) => {
                self.stock -= i64::from(units);
                Answer::Sold
            }
            Operation::Restock(units) => {
                self.stock += i64::from(units);
                Answer::Restocked
            }
            Operation::Count => Answer::Count(self.stock),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::{Answer, Operation};
    use super::{Command, CommandId, Shop};
    use testimony::net::time::Duration;

    fn command(number: u32, operation: Operation) -> Command {
        Command { id: CommandId { city: 0, incarnation: 0, number }, operation }
    }

    #[tokio::test]
    async fn customers_hear_what_the_log_says_of_their_command() {
        let shop = Shop::new(1);
        let buy = || shop.wait_for(0, 0, Operation::Buy(1), Duration::from_secs(1));
        let log = [
            vec![command(1, Operation::Buy(1))],
            vec![command(0, Operation::Buy(1)), command(9, Operation::Restock(4))],
        ];
        let deciding = async {
            shop.apply(&log);
            shop.apply(&log);
        };
        let (first, second, ()) = tokio::join!(buy(), buy(), deciding);
        assert_eq!((first, second), (Answer::SoldOut, Answer::Sold));
        assert_eq!(shop.inside.borrow().stock, 4);
        assert_eq!(shop.slots_applied(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_not_answered_in_time_is_not_proposed_any_more() {
        let shop = Shop::new(1);
        let answer = shop.wait_for(0, 0, Operation::Count, Duration::from_millis(5)).await;
        assert_eq!(answer, Answer::Unavailable);
        assert!(shop.waiting().is_empty());
    }
}
