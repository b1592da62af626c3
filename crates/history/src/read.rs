//! Reading a history: a source of events, the words of a model, and the rules of pairing.

use crate::{Events, Pairing, Problems, Read, Vocabulary};

/// What a failed compare-and-set says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FailedCas {
    /// What the source means by it: in the logs of Porcupine's collection another value was there;
    /// elsewhere only a `fail` that is marked `"error":"mismatch"` says so.
    #[default]
    BySource,
    /// A `fail` of a `cas` without any error observed that another value was there.
    Observes,
    /// It observed nothing, marked or not, as Knossos has it.
    Ignored,
}

/// How a history is to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ReadOptions {
    /// Events were left out on purpose: a gap between indexes is no problem.
    pub filtered: bool,
    /// What a failed compare-and-set says.
    pub failed_cas: FailedCas,
}

/// Reads a whole history: of a text in memory (`&Reader`) or of a stream (`&mut` or by value). It never panics; a history whose `problems` are not empty must not be
/// judged. O(size of the source).
///
/// ```
/// use testimony_history::{Answer, Outcome, ReadOptions, Vocabulary, native, read};
///
/// /// Reads and writes of numbers.
/// struct Words;
/// impl Vocabulary for Words {
///     type Op = Option<i64>;
///     type Ret = i64;
///     fn read_op(&self, f: &str, value: &str) -> Result<Option<i64>, String> {
///         match f {
///             "read" => Ok(None),
///             "write" => value.parse().map(Some).map_err(|_| format!("no number: {value}")),
///             _ => Err(format!("unknown operation `{f}`")),
///         }
///     }
///     fn read_ret(&self, _op: &Option<i64>, answer: Answer<'_>) -> Result<i64, String> {
///         answer.value.parse().map_err(|_| format!("no number: {}", answer.value))
///     }
/// }
///
/// let text = r#"{"process":0,"type":"invoke","f":"write","value":1}
/// {"process":1,"type":"invoke","f":"read","value":null}
/// {"process":0,"type":"ok","f":"write","value":1}
/// {"process":1,"type":"info","f":"read","value":null,"error":"timeout"}
/// "#;
/// let read = read(&native::Reader::new(text.as_bytes()), &Words, &ReadOptions::default());
/// assert!(read.problems.is_empty(), "{}", read.problems);
/// assert_eq!(read.history.operations[0].outcome, Outcome::Ok(1));
/// assert_eq!(read.history.operations[1].outcome, Outcome::Info("timeout".to_owned()));
/// ```
pub fn read<V: Vocabulary>(
    mut events: impl Events,
    vocabulary: &V,
    options: &ReadOptions,
) -> Read<V::Op, V::Ret> {
    let mut pairing = Pairing::new(vocabulary, events.customs(), *options);
    let (mut problems, mut notes) = (Problems::default(), Vec::new());
    events.each(&mut |event| pairing.push(&event), &mut problems, &mut notes);
    pairing.finish(problems, notes)
}
