//! A verdict in one line, for lists of many.

use crate::safe::{clean, fit, fit_end, pad};
use testimony_verdict::{Finding, Property, Verdict};

/// Operation numbers printed for each anomaly.
const IDS_MAX: usize = 6;

/// Anomalies printed for each verdict.
const ANOMALIES_MAX: usize = 3;

/// Columns of a subject at most, unless the caller's column is wider.
pub const SUBJECT_COLUMNS_MAX: usize = 60;

/// `etcd_000.log  cas-register  linearizable  invalid  stale-read #12 #31`: one property of one
/// file or run. `columns` is the width of the first column.
pub fn verdict(
    subject: &str,
    columns: usize,
    model: &str,
    property: &Property,
    finding: &Finding,
) -> String {
    let columns = columns.min(SUBJECT_COLUMNS_MAX);
    let name = pad(&fit_end(subject, SUBJECT_COLUMNS_MAX), columns);
    let verdict = finding.verdict.name();
    let line = format!(
        "{name}  {}  {property}  {:<7}  {}",
        fit(model, 24),
        verdict.name(),
        evidence(finding)
    );
    line.trim_end().to_owned()
}

/// What a verdict rests on, in a few words: anomalies with operation numbers, or the reason.
pub fn evidence(finding: &Finding) -> String {
    match &finding.verdict {
        Verdict::Valid(_) => String::new(),
        Verdict::Unknown(why) => clean(&why.to_string()),
        Verdict::Invalid(anomalies) => {
            let mut parts: Vec<String> = Vec::new();
            for anomaly in anomalies.iter().take(ANOMALIES_MAX) {
                let required = &anomaly.core.required;
                let mut part = anomaly.kind.id().to_owned();
                for id in required.iter().take(IDS_MAX) {
                    part.push_str(&format!(" {id}"));
                }
                if required.len() > IDS_MAX {
                    part.push_str(&format!(" +{}", required.len() - IDS_MAX));
                }
                parts.push(part);
            }
            if anomalies.len() > ANOMALIES_MAX {
                parts.push(format!("and {} more", anomalies.len() - ANOMALIES_MAX));
            }
            parts.join(", ")
        }
    }
}
