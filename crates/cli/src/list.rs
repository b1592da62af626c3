//! `list`: what there is to name on the command line.

use crate::args::Listed;
use crate::exit::{Exit, Failure};
use crate::judging::known_properties;
use crate::out::Out;
use testimony::formats::Format;
use testimony::report::safe::{clean, pad, width};
use testimony::sim::Family;
use testimony::verdict::{AnomalyKind, Property};
use testimony::{Expect, Registry};

/// Prints one list, or all of them with headings.
pub(crate) fn run(
    what: Option<Listed>,
    registry: &Registry,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let all = [
        (Listed::Systems, "systems"),
        (Listed::Models, "models"),
        (Listed::Levels, "levels and invariants"),
        (Listed::Faults, "faults"),
        (Listed::Anomalies, "anomalies"),
        (Listed::Formats, "formats"),
    ];
    for (listed, heading) in all {
        match what {
            Some(asked) if asked != listed => continue,
            Some(_) => table(&rows(listed, registry), "", out)?,
            None => {
                out.line(&format!("{heading}:"))?;
                table(&rows(listed, registry), "  ", out)?;
            }
        }
    }
    Ok(Exit::Valid)
}

fn rows(listed: Listed, registry: &Registry) -> Vec<(String, String)> {
    let row = |name: &str, words: &str| (name.to_owned(), clean(words));
    match listed {
        Listed::Systems => registry.subjects.iter().map(|subject| system(&**subject)).collect(),
        Listed::Models => {
            registry.models.iter().map(|model| row(model.name(), model.summary())).collect()
        }
        Listed::Levels => {
            let define = |property: &Property| match property {
                Property::Level(level) => level.definition().to_owned(),
                Property::Invariant(name) => {
                    let models: Vec<_> = registry
                        .models
                        .iter()
                        .filter(|model| model.properties().iter().any(|p| p.name() == name))
                        .map(|model| model.name())
                        .collect();
                    format!("an invariant of {}", models.join(", "))
                }
            };
            known_properties(registry).iter().map(|p| row(p.name(), &define(p))).collect()
        }
        Listed::Faults => Family::ALL.iter().map(|f| row(f.name(), f.summary())).collect(),
        Listed::Anomalies => {
            AnomalyKind::ALL.iter().map(|kind| row(kind.id(), kind.title())).collect()
        }
        Listed::Formats => Format::ALL.iter().map(|f| row(f.name(), f.description())).collect(),
    }
}

fn system(subject: &dyn testimony::Subject) -> (String, String) {
    let claims = crate::judging::names(&subject.claims());
    let promise = match subject.expect() {
        Expect::Holds => format!("correct: {claims}"),
        Expect::Breaks { any_of } => {
            let kinds: Vec<_> = any_of.iter().map(|kind| kind.id()).collect();
            format!("broken: shows {}", kinds.join(" or "))
        }
    };
    (subject.name().to_owned(), format!("{} [{promise}]", clean(subject.summary())))
}

fn table(rows: &[(String, String)], indent: &str, out: &mut Out) -> Result<(), Failure> {
    let columns = rows.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    for (name, words) in rows {
        out.line(format!("{indent}{}  {words}", pad(name, columns)).trim_end())?;
    }
    Ok(())
}
