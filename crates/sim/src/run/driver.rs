//! The driver of a run: faults, steps and phases in virtual time.

use super::clients::Clients;
use super::control::Control;
use super::load::Loads;
use super::nodes::Node;
use super::operator::Operator;
use super::queue::Queue;
use super::{Ran, RunError};
use crate::cluster::Cluster;
use crate::context::Witness;
use crate::cues::Cues;
use crate::host::{World, capture, now_ns};
use crate::recorder::Recorder;
use crate::schedule::Schedule;
use crate::workload::Workload;
use crate::{Draw, Plan, PlannedFault, PlannedStep};
use std::collections::BTreeSet;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use testimony_history::{Header, Record};
use testimony_model::Model;

/// Everything that a run consists of.
pub(super) struct Driver<M: Model> {
    pub(super) world: World<'static>,
    pub(super) nodes: Vec<Rc<Node>>,
    /// Nodes whose software ended by itself: they are down until the final phase.
    pub(super) gone: Vec<u16>,
    /// Nodes that were asked to stop: until when they may do it by themselves.
    pub(super) stopping: Vec<(u64, PlannedFault)>,
    /// Nodes whose escaped tasks were reported.
    escaped: BTreeSet<u16>,
    pub(super) control: Rc<Control>,
    pub(super) recorder: Rc<Recorder<M>>,
    pub(super) schedule: Schedule,
    pub(super) cues: Rc<Cues>,
    pub(super) loads: Option<Rc<Loads>>,
    pub(super) operator: Option<Rc<Operator>>,
    /// The names of the hosts by number.
    hosts: Vec<String>,
    header: Header,
    limits: Limits,
    /// Virtual time in milliseconds, for the thread that waits.
    progress: Arc<AtomicU64>,
}

/// The times that a plan sets for the phases.
struct Limits {
    main_max_ms: u64,
    settle_ms: u64,
    calm_ms: Option<u64>,
    /// The final phase ends after so long: all retries are over by then.
    final_max_ms: u64,
}

impl<M: Model> Driver<M> {
    pub(super) fn new<W: Workload<M>>(
        cluster: &Cluster<M, W>,
        plan: &Plan<W::Step>,
        out: Option<Box<dyn Write + Send>>,
        (control, queue): (Rc<Control>, &Rc<Queue<W::Step>>),
        progress: Arc<AtomicU64>,
    ) -> Result<Driver<M>, RunError> {
        let config = &plan.config;
        let header = header(cluster.model(), plan);
        let recorder = Recorder::new(cluster.model().clone(), &header, out, now_ns);
        cluster.announced().iter().for_each(|name| recorder.sometimes(name, false));
        let recorder = Rc::new(recorder);
        let draw = Rc::new(Draw::new(plan.seed));
        let hosts = plan.host_names();
        let loads = Loads::of(plan);
        let operator = operator(cluster, plan);
        let stable_key = cluster.stable_key_of_payloads();
        let world = World::new(plan.seed, config, hosts.clone(), stable_key);
        let mut world = world.with_events(recorder.events());
        world.set_decodes(cluster.decoder().is_some());
        let cues = Rc::new(Cues::new(&plan.faults));
        let mut nodes = Vec::new();
        let software = cluster.node_software()?;
        let node = |host: u16, name: &str| {
            let witness: Rc<dyn Witness> = Rc::clone(&recorder) as Rc<dyn Witness>;
            let (name, software) = (name.to_owned(), Arc::clone(&software));
            let (draw, cues) = (Rc::clone(&draw), Rc::clone(&cues));
            Rc::new(Node::new(name, host, config, draw, witness, cues, software))
        };
        for (host, name) in (0..config.nodes).zip(&hosts) {
            let node = node(host, name);
            nodes.push(Rc::clone(&node));
            world.add_host(host, move || node.start());
        }
        let clients = Rc::new(Clients {
            config: config.clone(),
            draw: Rc::clone(&draw),
            workload: Arc::clone(cluster.workload()),
            connect: cluster.client_software()?,
            recorder: Rc::clone(&recorder),
            control: Rc::clone(&control),
            queue: Rc::clone(queue),
            loads: loads.clone(),
            operator: operator.clone(),
            finals: by_client(&plan.finals, config.clients),
        });
        world.add_host(config.nodes, move || Rc::clone(&clients).start());
        for (host, name) in (0..).zip(&hosts).skip(usize::from(config.nodes) + 1) {
            let node = node(host, name);
            nodes.push(Rc::clone(&node));
            world.add_absent(host, move || node.start());
        }
        world.hold_links();
        let limits = Limits {
            main_max_ms: config.main_max_ms.into(),
            settle_ms: config.settle_ms.into(),
            calm_ms: config.calm_ms.map(u64::from),
            final_max_ms: u64::from(config.final_max_ms) + u64::from(config.op_max_ms) + 1_000,
        };
        let schedule = Schedule::new(&plan.faults, hosts.clone());
        Ok(Driver {
            world,
            nodes,
            gone: Vec::new(),
            stopping: Vec::new(),
            escaped: BTreeSet::new(),
            control,
            recorder,
            schedule,
            cues,
            loads,
            operator,
            hosts,
            header,
            limits,
            progress,
        })
    }

