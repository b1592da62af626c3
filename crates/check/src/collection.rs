//! Tuning: the log-linear engine for sets, queues, stacks and priority queues whose values are
//! unique.
//!
//! Every answer then names the one operation that put its value in, so each value has an interval in
//! which it can have come and one in which it can have gone ([`tuned`]); between the two it is
//! certainly inside. What remains is a question about intervals, for each object another one
//! ([`queue`], [`stack`], [`priority`], [`set`]). After Gibbons, Bruno and Phillips, *Black-Box
//! Correctness Tests for Basic Parallel Data Structures* (2002), Bouajjani, Emmi, Enea and Hamza,
//! *On Reducing Linearizability to State Reachability* (2018), and Lee and Mathur, *Efficient
//! Decrease-and-Conquer Linearizability Monitoring* (2025). Each finds an order, too, not only that
//! there is one.
//!
//! O(n log n), without recursion, whatever the number of clients.
//!
//! Where values were put in more than once, or it is not clear what unanswered takes took, a search of
//! its own finds out which take took what which put put in ([`removals`]).

mod accesses;
mod alone;
mod blame;
mod due;
mod empties;
mod growing;
mod lost;
mod members;
mod place;
mod points;
mod priority;
mod queue;
mod removals;
mod set;
mod stack;
mod tree;
mod tuned;

use crate::fast::Fast;
use crate::part::{Decision, Hint, Part, Standing};
use crate::subject::Interval;
use accesses::Accesses;
pub(crate) use alone::Alone;
use lost::Lost;
use members::Members;
pub(crate) use removals::{Removals, Walked};
use testimony_history::Rank;
use testimony_model::Object;
use testimony_verdict::{Engine, Unknown};
use tuned::Tuned;

/// No position.
const NONE: u32 = u32::MAX;
/// After everything: what never returned, what never went.
const NEVER: u32 = Rank::NEVER.0;

/// From when to when something can have happened, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn of(operation: &Interval) -> Span {
        let end = if operation.is_ok() { operation.ret.0 } else { NEVER };
        Span { start: operation.call.0, end }
    }
}

/// What an engine says.
enum Answer {
    /// An order of positions.
    Valid(Vec<usize>),
    /// Positions that contradict each other, whatever the others did.
    Invalid(Vec<usize>),
    /// It cannot tell, and why.
    Undecided(&'static str),
}

/// The operations of a part, as its object sees them.
enum Read {
    Ordered(Object, Accesses),
    Set(Members),
}

/// The engine for one part.
pub(crate) struct Collection<'p, 'h> {
    part: &'p Part<'h>,
    read: Read,
}

impl<'p, 'h> Collection<'p, 'h> {
    /// Reads the accesses of a part. O(n), for a priority queue O(n log n).
    ///
    /// # Errors
    ///
    /// Says why this engine cannot judge it: values that are not unique.
    pub(crate) fn new(part: &'p Part<'h>) -> Result<Self, String> {
        let read = match part.subject.object() {
            Object::Set => Read::Set(Members::of(part)?),
            object => Read::Ordered(object, Accesses::of(part)?),
        };
        Ok(Collection { part, read })
    }

    fn answer(&self, standing: impl Fn(usize) -> Standing) -> Answer {
        match &self.read {
            Read::Set(members) => set::answer(members, standing),
            Read::Ordered(object, accesses) => answer(*object, accesses, standing),
        }
    }
}

impl Fast for Collection<'_, '_> {
    fn engine(&self) -> Engine {
        Engine::Tuning
    }

    fn decide(&self) -> Decision {
        match self.answer(|_| Standing::Required) {
            Answer::Valid(order) => {
                let id = |at: usize| self.part.operations[at].id;
                Decision::Valid(order.into_iter().map(id).collect())
            }
            Answer::Invalid(suspects) => Decision::Invalid(Hint { suspects, stuck: None }),
            Answer::Undecided(why) => Decision::Unknown(Unknown::NotApplicable(why.to_owned())),
        }
    }

    /// Everything that names a value that the suspects name, and takes without an answer.
    fn near(&self, suspects: &[usize]) -> Option<Vec<usize>> {
        match &self.read {
            Read::Set(members) => members.near(suspects),
            Read::Ordered(_, accesses) => Some(accesses.near(suspects)),
        }
    }

    fn probe(&self, standings: &[Standing]) -> Option<bool> {
        match self.answer(|at| standings[at]) {
            Answer::Valid(_) => Some(true),
            Answer::Invalid(_) => Some(false),
            Answer::Undecided(_) => None,
        }
    }
}

/// Whether a walk over removals may decide a part: a queue, stack or priority queue.
pub(crate) fn is_walked(part: &Part<'_>) -> bool {
    [Object::Queue, Object::Stack, Object::PriorityQueue].contains(&part.subject.object())
}

/// Decides a queue, stack or priority queue.
fn answer(object: Object, accesses: &Accesses, standing: impl Fn(usize) -> Standing) -> Answer {
    let mut tuned = match Tuned::new(accesses, standing) {
        Ok(tuned) => tuned,
        Err(suspects) => return Answer::Invalid(suspects),
    };
    let by_line = (object == Object::Queue).then(|| due::order(accesses, &mut tuned));
    if let Some(order) = by_line.flatten() {
        return Answer::Valid(order);
    }
    let mut lost = Lost::of(object, &tuned);
    if let Some(Err(missing)) = lost.as_mut().map(|lost| lost.give(&mut tuned)) {
        let why = lost.map(|lost| lost.why(accesses, &tuned, missing));
        return Answer::Invalid(why.unwrap_or_default());
    }
    let Some(mut lost) = lost else {
        return match order(object, accesses, &tuned) {
            Ok(order) => Answer::Valid(order),
            Err(suspects) => Answer::Invalid(suspects),
        };
    };
    let found = match object {
        Object::Stack => {
            let steps = tuned.values.len().saturating_mul(stack::STEPS_EACH);
            stack::order_with_choices(accesses, &mut tuned, &mut lost, steps)
        }
        _ => order(object, accesses, &tuned).ok(),
    };
    if let Some(order) = found {
        return Answer::Valid(order);
    }
    // No choice helps where it goes wrong although each of the values goes as early as any can.
    lost::relax(&mut tuned);
    match order(object, accesses, &tuned) {
        Err(suspects) => Answer::Invalid(suspects),
        Ok(_) => Answer::Undecided("which values the unanswered takes took is not clear"),
    }
}

/// An order, or positions that contradict each other.
fn order(object: Object, accesses: &Accesses, tuned: &Tuned) -> Result<Vec<usize>, Vec<usize>> {
    let empty_at = empties::moments(accesses, tuned)?;
    match object {
        Object::Queue => queue::order(accesses, tuned, &empty_at),
        Object::Stack => stack::order(accesses, tuned, &empty_at),
        _ => priority::order(accesses, tuned, &empty_at),
    }
}
