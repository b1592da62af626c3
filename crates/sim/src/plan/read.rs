//! Reading a plan and refusing a bad one, item by item.

use super::When;
use super::{CLIENTS_HOST, Config, MAIN_MS_MAX, PLAN_VERSION, Plan, PlannedFault, PlannedStep};
use crate::fault::{check, listed};
use crate::membership::number_of;
use crate::{Fault, Reactive};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::fmt;

/// So many problems are shown at once.
const SHOWN_MAX: usize = 8;

/// So many characters of an item are shown.
const ITEM_CHARS_MAX: usize = 300;

/// What is wrong with a plan: each message names the item and what is allowed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlanError {
    /// The problems in the order of the items.
    pub problems: Vec<String>,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.problems.len().min(SHOWN_MAX);
        write!(f, "bad plan: {}", self.problems[..shown].join("; "))?;
        match self.problems.len() - shown {
            0 => Ok(()),
            more => write!(f, "; and {more} more problems"),
        }
    }
}

impl std::error::Error for PlanError {}

/// A plan whose items are still text, so that each can have its own error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlan<'a> {
    version: u32,
    system: String,
    seed: u64,
    #[serde(borrow)]
    config: &'a RawValue,
    #[serde(borrow)]
    steps: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    finals: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    faults: Vec<&'a RawValue>,
    #[serde(default)]
    reactive: Reactive,
}

/// Enough of a plan to see its version, whatever else that version had.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl<S: DeserializeOwned> Plan<S> {
    /// Reads a plan from JSON.
    ///
    /// # Errors
    /// Every item that cannot be read or makes no sense, each with what is allowed.
    pub fn from_json(text: &str) -> Result<Plan<S>, PlanError> {
        let raw = match serde_json::from_str::<RawPlan<'_>>(text) {
            Ok(raw) if raw.version == PLAN_VERSION => raw,
            Ok(raw) => return Err(only(version_problem(raw.version))),
            // Another version may have other fields: then that is what is wrong.
            Err(error) => {
                return Err(only(match serde_json::from_str::<Version>(text) {
                    Ok(of) if of.version != PLAN_VERSION => version_problem(of.version),
                    _ => format!("plan: {error}"),
                }));
            }
        };
        let mut problems = Vec::new();
        let config = item::<Config>(raw.config, || "config".to_owned(), &mut problems);
        let steps = items::<PlannedStep<S>>(&raw.steps, "step", &mut problems);
        let finals = items::<PlannedStep<S>>(&raw.finals, "final step", &mut problems);
        let faults = items::<PlannedFault>(&raw.faults, "fault", &mut problems);
        let Some(config) = config.filter(|_| problems.is_empty()) else {
            return Err(PlanError { problems });
        };
        let RawPlan { version, system, seed, reactive, .. } = raw;
        let plan = Plan { version, system, seed, config, steps, finals, faults, reactive };
        plan.validate()?;
        Ok(plan)
    }
}

fn only(problem: String) -> PlanError {
    PlanError { problems: vec![problem] }
}

fn items<T: DeserializeOwned>(
    texts: &[&RawValue],
    what: &str,
    problems: &mut Vec<String>,
) -> Vec<T> {
    let read = |(at, text): (usize, &&RawValue)| {
        item(text, || format!("{what} at position {at}"), problems)
    };
    texts.iter().enumerate().filter_map(read).collect()
}

fn item<T: DeserializeOwned>(
    text: &RawValue,
    what: impl FnOnce() -> String,
    problems: &mut Vec<String>,
) -> Option<T> {
    match serde_json::from_str(text.get()) {
        Ok(item) => Some(item),
        Err(error) => {
            // What serde calls a variant is the kind of a fault or of a step.
            let error = error.to_string().replace("unknown variant", "unknown");
            let found: String = text.get().chars().take(ITEM_CHARS_MAX).collect();
            let more = if found.len() < text.get().len() { " ..." } else { "" };
            problems.push(format!("{}: {error}, found {found}{more}", what()));
            None
        }
    }
}

fn version_problem(found: u32) -> String {
    format!("version {found}: this program reads version {PLAN_VERSION}")
}

impl<S> Plan<S> {
    /// Whether the plan can be run.
    ///
    /// # Errors
    /// Every item that makes no sense, each with what is allowed.
    pub fn validate(&self) -> Result<(), PlanError> {
        let mut problems = Vec::new();
        if self.version != PLAN_VERSION {
            problems.push(version_problem(self.version));
        }
        check_config(&self.config, &mut problems);
        check_steps(&self.steps, "step", &self.config, &mut problems);
        check_steps(&self.finals, "final step", &self.config, &mut problems);
        self.check_faults(&mut problems);
        if self.reactive.open && !self.steps.is_empty() {
            problems.push(
                "reactive: open, but there are steps; steps are either there or still to be chosen"
                    .to_owned(),
            );
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(PlanError { problems }),
        }
    }

    fn check_faults(&self, problems: &mut Vec<String>) {
        let hosts: BTreeSet<String> = self.host_names().into_iter().collect();
        let nodes: BTreeSet<String> =
            hosts.iter().filter(|host| *host != CLIENTS_HOST).cloned().collect();
        let mut members = self.config.node_names();
        let mut known: BTreeSet<String> = members.iter().cloned().collect();
        let mut ids = BTreeSet::new();
        let mut last = 0;
        for fault in &self.faults {
            let mut problem = |what: String| problems.push(format!("fault {}: {what}", fault.id));
            if !ids.insert(fault.id) {
                problem("two faults have this id; ids are unique".to_owned());
            }
            check_when(&fault.when, &mut last, &nodes, &mut problem);
            check(&fault.fault, &nodes, &hosts, &mut problem);
            check_lasting(fault, &mut problem);
            check_membership(&fault.fault, &mut members, &mut known, &mut problem);
        }
    }
}

