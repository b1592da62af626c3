//! The trait that a sequential specification implements.

use crate::{Access, Atom, Locking, Number, Object, Placing, Term, Written};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::{Debug, Display};
use std::hash::Hash;
use testimony_history::{Answer, Process};

/// What operations and answers must be able to do: be kept, compared, shown, saved and read.
pub trait Data:
    Clone + PartialEq + Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{
}

impl<T> Data for T where
    T: Clone + PartialEq + Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{
}

/// What a step of a model leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step<S> {
    /// To this state.
    To(S),
    /// To any one of these states (a nondeterministic specification).
    Any(Vec<S>),
    /// Nowhere: the answer is impossible in this state. The text says why, in the user's words.
    Refuse(String),
}

/// Which keys an operation touches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Keys<K> {
    /// One key: operations on different keys do not see each other.
    One(K),
    /// Several: the history is not split.
    Many(Vec<K>),
    /// All of them: the history is not split.
    All,
}

/// A sequential specification as pure functions.
///
/// The functions must be deterministic and must not panic; a model that panics makes the verdict
/// `Unknown`. `step` should be quick: engines memoise it, but call it once for each pair of state
/// and operation that they meet.
pub trait Model: Clone + Send + Sync + 'static {
    /// What is asked.
    type Op: Data;
    /// What is answered.
    type Ret: Data;
    /// What the object remembers.
    type State: Clone + Eq + Hash + Debug + Send + Sync;
    /// The name of a part of the object that is independent of the others.
    type Key: Clone + Ord + Hash + Display + Debug + Send + Sync;

    /// The model's name in files and on the command line.
    const NAME: &'static str;

    /// The state in which the object begins.
    fn init(&self) -> Self::State;

    /// What `op` does to `state` when it answers `ret`. `None` is an operation whose answer nobody
    /// knows: it takes effect whatever it would have answered.
    fn step(
        &self,
        state: &Self::State,
        op: &Self::Op,
        ret: Option<&Self::Ret>,
    ) -> Step<Self::State>;

    /// Which keys `op` touches. A history is judged key by key only when every operation touches
    /// exactly one.
    fn keys(&self, _op: &Self::Op) -> Keys<Self::Key> {
        Keys::All
    }

    /// Whether `op` never changes the state, whatever it answers. An observer without an answer is
    /// dropped.
    fn is_observer(&self, _op: &Self::Op) -> bool {
        false
    }

    /// Whether `op` leaves every state in which it can answer `ret` as it is: reads, comparisons that
    /// did not match, refused sales. Engines place such an operation as soon as they can, and a
    /// reduction that relaxes one drops it, for it certainly had no effect.
    fn is_observation(&self, op: &Self::Op, ret: &Self::Ret) -> bool {
        let unswapped = |access| matches!(access, Access::Cas { swapped: Some(false), .. });
        self.is_observer(op) || unswapped(self.access(op, Some(ret)))
    }

    /// The place that the answer tells in the order in which the system did things: a revision, an
    /// offset, a log sequence number, a fencing token. The search tries that order first, and then it
    /// need not look for one; it never decides by it, so a system may lie. The default knows what
    /// [`Model::access`] tells of positions and tokens.
    ///
    /// Worth telling where many clients change an object at once, `step` cannot check the place, and
    /// only later answers show in which order it was: without it, sixteen clients can be too many.
    fn order(&self, op: &Self::Op, ret: &Self::Ret) -> Option<i64> {
        match self.access(op, Some(ret)) {
            Access::Place(Placing::Take { at, .. } | Placing::Rise(at)) => at,
            Access::Lock(Locking::Acquire { token, .. }) => token,
            _ => None,
        }
    }

    /// The object that [`Model::access`] speaks of: which log-linear engine may judge it.
    fn object(&self) -> Object {
        Object::Register
    }

    /// The shape of an operation as an access to [`Model::object`], where it has one: opting in to
    /// the log-linear engines. An access promises that [`Model::step`] does exactly what the access
    /// says; of a register, that the state (for each key) is the last value written.
    fn access<'a>(&self, _op: &'a Self::Op, _ret: Option<&'a Self::Ret>) -> Access<'a> {
        Access::Other
    }

    /// The text that an operation whose access is [`Access::Other`] adds to the end of a register's
    /// text (no value counts as the empty text, and a number refuses it), where that is all it does.
    fn appended<'a>(&self, _op: &'a Self::Op, _ret: Option<&'a Self::Ret>) -> Option<&'a str> {
        None
    }

    /// The value of a register at the beginning, or where a sequence begins; used only where
    /// [`Model::access`] is.
    fn initial(&self) -> Atom<'_> {
        Atom::Nil
    }

    /// The numbers that [`Model::terms`] speaks of, each name once.
    fn numbers(&self) -> Vec<Number<'_>> {
        Vec::new()
    }

    /// What an operation found in [`Model::numbers`] and adds to them: opting in to what is known of
    /// sums. It promises that [`Model::step`] does exactly that: with this answer, the operation takes
    /// effect only where each number is what the terms say, and adds what they say, and nothing to
    /// those that have no term. Without an answer, it adds what the terms say, or nothing to any
    /// number.
    fn terms<'a>(
        &'a self,
        _op: &'a Self::Op,
        _ret: Option<&'a Self::Ret>,
        _each: &mut dyn FnMut(Term<'a>),
    ) {
    }

    /// An operation, with its answer where there is one, in the words of the domain:
    /// `write x 2`, `read x`.
    fn describe(&self, op: &Self::Op) -> String {
        format!("{op:?}")
    }

    /// An answer in a word or two, for the end of a drawn operation: `ok`, `1`, `sold out`.
    fn describe_ret(&self, _op: &Self::Op, ret: &Self::Ret) -> String {
        format!("{ret:?}")
    }

    /// Bytes that a state holds elsewhere, without those that it shares with the states before it: what
    /// a search accounts for it beside its own size. `None` lets the search guess from the length of
    /// its `Debug` text, which is far off for states that share or that keep room.
    fn state_bytes(&self, _state: &Self::State) -> Option<usize> {
        None
    }

    /// A state in words: `{x: 2}`.
    fn describe_state(&self, state: &Self::State) -> String {
        format!("{state:?}")
    }

    /// The model with the parameters of a file's header (a JSON object).
    fn with_params(&self, params: &str) -> Result<Self, String> {
        Err(format!("model `{}` takes no parameters, found {params}", Self::NAME))
    }

    /// The parameters as a JSON object, where it has any.
    fn params(&self) -> Option<String> {
        None
    }

    /// Reads an operation from a file. The default suits enums with
    /// `#[serde(tag = "f", content = "value")]`.
    fn read_op(&self, f: &str, value: &str) -> Result<Self::Op, String> {
        crate::words::default_read_op(f, value)
    }

    /// Reads an operation of this process from a file, for models in which it matters who asks: a
    /// lock belongs to the process that took it unless the value names an owner. The default does
    /// not care who asks.
    fn read_op_by(&self, _process: Process, f: &str, value: &str) -> Result<Self::Op, String> {
        self.read_op(f, value)
    }

    /// Reads an answer from a file. The default reads the key `ret` with serde.
    fn read_ret(&self, _op: &Self::Op, answer: Answer<'_>) -> Result<Self::Ret, String> {
        crate::words::default_read_ret(answer)
    }

    /// Writes an operation as it stands in files: its name and its value.
    fn write_op(&self, op: &Self::Op) -> Written {
        crate::words::default_write_op(op)
    }

    /// Writes an answer as it stands in files. The default repeats the operation's value and puts
    /// the answer beside it as `ret`.
    fn write_ret(&self, op: &Self::Op, ret: &Self::Ret) -> Written {
        crate::words::default_write_ret(&self.write_op(op), ret)
    }
}
