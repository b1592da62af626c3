//! The shape of an operation as an access to an object: what the log-linear engines need to know.

use crate::Value;

/// The object that the accesses of a model are accesses to: which rules the log-linear engines may
/// assume of its sequential behaviour.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Object {
    /// One value: the last one written.
    #[default]
    Register,
    /// Elements, each there or not.
    Set,
    /// First in, first out.
    Queue,
    /// Last in, first out.
    Stack,
    /// The greatest goes first.
    PriorityQueue,
    /// One holder at a time.
    Lock,
    /// Answers that give each operation its position: sequences, logs, fetch-and-add.
    Sequence,
    /// None of these.
    Other,
}

impl Object {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Object::Register => "a register",
            Object::Set => "a set",
            Object::Queue => "a queue",
            Object::Stack => "a stack",
            Object::PriorityQueue => "a priority queue",
            Object::Lock => "a lock",
            Object::Sequence => "a sequence",
            Object::Other => "this object",
        }
    }
}

/// The identity of a value: two values are the same exactly when their atoms are equal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Atom<'a> {
    /// No value.
    Nil,
    /// A number.
    Int(i64),
    /// A text.
    Text(&'a str),
}

/// What an operation does to a lock that has an owner, with its answer where there is one.
///
/// A request that is not answered does what it can: what would be refused changes nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Locking<'a> {
    /// It takes the lock for `by` when nobody holds it, not even `by`.
    Acquire {
        /// Who holds it then.
        by: Atom<'a>,
        /// Whether it was granted (`Some(true)`), somebody held it (`Some(false)`), or nobody knows.
        granted: Option<bool>,
        /// The fencing token of a grant; each is higher than those of all grants before it.
        token: Option<i64>,
    },
    /// It gives the lock back when `by` holds it.
    Release {
        /// Who held it.
        by: Atom<'a>,
        /// Whether it did (`Some(true)`), did not hold it (`Some(false)`), or nobody knows.
        granted: Option<bool>,
    },
}

/// What an operation does to a sequence of places, with its answer where there is one.
///
/// The sequence begins at [`crate::Model::initial`], a number. Places and ends stay within 64 bits:
/// an operation whose answer leads beyond them is [`Access::Other`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Placing<'a> {
    /// It moves the end of the sequence on.
    Take {
        /// Where the end was before, as it answered.
        at: Option<i64>,
        /// How far it moves the end: above zero.
        size: i64,
        /// What it puts there, in sequences whose entries can be read. Then `size` is 1.
        entry: Option<Atom<'a>>,
    },
    /// It answered where the end is; `None` when it has no answer.
    End(Option<i64>),
    /// It answered what is at a place: [`Atom::Nil`] where there is nothing.
    Entry {
        /// The place.
        at: i64,
        /// What was there.
        entry: Atom<'a>,
    },
    /// It answered everything from a place (not before the begin) to the end: nothing, from the end
    /// on.
    Suffix {
        /// The place.
        from: i64,
        /// What was there.
        entries: &'a [Value],
    },
    /// It answered a number above all numbers answered before, and not below the begin. Operations
    /// of the other kinds may not stand beside it.
    Rise(Option<i64>),
}

/// The places from this one on, as far as 64 bits go.
///
/// ```
/// use testimony_model::places;
///
/// assert_eq!(places(5).take(3).collect::<Vec<_>>(), [5, 6, 7]);
/// assert_eq!(places(i64::MAX).count(), 1);
/// ```
pub fn places(from: i64) -> impl Iterator<Item = i64> {
    (0..).map_while(move |number| from.checked_add(number))
}

/// What an operation does to a collection, with its answer where there is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Element<'a> {
    /// Puts a value into a queue, stack or priority queue.
    Insert(Atom<'a>),
    /// Takes the next value out of one: `Some(None)` when it answered that there is none, `None`
    /// when it has no answer.
    Take(Option<Option<Atom<'a>>>),
    /// Answers the next value of one, as [`Element::Take`] does, and leaves it there.
    Peek(Option<Option<Atom<'a>>>),
    /// Puts an element into a set.
    Add {
        /// The element.
        element: Atom<'a>,
        /// Whether it was new, where the answer says so.
        new: Option<bool>,
    },
    /// Takes an element out of a set.
    Remove {
        /// The element.
        element: Atom<'a>,
        /// Whether it was there, where the answer says so.
        there: Option<bool>,
    },
    /// Answers whether an element is in a set.
    Contains {
        /// The element.
        element: Atom<'a>,
        /// The answer.
        there: Option<bool>,
    },
    /// Answers every element of a set.
    All(Option<&'a [Value]>),
}

/// What an operation does to its object, with its answer where there is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access<'a> {
    /// It answered the current value; `None` when it has no answer.
    Read(Option<Atom<'a>>),
    /// It replaces the value whatever it was.
    Write(Atom<'a>),
    /// It replaces `from` by `to` when the value is `from`.
    Cas {
        /// The value compared with.
        from: Atom<'a>,
        /// The value written when they are equal.
        to: Atom<'a>,
        /// Whether it was swapped (`Some(true)`), did not match (`Some(false)`), or nobody knows.
        swapped: Option<bool>,
    },
    /// It is an access to a lock ([`Object::Lock`]).
    Lock(Locking<'a>),
    /// It is an access to a sequence ([`Object::Sequence`]).
    Place(Placing<'a>),
    /// It is an access to a collection ([`Object::Set`], [`Object::Queue`], [`Object::Stack`],
    /// [`Object::PriorityQueue`]).
    Element(Element<'a>),
    /// None of these.
    Other,
}

impl Access<'_> {
    /// Whether it is an access to a register.
    pub fn is_register(&self) -> bool {
        matches!(self, Access::Read(_) | Access::Write(_) | Access::Cas { .. })
    }
}
