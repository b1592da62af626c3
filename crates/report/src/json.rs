//! The wire format of verdicts: the lines of `--format json`, and the file `verdict.json`.
//!
//! The stream begins with a version line, then has one [`Line`] for each file or run and property:
//!
//! ```json
//! {"stream":"testimony-verdicts","version":1}
//! {"file":"etcd_000.log","model":"cas-register","property":"linearizable","verdict":"invalid","engine":"search","assurance":"reproved","operations":170,"anomalies":[{"kind":"stale-read","required":[12,31],"optional":[7]}],"timing":{"read_ms":0.4,"check_ms":0.7}}
//! ```
//!
//! The types here are counterparts of those of the verdict crate, so that those can change without
//! breaking a reader. `timing` is the only part that depends on the clock; it is never compared and
//! never in `verdict.json`. Within a version, fields are only ever added.

use crate::safe::is_hostile;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use testimony_history::{Message, OpId, Process};
use testimony_verdict::{
    Anomaly, Assurance, Certificate, Finding, Judgement, Property, Staleness, Verdict, VerdictName,
};

/// Version of the stream and of `verdict.json`.
pub const VERSION: u32 = 1;

/// The first line of a stream.
#[derive(Serialize, Debug)]
pub struct Start {
    stream: &'static str,
    version: u32,
}

impl Start {
    /// The first line of a stream of this version.
    pub const NOW: Start = Start { stream: "testimony-verdicts", version: VERSION };
}

/// What was judged.
#[derive(Clone, Copy, Serialize, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Subject<'a> {
    /// A recorded history.
    File(&'a str),
    /// A simulated run, by its id.
    Run(&'a str),
}

/// How long it took, in milliseconds of the wall clock.
#[derive(Clone, Copy, Serialize, Debug, Default)]
pub struct Timing {
    /// Reading and typing the history.
    pub read_ms: f64,
    /// Judging it: engine, core, certificate and verification.
    pub check_ms: f64,
}

impl Timing {
    /// Milliseconds with three decimals: clocks are no finer.
    pub fn new(read_ms: f64, check_ms: f64) -> Timing {
        let micros = |ms: f64| (ms * 1_000.0).round() / 1_000.0;
        Timing { read_ms: micros(read_ms), check_ms: micros(check_ms) }
    }
}

/// One line of a stream: a file or run under one property.
#[derive(Serialize, Debug)]
pub struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'a str>,
    model: &'a str,
    property: &'a str,
    verdict: &'static str,
    engine: &'static str,
    /// Who vouches for it; absent for `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    assurance: Option<&'static str>,
    operations: usize,
    anomalies: Vec<LineAnomaly<'a>>,
    /// How many of the anomalies have cores that were too large to be decided again.
    #[serde(skip_serializing_if = "is_zero")]
    engine_only: usize,
    /// Only for `linearizable`, where reads were stale: by how much.
    #[serde(skip_serializing_if = "<[Staleness]>::is_empty")]
    staleness: &'a [Staleness],
    /// Only for `unknown`: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    timing: Timing,
}

/// An anomaly in a [`Line`].
#[derive(Serialize, Debug)]
struct LineAnomaly<'a> {
    kind: &'static str,
    /// Only where keys are judged apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    required: &'a [OpId],
    optional: &'a [OpId],
    /// Only where the engine alone vouches.
    #[serde(skip_serializing_if = "Option::is_none")]
    assurance: Option<&'static str>,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn name_of(assurance: Assurance) -> &'static str {
    match assurance {
        Assurance::Reproved => "reproved",
        Assurance::EngineOnly => "engine-only",
    }
}

