//! The program under testimony.

use std::io;
use testimony::history::Outcome;
use testimony::model::{CellOp, CellRet, Register, Value};
use testimony::sim::workload::{CellStep, Cells};
use testimony::sim::{Client, ClientCtx, Family, Fault, Nemesis, NodeCtx, Plan, PlannedFault};
use testimony::{Campaign, Check, JudgeOptions, Subject};

use testimony::net;

#[path = "program.rs"]
pub(crate) mod program;

use program::{Asker, Store};

/// The plan that is measured.
pub(super) const PLAN: &str = include_str!("../../plans/sim.json");

pub(super) const NODES: u16 = 3;
const CLIENTS: u16 = 5;

pub(super) fn plan() -> io::Result<Plan<CellStep>> {
    Plan::from_json(PLAN).map_err(io::Error::other)
}

/// The number that stands for "nothing was written yet".
const NOTHING: i64 = 0;

impl Client<Register> for Asker {
    async fn invoke(&mut self, op: &CellOp) -> Outcome<CellRet> {
        match op {
            CellOp::Write(Value::Int(value)) => match self.ask(Some(*value)).await {
                Some(_) => Outcome::Ok(CellRet::Done),
                None => Outcome::Info("no answer".to_owned()),
            },
            _ => match self.ask(None).await {
                Some(NOTHING) => Outcome::Ok(CellRet::Value(None)),
                Some(value) => Outcome::Ok(CellRet::Value(Some(Value::Int(value)))),
                None => Outcome::Fail("no answer".to_owned()),
            },
        }
    }
}

/// The cluster: each life of a node finds what the one before stored, each run begins with nothing.
pub(super) fn campaign() -> Campaign<Register, Cells> {
    let stores: Vec<Store> = (0..NODES).map(|_| Store::default()).collect();
    let serve = move |node: NodeCtx| {
        let store = Store::clone(&stores[usize::from(node.id) % stores.len()]);
        async move {
            if node.incarnation == 0 {
                *store.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = (0, NOTHING);
            }
            Ok(program::node(u64::from(node.id), node.incarnation, node.peers, store).await?)
        }
    };
    let connect = |client: ClientCtx| async move {
        let name = format!("{}.{}", client.id, client.process.0);
        Asker::new(client.home, name).await
    };
    Check::new("bench/register", Register)
        .nodes(NODES, serve)
        .clients(CLIENTS, connect)
        .workload(Cells::default())
        .faults(Nemesis::of(&[Family::Partition, Family::Crash]).on_per_mille(1000))
}

/// The plan of the first seed with several partitions and several crashes: what [`PLAN`] is made of.
pub(crate) fn new_plan() -> io::Result<String> {
    let campaign = campaign();
    let is_crash = |fault: &&PlannedFault| matches!(fault.fault, Fault::Crash { .. });
    let mixed = |plan: &Plan<CellStep>| {
        let crashes = plan.faults.iter().filter(is_crash).count();
        crashes >= 2 && plan.faults.len() >= crashes + 2
    };
    let mut plans = (0..1_000).map(|seed| campaign.plan(seed));
    let plan = plans.find(mixed).ok_or_else(|| io::Error::other("no seed has enough faults"))?;
    Ok(plan.to_json())
}

/// Runs and judges a plan, as `check` does; how many messages it sent.
fn run(campaign: &Campaign<Register, Cells>, plan: &str) -> io::Result<u64> {
    let ran = campaign.simulate(plan, Box::new(io::sink())).map_err(io::Error::other)?;
    let judgement = ran.judge(&JudgeOptions::default());
    if judgement.anomalies().next().is_some() || !ran.findings().is_empty() {
        return Err(io::Error::other(format!("the run is not clean: {:?}", ran.findings())));
    }
    Ok(ran.messages().len() as u64)
}

/// Runs the committed plan so many times.
pub(super) fn runs(count: u32) -> io::Result<u64> {
    let campaign = campaign();
    let mut messages = 0;
    for _ in 0..count {
        messages = run(&campaign, PLAN)?;
    }
    Ok(messages)
}

/// Runs plans of so many other seeds; how many messages they sent in all.
pub(super) fn seeds(count: u32) -> io::Result<u64> {
    let campaign = campaign();
    let mut messages = 0;
    for seed in 0..u64::from(count) {
        messages += run(&campaign, &Subject::plan(&campaign, seed))?;
    }
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: the plan is what the figures say: 3 nodes, 5 clients, 100 operations, partitions and
    /// crashes, and it is still read and runs clean.
    #[test]
    fn the_plan_is_that_of_the_figures() {
        let plan = plan().expect("a plan");
        assert_eq!((plan.config.nodes, plan.config.clients, plan.steps.len()), (3, 5, 100));
        let crashes = plan.faults.iter().filter(|f| matches!(f.fault, Fault::Crash { .. })).count();
        assert!(crashes > 0 && crashes < plan.faults.len());
        assert!(runs(1).expect("a clean run") > 500);
        assert!(super::super::bare::runs(1).expect("a run") > 500);
    }
}
