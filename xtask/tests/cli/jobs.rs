//! The job files do what they say: what each engine would run is taken out of them and run.
//!
//! The files are for eight shards and thousands of seeds; here it is two shards and three seeds. Everything
//! else, the commands, their arguments and their variables, is as it stands in the file.

use super::support::Place;
use saphyr::{LoadableYamlNode, Yaml};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The seeds of the files, and those of the tests.
const SEEDS: (&str, &str) = ("0..8000", "0..3");

/// The shards of the tests.
const SHARDS: usize = 2;

/// A command with its variables.
struct Call {
    words: Vec<String>,
    variables: BTreeMap<String, String>,
}

fn call<const N: usize>(words: [&str; N]) -> Call {
    let words = words.iter().map(|word| word.replace(SEEDS.0, SEEDS.1)).collect();
    Call { words, variables: BTreeMap::new() }
}

impl Call {
    fn with<V: ToString + ?Sized>(mut self, name: &str, value: &V) -> Call {
        self.variables.insert(name.to_owned(), value.to_string());
        self
    }
}

/// A folder that looks like this repository, built.
fn repository(test: &str) -> Place {
    let place = Place::new(test);
    let jobs = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a root").join("jobs");
    fs::create_dir_all(place.folder.join("jobs")).expect("a folder");
    for entry in fs::read_dir(jobs).expect("jobs") {
        let file = entry.expect("an entry").path();
        let copy = place.folder.join("jobs").join(file.file_name().expect("a name"));
        fs::copy(file, copy).expect("a copy, as executable as it is");
    }
    fs::create_dir_all(place.folder.join("target/debug")).expect("a folder");
    let program = place.folder.join("target/debug/xtask");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_xtask"), program).expect("the program");
    place
}

fn text(place: &Place, name: &str) -> String {
    fs::read_to_string(place.folder.join(name)).expect(name)
}

fn run(place: &Place, Call { words, variables }: &Call) -> Output {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).current_dir(&place.folder).env("CI", "1");
    // What `cargo xtask` starts, and where its runs are, unless the file says otherwise.
    command.env("TESTIMONY", "target/debug/xtask").env_remove("CARGO_TARGET_DIR");
    command.env("TESTIMONY_DIR", place.folder.join("target/testimony")).envs(variables);
    command.output().expect("it can be started")
}

