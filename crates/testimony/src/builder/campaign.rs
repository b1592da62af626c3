//! A system under test, ready to be run under many seeds.

use super::run::{OneRun, Tee};
use super::summary::{Failure, Summary, file_name};
use crate::environment::{self, RunFolder};
use crate::{
    AnyRun, Claim, Expect, JudgeOptions, Minimal, RunParts, ShrinkOptions, Subject, judge_verified,
};
use std::future::Future;
use std::io::{self, Write};
use std::ops::{ControlFlow, Range};
use testimony_history::{Decoded, Message};
use testimony_model::Model;
use testimony_report::json::{RunName, message_lines, verdict_file};
use testimony_report::text::{Context, render};
use testimony_sim::{
    Cluster, Config, Determinism, Divergence, MemberChange, Nemesis, Plan, Ran, RunError, Shape,
    Workload,
};
use testimony_verdict::{Judgement, Property, Verdict, VerdictName};

/// A run, the plan that it left behind, and what was decided.
type Judged<M, S> = (Ran<M>, Plan<S>, Judgement);

/// A system under test with all that a campaign needs. By default it claims linearizability and is
/// run under the seeds `0..20`.
pub struct Campaign<M: Model, W: Workload<M>> {
    pub(super) cluster: Cluster<M, W>,
    summary: String,
    pub(super) claims: Vec<Claim<M>>,
    pub(super) expect: Expect,
    seeds: Range<u64>,
    shrinks: bool,
}

impl<M: Model, W: Workload<M>> Campaign<M, W> {
    pub(super) fn new(cluster: Cluster<M, W>) -> Campaign<M, W> {
        Campaign {
            cluster,
            summary: String::new(),
            claims: vec![Claim::linearizable()],
            expect: Expect::Holds,
            seeds: 0..20,
            shrinks: true,
        }
    }

    /// Other things for the clients to do: more of them, at another pace.
    pub fn with_workload(mut self, workload: W) -> Self {
        self.cluster = self.cluster.with_workload(workload);
        self
    }

    /// What may break.
    pub fn faults(mut self, nemesis: Nemesis) -> Self {
        self.cluster = self.cluster.faults(nemesis);
        self
    }

    /// Nodes can join and leave, and this is how: see [`Cluster::membership`].
    pub fn membership<F, Fut>(mut self, change: F) -> Self
    where
        F: Fn(MemberChange) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = io::Result<()>> + 'static,
    {
        self.cluster = self.cluster.membership(change);
        self
    }

    /// Conditions of [`sometimes!`](testimony_sim::sometimes) that some run should meet: those that no
    /// run met are told, also where their code is never reached.
    pub fn sometimes(mut self, names: &[&str]) -> Self {
        self.cluster = self.cluster.sometimes(names);
        self
    }

    /// Changes the configuration that plans begin with: latencies, skews, limits.
    pub fn configure(mut self, change: impl FnOnce(&mut Config)) -> Self {
        self.cluster = self.cluster.configure(change);
        self
    }

