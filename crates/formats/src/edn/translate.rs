//! EDN values as JSON text.
//!
//! Keywords, symbols and characters become strings, `nil` null, vectors, lists and sets arrays,
//! maps objects (a key that is no string by its printed form), a tagged value the value, a ratio
//! the string that it prints as. The recursion is bounded by [`super::forms::NESTING_MAX`].

use clojure_reader::edn::Edn;

/// The JSON text of a value. The error says what has no JSON form.
pub(crate) fn json(value: &Edn<'_>) -> Result<String, String> {
    let mut out = String::new();
    write(&mut out, value)?;
    Ok(out)
}

/// A name or a reason in words: a keyword or string without its marks, everything else as printed.
pub(crate) fn words(value: &Edn<'_>) -> String {
    match value {
        Edn::Key(text) | Edn::Symbol(text) | Edn::Str(text) => text.clone().into_owned(),
        Edn::Tagged(_, inner) => words(inner),
        other => other.to_string(),
    }
}

fn write(out: &mut String, value: &Edn<'_>) -> Result<(), String> {
    match value {
        Edn::Nil => out.push_str("null"),
        Edn::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Edn::Int(number) => out.push_str(&number.to_string()),
        Edn::Double(number) => match serde_json::to_string(&number.into_inner()) {
            Ok(text) if number.is_finite() => out.push_str(&text),
            _ => return Err(format!("{number}: expected a finite number")),
        },
        Edn::Key(text) | Edn::Symbol(text) | Edn::Str(text) => write_text(out, text),
        Edn::Char(char) => write_text(out, char.encode_utf8(&mut [0; 4])),
        Edn::Rational((above, below)) => write_text(out, &format!("{above}/{below}")),
        Edn::Vector(items) | Edn::List(items) => write_items(out, items.iter())?,
        Edn::Set(items) => write_items(out, items.iter())?,
        Edn::Tagged(_, inner) => write(out, inner)?,
        Edn::Map(entries) => {
            let mut names: Vec<String> = Vec::with_capacity(entries.len());
            out.push('{');
            for (key, value) in entries {
                if !names.is_empty() {
                    out.push(',');
                }
                let name = words(key);
                write_text(out, &name);
                out.push(':');
                write(out, value)?;
                names.push(name);
            }
            out.push('}');
            names.sort_unstable();
            if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(format!("two keys of a map print as {:?}", twice[0]));
            }
        }
        other => return Err(format!("{}: has no JSON form", super::short(other))),
    }
    Ok(())
}

fn write_items<'a, 'e: 'a>(
    out: &mut String,
    items: impl Iterator<Item = &'a Edn<'e>>,
) -> Result<(), String> {
    out.push('[');
    for (position, item) in items.enumerate() {
        if position > 0 {
            out.push(',');
        }
        write(out, item)?;
    }
    out.push(']');
    Ok(())
}

pub(crate) fn write_text(out: &mut String, text: &str) {
    if let Ok(quoted) = serde_json::to_string(text) {
        out.push_str(&quoted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(text: &str) -> Result<String, String> {
        let (form, _) = clojure_reader::edn::read(text).map_err(|error| format!("{error}"))?;
        json(&form)
    }

    #[test]
    fn every_kind_of_value_has_its_json() {
        for (edn, expected) in [
            ("nil", "null"),
            ("true", "true"),
            ("-7", "-7"),
            ("9223372036854775807", "9223372036854775807"),
            ("1.5", "1.5"),
            (":timed-out", "\"timed-out\""),
            (":a/b", "\"a/b\""),
            ("sym", "\"sym\""),
            ("\"a\\n\\\"b\"", "\"a\\n\\\"b\""),
            ("\\a", "\"a\""),
            ("[3 0]", "[3,0]"),
            ("(1 nil)", "[1,null]"),
            ("#{2 1}", "[1,2]"),
            ("{:x 1, \"y\" [2], 3 nil}", "{\"x\":1,\"y\":[2],\"3\":null}"),
            ("#inst \"2020\"", "\"2020\""),
            ("1/2", "\"1/2\""),
        ] {
            assert_eq!(translated(edn), Ok(expected.to_owned()), "{edn}");
        }
    }

    #[test]
    fn what_json_cannot_say_is_refused() {
        let twice = translated("{:a 1, \"a\" 2}").unwrap_err();
        assert_eq!(twice, "two keys of a map print as \"a\"");
        assert!(translated("1e400").is_err());
        assert!(translated("18446744073709551616").is_err());
    }
}
