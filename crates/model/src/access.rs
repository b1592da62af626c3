//! The shape of an operation as an access to a register: what the log-linear engine needs to know.

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

/// What an operation does to a register, with its answer where there is one.
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
    /// None of these.
    Other,
}
