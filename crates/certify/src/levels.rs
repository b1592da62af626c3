//! The levels beside linearizability: their certificates replayed, their cores decided again.
//!
//! - Sequential consistency shows one order; it keeps every session and the model accepts it.
//! - Causal memory, causal convergence, PRAM and the session guarantees show what each read saw and
//!   an order, or one for each session ([`Views`]); module `views` holds them to the definition.
//! - Regular and safe registers and eventual convergence are decided again in O(n log n).
//! - A core is closed when every write that a required answer could have seen is inside; then any
//!   explanation of the history, cut down to the core, explains the core: relaxed writes that nobody
//!   saw can be taken out of every order, and what is left keeps the order of its sessions. Module
//!   `again` looks for an explanation by trying orders, not by saturation.

mod again;
mod intervals;
mod orders;
mod record;
mod views;

use crate::contradiction::Answer;
use crate::part::{Members, Part};
use crate::recorded::Recorded;
use crate::{Limits, Rejected};
use record::Record;
use testimony_history::OpId;
use testimony_verdict::{Anomaly, Assurance, Certificate, Core, Level, Verdict};

/// Verifies a verdict on a level that is not linearizability.
pub(crate) fn verify(
    history: &dyn Recorded,
    level: Level,
    verdict: &mut Verdict,
    limits: &Limits<'_>,
) -> Result<(), Rejected> {
    match verdict {
        Verdict::Unknown(_) => Ok(()),
        Verdict::Valid(certificate) => valid(history, level, certificate),
        Verdict::Invalid(anomalies) => invalid(history, level, anomalies, limits),
    }
}

fn is_about_intervals(level: Level) -> bool {
    matches!(level, Level::Regular | Level::Safe | Level::EventualConvergence)
}

fn valid(history: &dyn Recorded, level: Level, certificate: &Certificate) -> Result<(), Rejected> {
    let record = Record::read(history)?;
    match certificate {
        Certificate::Checked if is_about_intervals(level) => {
            match intervals::broken(&record, level, history.quiet_from())?.as_slice() {
                [] => Ok(()),
                [id, ..] => Err(Rejected::Broken(format!("{id}"))),
            }
        }
        Certificate::Order(order) if level == Level::Sequential => {
            record.check_sessions()?;
            orders::sequential(history, order)
        }
        Certificate::Views(shown) if level != Level::Sequential && !is_about_intervals(level) => {
            record.check_sessions()?;
            views::verify(&record, level, shown)
        }
        _ => Err(Rejected::Undecided(level.to_string())),
    }
}

fn invalid(
    history: &dyn Recorded,
    level: Level,
    anomalies: &mut [Anomaly],
    limits: &Limits<'_>,
) -> Result<(), Rejected> {
    if anomalies.is_empty() {
        return Err(Rejected::NoAnomaly);
    }
    // Made once, however many anomalies there are.
    let whole = Part::whole(history);
    let record = Record::read(history)?;
    let broken = if is_about_intervals(level) {
        Some(intervals::broken(&record, level, history.quiet_from())?)
    } else {
        record.check_sessions()?;
        None
    };
    for anomaly in anomalies {
        if anomaly.property != testimony_verdict::Property::Level(level) {
            return Err(Rejected::OtherProperty(anomaly.property.to_string()));
        }
        let members: Members<'_> = whole.members(&anomaly.core)?;
        if members.required.is_empty() {
            return Err(Rejected::Empty);
        }
        anomaly.assurance = match &broken {
            Some(broken) => among(broken, &anomaly.core)?,
            None => contradictory(&record, level, &anomaly.core, limits)?,
        };
    }
    Ok(())
}

/// A read of the core is one of those whose interval the level does not allow.
fn among(broken: &[OpId], core: &Core) -> Result<Assurance, Rejected> {
    if broken.iter().any(|id| core.required.contains(id)) {
        Ok(Assurance::Reproved)
    } else {
        Err(Rejected::Consistent)
    }
}

/// The core is closed, and no order explains it.
fn contradictory(
    record: &Record<'_>,
    level: Level,
    core: &Core,
    limits: &Limits<'_>,
) -> Result<Assurance, Rejected> {
    let core = record.core(core);
    record.check_closed(&core, level)?;
    match again::decide(&core, level, limits) {
        Answer::Contradictory => Ok(Assurance::Reproved),
        Answer::TooLarge => Ok(Assurance::EngineOnly),
        Answer::Consistent => Err(Rejected::Consistent),
    }
}
