//! Tests of faults as data.

use super::*;

#[test]
fn labels_say_who_is_cut_from_whom() {
    let isolated = Fault::Cut { pairs: between(&["n1"], &["n2", "n3"]) };
    assert_eq!(isolated.label(), "n1 | n2 n3");
    assert_eq!(isolated.family(), Family::Partition);
    let three = [between(&["n1"], &["n2", "n3"]), between(&["n2"], &["n3"])].concat();
    assert_eq!(Fault::Cut { pairs: three }.label(), "n1 | n2 | n3");
    let one = Fault::Cut { pairs: one_way(&["n1"], &["n2", "n3"]) };
    assert_eq!((one.label().as_str(), one.family()), ("n1 -> n2 n3", Family::OneWay));
    let ring = [between(&["n1"], &["n3"]), between(&["n2"], &["n4"])].concat();
    assert_eq!(Fault::Cut { pairs: ring }.label(), "n1-n3, n2-n4");
    assert_eq!(Fault::Crash { node: "n2".to_owned() }.label(), "n2 down");
    let hosts = ["clients", "n1", "n2"];
    let lose = Fault::Lose { pairs: one_way(&hosts, &hosts), per_mille: 105 };
    assert_eq!(lose.label(), "10.5 % lost between clients n1 n2");
}

#[test]
fn details_are_json_without_the_kind() {
    let fault = Fault::Crash { node: "n2".to_owned() };
    assert_eq!(fault.detail(), r#"{"node":"n2"}"#);
    assert_eq!(serde_json::to_string(&fault).unwrap(), r#"{"kind":"crash","node":"n2"}"#);
}

#[test]
fn families_have_names() {
    for &family in Family::ALL {
        assert_eq!(Family::named(family.name()), Some(family));
    }
    assert_eq!(Family::named("earthquake"), None);
}

/// One of each kind.
fn examples() -> Vec<Fault> {
    let pairs = one_way(&["n1"], &["n2"]);
    let (node, nodes) = ("n1".to_owned(), vec!["n1".to_owned(), "n2".to_owned()]);
    let example = |kind: &str| {
        let number = |name: &str| match name {
            "pairs" => serde_json::to_value(&pairs).unwrap(),
            "node" => serde_json::to_value(&node).unwrap(),
            "nodes" | "clog" | "release" => serde_json::to_value(&nodes).unwrap(),
            _ => 7.into(),
        };
        let kind = kinds::KINDS.iter().find(|known| known.name == kind).unwrap();
        let mut fault = serde_json::json!({ "kind": kind.name });
        for parameter in kind.parameters.split(", ") {
            fault[parameter] = number(parameter);
        }
        serde_json::from_value(fault).unwrap()
    };
    kinds::KINDS.iter().map(|kind| example(kind.name)).collect()
}

#[test]
fn the_table_of_kinds_is_complete() {
    let refused = serde_json::from_str::<Fault>(r#"{"kind":"quake"}"#).unwrap_err().to_string();
    let known: Vec<&str> = refused.split('`').skip(3).step_by(2).collect();
    let listed: Vec<&str> = kinds::KINDS.iter().map(|kind| kind.name).collect();
    assert_eq!(known, listed);
    for (fault, kind) in examples().iter().zip(kinds::KINDS) {
        assert_eq!(fault.kind(), *kind);
        let strikes = !fault.pairs().is_empty() || !fault.nodes().is_empty();
        assert_ne!(strikes, fault.is_load(), "{}", kind.name);
        assert_eq!(fault.is_load(), Family::LOAD.contains(&fault.family()));
        assert!(!fault.label().is_empty());
        let json = serde_json::to_string(fault).unwrap();
        assert_eq!(serde_json::from_str::<Fault>(&json).unwrap(), *fault);
    }
    let drawn: std::collections::BTreeSet<Family> =
        kinds::KINDS.iter().map(|kind| kind.family).collect();
    let others = [Family::OneWay, Family::Leader];
    assert_eq!(drawn.len() + others.len(), Family::ALL.len(), "every family has a kind");
}

#[test]
fn unknown_hosts_are_found_in_every_kind() {
    let known = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let (nodes, hosts) = (known(&["n1", "n2"]), known(&["clients", "n1", "n2"]));
    for fault in examples().into_iter().filter(|fault| !fault.is_load()) {
        let mut problems = Vec::new();
        check(&fault, &nodes, &hosts, &mut |problem| problems.push(problem));
        assert_eq!(problems, Vec::<String>::new(), "{}", fault.name());
        let mut strange = fault.clone();
        strange.rename(&|name| if name == "n1" { "n9".to_owned() } else { name.to_owned() });
        check(&strange, &nodes, &hosts, &mut |problem| problems.push(problem));
        assert!(problems[0].contains("`n9`; known: "), "{}: {problems:?}", fault.name());
        // A fault of nodes cannot strike the clients, a fault of links can.
        let mut clients = fault.clone();
        clients.rename(&|name| if name == "n1" { "clients".to_owned() } else { name.to_owned() });
        problems.clear();
        check(&clients, &nodes, &hosts, &mut |problem| problems.push(problem));
        assert_eq!(problems.is_empty(), fault.nodes().is_empty(), "{}: {problems:?}", fault.name());
        let leader = {
            let mut fault = fault;
            fault.rename(&|name| if name == "n1" { LEADER.to_owned() } else { name.to_owned() });
            fault
        };
        assert_eq!(leader.family(), Family::Leader);
    }
}
