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
