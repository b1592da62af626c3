//! Values of arguments: each error is one line that says what was found and what is known.

use crate::args::{BudgetArg, Output};
use crate::exit::Exit;
use std::ops::Range;
use std::time::Duration;
use testimony::formats::Format as Histories;
use testimony::history::{FailedCas, OpId};
use testimony::sim::{Determinism, Family};
use testimony::verdict::{AnomalyKind, Engine};

/// Seeds of one campaign at most.
const SEEDS_MAX: u64 = 10_000_000;

/// What `--format` of replay can say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// What is printed.
    Output(Output),
    /// The format of the histories, for those who expect it here.
    Input(Histories),
}

pub(crate) fn input(text: &str) -> Result<Histories, String> {
    text.parse().map_err(|error| format!("{error}"))
}

pub(crate) fn format(text: &str) -> Result<Format, String> {
    match text {
        "text" => Ok(Format::Output(Output::Text)),
        "json" => Ok(Format::Output(Output::Json)),
        other => input(other).map(Format::Input).map_err(|_| {
            let known: Vec<_> = Histories::ALL.iter().map(|format| format.name()).collect();
            format!("known: text, json; and for the histories {}", known.join(", "))
        }),
    }
}

pub(crate) fn failed_cas(text: &str) -> Result<FailedCas, String> {
    match text {
        "observed" => Ok(FailedCas::Observes),
        "ignored" => Ok(FailedCas::Ignored),
        _ => Err("known: observed, ignored".to_owned()),
    }
}

pub(crate) fn engine(text: &str) -> Result<Engine, String> {
    let engines = Engine::LINEARIZABLE.iter().copied();
    let found = engines.clone().find(|engine| engine.name() == text);
    found.ok_or_else(|| {
        format!("known: {}", engines.map(Engine::name).collect::<Vec<_>>().join(", "))
    })
}

pub(crate) fn anomaly(text: &str) -> Result<AnomalyKind, String> {
    text.parse()
}

/// An operation as reports name it: `#118`, or the number alone.
pub(crate) fn operation(text: &str) -> Result<OpId, String> {
    let number = text.strip_prefix('#').unwrap_or(text);
    number.parse().map(OpId).map_err(|_| "expected an operation like #118".to_owned())
}

pub(crate) fn determinism(text: &str) -> Result<Determinism, String> {
    Determinism::named(text).ok_or_else(|| {
        let known: Vec<_> = Determinism::ALL.iter().map(|level| level.name()).collect();
        format!("known: {}", known.join(", "))
    })
}

/// `0..64`, or one seed.
pub(crate) fn seeds(text: &str) -> Result<Range<u64>, String> {
    let wrong = || "expected a range like 0..64, or one seed".to_owned();
    let number = |part: &str| part.trim().replace('_', "").parse::<u64>().map_err(|_| wrong());
    let range = match text.split_once("..") {
        Some((from, to)) => number(from)?..number(to)?,
        None => {
            let seed = number(text)?;
            seed..seed.checked_add(1).ok_or_else(wrong)?
        }
    };
    if range.is_empty() {
        return Err("the range is empty: its end must lie above its begin".to_owned());
    }
    if range.end - range.start > SEEDS_MAX {
        return Err(format!("more than {SEEDS_MAX} seeds"));
    }
    Ok(range)
}

/// Families of faults, in the order of lists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Families(pub(crate) Vec<Family>);

/// `partition,crash`, or `none`.
pub(crate) fn families(text: &str) -> Result<Families, String> {
    if text == "none" {
        return Ok(Families(Vec::new()));
    }
    let one = |name: &str| {
        Family::named(name.trim()).ok_or_else(|| {
            let known: Vec<_> = Family::ALL.iter().map(|family| family.name()).collect();
            format!("unknown family `{name}`; known: {}, none", known.join(", "))
        })
    };
    let mut families = text.split(',').map(one).collect::<Result<Vec<_>, _>>()?;
    families.sort_unstable();
    families.dedup();
    Ok(Families(families))
}

/// A time that a campaign can take at most: thirty days.
const FOR_SECONDS_MAX: u64 = 30 * 86_400;

