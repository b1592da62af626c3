//! Code under test that panics, gives up, or never ends: a finding, and the run goes on.

use super::programs::{Idle, PORT, nodes, observed};
use crate::net::UdpSocket;
use crate::net::time::sleep;
use crate::workload::Cells;
use crate::{Client, Cluster, NodeCtx, Ran};
use std::time::Duration;
use testimony_history::{Fate, Outcome};
use testimony_model::{CellOp, CellRet, Register};

fn run(cluster: &Cluster<Register, Cells>) -> Ran<Register> {
    cluster.run(&cluster.plan(1), None).unwrap()
}

async fn alive(node: &NodeCtx) {
    sleep(Duration::from_millis(200)).await;
    node.observe("alive", node.incarnation);
}

#[test]
fn panics_of_any_task_are_findings_with_their_host() {
    let ran = run(&nodes(3, 500, |node| async move {
        match node.id {
            0 => {
                let broken = async { panic!("in a spawned task") };
                let _ = crate::net::spawn_local(broken).await;
            }
            1 if node.incarnation == 0 => {
                sleep(Duration::from_millis(50)).await;
                panic!("in the main task");
            }
            1 => {}
            _ => {
                let _ = tokio::spawn(async { panic!("in a task of tokio's") }).await;
            }
        }
        alive(&node).await;
        Ok(())
    }));
    let findings = &ran.record.findings;
    assert_eq!(findings.len(), 3, "{findings:?}");
    let found = |host: &str, message: &str| {
        findings.iter().any(|finding| {
            finding.starts_with(&format!("{host} panicked: {message} ("))
                && finding.contains(".rs:")
        })
    };
    assert!(found("n1", "in a spawned task"), "{findings:?}");
    assert!(found("n2", "in the main task"), "{findings:?}");
    assert!(findings.iter().any(|finding| finding.contains("in a task of tokio's")));
    assert_eq!(observed(&ran, "n1", "alive"), ["0"]);
    assert_eq!(observed(&ran, "n2", "alive"), ["1"], "it is down until the final phase");
    assert_eq!(observed(&ran, "n3", "alive"), ["0"]);
}

#[test]
fn a_node_that_gives_up_is_a_finding_and_comes_back_in_the_end() {
    let cluster = nodes(2, 500, |node| async move {
        alive(&node).await;
        if node.id == 0 && node.incarnation == 0 {
            let orphan = node.clone();
            crate::net::spawn_local(async move { alive(&orphan).await });
            return Err("no quorum".into());
        }
        alive(&node).await;
        Ok(())
    });
    let ran = run(&cluster);
    assert_eq!(ran.record.findings, ["n1 ended with an error: no quorum"]);
    // Its orphan died with it; the second life has both beats.
    assert_eq!(observed(&ran, "n1", "alive"), ["0", "1", "1"]);
    assert_eq!(observed(&ran, "n2", "alive"), ["0", "0"]);
}

#[test]
fn nothing_arrives_at_a_node_that_gave_up() {
    let ran = run(&nodes(2, 500, |node| async move {
        match node.id {
            0 => super::programs::tick("n2").await,
            _ if node.incarnation > 0 => super::programs::listen(node).await,
            _ => Err("not today".into()),
        }
    }));
    let fates = |lost: bool| {
        let all = ran.record.messages.iter();
        let of = all.filter(move |message| (message.fate == Fate::Lost) == lost);
        of.filter_map(|message| message.text.as_deref()?.parse::<u64>().ok())
    };
    assert!(fates(true).all(|number| number < 60) && fates(true).count() > 40);
    let got = super::programs::numbers(&ran, "n2", "got");
    assert_eq!(fates(false).count(), got.len() + still_held(&ran));
}

fn still_held(ran: &Ran<Register>) -> usize {
    ran.record.messages.iter().filter(|message| message.fate == Fate::Held).count()
}

#[test]
fn tasks_go_on_when_the_main_task_returns() {
    let ran = run(&nodes(1, 500, |node| async move {
        crate::net::spawn_local(async move { alive(&node).await });
        Ok(())
    }));
    assert_eq!(ran.record.findings, Vec::<String>::new());
    assert_eq!(observed(&ran, "n1", "alive"), ["0"]);
}

#[test]
fn a_task_that_yields_for_ever_is_a_finding() {
    let ran = run(&nodes(2, 500, |node| async move {
        if node.id == 0 {
            crate::net::spawn_local(async {
                loop {
                    tokio::task::yield_now().await;
                }
            });
        }
        alive(&node).await;
        Ok(())
    }));
    assert_eq!(ran.record.findings.len(), 1, "{:?}", ran.record.findings);
    assert!(ran.record.findings[0].starts_with("n1 panicked: a task is busy without end"));
    assert_eq!(observed(&ran, "n2", "alive"), ["0"]);
}

