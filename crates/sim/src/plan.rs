//! A run as plain data: what is asked, what breaks, and when.

use crate::{Family, Fault};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod read;

pub use read::PlanError;

/// Everything that a run depends on besides the code under test. It can be saved, replayed, diffed
/// and shrunk; the seed is the key of the small draws (the latency of a message) and a label.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Plan<S> {
    /// Version of this format: [`PLAN_VERSION`].
    pub version: u32,
    /// The system that is run.
    pub system: String,
    /// The seed.
    pub seed: u64,
    /// The shape of the cluster and of its network.
    pub config: Config,
    /// The clients' steps in the order of their times.
    pub steps: Vec<PlannedStep<S>>,
    /// The steps of the final phase, after all faults have healed.
    pub finals: Vec<PlannedStep<S>>,
    /// The faults in the order of their times.
    pub faults: Vec<PlannedFault>,
    /// What answers decide.
    #[serde(skip_serializing_if = "Reactive::is_nothing")]
    pub reactive: Reactive,
}

/// Steps that are chosen while a run goes on. A run leaves a plan behind in which they are all said
/// ([`Cluster::run_and_record`](crate::Cluster::run_and_record)), so that replaying it chooses nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reactive {
    /// The steps are still to be chosen: by the workload, in the next run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
    /// So many steps are to be chosen at most, where somebody asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ops: Option<u32>,
    /// By the id of a step: the step after whose completion it was chosen. It is not taken before that
    /// one is over; when there is no such step in the plan, it waits for nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub after: BTreeMap<u32, u32>,
}

impl Reactive {
    fn is_nothing(&self) -> bool {
        *self == Reactive::default()
    }
}

/// The version of the plan format that this crate reads and writes.
pub const PLAN_VERSION: u32 = 1;

/// The shape of the cluster, of its network and of the run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How many nodes there are; their hosts are `n1`, `n2`, ...
    pub nodes: u16,
    /// How many logical clients there are. They share one host, [`CLIENTS_HOST`].
    pub clients: u16,
    /// The least latency of a message in milliseconds, at least 1.
    pub latency_min_ms: u32,
    /// The largest latency of a message in milliseconds (faults add to it).
    pub latency_max_ms: u32,
    /// The skew of each node's wall clock in milliseconds, by number; nodes beyond the list have
    /// none.
    pub skew_ms: Vec<i64>,
    /// How long a sync of a node's disk takes in milliseconds.
    pub disk_sync_ms: u32,
    /// The families of faults that are on.
    pub families: Vec<Family>,
    /// How many steps the workload is asked for, where somebody asks. Only while the plan is made:
    /// it is in no file, because there the steps say it.
    #[serde(skip)]
    pub ops: Option<u32>,
    /// After so long without an answer an operation is given up as indeterminate: a generous cap,
    /// clients have their own timeouts.
    pub op_max_ms: u32,
    /// The main phase ends after so long, whatever the clients are doing.
    pub main_max_ms: u32,
    /// How long the cluster is left alone between healing and the final steps, at most.
    pub settle_ms: u32,
    /// It is left alone no longer when for so many milliseconds no message was sent or under way:
    /// a cluster that sends nothing has come to rest. Absent: always for
    /// `settle_ms`, for systems that do something only every now and then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calm_ms: Option<u32>,
    /// For so long the final steps are retried.
    pub final_max_ms: u32,
    /// A stream whose segments do not get through for so long is reset: both ends see an error. A
    /// connection that is not answered for so long times out. 15 seconds unless said otherwise.
    #[serde(default = "stream_max_ms", skip_serializing_if = "is_stream_max_ms")]
    pub stream_max_ms: u32,
}

const STREAM_MAX_MS: u32 = 15_000;

fn stream_max_ms() -> u32 {
    STREAM_MAX_MS
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_stream_max_ms(limit_ms: &u32) -> bool {
    *limit_ms == STREAM_MAX_MS
}

/// A cluster that has sent nothing for so long has come to rest, unless the configuration says
/// otherwise. Heartbeats and retries of most systems come more often; those of systems that wait
/// longer need more.
const CALM_MS: u32 = 160;

/// The longest main phase: a day.
pub(crate) const MAIN_MS_MAX: u32 = 86_400_000;

/// The host of all logical clients.
pub const CLIENTS_HOST: &str = testimony_history::CLIENTS_HOST;

impl Config {
    /// A calm cluster: latency from 1 to 10 ms, no faults, no skew.
    pub fn new(nodes: u16, clients: u16) -> Config {
        Config {
            nodes,
            clients,
            latency_min_ms: 1,
            latency_max_ms: 10,
            skew_ms: Vec::new(),
            disk_sync_ms: 1,
            families: Vec::new(),
            ops: None,
            op_max_ms: 10_000,
            main_max_ms: 60_000,
            settle_ms: 500,
            calm_ms: Some(CALM_MS),
            final_max_ms: 5_000,
            stream_max_ms: STREAM_MAX_MS,
        }
    }

    /// The host names of the nodes.
    pub fn node_names(&self) -> Vec<String> {
        (1..=self.nodes).map(|number| format!("n{number}")).collect()
    }
}

/// A step of a client. Its id survives shrinking and keys everything random about it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedStep<S> {
    /// Unique among the steps of its list.
    pub id: u32,
    /// The client that takes it.
    pub client: u16,
    /// It is not taken before this virtual time (later when the client is still busy).
    pub not_before_ms: u64,
    /// What is done.
    pub step: S,
}

/// A fault with its time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedFault {
    /// Unique among the faults.
    pub id: u32,
    /// When it strikes.
    pub when: When,
    /// How long it lasts; absent: until the final phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts_ms: Option<u64>,
    /// What strikes.
    pub fault: Fault,
}

/// When a fault strikes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum When {
    /// At this virtual time.
    AtMs(u64),
    /// When the code of a node reaches a point that it names itself, by
    /// [`NodeCtx::point`](crate::NodeCtx::point). The task that got there goes on only when the
    /// fault has begun. A point that is not reached in the main phase strikes nothing.
    AtPoint {
        /// The name of the point.
        point: String,
        /// The node that must reach it; absent: any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<String>,
        /// The how-many-eth time counts, from 1.
        #[serde(default = "first")]
        nth: u32,
    },
}

fn first() -> u32 {
    1
}

impl<S: Serialize> Plan<S> {
    /// The plan as JSON, as it is saved. It ends with a newline.
    pub fn to_json(&self) -> String {
        // Plain data with string keys: writing it cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

impl<S> Plan<S> {
    /// The host names by number: the nodes, the clients, and the nodes that join, in the order of the
    /// plan.
    pub(crate) fn host_names(&self) -> Vec<String> {
        let mut names = self.config.node_names();
        names.push(CLIENTS_HOST.to_owned());
        names.extend(self.joining());
        names
    }

    /// The nodes that join, in the order of the plan.
    pub(crate) fn joining(&self) -> impl Iterator<Item = String> {
        self.faults.iter().filter_map(|planned| match &planned.fault {
            Fault::Join { node } => Some(node.clone()),
            _ => None,
        })
    }
}

impl PlannedFault {
    /// The virtual time at which it strikes; 0 for one that waits for a point in the code.
    pub fn at_ms(&self) -> u64 {
        match self.when {
            When::AtMs(at) => at,
            When::AtPoint { .. } => 0,
        }
    }
}
