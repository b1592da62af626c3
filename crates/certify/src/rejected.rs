//! Why evidence is rejected.

use testimony_history::OpId;
use thiserror::Error;

/// What is wrong with the evidence of a verdict: a bug of the engine that made it.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum Rejected {
    /// The evidence names an operation that the history, or the part for its key, does not have.
    #[error("{0} is not an operation of the judged part")]
    Unknown(OpId),
    /// An operation stands in the evidence twice.
    #[error("{0} stands there twice")]
    Repeated(OpId),
    /// An operation that certainly had no effect stands in the evidence.
    #[error("{0} failed, so it has no place there")]
    Failed(OpId),
    /// An answered operation has no place in the order.
    #[error("{0} was answered and has no place in the order")]
    Missing(OpId),
    /// The order contradicts real time.
    #[error("{after} stands before {before}, which returned before it was called")]
    RealTime {
        /// Returned first.
        before: OpId,
        /// Was called later, yet stands earlier.
        after: OpId,
    },
    /// The order contradicts the order of a session, or what it had seen.
    #[error("{after} stands before {before}, which must come first")]
    Session {
        /// Must come first.
        before: OpId,
        /// Stands earlier.
        after: OpId,
    },
    /// A read did not see what the evidence says that it saw.
    #[error("{0} does not see what it should")]
    NotSeen(OpId),
    /// A session whose reads have no order.
    #[error("there is no order for client {0}")]
    NoView(u32),
    /// The level is for reads, writes and compare-and-sets of single keys.
    #[error("{0} is no operation of a register")]
    NoRegister(OpId),
    /// Operations of one session that overlap have no order.
    #[error("{0} was called before the operation in front of it in its session had returned")]
    Overlap(OpId),
    /// The model refuses an operation at its place in the order.
    #[error("{id} is impossible at its place: {why}")]
    Refused {
        /// The operation.
        id: OpId,
        /// The model's words.
        why: String,
    },
    /// A nondeterministic model leads to more states than the verifier follows.
    #[error("more than {0} states are possible")]
    TooManyStates(usize),
    /// Evidence by key, but this operation touches several keys.
    #[error("{0} touches more than one key")]
    SeveralKeys(OpId),
    /// Evidence for a key that no operation touches, or of a form that keys do not have.
    #[error("the evidence for key {0} fits no part of the history")]
    StrayKey(String),
    /// Answered operations of this key have no evidence.
    #[error("key {0} has no evidence")]
    MissingKey(String),
    /// The evidence for one key is rejected.
    #[error("key {0}: {1}")]
    InKey(String, Box<Rejected>),
    /// Nobody said how to decide this property again.
    #[error("{0} needs evidence, or a way to decide it again")]
    Undecided(String),
    /// The property was decided again, and it does not hold.
    #[error("it does not hold: {0}")]
    Broken(String),
    /// A certificate of another history.
    #[error("the certificate is about another history, {0}")]
    OtherHistory(String),
    /// A verdict on a history without a single answer, which constrains nothing.
    #[error("no operation was answered, so nothing can be claimed")]
    Vacuous,
    /// An invalid verdict without an anomaly.
    #[error("nothing shows that it is invalid")]
    NoAnomaly,
    /// The anomaly is about another property.
    #[error("the anomaly is about {0}")]
    OtherProperty(String),
    /// Required operations must have been answered.
    #[error("{0} is required, but it was not answered")]
    Unanswered(OpId),
    /// A core that requires nothing contradicts nothing.
    #[error("the core requires nothing")]
    Empty,
    /// The core leaves out an effect that a required answer could have seen.
    #[error("the core leaves out {0}, whose effect a required operation could have seen")]
    NotClosed(OpId),
    /// The core breaks the invariant, but what it leaves out could excuse it.
    #[error("the core leaves out what could excuse it")]
    Excused,
    /// The property holds after all, or the core alone does not break it.
    #[error("it is not contradictory")]
    Consistent,
}

impl Rejected {
    /// Whether this only says that the evidence is too large for the verifier, not that it is wrong.
    pub fn is_too_large(&self) -> bool {
        match self {
            Rejected::TooManyStates(_) => true,
            Rejected::InKey(_, why) => why.is_too_large(),
            _ => false,
        }
    }
}