#[test]
fn a_task_that_floods_the_network_is_a_finding() {
    let ran = run(&nodes(3, 500, |node| async move {
        if node.id < 2 {
            let me = node.id;
            crate::net::spawn_local(async move {
                let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
                loop {
                    match me {
                        0 => socket.send_to(b"more", ("n3", PORT)).await?,
                        _ => socket.try_send_to(b"more", ("n2", PORT))?,
                    };
                }
                #[expect(unreachable_code, reason = "it says what the task answers")]
                std::io::Result::Ok(())
            });
        }
        alive(&node).await;
        Ok(())
    }));
    let findings = &ran.record.findings;
    assert_eq!(findings.len(), 2, "{findings:?}");
    for (host, finding) in ["n1", "n2"].iter().zip(findings) {
        let expected = format!("{host} panicked: a task floods the network: 10000 messages within");
        assert!(finding.starts_with(&expected), "{finding}");
    }
    for host in ["n1", "n2", "n3"] {
        assert_eq!(observed(&ran, host, "alive"), ["0"], "the others go on");
    }
}

/// A client that never answers reads and panics at writes of an even number.
struct Stuck;

impl Client<Register> for Stuck {
    async fn invoke(&mut self, op: &CellOp) -> Outcome<CellRet> {
        match op {
            CellOp::Read => std::future::pending().await,
            _ => panic!("no writes here"),
        }
    }
}

#[test]
fn a_client_that_never_answers_is_given_up_and_the_run_ends() {
    let cluster = Cluster::new("stuck", Register, Cells::default().ops(40).weights(1, 0, 0))
        .nodes(1, |_node| async { Ok(()) })
        .clients(2, |_context| async { Ok(Stuck) })
        .configure(|config| config.op_max_ms = 500);
    let mut plan = cluster.plan(1);
    plan.config.main_max_ms = 3_000;
    let ran = cluster.run(&plan, None).unwrap();
    let operations = &ran.record.history.operations;
    assert!(operations.iter().all(|operation| operation.is_info()));
    let mut processes: Vec<u32> = operations.iter().map(|operation| operation.process.0).collect();
    let count = processes.len();
    processes.dedup();
    processes.sort_unstable();
    processes.dedup();
    assert_eq!(processes.len(), count, "after an info the client is another process");
    let findings = ran.record.findings.join("\n");
    assert!(findings.contains("not done after 3000 ms of virtual time; open: #"), "{findings}");
    assert!(findings.contains("final step 0 of client 0 was not answered"), "{findings}");
    assert!(ran.virtual_ms < 20_000);
}

#[test]
fn a_client_that_panics_leaves_its_operation_open_and_the_others_alone() {
    let cluster = Cluster::new("panics", Register, Cells::default().ops(10).weights(0, 1, 0))
        .nodes(1, |_node| async { Ok(()) })
        .clients(1, |_context| async { Ok(Stuck) });
    let ran = cluster.run(&cluster.plan(1), None).unwrap();
    assert_eq!(ran.record.history.operations.len(), 1);
    assert!(ran.record.history.operations[0].is_info());
    assert!(ran.record.findings[0].starts_with("clients panicked: no writes here"));
    assert!(ran.record.findings[1].starts_with("open when the run ended: #0 write"));
}

#[test]
fn a_client_that_cannot_connect_fails_its_operations() {
    let refused = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    let cluster = Cluster::new("refused", Register, Cells::default().ops(4))
        .nodes(1, |_node| async { Ok(()) })
        .clients(2, move |context| async move {
            if context.id == 0 { Ok(Idle) } else { Err(refused()) }
        });
    let ran = cluster.run(&cluster.plan(1), None).unwrap();
    for operation in &ran.record.history.operations {
        assert_eq!(operation.is_fail(), operation.process.0 == 1, "{operation:?}");
    }
}

#[test]
fn a_task_that_blocks_its_thread_is_an_error_that_names_its_host() {
    let cluster = nodes(3, 500, |node| async move {
        sleep(Duration::from_millis(50)).await;
        if node.id == 1 {
            // Real time: the thread of the run stands still, and so does virtual time.
            std::thread::sleep(Duration::from_secs(3));
        }
        Ok(())
    });
    let plan = cluster.plan(1);
    let hung = crate::run::run(&cluster, &plan, None, Duration::from_millis(300)).unwrap_err();
    assert!(matches!(hung, crate::RunError::Hung { .. }), "{hung}");
    assert!(hung.to_string().contains("a task of n2 did not give control back at "), "{hung}");
}
