//! The report of one anomaly for a terminal: at most about 45 lines of 100 columns.
//!
//! Headline, the contradiction in a sentence, the drawing, the numbered why, findings about the run
//! itself, and how to see it again. It depends on the anomaly and its [`Context`] alone; colours are
//! the business of whoever prints it.

use crate::lanes::{COLUMNS_MAX, draw};
use crate::safe::{clean, fit, width, wrap};
use crate::spectrum::Spectrum;
use std::fmt::Write as _;
use testimony_history::{FaultEvent, OpId};
use testimony_verdict::{Anomaly, Assurance, Property, Reason, Staleness};

/// Lines of the sentence.
const SENTENCE_LINES_MAX: usize = 4;

/// Steps of the why that are printed.
const REASONS_MAX: usize = 8;

/// Lines of one step.
const REASON_LINES_MAX: usize = 2;

/// Findings that are printed.
const FINDINGS_MAX: usize = 3;

/// Operation numbers of a core that are printed.
const IDS_MAX: usize = 12;

/// What stands around an anomaly in its report.
#[derive(Clone, Debug, Default)]
pub struct Context<'a> {
    /// What was judged: a run (`kv@0007`) or a file's name.
    pub subject: &'a str,
    /// The fault log of the whole run; the faults near the anomaly are drawn.
    pub faults: &'a [FaultEvent],
    /// What else was found about the run itself, e.g. panics of nodes.
    pub findings: &'a [String],
    /// The command that shows it again, to be pasted.
    pub again: Option<&'a str>,
    /// The program that explains names of anomalies; `testimony` when it is not given.
    pub program: Option<&'a str>,
    /// How stale the reads of keys were, where that is known.
    pub staleness: &'a [Staleness],
    /// Where the history stands between the levels, if several were judged.
    pub spectrum: Option<&'a Spectrum>,
    /// Where the files of the run are.
    pub files: Option<&'a str>,
}

/// Renders an anomaly. Ends with a newline; contains no escape sequences.
pub fn render(anomaly: &Anomaly, context: &Context<'_>) -> String {
    let mut out = headline(anomaly, context.subject);
    out.push('\n');
    let explanation = &anomaly.explanation;
    let sentence = wrap(&explanation.sentence, COLUMNS_MAX - 4, SENTENCE_LINES_MAX);
    section(&mut out, sentence.iter().map(|line| format!("  {line}")));
    section(&mut out, draw(&explanation.scene, context.faults));
    let mut notes = why(&explanation.why);
    notes.extend(refusal(anomaly));
    notes.extend(core(anomaly));
    notes.extend(
        crate::stale::note(anomaly, context.staleness)
            .map(|note| hanging("  stale: ", &note, 2))
            .unwrap_or_default(),
    );
    if let Some(spectrum) = context.spectrum {
        notes.extend(hanging("  ", &spectrum.words(), 3));
    }
    for finding in context.findings.iter().take(FINDINGS_MAX) {
        notes.extend(hanging("  nodes: ", finding, 2));
    }
    if context.findings.len() > FINDINGS_MAX {
        notes.push(format!("         ... and {} more", context.findings.len() - FINDINGS_MAX));
    }
    section(&mut out, notes);
    let mut links = Vec::new();
    if let Some(files) = context.files {
        links.push(format!("  files: {}", clean(files)));
    }
    if let Some(again) = context.again {
        links.push(format!("  again: {}", clean(again)));
    }
    let program = clean(context.program.unwrap_or("testimony"));
    links.push(format!("  about: {program} explain {}", anomaly.kind));
    section(&mut out, links);
    out
}

/// A block of lines after an empty line; nothing for an empty block.
fn section(out: &mut String, lines: impl IntoIterator<Item = String>) {
    for (position, line) in lines.into_iter().enumerate() {
        if position == 0 {
            out.push('\n');
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// `FAIL kv@0007  not linearizable: stale read of "x"      [stale-read]`, in one line.
pub fn headline(anomaly: &Anomaly, subject: &str) -> String {
    let tag = format!("[{}]", anomaly.kind);
    let broken = match &anomaly.property {
        Property::Level(level) => format!("not {}", level.name()),
        Property::Invariant(name) => format!("breaks {}", clean(name)),
    };
    let words = match anomaly.explanation.headline.as_str() {
        "" => anomaly.kind.title().to_owned(),
        words => words.to_owned(),
    };
    let subject = fit(subject, 48);
    let room = COLUMNS_MAX - tag.len() - 2;
    let left = fit(&format!("FAIL {subject}  {broken}: {words}"), room);
    let gap = COLUMNS_MAX - tag.len() - width(&left);
    format!("{left}{}{tag}", " ".repeat(gap))
}

/// The lines of a text behind a label, further lines indented below its begin.
fn hanging(label: &str, text: &str, lines_max: usize) -> Vec<String> {
    let indent = width(label);
    let lines = wrap(text, COLUMNS_MAX - indent, lines_max);
    let lead = |at: usize| if at == 0 { label.to_owned() } else { " ".repeat(indent) };
    lines.iter().enumerate().map(|(at, line)| format!("{}{line}", lead(at))).collect()
}

fn why(reasons: &[Reason]) -> Vec<String> {
    let mut lines = Vec::new();
    for (position, reason) in reasons.iter().take(REASONS_MAX).enumerate() {
        let lead = if position == 0 { "  why:" } else { "      " };
        let mut step =
            hanging(&format!("{lead} {}. ", position + 1), &reason.text, REASON_LINES_MAX);
        if let (Some(edge), Some(last)) = (&reason.edge, step.last_mut()) {
            let name = format!("({})", edge.kind.name());
            let gap = COLUMNS_MAX.saturating_sub(width(last) + name.len());
            if !reason.text.contains(&name) && gap >= 2 {
                let _ = write!(last, "{}{name}", " ".repeat(gap.min(6)));
            }
        }
        lines.extend(step);
    }
    if reasons.len() > REASONS_MAX {
        lines.push(format!("       ... and {} more steps", reasons.len() - REASONS_MAX));
    }
    lines
}

/// The model's own words, where the why does not already say them.
fn refusal(anomaly: &Anomaly) -> Vec<String> {
    let Some(refusal) = &anomaly.refusal else { return Vec::new() };
    let said = anomaly.explanation.why.iter().any(|reason| reason.text.contains(refusal.as_str()));
    if said { Vec::new() } else { hanging("  model: ", refusal, 2) }
}

/// Which operations form the contradiction, and who vouches for it.
fn core(anomaly: &Anomaly) -> Vec<String> {
    let mut line = ids(&anomaly.core.required);
    if !anomaly.core.optional.is_empty() {
        let _ = write!(line, "; may have happened: {}", ids(&anomaly.core.optional));
    }
    if let Some(key) = &anomaly.key {
        let _ = write!(line, "  (key {})", fit(key, 24));
    }
    line.push_str(match anomaly.assurance {
        Assurance::Reproved => "  (verified)",
        Assurance::EngineOnly => "  (too large to verify: the engine alone vouches)",
    });
    hanging("  core: ", &line, 3)
}

fn ids(ids: &[OpId]) -> String {
    let mut text: Vec<String> = ids.iter().take(IDS_MAX).map(ToString::to_string).collect();
    if ids.len() > IDS_MAX {
        text.push(format!("and {} more", ids.len() - IDS_MAX));
    }
    text.join(" ")
}
