//! What a run records.

use super::programs::{listen, nodes, planned, register};
use crate::fault::between;
use crate::{Fault, RunError};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

#[test]
fn a_calm_run_answers_everything() {
    let cluster = register();
    let plan = cluster.plan(7);
    let ran = cluster.run(&plan, None).unwrap();
    assert_eq!(ran.record.findings, Vec::<String>::new());
    let history = &ran.record.history;
    assert_eq!(history.ok_count(), plan.steps.len() + plan.finals.len());
    assert!(history.quiet_from.is_some());
    assert_eq!(ran.coverage.calm_ok_per_mille(), Some(1000));
    assert!(ran.record.messages.len() >= 2 * history.operations.len());
    let ranks: Vec<u32> = history.operations.iter().map(|operation| operation.id.0).collect();
    assert!(ranks.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn coverage_counts_what_was_open_and_what_was_calm() {
    let cluster = register();
    let mut plan = cluster.plan(7);
    let cut = Fault::Cut { pairs: between(&["clients"], &["n1"]) };
    plan.faults = vec![planned(0, 100, Some(300), cut)];
    let ran = cluster.run(&plan, None).unwrap();
    let coverage = &ran.coverage;
    assert!(coverage.calm < coverage.operations && coverage.calm_ok == coverage.calm);
    let struck = coverage.struck[&crate::Family::Partition];
    assert_eq!(struck.faults, 1);
    let begins = ran.record.faults[0].rank;
    let open = ran.record.history.operations.iter();
    let open = open.filter(|operation| operation.call < begins && operation.ret > begins).count();
    assert_eq!(usize::try_from(struck.open_operations).unwrap(), open);
    assert!(ran.record.history.operations.iter().any(|operation| operation.is_info()));
}

/// Keeps what is written, and fails after so many lines.
#[derive(Clone)]
struct Paper {
    text: Arc<Mutex<Vec<u8>>>,
    lines_max: usize,
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut text = self.text.lock().unwrap();
        let lines = text.iter().filter(|byte| **byte == b'\n').count();
        if lines >= self.lines_max {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn paper(lines_max: usize) -> Paper {
    Paper { text: Arc::default(), lines_max }
}

#[test]
fn the_history_is_streamed_line_by_line() {
    let cluster = register();
    let mut plan = cluster.plan(7);
    let cut = Fault::Cut { pairs: between(&["clients"], &["n1"]) };
    plan.faults = vec![planned(4, 100, Some(300), cut)];
    let paper = paper(usize::MAX);
    let ran = cluster.run(&plan, Some(Box::new(paper.clone()))).unwrap();
    let text = String::from_utf8(paper.text.lock().unwrap().clone()).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["system"], "test-register");
    assert_eq!(lines[0]["testimony"], 1);
    for (index, line) in lines[1..].iter().enumerate() {
        assert_eq!(line["index"], index, "{line}");
    }
    let invoked = lines.iter().filter(|line| line["type"] == "invoke").count();
    assert_eq!(invoked, ran.record.history.operations.len());
    let nemesis: Vec<&serde_json::Value> =
        lines.iter().filter(|line| line["process"] == "nemesis").collect();
    assert_eq!(nemesis.len(), 3, "a fault begins, it ends, all is quiet");
    assert_eq!(nemesis[0]["value"]["fault"], 4);
    assert_eq!(nemesis[0]["value"]["begins"], true);
}

#[test]
fn the_file_reads_as_what_was_recorded() {
    use testimony_history::{ReadOptions, native, read};
    let watched = nodes(3, 500, |node| async move {
        node.observe("\"odd\" name", ("tab\t", node.incarnation, [1.5]));
        listen(node).await
    });
    for (seed, cluster) in (0..40).zip([register(), watched].iter().cycle()) {
        let cluster = cluster.clone().faults(crate::Nemesis::all());
        let paper = paper(usize::MAX);
        let ran = cluster.run(&cluster.plan(seed), Some(Box::new(paper.clone()))).unwrap();
        let bytes = paper.text.lock().unwrap().clone();
        let words = testimony_model::Words(cluster.model());
        let read = read(&native::Reader::new(bytes.as_slice()), &words, &ReadOptions::default());
        assert!(read.problems.is_empty(), "{}", read.problems);
        assert_eq!(read.history, ran.record.history, "seed {seed}");
        assert_eq!(read.faults, ran.record.faults, "seed {seed}");
    }
}

#[test]
fn a_killed_run_leaves_a_readable_file() {
    use testimony_history::{ReadOptions, native, read};
    let cluster = register();
    let paper = paper(25);
    cluster.run(&cluster.plan(7), Some(Box::new(paper.clone()))).unwrap_err();
    let mut bytes = paper.text.lock().unwrap().clone();
    bytes.extend_from_slice(b"{\"index\":24,\"ti");
    let words = testimony_model::Words(cluster.model());
    let read = read(&native::Reader::new(bytes.as_slice()), &words, &ReadOptions::default());
    assert!(read.problems.is_empty(), "{}", read.problems);
    assert!(read.history.operations.len() >= 8);
    assert!(!read.notes.is_empty(), "the cut line is noted");
}

#[test]
fn a_history_that_cannot_be_written_ends_the_run() {
    let cluster = register();
    let paper = paper(10);
    let refused = cluster.run(&cluster.plan(7), Some(Box::new(paper.clone()))).unwrap_err();
    assert!(matches!(refused, RunError::Write(_)), "{refused}");
    let text = String::from_utf8(paper.text.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().count(), 10);
    assert!(text.ends_with('\n'), "whole lines only");
}