/// Runs the shards and the merge: the bytes and the words are those of one run. `shards_end` is the worst
/// code with which a shard may end.
fn is_one_run(place: &Place, shards: &[Call], merge: &Call, folder: &str, shards_end: i32) {
    for shard in shards {
        let ended = run(place, shard);
        assert!(ended.status.code().expect("a code") <= shards_end, "{ended:?}");
    }
    let merged = run(place, merge);
    let mut whole =
        call(["target/debug/xtask", "check", "--seeds", SEEDS.1, "--out", "whole.jsonl"]);
    whole.variables.clone_from(&merge.variables);
    let whole = run(place, &whole);
    let words = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(words(&merged), words(&whole), "{merged:?}");
    assert_eq!(merged.status.code(), whole.status.code(), "{merged:?}");
    let joined = text(place, &format!("{folder}/campaign.jsonl"));
    assert_eq!(joined, text(place, "whole.jsonl"));
    assert!(joined.contains(r#""to":3"#) && joined.lines().count() > 30, "{joined}");
}

fn string(yaml: &Yaml<'_>) -> String {
    match yaml.as_integer() {
        Some(number) => number.to_string(),
        None => yaml.as_str().unwrap_or_else(|| panic!("a text: {yaml:?}")).to_owned(),
    }
}

fn list<'y, 'i>(yaml: &'y Yaml<'i>) -> &'y [Yaml<'i>] {
    yaml.as_vec().unwrap_or_else(|| panic!("a list: {yaml:?}"))
}

/// The texts of a list.
fn strings(yaml: &Yaml<'_>) -> Vec<String> {
    list(yaml).iter().map(string).collect()
}

/// The variables of a step or of a file, where it has some.
fn variables(yaml: &Yaml<'_>) -> BTreeMap<String, String> {
    let pairs = yaml.as_mapping_get("env").and_then(Yaml::as_mapping).into_iter().flatten();
    pairs.map(|(name, value)| (string(name), string(value))).collect()
}

#[test]
fn slurm() {
    let place = repository("jobs_slurm");
    let script = text(&place, "jobs/slurm.sh");
    assert!(script.lines().any(|line| line == "#SBATCH --array=1-8"), "{script}");
    assert!(script.contains("sbatch --parsable jobs/slurm.sh --seeds 0..8000)"), "{script}");
    let shards: Vec<Call> = (1..=SHARDS)
        .map(|task| {
            call(["bash", "jobs/slurm.sh", "--seeds", "0..8000"])
                .with("SLURM_SUBMIT_DIR", &place.folder.display())
                .with("SLURM_ARRAY_TASK_ID", &task)
                .with("SLURM_ARRAY_TASK_MIN", &1)
                .with("SLURM_ARRAY_TASK_COUNT", &SHARDS)
        })
        .collect();
    assert!(script.contains("--wrap jobs/merge.sh"), "{script}");
    is_one_run(&place, &shards, &call(["sh", "-c", "jobs/merge.sh"]), "target/testimony", 1);
}

#[test]
fn kubernetes() {
    let place = repository("jobs_kubernetes");
    let file = text(&place, "jobs/kubernetes.yaml");
    let documents = Yaml::load_from_str(&file).expect("YAML");
    let [shard, merge] = &documents[..] else { panic!("two jobs: {documents:?}") };
    assert_eq!(shard["spec"]["completionMode"].as_str(), Some("Indexed"));
    let volume = place.folder.join("volume");
    let container = |job: &Yaml<'_>| {
        let container = &list(&job["spec"]["template"]["spec"]["containers"])[0];
        let mounted = string(&list(&container["volumeMounts"])[0]["mountPath"]);
        let words = strings(&container["command"]);
        let mut call = Call {
            words: words.iter().map(|word| word.replace(SEEDS.0, SEEDS.1)).collect(),
            variables: BTreeMap::new(),
        };
        for variable in list(&container["env"]) {
            let value = string(&variable["value"]);
            let value = value.replace(&mounted, &volume.display().to_string());
            call = call.with(&string(&variable["name"]), &value);
        }
        call
    };
    assert_eq!(string(&shard["spec"]["completions"]), container(shard).variables["SHARDS"]);
    let shards: Vec<Call> = (0..SHARDS)
        .map(|index| container(shard).with("JOB_COMPLETION_INDEX", &index).with("SHARDS", &SHARDS))
        .collect();
    // A pod that found something has ended well: it is not started again.
    is_one_run(&place, &shards, &container(merge), "volume", 0);
}

#[test]
fn github() {
    let place = repository("jobs_github");
    let file = text(&place, "jobs/github.yml");
    let documents = Yaml::load_from_str(&file).expect("YAML");
    let workflow = &documents[0];
    let jobs = &workflow["jobs"];
    let runs = |job: &Yaml<'_>| -> Vec<(String, BTreeMap<String, String>)> {
        let steps = list(&job["steps"]).iter().filter(|step| step.contains_mapping_key("run"));
        let all = steps.map(|step| (string(&step["run"]), variables(step)));
        all.collect()
    };
    let matrix = strings(&jobs["shard"]["strategy"]["matrix"]["shard"]);
    let count: usize = variables(workflow)["SHARDS"].parse().expect("a number");
    assert_eq!(matrix, (1..=count).map(|index| index.to_string()).collect::<Vec<_>>());
    assert_eq!(variables(workflow)["SEEDS"], "${{ inputs.seeds || '0..8000' }}");
    assert_eq!(string(&jobs["merge"]["needs"]), "shard");
    let [(shard, given)] = &runs(&jobs["shard"])[..] else { panic!("one command") };
    assert_eq!(given["SHARD"], "${{ matrix.shard }}");
    // What GitHub runs of a step without a shell of its own.
    let bash = |script: &str| {
        call(["bash", "-e", "-c", script]).with("SEEDS", SEEDS.1).with("SHARDS", &SHARDS)
    };
    let shards: Vec<Call> = (1..=SHARDS).map(|index| bash(shard).with("SHARD", &index)).collect();
    let [(merge, _)] = &runs(&jobs["merge"])[..] else { panic!("one command") };
    is_one_run(&place, &shards, &bash(merge), "target/testimony", 1);
}

/// Goal: the script serves any other engine, which gives the shard as an argument.
#[test]
fn any_other_engine() {
    let place = repository("jobs_typed");
    let shards: Vec<Call> = (1..=SHARDS)
        .map(|index| {
            let mut call = call(["jobs/shard.sh", "", "--seeds", "0..8000"]);
            call.words[1] = format!("{index}/{SHARDS}");
            call
        })
        .collect();
    is_one_run(&place, &shards, &call(["jobs/merge.sh"]), "target/testimony", 1);
}
