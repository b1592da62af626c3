//! What a system is expected to show.

use testimony_verdict::AnomalyKind;

/// What a campaign expects of a system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expect {
    /// Every claim holds under every seed.
    Holds,
    /// It is broken on purpose: some seed shows one of these anomalies.
    Breaks {
        /// Anomalies of which any one counts; twins that look alike to clients promise several.
        any_of: &'static [AnomalyKind],
    },
}
