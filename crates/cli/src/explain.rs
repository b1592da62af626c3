//! `explain`: what an anomaly is, what usually causes it, and an example from the corpus.

use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::{corpus, environment};
use testimony::Registry;
use testimony::report::safe::wrap;
use testimony::report::text;
use testimony::verdict::AnomalyKind;

/// Columns of the text.
const COLUMNS: usize = 98;

/// Prints the definition of an anomaly, with the smallest example that the corpus has.
pub(crate) fn run(
    kind: AnomalyKind,
    registry: &Registry,
    program: &str,
    out: &mut Out,
) -> Result<Exit, Failure> {
    out.line(&format!("{}: {}", kind.id(), kind.title()))?;
    for (heading, words) in [("what it is", kind.definition()), ("usual cause", kind.usual_cause())]
    {
        out.line(&format!("\n{heading}:"))?;
        for line in wrap(words, COLUMNS, 20) {
            out.line(&format!("  {line}"))?;
        }
    }
    let shown_by: Vec<_> = registry
        .subjects
        .iter()
        .filter(|subject| match subject.expect() {
            testimony::Expect::Breaks { any_of } => any_of.contains(&kind),
            testimony::Expect::Holds => false,
        })
        .map(|subject| subject.name())
        .collect();
    if !shown_by.is_empty() {
        out.line(&format!("\nshown by ({program} check NAME):\n  {}", shown_by.join("\n  ")))?;
    }
    let folder = environment::workspace().join("histories");
    if let Some((name, anomaly, faults)) = corpus::example(&folder, kind, registry) {
        let again = format!("{program} replay {name}");
        let context = text::Context {
            subject: &name,
            faults: &faults,
            again: Some(&again),
            program: Some(program),
            ..text::Context::default()
        };
        out.line("\nexample:")?;
        for line in text::render(&anomaly, &context).lines() {
            out.line(format!("  {line}").trim_end())?;
        }
    }
    Ok(Exit::Valid)
}
