//! Weaves all files, and leaves out the mutants that the compiler refuses.

use crate::list::Mutant;
use crate::programs::cargo_in;
use crate::tree;
use crate::weave::{self, Numbered};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::Path;

/// The switch that wakes a mutant, as the woven crate has it.
const SWITCH: &str = include_str!("switch.txt");

/// The root module of the checker.
const ROOT: &str = "crates/check/src/lib.rs";

/// Mutants that are not woven: by number, with the compiler's word for why.
pub(crate) type Refused = BTreeMap<u32, String>;

/// Copies the sources from `root` to `tree`, and weaves the mutants (numbered from 1 in their order)
/// into them until the checker is built. What was refused the last time is known from a file.
pub(crate) fn weave_all(root: &Path, tree: &Path, mutants: &[Mutant]) -> Refused {
    let mut files = BTreeMap::<&str, Vec<Numbered<'_>>>::new();
    for (number, mutant) in (1..).zip(mutants) {
        files.entry(&mutant.file).or_default().push((number, mutant));
    }
    let is_woven = |file: &Path| {
        file == Path::new(ROOT) || file.to_str().is_some_and(|file| files.contains_key(file))
    };
    tree::copy(root, tree, is_woven);
    add_switch(root, tree);
    let plain: BTreeMap<&str, String> =
        files.keys().map(|file| (*file, read(root, file))).collect();
    let memory = tree.with_file_name("refused.json");
    let (mut refused, mut texts) = (known(&memory, mutants), BTreeMap::new());
    loop {
        for (file, numbered) in &files {
            let viable = numbered.iter().filter(|(number, _)| !refused.contains_key(number));
            let woven = weave::weave(&plain[file], &viable.copied().collect::<Vec<_>>());
            refused.extend(woven.lost.iter().map(|number| (*number, "no place".to_owned())));
            write(tree, file, &woven.text);
            texts.insert((*file).to_owned(), woven.text);
        }
        let more = errors(tree, &texts);
        if more.is_empty() {
            let known: Vec<_> = (1..).zip(mutants).collect();
            let known = known.iter().map(|(number, mutant)| (&mutant.name, refused.get(number)));
            let known = serde_json::to_string(&known.collect::<Vec<_>>()).expect("JSON");
            fs::write(memory, known).expect("a file beside the copy");
            return refused;
        }
        let before = refused.len();
        refused.extend(more);
        let mut whys = BTreeMap::<&str, usize>::new();
        for why in refused.values() {
            *whys.entry(why).or_default() += 1;
        }
        crate::tell(&format!("{} mutants are refused: {whys:#?}", refused.len()));
        assert!(refused.len() > before, "errors that belong to no mutant");
    }
}

fn read(tree: &Path, file: &str) -> String {
    fs::read_to_string(tree.join(file)).expect("a file with mutants")
}

/// Writes what differs, so that cargo builds little anew.
fn write(tree: &Path, file: &str, text: &str) {
    let path = tree.join(file);
    if fs::read(&path).ok().as_deref() != Some(text.as_bytes()) {
        fs::write(path, text).expect("a woven file");
    }
}

/// Adds the switch to the checker as a module.
fn add_switch(root: &Path, tree: &Path) {
    write(tree, ROOT, &(read(root, ROOT) + "\npub(crate) mod mutant;\n"));
    write(tree, "crates/check/src/mutant.rs", SWITCH);
}

/// What was refused the last time, if the mutants are the same.
fn known(file: &Path, mutants: &[Mutant]) -> Refused {
    let text = fs::read_to_string(file).unwrap_or_default();
    let known: Vec<(String, Option<String>)> = serde_json::from_str(&text).unwrap_or_default();
    if !known.iter().map(|(name, _)| name).eq(mutants.iter().map(|mutant| &mutant.name)) {
        return Refused::new();
    }
    let known = (1..).zip(known);
    known.filter_map(|(number, (_, why))| Some((number, why?))).collect()
}

/// The mutants with errors of the compiler.
fn errors(tree: &Path, texts: &BTreeMap<String, String>) -> Refused {
    let mut command = cargo_in(tree);
    command.args(["check", "--package", "testimony-check", "--message-format=json"]);
    let built = command.output().expect("cargo");
    let said = String::from_utf8(built.stdout).expect("text");
    let mut refused = Refused::new();
    for line in said.lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        let message = &message["message"];
        if message["level"] != "error" {
            continue;
        }
        let owners = owners(message, texts);
        let why = format!("{} {}", message["code"]["code"], message["message"]);
        if owners.is_empty() && !message["spans"].as_array().is_none_or(Vec::is_empty) {
            let error = message["rendered"].as_str().unwrap_or_default();
            crate::tell(&format!("of no mutant: {error}"));
        }
        refused.extend(owners.into_iter().map(|number| (number, why.clone())));
    }
    if refused.is_empty() {
        let said = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "the woven checker is not built: {said}");
    }
    refused
}

/// Whose text an error is in: where it is said first, otherwise where it is explained.
fn owners(message: &Value, texts: &BTreeMap<String, String>) -> BTreeSet<u32> {
    let mut owners = BTreeSet::new();
    for primary in [true, false] {
        let spans = message["spans"].as_array().into_iter().flatten();
        if !owners.is_empty() {
            break;
        }
        for span in spans.filter(|span| span["is_primary"] == primary) {
            let file = span["file_name"].as_str().and_then(|file| texts.get(file));
            let Some(text) = file else { continue };
            owners.extend(weave::owners(text, &bytes(span)));
        }
    }
    owners
}

fn bytes(span: &Value) -> Range<usize> {
    let at = |name: &str| span[name].as_u64().and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
    at("byte_start")..at("byte_end")
}
