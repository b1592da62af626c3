//! Where a history stands between the levels: the strongest that hold, the weakest that break.

use serde::Serialize;
use testimony_verdict::{Judgement, Level, Property, VerdictName};

/// The answer for one history or run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Spectrum {
    /// The strongest levels that hold.
    pub holds: Vec<Level>,
    /// The weakest levels that break.
    pub breaks: Vec<Level>,
    /// Levels that nobody could decide.
    pub unknown: Vec<Level>,
}

impl Spectrum {
    /// The answer of a judgement, if it judged several levels.
    pub fn of(judgement: &Judgement) -> Option<Spectrum> {
        let levels = judgement.by.keys().filter(|judged| matches!(judged, Property::Level(_)));
        let several = levels.count() > 1;
        several.then(|| Spectrum {
            holds: judgement.holds(),
            breaks: judgement.breaks(),
            unknown: judgement.levels(VerdictName::Unknown),
        })
    }

    /// `holds: sequential consistency. breaks: linearizability.`
    pub fn words(&self) -> String {
        let list = |label: &str, levels: &[Level]| {
            let titles: Vec<_> = levels.iter().map(|level| level.title()).collect();
            (!titles.is_empty()).then(|| format!("{label}: {}.", titles.join(", ")))
        };
        let parts = [
            Some(list("holds", &self.holds).unwrap_or_else(|| "holds: none of these.".to_owned())),
            Some(list("breaks", &self.breaks).unwrap_or_else(|| "breaks: none.".to_owned())),
            list("unknown", &self.unknown),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// The line of a stream that says so: after the lines of its file or run.
#[derive(Serialize, Debug)]
pub struct SpectrumLine<'a> {
    file: &'a str,
    model: &'a str,
    holds: Vec<&'static str>,
    breaks: Vec<&'static str>,
    unknown: Vec<&'static str>,
}

impl<'a> SpectrumLine<'a> {
    /// The line of a file.
    pub fn new(file: &'a str, model: &'a str, spectrum: &Spectrum) -> SpectrumLine<'a> {
        let names = |levels: &[Level]| levels.iter().map(|level| level.name()).collect();
        SpectrumLine {
            file,
            model,
            holds: names(&spectrum.holds),
            breaks: names(&spectrum.breaks),
            unknown: names(&spectrum.unknown),
        }
    }
}
