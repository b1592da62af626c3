//! The program on bare turmoil: its own latencies, partitions and crashes, and nothing recorded.

use super::ours::{NODES, plan};
use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use testimony::sim::workload::CellStep;
use testimony::sim::{CLIENTS_HOST, Fault, Plan, PlannedFault, PlannedStep};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// What the program needs, without the harness.
mod net {
    pub(super) use tokio::task::spawn_local;
    pub(super) use tokio::time;
    pub(super) use turmoil::net::UdpSocket;
}

#[path = "program.rs"]
mod program;

use program::{Asker, Store};

/// How often the last reads are asked again, as under testimony.
const RETRY: Duration = Duration::from_millis(50);

/// Runs the steps and faults of the committed plan so many times; the messages of a run.
pub(super) fn runs(count: u32) -> io::Result<u64> {
    let plan = plan()?;
    let mut messages = 0;
    for _ in 0..count {
        messages = run(&plan)?;
    }
    Ok(messages)
}

fn run(plan: &Plan<CellStep>) -> io::Result<u64> {
    let mut builder = turmoil::Builder::new();
    builder
        .rng_seed(plan.seed)
        .tick_duration(Duration::from_millis(1))
        .min_message_latency(Duration::from_millis(plan.config.latency_min_ms.into()))
        .max_message_latency(Duration::from_millis(plan.config.latency_max_ms.into()))
        .simulation_duration(Duration::MAX)
        .udp_capacity(65_536);
    let mut sim = builder.build();
    let names = plan.config.node_names();
    for id in 0..NODES {
        let (store, lives) = (Store::default(), Cell::new(0));
        let mut peers = names.clone();
        let name = peers.remove(usize::from(id));
        sim.host(name, move || {
            let life = lives.get();
            lives.set(life + 1);
            let node = program::node(u64::from(id), life, peers.clone(), Store::clone(&store));
            async move { Ok(node.await?) }
        });
    }
    // How many clients have steps left, and when the last steps may begin.
    let left = Rc::new(Cell::new(plan.config.clients));
    let finals: Rc<Vec<Notify>> =
        Rc::new((0..plan.config.clients).map(|_| Notify::new()).collect());
    let (clients, waits, begins) = (plan.clone(), Rc::clone(&left), Rc::clone(&finals));
    sim.client(CLIENTS_HOST, async move {
        let tasks: Vec<_> = (0..clients.config.clients)
            .map(|id| {
                let of = |steps: &[PlannedStep<CellStep>]| -> Vec<PlannedStep<CellStep>> {
                    steps.iter().filter(|step| step.client == id).cloned().collect()
                };
                let (main, last) = (of(&clients.steps), of(&clients.finals));
                let home = names[usize::from(id) % names.len()].clone();
                let (waits, begins) = (Rc::clone(&waits), Rc::clone(&begins));
                tokio::task::spawn_local(live(id, home, main, last, waits, begins))
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        Ok(())
    });
    program::SENT.set(0);
    let driven = drive(&mut sim, plan, &left, &finals);
    driven.map_err(|error| io::Error::other(error.to_string()))?;
    Ok(program::SENT.get())
}

async fn live(
    id: u16,
    home: String,
    main: Vec<PlannedStep<CellStep>>,
    last: Vec<PlannedStep<CellStep>>,
    left: Rc<Cell<u16>>,
    finals: Rc<Vec<Notify>>,
) -> io::Result<()> {
    let began = Instant::now();
    let mut asker = Asker::new(home, id.to_string()).await?;
    for step in main {
        sleep_until(began + Duration::from_millis(step.not_before_ms)).await;
        asker.ask(written(&step.step)).await;
    }
    left.set(left.get() - 1);
    finals[usize::from(id)].notified().await;
    for step in last {
        while asker.ask(written(&step.step)).await.is_none() {
            tokio::time::sleep(RETRY).await;
        }
    }
    Ok(())
}

fn written(step: &CellStep) -> Option<i64> {
    match step {
        CellStep::Write { value, .. } | CellStep::Cas { value, .. } => Some(*value),
        CellStep::Read { .. } => None,
    }
}

/// Steps until the clients are done; begins and ends the faults at their times.
fn drive(
    sim: &mut turmoil::Sim<'_>,
    plan: &Plan<CellStep>,
    left: &Cell<u16>,
    finals: &[Notify],
) -> turmoil::Result {
    let mut changes: Vec<(u64, bool, &PlannedFault)> = Vec::new();
    for fault in &plan.faults {
        let at = fault.at_ms();
        changes.push((at, true, fault));
        changes.push((at.saturating_add(fault.lasts_ms.unwrap_or(u64::MAX)), false, fault));
    }
    changes.sort_by_key(|(at, begins, fault)| (*at, *begins, fault.id));
    let mut changes = changes.into_iter().peekable();
    let mut now_ms = 0;
    let (mut done, mut told) = (false, false);
    while !done {
        let over = left.get() == 0;
        while let Some((_, begins, fault)) = changes.next_if(|(at, ..)| over || *at <= now_ms) {
            if !(over && begins) {
                change(sim, &fault.fault, begins);
            }
        }
        if over && !told {
            // Every client waits by now, or finds the word when it will.
            told = true;
            finals.iter().for_each(Notify::notify_one);
        }
        done = sim.step()?;
        now_ms += 1;
    }
    Ok(())
}

fn change(sim: &mut turmoil::Sim<'_>, fault: &Fault, begins: bool) {
    match fault {
        Fault::Crash { node } if begins => sim.crash(node.as_str()),
        Fault::Crash { node } => sim.bounce(node.as_str()),
        fault => {
            for (from, to) in fault.pairs() {
                match begins {
                    true => sim.partition_oneway(from.as_str(), to.as_str()),
                    false => sim.repair_oneway(from.as_str(), to.as_str()),
                }
            }
        }
    }
}
