//! The logical clients of a run: all on one host, each a task that takes its steps in order.

use super::control::{Control, Countdown};
use super::load::{Due, Loads};
use super::operator::Operator;
use super::queue::Queue;
use crate::client::AnyClient;
use crate::cluster::ClientFn;
use crate::context::Witness;
use crate::generator::Completion;
use crate::host::{End, HostFuture, now_ms};
use crate::recorder::Recorder;
use crate::workload::Workload;
use crate::{ClientCtx, Config, Draw, Memory, PlannedStep};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use testimony_history::{Outcome, Process};
use testimony_model::Model;
use testimony_net::tasks::work_for;
use tokio::time::{sleep, timeout};

/// How long a client waits before it asks again for an answer of the final phase.
const RETRY: Duration = Duration::from_millis(50);

/// What all clients of a run share.
pub(super) struct Clients<M: Model, W: Workload<M>> {
    pub(super) config: Config,
    pub(super) draw: Rc<Draw>,
    pub(super) workload: Arc<W>,
    pub(super) connect: Arc<ClientFn<M>>,
    pub(super) recorder: Rc<Recorder<M>>,
    pub(super) control: Rc<Control>,
    pub(super) queue: Rc<Queue<W::Step>>,
    /// Where the plan has any.
    pub(super) loads: Option<Rc<Loads>>,
    /// Where members come and go.
    pub(super) operator: Option<Rc<Operator>>,
    /// By client, in order of time.
    pub(super) finals: Vec<Vec<PlannedStep<W::Step>>>,
}

/// One logical client: its present process and connection, and what it has learnt.
struct Seat<M: Model> {
    id: u16,
    process: Process,
    client: Option<Box<dyn AnyClient<M>>>,
    memory: Memory<M>,
}

impl<M: Model, W: Workload<M>> Clients<M, W> {
    /// The software of the host of all clients.
    pub(super) fn start(self: Rc<Self>) -> HostFuture {
        Box::pin(async move {
            for id in 0..self.config.clients {
                testimony_net::spawn_local(Rc::clone(&self).live(id));
            }
            if let Some(operator) = &self.operator {
                testimony_net::spawn_local(Rc::clone(operator).work());
            }
            End::Done
        })
    }

    async fn live(self: Rc<Self>, id: u16) {
        let _in_run = Countdown(&self.control.in_run);
        let process = Process(u32::from(id));
        work_for(process.0);
        let mut seat = Seat { id, process, client: None, memory: Memory::default() };
        self.main_phase(&mut seat).await;
        let quiet_ms = self.control.until_quiet(id).await;
        self.final_phase(&mut seat, quiet_ms).await;
    }

    async fn main_phase(&self, seat: &mut Seat<M>) {
        let _in_main = Countdown(&self.control.in_main);
        while let Some(step) = self.queue.next(seat.id).await {
            self.until_due(&step).await;
            if self.control.stop.get() {
                return;
            }
            let step = self.on_hot_key(step);
            let completion = self.take(seat, &step).await;
            self.queue.completed(&step, completion, now_ms());
        }
    }

    /// Waits until a step may begin: for its time, or for what the load makes of it.
    async fn until_due(&self, step: &PlannedStep<W::Step>) {
        let Some(loads) = &self.loads else { return wait_until(step.not_before_ms).await };
        loop {
            match loads.due(step.client, step.not_before_ms, now_ms()) {
                Due::Now => return,
                Due::At(due_ms) => {
                    let wait = Duration::from_millis(due_ms.saturating_sub(now_ms()));
                    // Whichever comes first: the load is asked again.
                    let _ = timeout(wait, loads.changed()).await;
                }
                Due::Later => loads.changed().await,
            }
        }
    }

    /// The step on the key that is hot, where one is and it goes there.
    fn on_hot_key(&self, step: PlannedStep<W::Step>) -> PlannedStep<W::Step> {
        let hot = self.loads.as_ref().and_then(|loads| loads.hot_key(step.id));
        match hot {
            Some(key) => PlannedStep { step: self.workload.on_key(&step.step, key), ..step },
            None => step,
        }
    }

    async fn final_phase(&self, seat: &mut Seat<M>, quiet_ms: u64) {
        let until_ms = quiet_ms + u64::from(self.config.final_max_ms);
        for step in &self.finals[usize::from(seat.id)] {
            wait_until(quiet_ms.saturating_add(step.not_before_ms)).await;
            while self.take(seat, step).await != Completion::Ok {
                if now_ms() >= until_ms {
                    let (step, client) = (step.id, seat.id);
                    let limit = self.config.final_max_ms;
                    self.control.find(format!(
                        "final step {step} of client {client} was not answered within {limit} ms \
                         of a quiet cluster"
                    ));
                    break;
                }
                sleep(RETRY).await;
            }
        }
    }

    /// Takes one step; how it ended.
    async fn take(&self, seat: &mut Seat<M>, step: &PlannedStep<W::Step>) -> Completion {
        let connected = self.connected(seat).await;
        let op = self.workload.bind(step.id, &step.step, &seat.memory);
        let id = self.recorder.invoke(seat.process, op.clone());
        let outcome = match connected {
            Ok(mut client) => {
                let outcome = self.ask(client.as_mut(), &op).await;
                seat.client = Some(client);
                outcome
            }
            Err(why) => Outcome::Fail(why),
        };
        self.recorder.complete(id, outcome.clone());
        let completion = match &outcome {
            Outcome::Ok(_) => Completion::Ok,
            Outcome::Fail(_) => Completion::Fail,
            Outcome::Info(_) => Completion::Info,
        };
        if matches!(outcome, Outcome::Info(_)) {
            // That process may still have an effect: its client goes on as another one.
            seat.client = None;
            seat.process.0 += u32::from(self.config.clients);
            work_for(seat.process.0);
        }
        seat.memory.push(op, outcome);
        completion
    }

    async fn ask(&self, client: &mut dyn AnyClient<M>, op: &M::Op) -> Outcome<M::Ret> {
        let limit_ms = self.config.op_max_ms;
        match timeout(Duration::from_millis(limit_ms.into()), client.invoke_any(op)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Info(format!("no outcome within {limit_ms} ms")),
        }
    }

    /// The connection of a client, made anew where there is none. The error is why the operation
    /// certainly has no effect.
    async fn connected(&self, seat: &mut Seat<M>) -> Result<Box<dyn AnyClient<M>>, String> {
        if let Some(client) = seat.client.take() {
            return Ok(client);
        }
        let nodes = match &self.operator {
            Some(operator) => operator.members(),
            None => self.config.node_names(),
        };
        let home = nodes[usize::from(seat.id) % nodes.len()].clone();
        let draw = Rc::clone(&self.draw);
        let witness = Rc::clone(&self.recorder) as Rc<dyn Witness>;
        let context = ClientCtx { id: seat.id, process: seat.process, nodes, home, draw, witness };
        let limit_ms = self.config.op_max_ms;
        match timeout(Duration::from_millis(limit_ms.into()), (self.connect)(context)).await {
            Ok(Ok(client)) => Ok(client),
            Ok(Err(error)) => Err(format!("not connected: {error}")),
            Err(_) => Err(format!("not connected within {limit_ms} ms")),
        }
    }
}

async fn wait_until(time_ms: u64) {
    let now = now_ms();
    if time_ms > now {
        sleep(Duration::from_millis(time_ms - now)).await;
    }
}
