//! A run behind one face, and its history as text.

use crate::{AnyRun, Claim, JudgeOptions, Moment, judge_verified};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use testimony_history::{FaultEvent, History, Message, OpId, Operation, Rank};
use testimony_model::Model;
use testimony_sim::{Coverage, Ran};
use testimony_verdict::{Anomaly, Judgement, Property};

/// A run whose model is forgotten.
pub(super) struct OneRun<M: Model> {
    pub(super) model: M,
    pub(super) claims: Vec<Claim<M>>,
    pub(super) ran: Ran<M>,
    pub(super) history: String,
    /// The plan that the run left behind, where it says more than the one that was run.
    pub(super) completed_plan: Option<String>,
}

impl<M: Model> AnyRun for OneRun<M> {
    fn history(&self) -> &str {
        &self.history
    }

    fn completed_plan(&self) -> Option<&str> {
        self.completed_plan.as_deref()
    }

    fn faults(&self) -> &[FaultEvent] {
        &self.ran.record.faults
    }

    fn messages(&self) -> &[Message] {
        &self.ran.record.messages
    }

    fn findings(&self) -> &[String] {
        &self.ran.record.findings
    }

    fn log(&self) -> &[String] {
        &self.ran.log
    }

    fn virtual_ms(&self) -> u64 {
        self.ran.virtual_ms
    }

    fn coverage(&self) -> &Coverage {
        &self.ran.coverage
    }

    fn failed_at(&self, judgement: &Judgement) -> Moment {
        let history = &self.ran.record.history;
        let shown = judgement.anomalies().filter_map(|anomaly| shown_at(history, anomaly)).min();
        shown.unwrap_or_else(|| history.operations.iter().map(ended).max().unwrap_or_default())
    }

    fn judge(&self, options: &JudgeOptions) -> Judgement {
        let asked = |claim: &&Claim<M>| {
            let properties: &[Property] = &options.properties;
            properties.is_empty() || properties.contains(&claim.property())
        };
        let claims: Vec<_> = self.claims.iter().filter(asked).cloned().collect();
        judge_verified(&self.model, &self.ran.record.history, &claims, options)
    }
}

/// When the last of an operation's events happened.
fn ended<O, R>(operation: &Operation<O, R>) -> Moment {
    let last = if operation.ret == Rank::NEVER { operation.call } else { operation.ret };
    Moment { events: last.0.saturating_add(1), ms: operation.ret_ns / 1_000_000 }
}

/// When all that an anomaly blames had happened.
fn shown_at<O, R>(history: &History<O, R>, anomaly: &Anomaly) -> Option<Moment> {
    let find = |id: &OpId| {
        let at = history.operations.binary_search_by_key(id, |operation| operation.id).ok()?;
        history.operations.get(at).map(ended)
    };
    anomaly.core.required.iter().filter_map(find).max()
}

/// Keeps what is written and passes it on.
pub(super) struct Tee {
    kept: Kept,
    on: Option<Box<dyn Write + Send>>,
}

/// What was written so far.
#[derive(Clone, Default)]
pub(super) struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    /// As text; the recorder writes nothing but UTF-8.
    pub(super) fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Tee {
    pub(super) fn new(on: Option<Box<dyn Write + Send>>) -> (Tee, Kept) {
        let kept = Kept::default();
        (Tee { kept: kept.clone(), on }, kept)
    }
}

impl Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.on {
            Some(on) => on.write(bytes)?,
            None => bytes.len(),
        };
        let mut kept = self.kept.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.on.as_mut().map_or(Ok(()), Write::flush)
    }
}