impl<'a> Line<'a> {
    /// The line for one finding of a judgement.
    pub fn new(
        subject: Subject<'a>,
        model: &'a str,
        (property, finding): (&'a Property, &'a Finding),
        judgement: &Judgement,
        timing: Timing,
    ) -> Line<'a> {
        let (file, run) = match subject {
            Subject::File(name) => (Some(name), None),
            Subject::Run(id) => (None, Some(id)),
        };
        let anomaly = |anomaly: &'a Anomaly| LineAnomaly {
            kind: anomaly.kind.id(),
            key: anomaly.key.as_deref(),
            required: &anomaly.core.required,
            optional: &anomaly.core.optional,
            assurance: (anomaly.assurance == Assurance::EngineOnly)
                .then_some(name_of(anomaly.assurance)),
        };
        let anomalies: Vec<_> = anomalies_of(&finding.verdict).iter().map(anomaly).collect();
        Line {
            file,
            run,
            model,
            property: property.name(),
            verdict: finding.verdict.name().name(),
            engine: finding.engine.name(),
            assurance: judgement.assurance(property).map(name_of),
            operations: judgement.operations,
            engine_only: anomalies.iter().filter(|one| one.assurance.is_some()).count(),
            anomalies,
            staleness: &[],
            reason: reason_of(&finding.verdict),
            timing,
        }
    }

    /// The same with how stale reads were, where it is the line for linearizability.
    pub fn with_staleness(mut self, staleness: &'a [Staleness]) -> Line<'a> {
        if self.property == Property::LINEARIZABLE.name() {
            self.staleness = staleness;
        }
        self
    }
}

fn anomalies_of(verdict: &Verdict) -> &[Anomaly] {
    match verdict {
        Verdict::Invalid(anomalies) => anomalies,
        Verdict::Valid(_) | Verdict::Unknown(_) => &[],
    }
}

fn reason_of(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Unknown(why) => Some(why.to_string()),
        Verdict::Valid(_) | Verdict::Invalid(_) => None,
    }
}

/// What was run, for `verdict.json`.
#[derive(Clone, Copy, Serialize, Debug)]
pub struct RunName<'a> {
    /// Its id, e.g. `quorum-register/abd@0007`.
    pub run: &'a str,
    /// The system, e.g. `quorum-register/abd`.
    pub system: &'a str,
    /// The seed of its plan.
    pub seed: u64,
    /// The model by which it was judged.
    pub model: &'a str,
    /// What was found about the run itself: a run with findings failed, whatever its clients saw.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub findings: &'a [String],
}

#[derive(Serialize)]
struct VerdictFile<'a> {
    version: u32,
    #[serde(flatten)]
    name: RunName<'a>,
    verdict: Option<&'static str>,
    operations: usize,
    answered: usize,
    #[serde(skip_serializing_if = "<[Staleness]>::is_empty")]
    staleness: &'a [Staleness],
    properties: Vec<PropertyPart<'a>>,
}

#[derive(Serialize)]
struct PropertyPart<'a> {
    property: &'a str,
    verdict: &'static str,
    engine: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    assurance: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<CertificatePart<'a>>,
    anomalies: Vec<AnomalyPart<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum CertificatePart<'a> {
    Order(&'a [OpId]),
    ByKey(BTreeMap<&'a str, CertificatePart<'a>>),
    Views {
        saw: &'a BTreeMap<OpId, Option<OpId>>,
        common: &'a [OpId],
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        own: &'a BTreeMap<Process, Vec<OpId>>,
    },
    Checked,
}

/// Certificates nest once (keys, then orders); deeper ones are not made.
impl<'a> CertificatePart<'a> {
    fn new(certificate: &'a Certificate) -> CertificatePart<'a> {
        match certificate {
            Certificate::Order(order) => CertificatePart::Order(order),
            Certificate::Checked => CertificatePart::Checked,
            Certificate::Views(views) => {
                CertificatePart::Views { saw: &views.saw, common: &views.common, own: &views.own }
            }
            Certificate::ByKey(keys) => CertificatePart::ByKey(
                keys.iter()
                    .map(|(key, part)| (key.as_str(), CertificatePart::flat(part)))
                    .collect(),
            ),
        }
    }

    fn flat(certificate: &'a Certificate) -> CertificatePart<'a> {
        match certificate {
            Certificate::Order(order) => CertificatePart::Order(order),
            Certificate::Checked | Certificate::ByKey(_) | Certificate::Views(_) => {
                CertificatePart::Checked
            }
        }
    }
}

#[derive(Serialize)]
struct AnomalyPart<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    required: &'a [OpId],
    optional: &'a [OpId],
    assurance: &'static str,
    headline: &'a str,
    sentence: &'a str,
    why: Vec<ReasonPart<'a>>,
    edges: Vec<EdgePart>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'a str>,
}

#[derive(Serialize)]
struct ReasonPart<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    edge: Option<EdgePart>,
}

