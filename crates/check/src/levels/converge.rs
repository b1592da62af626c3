//! Causal convergence: one order of all writes for everybody.
//!
//! With the write that each read saw given, it exists exactly when no write is before itself by the
//! causal order and "another write of the key in the past of a read must come before the one that it
//! saw" (Bouajjani, Enea, Guerraoui and Hamza, 2017, section 5.2: no CyclicCF, no WriteCOInitRead).

use super::past::{Cycle, Past};
use super::story::BEGINNING;
use super::{Clash, Explained};
use crate::budget::{Meter, Spent};

/// An order of everything that took effect, or the place that contradicts. O(n sessions).
pub(crate) fn arbitration(
    explained: &Explained<'_>,
    meter: &mut Meter<'_>,
) -> Result<Result<Vec<usize>, Clash>, Spent> {
    let story = explained.story;
    let mut arrows = explained.reads_from(|_| true);
    let past = match Past::new(story, &arrows, meter)? {
        Ok(past) => past,
        Err(Cycle(at)) => return Ok(Err(Clash(at))),
    };
    for read in story.reads() {
        let Some(source) = explained.source(read) else { continue };
        for other in past.last_writes(explained, read) {
            if source == BEGINNING {
                return Ok(Err(Clash(read)));
            }
            // What it saw is in its own past.
            if !past.has(story, other, source) {
                arrows.push((other, source));
            }
        }
    }
    Ok(match Past::new(story, &arrows, meter)? {
        Err(Cycle(at)) => Err(Clash(at)),
        Ok(past) => Ok(past.order.into_iter().filter(|&at| explained.is_there(at)).collect()),
    })
}
