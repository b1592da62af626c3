//! Tests of whole runs: small programs, and what each fault does to them.

mod register;

use register::register;

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
}