    /// What of a payload the luck of its message is drawn from: see [`Cluster::stable_key`].
    pub fn stable_key(mut self, key: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Self {
        self.cluster = self.cluster.stable_key(key);
        self
    }

    /// Refuses to run with less than this level of the determinism ladder: the run then fails and
    /// says what is missing.
    pub fn require(mut self, level: Determinism) -> Self {
        self.cluster = self.cluster.require(level);
        self
    }

    /// What it promises, instead of linearizability alone.
    pub fn claims(mut self, claims: impl IntoIterator<Item = Claim<M>>) -> Self {
        self.claims = claims.into_iter().collect();
        self
    }

    /// The seeds of [`Campaign::run`]. The variable `TESTIMONY_SEED` (`7` or `0..1000`) replaces
    /// them.
    pub fn seeds(mut self, seeds: Range<u64>) -> Self {
        self.seeds = seeds;
        self
    }

    /// What the campaign is expected to show.
    pub fn expect(mut self, expect: Expect) -> Self {
        self.expect = expect;
        self
    }

    /// Whether the plan of a failing run is made as small as it goes (the default). It takes a
    /// hundred runs or so; see [`Campaign::shrink`].
    pub fn shrink_failures(mut self, on: bool) -> Self {
        self.shrinks = on;
        self
    }

    /// For measuring what luck that all messages share costs a minimisation; see
    /// [`Cluster::with_shared_luck`].
    #[doc(hidden)]
    pub fn with_shared_luck(mut self) -> Self {
        self.cluster = self.cluster.with_shared_luck();
        self
    }

    /// One line that says what the system is, for lists.
    pub fn summary(mut self, line: impl Into<String>) -> Self {
        self.summary = line.into();
        self
    }

    /// The plan of a seed.
    pub fn plan(&self, seed: u64) -> Plan<W::Step> {
        self.cluster.plan(seed)
    }

    /// Runs one plan and judges what its clients saw.
    ///
    /// # Errors
    ///
    /// The plan is bad or for another system, or no thread can be had.
    pub fn run_plan(&self, plan: &Plan<W::Step>) -> Result<(Ran<M>, Judgement), RunError> {
        let (ran, _, judgement) = self.run_and_judge(plan)?;
        Ok((ran, judgement))
    }

    /// The same, with the plan that the run left behind: steps that were chosen are in it.
    pub(super) fn run_and_judge(
        &self,
        plan: &Plan<W::Step>,
    ) -> Result<Judged<M, W::Step>, RunError> {
        let (ran, complete) = self.cluster.run_and_record(plan, None)?;
        let judgement = self.judge(&ran);
        Ok((ran, complete, judgement))
    }

    pub(super) fn judge(&self, ran: &Ran<M>) -> Judgement {
        let options = JudgeOptions::default();
        judge_verified(self.cluster.model(), &ran.record.history, &self.claims, &options)
    }

    /// Runs the seeds one after another, up to the first that fails (or, for a system that is
    /// expected to break, the first that shows what was promised).
    pub fn run(&self) -> Summary {
        let mut summary = Summary::new(self.cluster.system(), self.expect);
        let seeds = match self.seeds_to_run() {
            Ok(seeds) => seeds,
            Err(what) => {
                summary.failure = Some(Failure::new(None, what));
                return summary;
            }
        };
        for seed in seeds {
            if self.run_seed(seed, &mut summary).is_break() {
                break;
            }
        }
        summary.close();
        summary
    }

    /// The seeds that the environment asks for, else those of the campaign.
    pub(super) fn seeds_to_run(&self) -> Result<Range<u64>, String> {
        Ok(environment::seeds()?.unwrap_or(self.seeds.clone()))
    }

    /// Runs one recorded plan (JSON) and judges it: what a test does that was made from a failing
    /// run. A plan that cannot be read or run is a failure.
    pub fn replay(&self, plan: &str) -> Summary {
        let mut summary = Summary::new(self.cluster.system(), self.expect);
        match Plan::from_json(plan) {
            Ok(plan) => drop(self.run_one(&plan, &mut summary)),
            Err(error) => summary.failure = Some(Failure::new(None, error.to_string())),
        }
        summary.close();
        summary
    }

    fn run_seed(&self, seed: u64, summary: &mut Summary) -> ControlFlow<()> {
        self.run_one(&self.plan(seed), summary)
    }

    fn run_one(&self, plan: &Plan<W::Step>, summary: &mut Summary) -> ControlFlow<()> {
        let seed = plan.seed;
        let run = format!("{}@{seed}", file_name(self.cluster.system()));
        // Recorded before anything is judged: what hangs or crashes leaves its plan and history.
        // Without a place to write to, the run goes on without a record.
        let folder = RunFolder::create(&run).ok();
        if let Some(folder) = &folder {
            folder.write("plan.json", &plan.to_json());
        }
        let lines = folder.as_ref().and_then(|folder| folder.lines("history.jsonl"));
        let (failure, next) = self.judge_seed(plan, lines, folder.as_ref(), summary);
        match failure {
            Some(failure) => summary.failure = Some(failure.kept(folder)),
            None => {
                if let Some(folder) = folder {
                    folder.discard();
                }
            }
        }
        next
    }

    /// Runs and judges one seed: what went wrong, and whether to go on.
    fn judge_seed(
        &self,
        plan: &Plan<W::Step>,
        lines: Option<Box<dyn Write + Send>>,
        folder: Option<&RunFolder>,
        summary: &mut Summary,
    ) -> (Option<Failure>, ControlFlow<()>) {
        let seed = plan.seed;
        let (ran, complete) = match self.cluster.run_and_record(plan, lines) {
            Ok((ran, complete)) => {
                if let Some(folder) = folder.filter(|_| plan.reactive.open) {
                    folder.write("plan.json", &complete.to_json());
                }
                (ran, complete)
            }
            Err(error) => {
                let failure = Failure::new(Some(seed), format!("seed {seed}: {error}"));
                return (Some(failure), ControlFlow::Break(()));
            }
        };
        let judgement = self.judge(&ran);
        summary.count(&ran.coverage, &judgement);
        if let Expect::Breaks { any_of } = self.expect {
            let shown = judgement.anomalies().find(|anomaly| any_of.contains(&anomaly.kind));
            summary.caught = shown.map(|anomaly| (seed, anomaly.kind));
            return match summary.caught {
                Some(_) => (None, ControlFlow::Break(())),
                None => (None, ControlFlow::Continue(())),
            };
        }
        if judgement.merged() == Some(VerdictName::Valid) && ran.record.findings.is_empty() {
            return (None, ControlFlow::Continue(()));
        }
        let mut report = self.report(seed, &ran, &judgement);
        report.push_str(&self.minimal(&complete, &ran, &judgement, folder));
        if let Some(folder) = folder {
            let run = format!("{}@{seed}", self.cluster.system());
            let (system, findings) = (self.cluster.system(), ran.record.findings.as_slice());
            let name = RunName { run: &run, system, seed, model: M::NAME, findings };
            folder.write("verdict.json", &verdict_file(name, &judgement));
            folder.write("report.txt", &report);
            folder.write("messages.jsonl", &message_lines(&ran.record.messages));
        }
        (Some(Failure::new(Some(seed), report)), ControlFlow::Break(()))
    }

    /// Minimises a failing plan and leaves the result in the folder of the run; in words.
    fn minimal(
        &self,
        plan: &Plan<W::Step>,
        ran: &Ran<M>,
        judgement: &Judgement,
        folder: Option<&RunFolder>,
    ) -> String {
        if !self.shrinks {
            return String::new();
        }
        let options = ShrinkOptions::default();
        let shrunk = match plan.reactive.open {
            true => self.shrink(plan, &options),
            false => self.shrink_from(plan, ran, judgement, &options),
        };
        let Ok(Some(minimal)) = shrunk else {
            return String::new();
        };
        for (name, text) in minimal.files() {
            folder.iter().for_each(|folder| folder.write(name, text));
        }
        format!("\n{}", minimal.summary())
    }

    fn report(&self, seed: u64, ran: &Ran<M>, judgement: &Judgement) -> String {
        let run = format!("{}@{seed}", self.cluster.system());
        let again = format!("{}={seed} cargo test", environment::SEED_VARIABLE);
        let context = Context {
            subject: &run,
            faults: &ran.record.faults,
            findings: &ran.record.findings,
            again: Some(&again),
            ..Context::default()
        };
        let mut report: String =
            judgement.anomalies().map(|anomaly| render(anomaly, &context) + "\n").collect();
        for (property, finding) in &judgement.by {
            if let Verdict::Unknown(why) = &finding.verdict {
                report.push_str(&format!("UNKNOWN {run}  {property}: {why}\n"));
            }
        }
        if report.is_empty() {
            let findings = ran.record.findings.join("\n  ");
            report = format!("FAIL {run}\n\n  {findings}\n\n  again: {again}\n");
        }
        report
    }
}

impl<M: Model, W: Workload<M>> Subject for Campaign<M, W> {
    fn name(&self) -> &str {
        self.cluster.system()
    }

