//! What was measured, for people and for programs.

use serde::Serialize;

/// At most so many times the instructions of the bare program.
const RATIO_MAX: f64 = 1.5;

/// So many seeds a second of the processor are aimed at.
const SEEDS_AIM: f64 = 140.0;

/// One run of one side.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub(crate) struct Side {
    pub(crate) messages: u64,
    pub(crate) cpu_ms: f64,
    pub(crate) instructions: Option<u64>,
}

/// Both sides.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Report {
    ours: Side,
    bare: Side,
    /// Ours by theirs: instructions where they were counted, else the time of the processor.
    ratio: f64,
    ratio_max: f64,
    seeds_per_cpu_s: f64,
    seeds_aim: f64,
}

impl Report {
    pub(super) fn new(ours: Side, bare: Side, seeds_per_cpu_s: f64) -> Report {
        #[expect(clippy::cast_precision_loss, reason = "a ratio")]
        let ratio = match (ours.instructions, bare.instructions) {
            (Some(ours), Some(bare)) => ours as f64 / bare.max(1) as f64,
            _ => ours.cpu_ms / bare.cpu_ms.max(0.001),
        };
        let (ratio_max, seeds_aim) = (RATIO_MAX, SEEDS_AIM);
        Report { ours, bare, ratio, ratio_max, seeds_per_cpu_s, seeds_aim }
    }

    pub(crate) fn text(&self) -> String {
        let mut out =
            String::from("3 nodes, 5 clients, 100 operations, partitions and crashes\n\n");
        out.push_str("                  messages     cpu ms  instructions\n");
        for (name, side) in [("testimony", self.ours), ("bare turmoil", self.bare)] {
            let counted = side.instructions.map_or("-".to_owned(), |count| count.to_string());
            out.push_str(&format!(
                "{name:<16}{:>10} {:>10.2}  {counted:>12}\n",
                side.messages, side.cpu_ms
            ));
        }
        let of = if self.ours.instructions.is_some() { "instructions" } else { "cpu time" };
        let (ratio, most) = (self.ratio, self.ratio_max);
        let word = if ratio <= most { "reached" } else { "missed" };
        out.push_str(&format!("\n{ratio:.2} times the {of}, at most {most} ({word})\n"));
        let (seeds, aim) = (self.seeds_per_cpu_s, self.seeds_aim);
        out.push_str(&format!("{seeds:.0} seeds a CPU-second, aim {aim:.0}\n"));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_count_before_time() {
        let side = |cpu_ms, instructions| Side { messages: 1, cpu_ms, instructions };
        let counted = Report::new(side(9.0, Some(150)), side(1.0, Some(100)), 100.0);
        assert!(counted.text().contains("1.50 times the instructions, at most 1.5 (reached)"));
        let timed = Report::new(side(9.0, None), side(3.0, Some(100)), 100.0);
        assert!(timed.text().contains("3.00 times the cpu time, at most 1.5 (missed)"));
    }
}
