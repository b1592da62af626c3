//! Reading and writing the small JSON texts of values without a tree.

use crate::Value;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use testimony_history::plain;

/// Reads a value: an integer of 64 bits, a string, or `null`.
pub(crate) fn read_value(text: &str) -> Result<Option<Value>, String> {
    let text = text.trim();
    let expected = || format!("expected an integer, a string or null, found {text}");
    match text.as_bytes().first() {
        None => Err("expected a value, found nothing".to_owned()),
        Some(b'n') if text == "null" => Ok(None),
        Some(b'"') => {
            if let Some(text) = plain::text(text) {
                return Ok(Some(Value::Text(text.into())));
            }
            let text: String = serde_json::from_str(text).map_err(|_| expected())?;
            Ok(Some(Value::Text(text.into())))
        }
        // serde_json reads integers above 64 bits as floats, which would make two values equal.
        Some(b'-' | b'0'..=b'9') => match text.parse() {
            Ok(number) if text != "-0" => Ok(Some(Value::Int(number))),
            _ => Err(expected()),
        },
        Some(_) => Err(expected()),
    }
}

/// Writes a value as JSON text.
pub(crate) fn write_value(value: Option<&Value>) -> String {
    match value {
        None => "null".to_owned(),
        Some(Value::Int(number)) => number.to_string(),
        Some(Value::Text(text)) => serde_json::Value::from(text.as_str()).to_string(),
    }
}

/// Reads a list of values; `null` is none.
pub(crate) fn read_list(text: &str) -> Result<Vec<Value>, String> {
    if text.trim() == "null" {
        return Ok(Vec::new());
    }
    let items: Vec<&RawValue> = serde_json::from_str(text)
        .map_err(|_| format!("expected a list of values, found {text}"))?;
    let value = |item: &&RawValue| {
        read_value(item.get())?.ok_or_else(|| "expected a value in the list, found null".to_owned())
    };
    items.iter().map(value).collect()
}

/// Writes a list of values as JSON text.
pub(crate) fn write_list(values: &[Value]) -> String {
    let written: Vec<String> = values.iter().map(|value| write_value(Some(value))).collect();
    format!("[{}]", written.join(","))
}

/// Splits `[a, b]` into the texts of `a` and `b`.
pub(crate) fn read_pair(text: &str) -> Result<(&str, &str), String> {
    if let Some(pair) = plain::pair(text) {
        return Ok(pair);
    }
    let pair: Result<(&RawValue, &RawValue), _> = serde_json::from_str(text);
    match pair {
        Ok((first, second)) => Ok((first.get(), second.get())),
        Err(_) => Err(format!("expected a pair [a, b], found {text}")),
    }
}

/// Reads an integer of 64 bits; `what` says what it is, for the message.
pub(crate) fn read_int(what: &str, text: &str) -> Result<i64, String> {
    match read_value(text)? {
        Some(Value::Int(number)) => Ok(number),
        Some(Value::Text(_)) | None => Err(format!("expected {what}, found {text}")),
    }
}

/// Splits `[a, b, ..]` into the texts of its items.
pub(crate) fn read_items(text: &str) -> Result<Vec<&str>, String> {
    let items: Result<Vec<&RawValue>, _> = serde_json::from_str(text);
    match items {
        Ok(items) => Ok(items.into_iter().map(RawValue::get).collect()),
        Err(_) => Err(format!("expected an array, found {text}")),
    }
}

/// Reads parameters with serde; `example` shows what is expected.
pub(crate) fn read_params<T: DeserializeOwned>(params: &str, example: &str) -> Result<T, String> {
    serde_json::from_str(params).map_err(|error| format!("expected {example}: {error}"))
}
