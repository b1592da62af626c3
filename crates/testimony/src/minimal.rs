//! Minimisation as callers see it: what must stay the same, and what is left of the plan.

use serde::Serialize;
use std::fmt;
use testimony_sim::{Plan, PlannedStep};
use testimony_verdict::{Anomaly, AnomalyKind, Judgement, Property};

/// The failure that a smaller plan must still show. Any other failure is another bug: a minimisation
/// that takes it would slip away from the one it was asked about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// An anomaly of this kind, of this property, on this key.
    Anomaly { kind: AnomalyKind, property: Property, key: Option<String> },
    /// A finding about the run itself; its numbers (times, lines, nodes) don't matter.
    Finding(String),
}

impl Target {
    /// What this run shows: an anomaly of one of these kinds if there is one, else any, else its
    /// first finding.
    pub(crate) fn of(
        judgement: &Judgement,
        findings: &[String],
        promised: &[AnomalyKind],
    ) -> Option<Target> {
        let mut anomalies = judgement.anomalies();
        let first = anomalies.find(|anomaly| promised.contains(&anomaly.kind));
        let first = first.or_else(|| judgement.anomalies().next());
        let finding = || findings.first().map(|finding| Target::Finding(without_numbers(finding)));
        first.map(Target::shown_by).or_else(finding)
    }

    fn shown_by(anomaly: &Anomaly) -> Target {
        let Anomaly { kind, property, key, .. } = anomaly;
        Target::Anomaly { kind: *kind, property: property.clone(), key: key.clone() }
    }

    /// The anomaly of a judgement that is this one.
    pub(crate) fn among<'j>(&self, judgement: &'j Judgement) -> Option<&'j Anomaly> {
        judgement.anomalies().find(|anomaly| Target::shown_by(anomaly) == *self)
    }

    /// Whether one of these findings is this one.
    pub(crate) fn is_found(&self, findings: &[String]) -> bool {
        match self {
            Target::Finding(text) => findings.iter().any(|found| without_numbers(found) == *text),
            Target::Anomaly { .. } => false,
        }
    }

    /// The property that must be judged to see it.
    pub(crate) fn property(&self) -> Option<&Property> {
        match self {
            Target::Anomaly { property, .. } => Some(property),
            Target::Finding(_) => None,
        }
    }

    /// As part of a test's name.
    fn name(&self) -> &str {
        match self {
            Target::Anomaly { kind, .. } => kind.id(),
            Target::Finding(_) => "finding",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Anomaly { kind, property, key: Some(key) } => {
                write!(f, "{kind} on key {key} ({property})")
            }
            Target::Anomaly { kind, property, key: None } => write!(f, "{kind} ({property})"),
            Target::Finding(text) => f.write_str(text),
        }
    }
}

fn without_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_ascii_digit() {
            true if out.ends_with('#') => {}
            true => out.push('#'),
            false => out.push(c),
        }
    }
    out
}

/// How a plan is minimised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShrinkOptions {
    /// The runs at most.
    pub runs_max: u32,
    /// How many candidates run at once; 0 means one for each thread. The result does not depend on
    /// it.
    pub at_once: usize,
}

impl Default for ShrinkOptions {
    fn default() -> ShrinkOptions {
        ShrinkOptions { runs_max: testimony_sim::SHRINK_RUNS_MAX, at_once: 0 }
    }
}

/// A failing plan made as small as it goes, with what it was before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Minimal {
    /// What both plans show: kind, key and property of an anomaly, or a finding.
    pub failure: String,
    /// The plan as it was given, as JSON.
    pub original: String,
    /// The smallest plan that was found, as JSON.
    pub minimal: String,
    /// How many steps, final steps and faults the plans have: before and after.
    pub items: (usize, usize),
    /// How many runs it took when they are made one after another.
    pub runs: u32,
    /// Whether no step and no fault can be left out alone; false only when the runs were used up.
    pub is_minimal: bool,
    /// Whether three more runs of the smallest plan gave the same bytes.
    pub is_steady: bool,
    /// The items of the smallest plan in words, a line each.
    pub words: String,
    /// A `#[test]` to paste: it needs a function `check()` that builds the check.
    pub test: String,
}