#[derive(Serialize)]
struct EdgePart {
    before: OpId,
    after: OpId,
    why: &'static str,
}

impl EdgePart {
    fn new(edge: &testimony_verdict::Edge) -> EdgePart {
        EdgePart { before: edge.before, after: edge.after, why: edge.kind.name() }
    }
}

impl<'a> AnomalyPart<'a> {
    fn new(anomaly: &'a Anomaly) -> AnomalyPart<'a> {
        let explanation = &anomaly.explanation;
        let reason = |reason: &'a testimony_verdict::Reason| ReasonPart {
            text: &reason.text,
            edge: reason.edge.as_ref().map(EdgePart::new),
        };
        AnomalyPart {
            kind: anomaly.kind.id(),
            key: anomaly.key.as_deref(),
            required: &anomaly.core.required,
            optional: &anomaly.core.optional,
            assurance: name_of(anomaly.assurance),
            headline: &explanation.headline,
            sentence: &explanation.sentence,
            why: explanation.why.iter().map(reason).collect(),
            edges: anomaly.edges.iter().map(EdgePart::new).collect(),
            refusal: anomaly.refusal.as_deref(),
        }
    }
}

/// The file `verdict.json` of a run: everything that was decided, with the evidence, readable and
/// with a final newline. Equal judgements give equal bytes. A run with findings is `invalid` as a whole,
/// even where every property holds.
pub fn verdict_file(name: RunName<'_>, judgement: &Judgement) -> String {
    let part = |(property, finding): (_, _)| {
        let (property, finding): (&Property, &Finding) = (property, finding);
        PropertyPart {
            property: property.name(),
            verdict: finding.verdict.name().name(),
            engine: finding.engine.name(),
            assurance: judgement.assurance(property).map(name_of),
            reason: reason_of(&finding.verdict),
            certificate: match &finding.verdict {
                Verdict::Valid(certificate) => Some(CertificatePart::new(certificate)),
                Verdict::Invalid(_) | Verdict::Unknown(_) => None,
            },
            anomalies: anomalies_of(&finding.verdict).iter().map(AnomalyPart::new).collect(),
        }
    };
    let failed_by_itself = !name.findings.is_empty();
    let merged = if failed_by_itself { Some(VerdictName::Invalid) } else { judgement.merged() };
    let file = VerdictFile {
        version: VERSION,
        name,
        verdict: merged.map(VerdictName::name),
        operations: judgement.operations,
        answered: judgement.answered,
        staleness: &judgement.staleness,
        properties: judgement.by.iter().map(part).collect(),
    };
    let mut text = serde_json::to_string_pretty(&file).map_or_else(failed, escape);
    text.push('\n');
    text
}

/// Any of these values as one line of JSON, without the newline.
pub fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).map_or_else(failed, escape)
}

/// The lines of a message journal.
pub fn message_lines(messages: &[Message]) -> String {
    let mut lines = Vec::new();
    for message in messages {
        if let Err(error) = serde_json::to_writer(&mut lines, message) {
            lines.extend(failed(error).into_bytes());
        }
        lines.push(b'\n');
    }
    String::from_utf8(lines).map_or_else(failed, escape)
}

/// What stands for a value that cannot be written. None of our types can fail: they have string
/// keys only, and no floats but finite ones.
fn failed(error: impl std::fmt::Display) -> String {
    let words: String = error.to_string().chars().filter(|c| !matches!(c, '"' | '\\')).collect();
    format!("{{\"error\":\"{words}\"}}")
}

/// JSON text in which no string holds a character that a terminal would obey. In JSON such
/// characters can only stand inside strings, where an escape means the same.
fn escape(json: String) -> String {
    // Nearly every text: nothing to do.
    if json.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return json;
    }
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_hostile(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}
