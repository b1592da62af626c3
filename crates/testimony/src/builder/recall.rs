//! A run that another process made, as if it had been made here.

use super::Campaign;
use super::run::OneRun;
use crate::{AnyRun, RunParts};
use testimony_history::{Header, ReadOptions, Record, native, read};
use testimony_model::{Model, Words};
use testimony_sim::{Ran, Workload};

impl<M: Model, W: Workload<M>> Campaign<M, W> {
    /// The run that has this history and these other parts.
    pub(super) fn recalled(
        &self,
        history: String,
        parts: RunParts,
    ) -> Result<Box<dyn AnyRun>, String> {
        let mut reader = native::Reader::new(history.as_bytes());
        let header = reader.header().map_err(|problem| problem.to_string())?;
        let model = self.cluster.model().clone();
        let found = read(&mut reader, &Words(&model), &ReadOptions::default());
        if !found.problems.is_empty() {
            return Err(found.problems.to_string());
        }
        let record = Record {
            header: header.unwrap_or_else(|| Header::new(M::NAME)),
            history: found.history,
            faults: parts.faults,
            messages: parts.messages,
            findings: parts.findings,
        };
        let RunParts { coverage, log, virtual_ms, completed_plan, .. } = parts;
        let ran = Ran { record, coverage, virtual_ms, log };
        Ok(Box::new(OneRun { model, claims: self.claims.clone(), ran, history, completed_plan }))
    }
}