    fn summary(&self) -> &str {
        &self.summary
    }

    fn model(&self) -> &'static str {
        M::NAME
    }

    fn claims(&self) -> Vec<Property> {
        self.claims.iter().map(Claim::property).collect()
    }

    fn expect(&self) -> &Expect {
        &self.expect
    }

    fn plan_as(&self, seed: u64, shape: &Shape) -> String {
        self.cluster.plan_as(seed, shape).to_json()
    }

    fn simulate(
        &self,
        plan: &str,
        history: Box<dyn Write + Send>,
    ) -> Result<Box<dyn AnyRun>, RunError> {
        let plan = Plan::from_json(plan)?;
        let (out, text) = Tee::new(Some(history));
        let (ran, complete) = self.cluster.run_and_record(&plan, Some(Box::new(out)))?;
        let completed_plan = plan.reactive.open.then(|| complete.to_json());
        let (model, claims) = (self.cluster.model().clone(), self.claims.clone());
        Ok(Box::new(OneRun { model, claims, ran, history: text.text(), completed_plan }))
    }

    fn recall(&self, history: String, parts: RunParts) -> Result<Box<dyn AnyRun>, String> {
        self.recalled(history, parts)
    }

    fn shrink(&self, plan: &str, options: &ShrinkOptions) -> Result<Option<Minimal>, RunError> {
        Campaign::shrink(self, &Plan::from_json(plan)?, options)
    }

    fn decode(&self, message: &Message) -> Option<Decoded> {
        self.decoded(message)
    }

    fn diagnose(&self, plan: &str) -> Result<Option<Divergence>, RunError> {
        self.cluster.diagnose(&Plan::from_json(plan)?)
    }
}