    /// Runs all phases and collects what is left.
    pub(super) fn drive(mut self) -> Result<Ran<M>, RunError> {
        let mut findings = capture(|panics| {
            // A panic outside the hosts' software (in turmoil, say) ends the run, not the program.
            let ended = catch_unwind(AssertUnwindSafe(|| self.phases()));
            if let Ok(Err(why)) = ended {
                self.control.find(format!("the simulator stopped: {why}"));
            }
            let named = |host: Option<u16>| self.host_name(host);
            let panics = panics().into_iter();
            let mut findings: Vec<String> = panics
                .map(|panic| format!("{} panicked: {}", named(panic.host), panic.message))
                .collect();
            findings.extend(self.control.take_findings());
            findings
        });
        let virtual_ms = self.world.now_ms();
        let open = self.recorder.open();
        if !open.is_empty() {
            findings.push(format!("open when the run ended: {}", open.join(", ")));
        }
        let recorded = self.recorder.finish(virtual_ms * 1_000_000);
        if let Some(error) = recorded.failed {
            return Err(RunError::Write(error));
        }
        let messages = self.world.into_messages();
        let (header, history, faults) = (self.header, recorded.history, recorded.faults);
        let record = Record { header, history, faults, messages, findings };
        Ok(Ran { record, coverage: recorded.coverage, virtual_ms, log: Vec::new() })
    }

    pub(super) fn host_name(&self, host: Option<u16>) -> String {
        let name = host.and_then(|host| self.hosts.get(usize::from(host)));
        name.map_or("a task outside testimony's spawn", String::as_str).to_owned()
    }

    fn phases(&mut self) -> Result<(), String> {
        while self.control.in_main.get() > 0 {
            if self.world.now_ms() >= self.limits.main_max_ms {
                let limit = self.limits.main_max_ms;
                let open = self.recorder.open().join(", ");
                self.control.find(format!(
                    "the clients were not done after {limit} ms of virtual time; open: {open}"
                ));
                self.control.stop_main();
                break;
            }
            self.strike();
            self.step()?;
        }
        self.heal();
        self.settle()?;
        let quiet_ms = self.world.now_ms();
        self.recorder.quiet(quiet_ms * 1_000_000);
        self.control.begin_finals(quiet_ms);
        let until_ms = quiet_ms + self.limits.final_max_ms;
        while self.control.in_run.get() > 0 && self.world.now_ms() < until_ms {
            self.step()?;
        }
        Ok(())
    }

    /// Leaves the cluster alone until it has come to rest.
    fn settle(&mut self) -> Result<(), String> {
        let (mut sent, mut calm_ms) = (self.world.sent(), 0);
        for _ in 0..self.limits.settle_ms {
            if self.limits.calm_ms.is_some_and(|enough| calm_ms >= enough) {
                break;
            }
            self.step()?;
            let still = self.world.sent() == sent && self.world.is_still();
            calm_ms = if still { calm_ms + 1 } else { 0 };
            sent = self.world.sent();
        }
        Ok(())
    }

    fn step(&mut self) -> Result<(), String> {
        if self.recorder.has_failed() {
            return Err("the history cannot be written".to_owned());
        }
        self.world.step()?;
        let now_ms = self.world.now_ms();
        self.progress.store(now_ms, Ordering::Relaxed);
        crate::ladder::set_now_ms(now_ms);
        self.tell_escapes();
        for (host, why) in self.world.take_exits() {
            if let Some(why) = why {
                let name = self.host_name(Some(host));
                self.control.find(format!("{name} ended with an error: {why}"));
            }
            // Its process is gone: nothing that it started may go on.
            self.world.stop(host);
            if let Some(node) = self.nodes.iter().find(|node| node.host() == host) {
                node.crash_disk();
                self.cues.lead(node.name(), false);
                self.gone.push(host);
            }
        }
        Ok(())
    }
}

impl<M: Model> Driver<M> {
    /// Reports the nodes that a pause does not freeze, once each.
    fn tell_escapes(&mut self) {
        for host in self.world.take_escaped() {
            if self.escaped.insert(host) {
                let name = self.host_name(Some(host));
                self.control.find(format!(
                    "a task of {name} went on while the node was paused: it was not started by \
                     testimony's spawn"
                ));
            }
        }
        for (host, tasks) in self.world.take_unfrozen() {
            if self.escaped.insert(host) {
                let name = self.host_name(Some(host));
                self.control.find(format!(
                    "{tasks} of the tasks of {name} cannot be paused: tokio::spawn started them, not \
                     testimony's spawn"
                ));
            }
        }
    }
}

/// The operator of a plan in which nodes join or leave.
fn operator<M: Model, W: Workload<M>>(
    cluster: &Cluster<M, W>,
    plan: &Plan<W::Step>,
) -> Option<Rc<Operator>> {
    let changes = plan.faults.iter().any(|planned| planned.fault.membership().is_some());
    let software = cluster.membership_software().filter(|_| changes)?;
    Some(Rc::new(Operator::new(software, plan.config.node_names())))
}

fn by_client<S: Clone>(steps: &[PlannedStep<S>], clients: u16) -> Vec<Vec<PlannedStep<S>>> {
    let mut by_client = vec![Vec::new(); usize::from(clients)];
    for step in steps {
        by_client[usize::from(step.client)].push(step.clone());
    }
    by_client
}

fn header<M: Model, S>(model: &M, plan: &Plan<S>) -> Header {
    let mut header = Header::new(M::NAME);
    header.system = Some(plan.system.clone());
    header.seed = Some(plan.seed);
    header.determinism = Some(crate::ladder::words());
    header.params =
        model.params().and_then(|params| serde_json::value::RawValue::from_string(params).ok());
    header
}
