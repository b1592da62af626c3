//! Numbers as people read them: virtual times, counts.

/// How finely a span of virtual time is labelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Whole nanoseconds.
    Nanoseconds,
    /// Milliseconds with three decimals.
    Microseconds,
    /// Whole milliseconds.
    Milliseconds,
    /// Seconds with three decimals.
    Seconds,
}

impl Unit {
    /// A unit in which the ends of a span of this length differ visibly.
    pub fn for_span(span_ns: u64) -> Unit {
        match span_ns {
            0..5_000 => Unit::Nanoseconds,
            5_000..5_000_000 => Unit::Microseconds,
            5_000_000..100_000_000_000 => Unit::Milliseconds,
            _ => Unit::Seconds,
        }
    }

    /// The number without its unit.
    pub fn number(self, ns: u64) -> String {
        match self {
            Unit::Nanoseconds => thousands(ns),
            Unit::Microseconds => format!("{}.{:03}", ns / 1_000_000, ns / 1_000 % 1_000),
            Unit::Milliseconds => thousands(ns / 1_000_000),
            Unit::Seconds => format!("{}.{:03}", ns / 1_000_000_000, ns / 1_000_000 % 1_000),
        }
    }

    /// The unit's sign.
    pub fn sign(self) -> &'static str {
        match self {
            Unit::Nanoseconds => "ns",
            Unit::Microseconds | Unit::Milliseconds => "ms",
            Unit::Seconds => "s",
        }
    }
}

/// A count with separators: `6,400`.
///
/// ```
/// assert_eq!(testimony_report::units::thousands(1234567), "1,234,567");
/// ```
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun: `1 seed`, `64 seeds`.
pub fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(number as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_follows_the_span() {
        assert_eq!(Unit::for_span(900), Unit::Nanoseconds);
        assert_eq!(Unit::for_span(2_000_000).number(412_345_678), "412.345");
        assert_eq!(Unit::for_span(60_000_000).number(412_345_678), "412");
        assert_eq!(Unit::for_span(200_000_000_000).number(1_500_000_000), "1.500");
    }

    #[test]
    fn counts_have_separators_and_plurals() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000), "1,000");
        assert_eq!(counted(1, "seed"), "1 seed");
        assert_eq!(counted(6_400, "op"), "6,400 ops");
    }
}
