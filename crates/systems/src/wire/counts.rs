//! What of a message is its own, and what only counts messages.
//!
//! Rounds, writes and versions are counted: with one operation less every later message has another
//! number. The luck of a message must not depend on them, or no plan of such a system shrinks.

use serde_json::Value;

/// The fields that count.
const COUNTS: [&str; 4] = ["round", "number", "incarnation", "timestamp"];

/// A message without its counts; as it is where it is no JSON.
pub(crate) fn without_counts(payload: &[u8]) -> Vec<u8> {
    let Ok(mut message) = serde_json::from_slice::<Value>(payload) else {
        return payload.to_vec();
    };
    strip(&mut message);
    serde_json::to_vec(&message).unwrap_or_else(|_| payload.to_vec())
}

/// Messages of ours are a few levels deep, and the parser bounds others.
fn strip(message: &mut Value) {
    match message {
        Value::Object(fields) => {
            COUNTS.iter().for_each(|count| drop(fields.remove(*count)));
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::without_counts;

    #[test]
    fn a_message_is_the_same_whatever_was_counted() {
        let one =
            br#"{"Ask":{"round":{"incarnation":0,"number":7},"request":{"query":{"key":"x"}}}}"#;
        let two =
            br#"{"Ask":{"round":{"incarnation":2,"number":9},"request":{"query":{"key":"x"}}}}"#;
        let other =
            br#"{"Ask":{"round":{"incarnation":0,"number":7},"request":{"query":{"key":"y"}}}}"#;
        assert_eq!(without_counts(one), without_counts(two));
        assert_ne!(without_counts(one), without_counts(other));
        assert_eq!(without_counts(b"no json"), b"no json");
    }
}
