//! The house rules that no compiler checks: arrows, module docs, sizes, paths named in the docs.

use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const LINES_MAX: usize = 600;

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the package lies below the workspace root").to_owned()
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every Rust source of the workspace, as a path from its root.
fn sources() -> Vec<PathBuf> {
    let mut open = vec![root().join("crates"), root().join("xtask"), root().join("tests")];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the workspace") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() > 40, "found only {} sources", found.len());
    found
}

type Arrows = BTreeMap<String, BTreeSet<String>>;

fn short(package: &str) -> String {
    package.strip_prefix("testimony-").unwrap_or(package).to_owned()
}

fn arrows_in_architecture() -> Arrows {
    let page = text("ARCHITECTURE.md");
    let block = page.split("```arrows\n").nth(1).expect("an arrows block");
    let block = block.split("```").next().expect("the end of the arrows block");
    let line = |line: &str| {
        let (from, to) = line.split_once(':').expect("`crate: crates it depends on`");
        (from.to_owned(), to.split_whitespace().map(str::to_owned).collect())
    };
    block.lines().map(line).collect()
}

fn arrows_in_manifests() -> Arrows {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata");
    let packages = metadata.packages.iter().filter(|package| package.name != "testimony-tests");
    packages
        .map(|package| {
            let ours = package.dependencies.iter().filter(|dependency| {
                dependency.path.is_some() && dependency.kind == DependencyKind::Normal
            });
            let to = ours.map(|dependency| short(&dependency.name)).collect();
            (short(&package.name), to)
        })
        .collect()
}

#[test]
fn arrows_are_as_architecture_says() {
    assert_eq!(arrows_in_architecture(), arrows_in_manifests());
}

#[test]
fn arrows_point_strictly_downwards() {
    let arrows = arrows_in_architecture();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    while done.len() < arrows.len() {
        let next = arrows.iter().find(|(from, to)| {
            !done.contains(from.as_str()) && to.iter().all(|to| done.contains(to.as_str()))
        });
        let (from, _) = next.expect("the arrows form a cycle or name a crate that is not listed");
        done.insert(from);
    }
}

/// The packages that are built, each with its version and its features.
fn built(what: &[&str]) -> BTreeSet<String> {
    let tree = ["tree", "--offline", "--prefix=none", "--no-dedupe", "--format={p} {f}"];
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo.current_dir(root()).args(tree).args(what).output().expect("cargo tree");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let lines = String::from_utf8(output.stdout).expect("text");
    lines.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

/// Otherwise everything above such a package is built twice: for `cargo xtask`, and for its tests.
#[test]
fn the_program_needs_no_features_that_its_tests_do_not_build() {
    let tests = built(&["--workspace", "--edges=normal,build,dev"]);
    let program = built(&["--package=xtask", "--edges=normal,build"]);
    assert!(program.len() > 50, "found only {program:?}");
    let twice: Vec<_> = program.difference(&tests).collect();
    assert!(twice.is_empty(), "say these features in xtask/Cargo.toml as well: {twice:#?}");
}

#[test]
fn paths_named_in_architecture_exist() {
    let page = text("ARCHITECTURE.md");
    let quoted = page.split('`').skip(1).step_by(2);
    let paths: Vec<_> = quoted
        .filter(|quoted| {
            let first = quoted.split('/').next().unwrap_or_default();
            ["crates", "tests", "histories", "docs", "xtask"].contains(&first)
        })
        .collect();
    assert!(paths.len() > 20, "found only {} paths", paths.len());
    for path in paths {
        assert!(root().join(path).exists(), "ARCHITECTURE.md names {path}, which does not exist");
    }
}

#[test]
fn modules_say_what_they_are() {
    let bare = |path: &&PathBuf| {
        let source = fs::read_to_string(path).expect("a readable source");
        !source.starts_with("//!")
    };
    let bare: Vec<_> = sources().iter().filter(bare).cloned().collect();
    assert!(bare.is_empty(), "modules without a `//!` line at the top: {bare:#?}");
}

#[test]
fn files_stay_small() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|path| (fs::read_to_string(&path).expect("a readable source").lines().count(), path))
        .filter(|(lines, _)| *lines > LINES_MAX)
        .collect();
    assert!(long.is_empty(), "files above {LINES_MAX} lines: {long:#?}");
}

#[test]
fn tests_are_neither_ignored_nor_made_to_panic() {
    let banned = [concat!("#[", "ignore"), concat!("#[should", "_panic")];
    for path in sources() {
        let source = fs::read_to_string(&path).expect("a readable source");
        for word in banned {
            assert!(!source.contains(word), "{} contains {word}", path.display());
        }
    }
}

#[test]
fn turmoil_is_named_in_one_module_only() {
    let owner = root().join("crates/sim/src/host");
    let facade = [root().join("crates/net"), root().join("crates/testimony/src/lib.rs")];
    // The benchmark compares with turmoil alone.
    let bare = root().join("crates/bench/src/sim/bare.rs");
    for path in sources() {
        let source = fs::read_to_string(&path).expect("a readable source");
        let names = source.lines().any(|line| {
            let code = line.trim_start();
            !code.starts_with("//") && code.contains("turmoil::")
        });
        let allowed = path.starts_with(&owner)
            || path == owner.with_extension("rs")
            || facade.iter().any(|place| path.starts_with(place))
            || path == bare
            || path.ends_with("tests/house.rs");
        assert!(!names || allowed, "{} names turmoil", path.display());
    }
}

/// Every hand-written mutant has its one place in the sources, and the test that kills it exists.
#[test]
fn mutants_have_their_places() {
    let mutants: Vec<serde_json::Value> =
        serde_json::from_str(&text("tests/mutants/mutants.json")).expect("a list of mutants");
    let ids: BTreeSet<_> = mutants.iter().map(|mutant| mutant["id"].to_string()).collect();
    assert_eq!((ids.len(), mutants.len()), (16, 16), "sixteen mutants, each with its own id");
    let sources: Vec<String> =
        sources().iter().map(|path| fs::read_to_string(path).expect("a source")).collect();
    for mutant in &mutants {
        let field =
            |name: &str| mutant[name].as_str().unwrap_or_else(|| panic!("{name}: {mutant}"));
        let source = text(field("file"));
        for change in mutant["changes"].as_array().expect("a list of changes") {
            let find = change["find"].as_str().expect("what stands there");
            assert_eq!(source.matches(find).count(), 1, "{}: the place of `{find}`", field("id"));
        }
        let test = field("test").rsplit("::").next().unwrap_or_default().to_owned();
        let declared = format!("fn {test}()");
        let found = sources.iter().any(|source| source.contains(&declared));
        assert!(found, "{}: no test is called {test}", field("id"));
    }
}
