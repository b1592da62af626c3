//! `merge`: the shards of a campaign as if one command had run them.

use crate::args::{self, Output};
use crate::campaign::file::{Header, Reader, Writer};
use crate::campaign::found::{Found, Rules, System};
use crate::campaign::tell::{self, End, Summary};
use crate::environment;
use crate::exit::{Exit, Failure};
use crate::out::{Out, say};
use std::path::{Path, PathBuf};
use testimony::report::json::{self, Start};

/// How the name of a campaign's file ends.
pub(crate) const ENDING: &str = ".campaign.jsonl";

/// Folders below a folder that is given are looked into so deep.
const DEPTH_MAX: usize = 8;

/// Joins what the shards wrote, tells what one run would have told, and ends as it would have ended.
pub(crate) fn run(args: &args::Merge, out: &mut Out) -> Result<Exit, Failure> {
    let mut readers = Vec::new();
    for path in files(&args.shards)? {
        readers.push(Reader::open(&path)?);
    }
    let header = joined(&mut readers)?;
    let mut file = Writer::create(args.out.as_deref(), &header)?;
    let base = environment::runs();
    let mut end = End::default();
    let mut exits = Vec::new();
    let mut stopped = false;
    if args.format == Output::Json {
        out.line(&json::line(&Start::NOW))?;
    }
    let rules = Rules { fail_fast: header.fail_fast, whole: true };
    for system in &header.systems {
        let found = system_of(&mut readers, &header, system, rules, &mut file)?;
        let summary = Summary::of(system, &found, rules);
        file.found(&summary)?;
        for text in tell::lines(&header, system, &found, &base, args.coverage) {
            tell_line(args.format, &text, out)?;
        }
        if args.format == Output::Json {
            out.line(&json::line(&summary))?;
        }
        end.systems += 1;
        end.as_expected += usize::from(found.exit() == Exit::Valid);
        exits.push(found.exit());
        stopped = header.fail_fast && found.exit() != Exit::Valid;
        if stopped {
            break;
        }
    }
    if !stopped {
        readers.into_iter().try_for_each(Reader::finish)?;
    }
    let exit = Exit::of(exits);
    end.exit = exit.code();
    file.end(&end)?;
    tell_line(args.format, &tell::as_expected((0, 0), (end.as_expected, end.systems)), out)?;
    Ok(exit)
}

fn tell_line(format: Output, text: &str, out: &mut Out) -> Result<(), Failure> {
    match format {
        Output::Text => out.line(text),
        Output::Json => {
            say(text);
            Ok(())
        }
    }
}

/// The files that were named, and those of campaigns in the folders that were named.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in named {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let before = found.len();
        look_into(path, &mut found)?;
        if found.len() == before {
            let what = format!("{}: no file ends with {ENDING}", path.display());
            return Err(Failure::unreadable(what));
        }
    }
    Ok(found)
}

fn look_into(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let mut open = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        let unreadable = |error| Failure::unreadable(format!("{}: {error}", folder.display()));
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() && depth < DEPTH_MAX {
                open.push((path, depth + 1));
            } else if path.to_string_lossy().ends_with(ENDING) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(())
}

/// What all shards were asked for; they must be all shards of one campaign, each once. Sorts them.
fn joined(readers: &mut [Reader]) -> Result<Header, Failure> {
    readers.sort_by_key(|reader| reader.header.shard);
    let Some(first) = readers.first() else {
        return Err(Failure::unreadable("no shard was given"));
    };
    let header = Header { shard: None, ..first.header.clone() };
    for reader in readers.iter() {
        if (Header { shard: None, ..reader.header.clone() }) != header {
            return Err(reader.unreadable("another campaign than that of the first shard"));
        }
    }
    let count = first.header.shard.map_or(1, |shard| shard.count);
    let mut shards = readers.iter().peekable();
    for index in 1..=count {
        let number = |reader: &&Reader| {
            reader.header.shard.map_or((1, 1), |shard| (shard.index, shard.count))
        };
        match shards.next_if(|reader| number(reader) == (index, count)) {
            Some(_) => {}
            None => {
                return Err(Failure::unreadable(format!("shard {index}/{count} is missing")));
            }
        }
    }
    match shards.next() {
        Some(more) => Err(more.unreadable("this shard was given twice")),
        None => Ok(header),
    }
}

/// Takes the rows of one system from all shards in the order of their seeds.
fn system_of(
    readers: &mut [Reader],
    header: &Header,
    system: &System,
    rules: Rules,
    file: &mut Writer,
) -> Result<Found, Failure> {
    let mut found = Found::default();
    // Where the time decided, a shard may have run fewer seeds than another.
    let any = header.for_s.is_some();
    let mut next = header.seeds.from;
    while !found.is_over(rules) {
        let mut lowest: Option<(u64, usize)> = None;
        for (at, reader) in readers.iter_mut().enumerate() {
            if let Some(seed) = reader.next_seed()? {
                lowest = Some(lowest.map_or((seed, at), |before| before.min((seed, at))));
            }
        }
        let Some((seed, at)) = lowest.filter(|(seed, _)| any || *seed == next) else {
            if lowest.is_none() && (any || next >= header.seeds.to) {
                break;
            }
            return Err(match lowest {
                Some((seed, at)) if seed < next => {
                    readers[at].unreadable(format!("seed {seed} was there before"))
                }
                _ => {
                    let name = &system.system;
                    Failure::unreadable(format!("seed {next} of {name} is in no shard"))
                }
            });
        };
        if seed < next || seed >= header.seeds.to {
            return Err(readers[at].unreadable(format!("seed {seed} does not belong here")));
        }
        next = seed.saturating_add(1);
        let Some(row) = readers[at].take() else { break };
        file.row(&row)?;
        found.add(&row, system);
    }
    for reader in readers {
        reader.next_system()?;
    }
    found.settle(system, rules);
    Ok(found)
}
