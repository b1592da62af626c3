//! A message in the words of the system that sent it.

/// What a system says of the payload of a message.
///
/// The words are for people. Key, value and topic are for the question why an operation answered what
/// it did: they find the messages that belong together and those that carried a value.
///
/// ```
/// use testimony_history::Decoded;
///
/// let store = Decoded::new("round 7: store x = 5").key("x").value("5").topic("n1 7");
/// assert_eq!(store.words, "round 7: store x = 5");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Decoded {
    /// In words.
    pub words: String,
    /// The key that it is about, as the model writes keys.
    pub key: Option<String>,
    /// The value that it carries, as JSON text (`5`, `"five"`).
    pub value: Option<String>,
    /// What it has in common with the messages that belong to the same exchange: a round, a request.
    /// Those of one topic are about one key, so that an answer need not repeat it.
    pub topic: Option<String>,
}

impl Decoded {
    /// A message in these words.
    pub fn new(words: impl Into<String>) -> Decoded {
        Decoded { words: words.into(), ..Decoded::default() }
    }

    /// It is about this key.
    pub fn key(self, key: impl Into<String>) -> Decoded {
        Decoded { key: Some(key.into()), ..self }
    }

    /// It carries this value (JSON text).
    pub fn value(self, value: impl Into<String>) -> Decoded {
        Decoded { value: Some(value.into()), ..self }
    }

    /// It belongs to this exchange.
    pub fn topic(self, topic: impl Into<String>) -> Decoded {
        Decoded { topic: Some(topic.into()), ..self }
    }
}
