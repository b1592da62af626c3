//! Buying and restocking one article.

use super::Workload;
use super::mix::{Pace, pick};
use crate::{Config, Draw, Memory, PlannedStep};
use testimony_model::{Stock, StockOp};

/// A workload on a stock: clients buy and restock one unit at a time and ask how many there are.
/// At the end the first clients read the stock, each at its home node, so that every node is read
/// when there are at least as many clients as nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stocks {
    pace: Pace,
    buys: u32,
    restocks: u32,
    reads: u32,
}

impl Default for Stocks {
    /// 30 steps: of ten about six buy, one restocks and three read.
    fn default() -> Stocks {
        let pace = Pace { ops: 30, ..Pace::default() };
        Stocks { pace, buys: 6, restocks: 1, reads: 3 }
    }
}

impl Stocks {
    /// So many steps of all clients together.
    pub fn ops(mut self, ops: u32) -> Stocks {
        self.pace.ops = ops;
        self
    }

    /// Another pace.
    pub fn pace(self, pace: Pace) -> Stocks {
        Stocks { pace, ..self }
    }

    /// The shares of buying, restocking and reading.
    pub fn weights(self, buys: u32, restocks: u32, reads: u32) -> Stocks {
        Stocks { buys, restocks, reads, ..self }
    }
}

impl Workload<Stock> for Stocks {
    type Step = StockOp;

    fn plan(&self, draw: &Draw, config: &Config) -> Vec<PlannedStep<StockOp>> {
        let kinds = [
            (self.buys, StockOp::Buy(1)),
            (self.restocks, StockOp::Restock(1)),
            (self.reads, StockOp::Read),
        ];
        self.pace.steps(draw, config, |id| {
            pick(draw.at("kind", &[u64::from(id)]), &kinds).unwrap_or(StockOp::Read)
        })
    }

    fn finals(&self, _draw: &Draw, config: &Config) -> Vec<PlannedStep<StockOp>> {
        let readers = 0..config.nodes.min(config.clients);
        let read = |client| PlannedStep {
            id: u32::from(client),
            client,
            not_before_ms: 0,
            step: StockOp::Read,
        };
        readers.map(read).collect()
    }

    fn bind(&self, _id: u32, step: &StockOp, _memory: &Memory<Stock>) -> StockOp {
        *step
    }
}