/// Nodes at most, those that join among them.
const NODES_MAX: usize = 64;

/// A quiet time that never ends would be the end of the run, and members come and go for ever.
fn check_lasting(fault: &PlannedFault, problem: &mut impl FnMut(String)) {
    match (&fault.fault, fault.lasts_ms) {
        (Fault::QuietWindow { .. }, None) => {
            problem("quiet-window without lasts_ms: expected how long it lasts".to_owned());
        }
        (Fault::Join { .. } | Fault::Leave { .. }, Some(lasts_ms)) => {
            problem(format!("lasts_ms {lasts_ms}: expected none, members come and go for ever"));
        }
        _ => {}
    }
}

/// Follows who is a member, in the order of the plan. `members` are those before the fault, `known` are
/// all that ever were there.
fn check_membership(
    fault: &Fault,
    members: &mut Vec<String>,
    known: &mut BTreeSet<String>,
    problem: &mut impl FnMut(String),
) {
    match fault.membership() {
        Some((node, true)) => {
            if known.len() >= NODES_MAX {
                problem(format!("node `{node}` joins: expected at most {NODES_MAX} nodes in all"));
            }
            if number_of(node).is_none() {
                problem(format!("node `{node}` joins: expected a name such as `n4`"));
            }
            if !known.insert(node.to_owned()) {
                problem(format!("node `{node}` joins: expected a node that was never there"));
            }
            members.push(node.to_owned());
        }
        Some((node, false)) => match members.iter().position(|member| member == node) {
            Some(_) if members.len() == 1 => {
                problem(format!("node `{node}` leaves: expected at least one that stays"));
            }
            Some(at) => drop(members.remove(at)),
            None => problem(format!(
                "node `{node}` leaves: expected one of {} (those that are in the group then)",
                members.join(", ")
            )),
        },
        None => {}
    }
}

fn check_when(
    when: &When,
    last: &mut u64,
    nodes: &BTreeSet<String>,
    problem: &mut impl FnMut(String),
) {
    match when {
        When::AtMs(at) if at < last => problem(format!(
            "at {at} ms stands after a fault at {last} ms; times do not go backwards"
        )),
        When::AtMs(at) => *last = *at,
        When::AtPoint { point, node, nth } => {
            if point.is_empty() {
                problem("point: expected the name of a point in the nodes' code".to_owned());
            }
            if *nth == 0 {
                problem("nth 0: expected at least 1".to_owned());
            }
            if let Some(node) = node.as_ref().filter(|node| !nodes.contains(*node)) {
                problem(format!("unknown node `{node}`; known: {}", listed(nodes)));
            }
        }
    }
}

fn check_config(config: &Config, problems: &mut Vec<String>) {
    let mut expect = |good: bool, what: &str, found: u64, allowed: &str| {
        if !good {
            problems.push(format!("config: {what} {found}: expected {allowed}"));
        }
    };
    let Config { nodes, clients, latency_min_ms, latency_max_ms, op_max_ms, .. } = *config;
    expect((1..=64).contains(&nodes), "nodes", nodes.into(), "1 to 64");
    expect((1..=4096).contains(&clients), "clients", clients.into(), "1 to 4096");
    expect(latency_min_ms >= 1, "latency_min_ms", latency_min_ms.into(), "at least 1");
    expect(
        (latency_min_ms..=60_000).contains(&latency_max_ms),
        "latency_max_ms",
        latency_max_ms.into(),
        "latency_min_ms to 60000",
    );
    expect((1..=600_000).contains(&op_max_ms), "op_max_ms", op_max_ms.into(), "1 to 600000");
    for (what, found, limit, allowed) in [
        ("main_max_ms", config.main_max_ms, MAIN_MS_MAX, "at most 86400000, a day"),
        ("settle_ms", config.settle_ms, 600_000, "at most 600000"),
        ("final_max_ms", config.final_max_ms, 600_000, "at most 600000"),
        ("disk_sync_ms", config.disk_sync_ms, 60_000, "at most 60000"),
        ("stream_max_ms", config.stream_max_ms, MAIN_MS_MAX, "at most 86400000, a day"),
    ] {
        expect(found <= limit, what, found.into(), allowed);
    }
    let skews = config.skew_ms.len();
    expect(
        skews <= usize::from(nodes),
        "skew_ms of so many nodes",
        u64::try_from(skews).unwrap_or(u64::MAX),
        "at most one for each node",
    );
}

fn check_steps<S>(
    steps: &[PlannedStep<S>],
    what: &str,
    config: &Config,
    problems: &mut Vec<String>,
) {
    let mut ids = BTreeSet::new();
    let mut last = vec![0; usize::from(config.clients)];
    for step in steps {
        let mut problem = |why: String| problems.push(format!("{what} {}: {why}", step.id));
        if !ids.insert(step.id) {
            problem("two steps have this id; ids are unique".to_owned());
        }
        let Some(before) = last.get_mut(usize::from(step.client)) else {
            let clients = config.clients;
            problem(format!("unknown client {}; there are {clients}, from 0", step.client));
            continue;
        };
        if step.not_before_ms < *before {
            let (now, client) = (step.not_before_ms, step.client);
            problem(format!(
                "at {now} ms stands after a step of client {client} at {before} ms; times do not go backwards"
            ));
        }
        *before = step.not_before_ms.max(*before);
    }
}
