//! The page about faults says what the code says.

use crate::Family;
use crate::fault::kinds::KINDS;
use std::path::Path;

/// The rows of a table between `<!-- name -->` and `<!-- end -->`, without its head.
fn rows(name: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/faults.md");
    let page = std::fs::read_to_string(page).unwrap();
    let table = page.split(&format!("<!-- {name} -->")).nth(1).unwrap();
    let table = table.split("<!-- end -->").next().unwrap();
    table.trim().lines().skip(2).map(str::to_owned).collect()
}

#[test]
fn every_kind_stands_in_the_table_of_kinds() {
    let row = |kind: &crate::fault::kinds::Kind| {
        let parameters: Vec<String> =
            kind.parameters.split(", ").map(|parameter| format!("`{parameter}`")).collect();
        let parameters = parameters.join(", ");
        format!("| `{}` | `{}` | {parameters} | {} |", kind.name, kind.family, kind.meaning)
    };
    assert_eq!(rows("kinds"), KINDS.iter().map(row).collect::<Vec<_>>());
}

#[test]
fn every_family_stands_in_the_table_of_families() {
    let row = |family: &Family| {
        let basic = if Family::BASIC.contains(family) { "yes" } else { "" };
        format!("| `{family}` | {basic} | {} |", family.summary())
    };
    assert_eq!(rows("families"), Family::ALL.iter().map(row).collect::<Vec<_>>());
}
