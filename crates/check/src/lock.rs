//! Locks: the log-linear engine for mutexes and locks with fencing tokens.
//!
//! An acquisition and the release that ends it are a *block*: from one to the other nobody else can
//! have the lock, so their operations are contiguous in any order. A block with the earliest end `f`
//! and the latest start `s` of its operations occupies the zone between the two, as the values of a
//! register do, and an order exists exactly when no two zones are in each other's way ([`zone`]).
//! Tokens fix the order of the blocks altogether.
//!
//! Which release ends which acquisition follows from the owner, who does one thing after the other.
//! Operations without an answer that the owner's next answer shows to have happened belong to a
//! block; the others need not have happened. A refusal saw that somebody held the lock, or that the
//! owner did not; it goes to the first moment of its interval at which that is so.
//!
//! O(n log n), without recursion, whatever the number of clients.

mod blocks;
mod certain;
mod fit;
mod refusals;
mod zone;

use crate::fast::Fast;
use crate::part::{Decision, Hint, Part, Standing};
use blocks::Block;
use fit::{One, Requests};
use testimony_verdict::{Engine, Unknown};

/// The lock of one part.
pub(crate) struct Lock<'p, 'h> {
    part: &'p Part<'h>,
    requests: Requests,
}

/// Why there is no order.
enum Broken {
    /// Positions that contradict each other, whatever the others did.
    Contradiction(Vec<usize>),
    /// It cannot be told here, and why.
    Undecided(&'static str),
}

impl<'p, 'h> Lock<'p, 'h> {
    /// Reads the requests of a part. O(n).
    ///
    /// # Errors
    ///
    /// Says why this engine cannot judge this part.
    pub(crate) fn new(part: &'p Part<'h>) -> Result<Self, String> {
        Ok(Lock { part, requests: Requests::of(part)? })
    }

    fn order(&self) -> Result<Vec<usize>, Broken> {
        let blocks = blocks::blocks(&self.requests, |_| Standing::Required, true)?;
        let order = ordered(&blocks)?;
        refusals::place(&self.requests, &order)
            .ok_or(Broken::Undecided("a refusal fits nowhere in the order that was found"))
    }
}

impl Fast for Lock<'_, '_> {
    fn engine(&self) -> Engine {
        Engine::Blocks
    }

    fn decide(&self) -> Decision {
        match self.order() {
            Ok(order) => {
                Decision::Valid(order.into_iter().map(|at| self.part.operations[at].id).collect())
            }
            Err(Broken::Contradiction(mut suspects)) => {
                suspects.sort_unstable();
                suspects.dedup();
                Decision::Invalid(Hint { suspects, stuck: None })
            }
            Err(Broken::Undecided(why)) => {
                Decision::Unknown(Unknown::NotApplicable(why.to_owned()))
            }
        }
    }

    /// Consistent only where the blocks are certain and nobody was refused.
    fn probe(&self, standings: &[Standing]) -> Option<bool> {
        let requests = self.requests.relaxed(standings);
        let refused = |(one, standing): (&One, &Standing)| {
            one.granted == Some(false) && *standing == Standing::Required
        };
        match blocks::blocks(&requests, |position| standings[position], true)
            .and_then(|blocks| ordered(&blocks))
        {
            Ok(_) => (!requests.all.iter().zip(standings).any(refused)).then_some(true),
            Err(Broken::Contradiction(_)) => Some(false),
            Err(Broken::Undecided(_)) => contradicted(&requests, standings).then_some(false),
        }
    }
}

/// Whether what is certain contradicts itself.
fn contradicted(requests: &Requests, standings: &[Standing]) -> bool {
    let blocks = blocks::blocks(requests, |position| standings[position], false);
    !blocks.is_ok_and(|blocks| {
        zone::order(&blocks).is_ok() && by_token(&blocks, &tokens(&blocks)).is_ok()
    })
}

/// The operations of the blocks, in an order.
fn ordered(blocks: &[Block]) -> Result<Vec<usize>, Broken> {
    let tokens = tokens(blocks);
    by_token(blocks, &tokens).map_err(Broken::Contradiction)?;
    let order = if tokens.len() == blocks.len() && !tokens.is_empty() {
        tokens
    } else {
        let order = zone::order(blocks).map_err(Broken::Contradiction)?;
        let mut rising = order.iter().filter_map(|&block| blocks[block].token);
        let mut last = None;
        if !rising.all(|token| last.replace(token).is_none_or(|last| last < token)) {
            return Err(Broken::Undecided("some grant of the lock has no token"));
        }
        order
    };
    Ok(order.into_iter().flat_map(|block| blocks[block].operations()).collect())
}

/// The blocks that have a token, by token.
fn tokens(blocks: &[Block]) -> Vec<usize> {
    let mut tokens: Vec<usize> =
        (0..blocks.len()).filter(|&block| blocks[block].token.is_some()).collect();
    tokens.sort_unstable_by_key(|&block| (blocks[block].token, block));
    tokens
}

/// Whether this order, by token, respects real time, and no token was granted twice.
fn by_token(blocks: &[Block], order: &[usize]) -> Result<(), Vec<usize>> {
    let mut latest: Option<&Block> = None;
    for (number, &block) in order.iter().enumerate() {
        let block = &blocks[block];
        if let Some(before) = number.checked_sub(1).map(|before| &blocks[order[before]])
            && before.token == block.token
        {
            return Err(vec![before.first, block.first]);
        }
        if let Some(before) = latest
            && block.end() < before.start()
        {
            return Err([before.ends(), block.ends(), vec![before.first, block.first]].concat());
        }
        latest = latest.filter(|latest| latest.start() >= block.start()).or(Some(block));
    }
    Ok(())
}
