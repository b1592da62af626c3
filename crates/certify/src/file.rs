//! Certificates as files: what `replay --certificate` writes and `verify` checks again.
//!
//! One file holds the evidence of every verdict on one history, as JSON:
//!
//! ```json
//! {
//!   "format": "testimony-certificate",
//!   "version": 1,
//!   "model": "register",
//!   "digest": "blake3:5f0c..",
//!   "operations": 3,
//!   "properties": {
//!     "linearizable": {"invalid":[{"kind":"stale-read","required":[0,3,5],"optional":[]}]}
//!   }
//! }
//! ```
//!
//! Only what the verifier checks stands in it, and the anomaly's name as a label. The digest
//! ([`crate::digest`]) ties it to its history. Within a version fields are only ever added.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use testimony_history::OpId;
use testimony_verdict::{
    Anomaly, AnomalyKind, Assurance, Certificate, Core, Explanation, Judgement, Property, Verdict,
};

/// The certificates of the verdicts on one history.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateFile {
    format: String,
    version: u32,
    /// The model by which the history was judged.
    pub model: String,
    /// The digest of the history that was judged.
    pub digest: String,
    /// How many operations it has.
    pub operations: usize,
    /// What is claimed of each property, by its name.
    pub properties: BTreeMap<String, Claimed>,
}

/// What is claimed of one property, with the evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claimed {
    /// It holds, because of this.
    Valid(Certificate),
    /// It is broken, because these operations contradict each other.
    Invalid(Vec<ClaimedCore>),
    /// Nothing is claimed, for this reason.
    Unknown(String),
}

/// The core of an anomaly.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimedCore {
    /// The anomaly's name: a label that nobody verifies.
    pub kind: AnomalyKind,
    /// The key on which it happened, where keys are judged apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Operations that count as recorded, by id.
    pub required: Vec<OpId>,
    /// Operations that may take effect from their call on, or never, by id.
    pub optional: Vec<OpId>,
}

/// What every version has, to tell versions apart before anything else is read.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u64,
}

/// Why a file is no certificate, with the line where that is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoCertificate {
    /// The line, from 1; 0 when it is about the whole file.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl NoCertificate {
    fn whole(what: String) -> NoCertificate {
        NoCertificate { line: 0, what }
    }
}

impl From<serde_json::Error> for NoCertificate {
    fn from(error: serde_json::Error) -> NoCertificate {
        let words = error.to_string();
        // The place is told apart from the message.
        let what = words.rsplit_once(" at line ").map_or(words.as_str(), |(what, _)| what);
        let at = if error.column() > 0 {
            format!(" (column {})", error.column())
        } else {
            String::new()
        };
        NoCertificate { line: error.line(), what: format!("no certificate: {what}{at}") }
    }
}

impl CertificateFile {
    /// What the field `format` says.
    pub const FORMAT: &'static str = "testimony-certificate";
    /// The version that is written and read.
    pub const VERSION: u32 = 1;

    /// The certificates of a judgement on the history with this digest.
    pub fn new(model: &str, digest: String, judgement: &Judgement) -> CertificateFile {
        let claimed = |verdict: &Verdict| match verdict {
            Verdict::Valid(certificate) => Claimed::Valid(certificate.clone()),
            Verdict::Unknown(why) => Claimed::Unknown(why.to_string()),
            Verdict::Invalid(anomalies) => {
                Claimed::Invalid(anomalies.iter().map(ClaimedCore::new).collect())
            }
        };
        let properties = judgement.by.iter();
        let properties =
            properties.map(|(property, finding)| (property.to_string(), claimed(&finding.verdict)));
        CertificateFile {
            format: CertificateFile::FORMAT.to_owned(),
            version: CertificateFile::VERSION,
            model: model.to_owned(),
            digest,
            operations: judgement.operations,
            properties: properties.collect(),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// It is no JSON, no certificate, or of another version; says which line is wrong.
    pub fn read(bytes: &[u8]) -> Result<CertificateFile, NoCertificate> {
        let head: Head = serde_json::from_slice(bytes)?;
        if head.format != CertificateFile::FORMAT {
            let format: String = head.format.chars().take(40).collect();
            let what = format!("no certificate: its format is `{format}`");
            return Err(NoCertificate::whole(what));
        }
        if head.version != u64::from(CertificateFile::VERSION) {
            let (found, known) = (head.version, CertificateFile::VERSION);
            let what = format!("version {found} of certificates; only version {known} is known");
            return Err(NoCertificate::whole(what));
        }
        Ok(serde_json::from_slice(bytes)?)
    }

    /// The text of the file: a line for each property, and a final newline. Equal certificates give
    /// equal bytes.
    pub fn to_text(&self) -> String {
        let CertificateFile { format, version, model, digest, operations, properties } = self;
        let mut out = String::from("{\n");
        let _ = writeln!(out, "  \"format\": {},", json(format));
        let _ = writeln!(out, "  \"version\": {version},");
        let _ = writeln!(out, "  \"model\": {},", json(model));
        let _ = writeln!(out, "  \"digest\": {},", json(digest));
        let _ = writeln!(out, "  \"operations\": {operations},");
        out.push_str("  \"properties\": {");
        for (position, (name, claimed)) in properties.iter().enumerate() {
            out.push_str(if position == 0 { "\n    " } else { ",\n    " });
            let _ = write!(out, "{}: {}", json(name), json(claimed));
        }
        out.push_str(if properties.is_empty() { "}\n}\n" } else { "\n  }\n}\n" });
        out
    }
}

/// A value as JSON; ours have string keys and no floats, so none can fail.
fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

impl ClaimedCore {
    fn new(anomaly: &Anomaly) -> ClaimedCore {
        let Core { required, optional } = anomaly.core.clone();
        ClaimedCore { kind: anomaly.kind, key: anomaly.key.clone(), required, optional }
    }

    fn anomaly(self, property: &Property) -> Anomaly {
        Anomaly {
            kind: self.kind,
            property: property.clone(),
            key: self.key,
            core: Core { required: self.required, optional: self.optional },
            edges: Vec::new(),
            refusal: None,
            assurance: Assurance::EngineOnly,
            explanation: Explanation::default(),
        }
    }
}

impl Claimed {
    /// What is claimed, in a word: `valid`, `invalid` or `unknown`.
    pub fn name(&self) -> &'static str {
        match self {
            Claimed::Valid(_) => "valid",
            Claimed::Invalid(_) => "invalid",
            Claimed::Unknown(_) => "unknown",
        }
    }

    /// The verdict, as the verifier takes it; `None` when nothing is claimed.
    pub(crate) fn verdict(self, property: &Property) -> Option<Verdict> {
        match self {
            Claimed::Valid(certificate) => Some(Verdict::Valid(certificate)),
            Claimed::Unknown(_) => None,
            Claimed::Invalid(cores) => {
                let anomalies = cores.into_iter().map(|core| core.anomaly(property)).collect();
                Some(Verdict::Invalid(anomalies))
            }
        }
    }
}