impl Minimal {
    /// The plan as it was given.
    pub const ORIGINAL_FILE: &str = "original.json";
    /// The smallest plan.
    pub const MINIMAL_FILE: &str = "minimal.json";
    /// The test to paste.
    pub const TEST_FILE: &str = "minimal_test.rs";

    /// Every file: name and content.
    pub fn files(&self) -> [(&'static str, &str); 3] {
        [
            (Minimal::ORIGINAL_FILE, &self.original),
            (Minimal::MINIMAL_FILE, &self.minimal),
            (Minimal::TEST_FILE, &self.test),
        ]
    }

    /// What was reached, in a few lines that end a report.
    pub fn summary(&self) -> String {
        let (before, after) = self.items;
        let mut out = format!(
            "  minimal plan: {after} of {before} items after {} runs show the same: {}\n{}",
            self.runs, self.failure, self.words
        );
        if !self.is_minimal {
            out.push_str("    (the runs were used up: it may become smaller)\n");
        }
        if !self.is_steady {
            out.push_str("    (not deterministic: running it again gave other bytes)\n");
        }
        let (plan, test) = (Minimal::MINIMAL_FILE, Minimal::TEST_FILE);
        out.push_str(&format!("    files: {plan}; a test to paste: {test}\n"));
        out
    }
}

/// The items of a plan, a line each.
pub(crate) fn words<S: Serialize>(plan: &Plan<S>) -> String {
    let mut out = String::new();
    let mut line = |text: String| out.push_str(&format!("    {text}\n"));
    let step = |step: &PlannedStep<S>, phase: &str| {
        let what = serde_json::to_string(&step.step).unwrap_or_default();
        format!("client {} {phase}{} ms: {what}", step.client, step.not_before_ms)
    };
    for fault in &plan.faults {
        let lasts = fault.lasts_ms.map_or("for good".to_owned(), |ms| format!("for {ms} ms"));
        line(format!("fault at {} ms {lasts}: {}", fault.at_ms(), fault.fault.label()));
    }
    plan.steps.iter().for_each(|planned| line(step(planned, "at ")));
    plan.finals.iter().for_each(|planned| line(step(planned, "at the end, at ")));
    out
}

/// A test that replays a plan.
pub(crate) fn test<S: Serialize>(plan: &Plan<S>, target: &Target, before: usize) -> String {
    let json = serde_json::to_string(plan).unwrap_or_default();
    // A raw string ends at the first quote with so many hashes: take one more than it has inside.
    let longest = json.split('"').map(|part| part.len() - part.trim_start_matches('#').len());
    let hashes = "#".repeat(longest.max().unwrap_or(0) + 1);
    let after = plan.items();
    let Plan { system, seed, .. } = plan;
    let words = words(plan).replace("    ", "    // ");
    let name = identifier(&format!("{system} seed {seed} {}", target.name()));
    format!(
        "/// Seed {seed} of `{system}`: {}. Shrunk from {before} items to {after}.\n\
         #[test]\n\
         fn {name}() {{\n{words}    \
             let plan = r{hashes}\"{json}\"{hashes};\n    \
             // `check()` builds the check of this system, as your other tests do.\n    \
             check().replay(plan).assert_valid();\n\
         }}\n",
        one_line(&target.to_string()),
    )
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn identifier(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("_").to_ascii_lowercase();
    match name.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("the_{name}"),
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use super::{Target, identifier, without_numbers};
    use testimony_verdict::Judgement;

    #[test]
    fn findings_are_the_same_whatever_their_numbers() {
        let one = ["n2 panicked: index 17 (src/x.rs:10)".to_owned()];
        let other = ["n13 panicked: index 4 (src/x.rs:10)".to_owned()];
        let target = Target::of(&Judgement::default(), &one, &[]).expect("a finding");
        assert!(target.is_found(&other));
        assert!(!target.is_found(&["n2 ended with an error: index 17".to_owned()]));
        assert_eq!(without_numbers("a12b3"), "a#b#");
    }

    #[test]
    fn names_of_tests_are_identifiers() {
        assert_eq!(identifier("kv/no-log seed 7 stale-read"), "kv_no_log_seed_7_stale_read");
        assert_eq!(identifier("3 cities"), "the_3_cities");
    }
}