/// `30s`, `10m`, `2h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a time like 30s, 10m or 2h, at most 720h".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => return Err(wrong()),
    };
    let seconds = number.trim().parse::<u64>().ok().and_then(|n| n.checked_mul(factor));
    let seconds = seconds.filter(|seconds| (1..=FOR_SECONDS_MAX).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(wrong)
}

/// `5000000,2GiB,30s`: any of steps, bytes and time, each at most once.
pub(crate) fn budget(text: &str) -> Result<BudgetArg, String> {
    let wrong = |part: &str| {
        format!("`{part}` is neither steps (5000000, 5M) nor bytes (512MiB, 2GiB) nor a time (30s)")
    };
    let mut budget = BudgetArg::default();
    for part in text.split(',').map(str::trim) {
        let digits = part.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(part.len());
        let (number, unit) = part.split_at(digits);
        let number: u64 = number.replace('_', "").parse().map_err(|_| wrong(part))?;
        let times = |factor: u64| number.checked_mul(factor).ok_or_else(|| wrong(part));
        let bytes = |factor: u64| times(factor).map(|bytes| usize::try_from(bytes).ok());
        let time = |factor: u64| times(factor).map(|ms| Some(Duration::from_millis(ms)));
        let twice = match unit {
            "" => budget.steps_max.replace(number).is_some(),
            "k" => budget.steps_max.replace(times(1_000)?).is_some(),
            "M" => budget.steps_max.replace(times(1_000_000)?).is_some(),
            "G" => budget.steps_max.replace(times(1_000_000_000)?).is_some(),
            "B" => std::mem::replace(&mut budget.bytes_max, bytes(1)?).is_some(),
            "KiB" => std::mem::replace(&mut budget.bytes_max, bytes(1 << 10)?).is_some(),
            "MiB" => std::mem::replace(&mut budget.bytes_max, bytes(1 << 20)?).is_some(),
            "GiB" => std::mem::replace(&mut budget.bytes_max, bytes(1 << 30)?).is_some(),
            "ms" => std::mem::replace(&mut budget.wall, time(1)?).is_some(),
            "s" => std::mem::replace(&mut budget.wall, time(1_000)?).is_some(),
            "m" => std::mem::replace(&mut budget.wall, time(60_000)?).is_some(),
            _ => return Err(wrong(part)),
        };
        if twice {
            return Err(format!("`{part}` says the same thing twice"));
        }
    }
    Ok(budget)
}

/// The code that a verdict's name in a file asks for.
pub(crate) fn exit_of_verdict(name: Option<&str>) -> Exit {
    match name {
        Some("valid") => Exit::Valid,
        Some("invalid") => Exit::Anomaly,
        Some(_) => Exit::Unknown,
        None => Exit::NothingChecked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_range_or_one() {
        assert_eq!(seeds("0..64"), Ok(0..64));
        assert_eq!(seeds("7"), Ok(7..8));
        assert_eq!(seeds("1_000..2_000"), Ok(1_000..2_000));
        for wrong in ["", "..", "0..", "..4", "a..b", "-1..4", "4..4", "5..4", "0..=4"] {
            assert!(seeds(wrong).is_err(), "{wrong}");
        }
        assert!(seeds("18446744073709551615").is_err());
        assert!(seeds("0..18446744073709551615").is_err());
    }

    #[test]
    fn budgets_are_steps_bytes_and_time() {
        let all = budget("5M,2GiB,30s").unwrap();
        assert_eq!(all.steps_max, Some(5_000_000));
        assert_eq!(all.bytes_max, Some(2 << 30));
        assert_eq!(all.wall, Some(Duration::from_secs(30)));
        assert_eq!(budget("1000").unwrap().steps_max, Some(1_000));
        for wrong in ["", "x", "5X", "1,2", "30s,1m", "99999999999999999999", "5GiB,1B", "-1"] {
            assert!(budget(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn formats_of_output_and_input_do_not_collide() {
        assert_eq!(format("json"), Ok(Format::Output(Output::Json)));
        assert_eq!(format("edn"), Ok(Format::Input(Histories::Edn)));
        assert!(format("xml").is_err_and(|error| error.contains("known: text, json")));
    }
}
