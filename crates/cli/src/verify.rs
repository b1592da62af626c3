//! `verify`: checks certificates that somebody brings against their history. No engine runs.

use crate::args::{self, Output};
use crate::exit::{Exit, Failure};
use crate::input::{Reading, Source, load};
use crate::out::{Out, say};
use crate::replay::print_problems;
use serde::Serialize;
use std::io::Read;
use testimony::Registry;
use testimony::certify::{Accepted, CertificateFile, Rejected};
use testimony::report::json;
use testimony::report::safe::clean;

/// Bytes of a certificate at most: an order of a hundred million operations.
const CERTIFICATE_BYTES_MAX: u64 = 1 << 30;

/// The first line of the stream of `--format json`.
#[derive(Serialize)]
struct Start {
    stream: &'static str,
    version: u32,
}

/// One line of the stream: what became of the claim on one property.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    certificate: &'a str,
    model: &'a str,
    /// Absent when the certificate as a whole is rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    property: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed: Option<&'a str>,
    answer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Checks every claim of the certificate and prints a line for each.
pub(crate) fn run(
    args: &args::Verify,
    registry: &Registry,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let mut reading = Reading::new(&args.input, registry)?;
    let file = certificate(args)?;
    // Logs do not say what their model is; the certificate does.
    reading.otherwise = Some(file.model.clone());
    let source = match args.history.as_str() {
        "-" => Source::Stdin,
        path => Source::Path(path.into()),
    };
    let name = source.name();
    let loaded = match load(&name, source.open()?, &reading, registry) {
        Ok(loaded) => loaded,
        Err(problems) => {
            print_problems(&name, &problems);
            return Ok(Exit::Unreadable);
        }
    };
    for note in loaded.history.notes() {
        say(&clean(&format!("note: {name}: {note}")));
    }
    if args.format == Output::Json {
        out.line(&json::line(&Start { stream: "testimony-verifications", version: 1 }))?;
    }
    let certificate = args.certificate.display().to_string();
    let model = loaded.model.name();
    let claims = file.properties.iter();
    let claims: Vec<_> = claims.map(|(name, claimed)| (name.clone(), claimed.name())).collect();
    let mut print = |property, claimed, checked: &Result<Accepted, Rejected>| {
        let (exit, answer, reason) = answer(checked);
        let file = name.as_str();
        let line =
            Line { file, certificate: &certificate, model, property, claimed, answer, reason };
        match args.format {
            Output::Json => out.line(&json::line(&line))?,
            Output::Text => out.line(&line.text())?,
        }
        Ok::<Exit, Failure>(exit)
    };
    match loaded.history.verify(file) {
        Err(other) => print(None, None, &Err(other)),
        Ok(checked) => {
            let mut exits = Vec::new();
            for (property, claimed) in &claims {
                if let Some(checked) = checked.get(property) {
                    exits.push(print(Some(property), Some(*claimed), checked)?);
                }
            }
            Ok(Exit::of(exits))
        }
    }
}

/// Reads the certificate; what is wrong with it is one line with its name.
fn certificate(args: &args::Verify) -> Result<CertificateFile, Failure> {
    let source = Source::Path(args.certificate.clone());
    let name = source.name();
    let mut bytes = Vec::new();
    let limited = source.open()?.take(CERTIFICATE_BYTES_MAX + 1).read_to_end(&mut bytes);
    limited.map_err(|error| Failure::io(&name, &error))?;
    if bytes.len() as u64 > CERTIFICATE_BYTES_MAX {
        let most = CERTIFICATE_BYTES_MAX;
        return Err(Failure::unreadable(format!("{name}: larger than {most} bytes")));
    }
    CertificateFile::read(&bytes).map_err(|error| {
        let place = if error.line > 0 { format!("{name}:{}", error.line) } else { name };
        Failure::unreadable(format!("{place}: {}", error.what))
    })
}

/// What an answer of the verifier ends with, and in words.
fn answer(checked: &Result<Accepted, Rejected>) -> (Exit, &'static str, Option<String>) {
    match checked {
        Ok(Accepted::Proven) => (Exit::Valid, "accepted", None),
        Ok(Accepted::Undecided(why)) => (Exit::Unknown, "undecided", Some(why.clone())),
        Err(why) => (Exit::Anomaly, "rejected", Some(why.to_string())),
    }
}

impl Line<'_> {
    fn text(&self) -> String {
        let Line { file, model, property, claimed, answer, reason, .. } = self;
        let mut words = vec![clean(file), clean(model)];
        words.extend([property, claimed].into_iter().flatten().map(|word| clean(word)));
        words.push(match reason {
            Some(reason) => format!("{answer}: {}", clean(reason)),
            None => (*answer).to_owned(),
        });
        words.join("  ")
    }
}
