//! From events to operations: pairs each completion with its invocation and types it in one pass.

/// What a completion line says, as JSON texts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer<'a> {
    /// The `value` of the completion.
    pub value: &'a str,
    /// The `ret` of the completion, where the answer stands apart from the value.
    pub ret: Option<&'a str>,
    /// Whether a comparison did not match (`fail` with `"error":"mismatch"`).
    pub mismatch: bool,
}

/// How the texts of events become the operations and answers of a model.
///
/// The models crate implements this for every model; histories know no models.
pub trait Vocabulary {
    /// What is asked.
    type Op;
    /// What is answered.
    type Ret;

    /// Reads an operation from its name and value. The error says what was expected.
    fn read_op(&self, f: &str, value: &str) -> Result<Self::Op, String>;

    /// Reads the answer to `op`. The error says what was expected.
    fn read_ret(&self, op: &Self::Op, answer: Answer<'_>) -> Result<Self::Ret, String>;
}
