//! Paths from what was typed: files, folders, and patterns that a shell did not expand.
//!
//! In a pattern `*` stands for any characters of one path component, `?` for one, `**` as a whole
//! component for any number of components. Results are sorted, so that they do not depend on the
//! file system.

use crate::exit::Failure;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Endings of files that folders and patterns are searched for.
const ENDINGS: [&str; 5] = [".jsonl", ".json", ".edn", ".log", ".txt"];

/// What may stand behind an ending: the file is compressed.
const COMPRESSED: &str = ".zst";

/// Files found at most; more is a typing error rather than a wish.
const FILES_MAX: usize = 1_000_000;

/// Folders nest at most this deep, which also ends circles of links.
const DEPTH_MAX: usize = 32;

/// The endings of files that folders are searched for, for people.
pub(crate) fn endings() -> String {
    format!("{} (each also with {COMPRESSED})", ENDINGS.join(", "))
}

/// The files that an argument names, sorted. A plain path is given as it is; a folder gives every
/// history below it; a pattern that matches nothing is an error.
pub(crate) fn expand(argument: &str) -> Result<Vec<PathBuf>, Failure> {
    let path = Path::new(argument);
    if path.is_dir() {
        // Names without a leading `./` read better.
        return below(if path == Path::new(".") { Path::new("") } else { path });
    }
    if path.exists() || !argument.contains(['*', '?']) {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = BTreeSet::new();
    let (mut base, mut pattern) = (PathBuf::new(), Vec::new());
    for component in path.components() {
        match component {
            Component::Normal(part) if !pattern.is_empty() || is_pattern(part) => {
                pattern.push(part.to_string_lossy().into_owned());
            }
            _ if !pattern.is_empty() => {
                pattern.push(component.as_os_str().to_string_lossy().into())
            }
            _ => base.push(component),
        }
    }
    search(&base, &pattern, &mut found)?;
    if found.is_empty() {
        return Err(Failure::unreadable(format!("no file matches `{argument}`")));
    }
    Ok(found.into_iter().collect())
}

fn is_pattern(part: &std::ffi::OsStr) -> bool {
    part.to_string_lossy().contains(['*', '?'])
}

/// Every history below a folder, sorted.
pub(crate) fn below(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = BTreeSet::new();
    let mut open = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        for entry in entries(&folder)? {
            if entry.is_dir() {
                if depth < DEPTH_MAX {
                    open.push((entry, depth + 1));
                }
            } else if is_history(&entry) && entry.is_file() {
                insert(&mut found, entry)?;
            }
        }
    }
    Ok(found.into_iter().collect())
}

fn is_history(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(COMPRESSED).unwrap_or(&name);
    !name.starts_with('.') && ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn insert(found: &mut BTreeSet<PathBuf>, path: PathBuf) -> Result<(), Failure> {
    if found.len() >= FILES_MAX {
        return Err(Failure::usage(format!("more than {FILES_MAX} files: name fewer")));
    }
    found.insert(path);
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let shown = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let read = fs::read_dir(shown).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| folder.join(entry.file_name()))).collect()
    });
    read.map_err(|error| Failure::io(format!("cannot list {}", shown.display()), &error))
}

/// Adds every path below `base` that matches the components of the pattern.
fn search(base: &Path, pattern: &[String], found: &mut BTreeSet<PathBuf>) -> Result<(), Failure> {
    let mut open: Vec<(PathBuf, usize, usize)> = vec![(base.to_owned(), 0, 0)];
    while let Some((folder, at, depth)) = open.pop() {
        let Some(component) = pattern.get(at) else { continue };
        let last = at + 1 == pattern.len();
        if component == "**" {
            // It may stand for no component at all.
            open.push((folder.clone(), at + 1, depth));
        }
        // Folders that vanish or that we may not list simply match nothing.
        for entry in entries(&folder).unwrap_or_default() {
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let folder_below = entry.is_dir() && depth < DEPTH_MAX;
            if component == "**" {
                if folder_below && !name.starts_with('.') {
                    open.push((entry.clone(), at, depth + 1));
                }
                if last && entry.is_file() {
                    insert(found, entry)?;
                }
            } else if matches(component, &name) {
                if last && entry.is_file() {
                    insert(found, entry)?;
                } else if last && folder_below {
                    for file in below(&entry)? {
                        insert(found, file)?;
                    }
                } else if folder_below {
                    open.push((entry, at + 1, depth + 1));
                }
            }
        }
    }
    Ok(())
}

/// Whether a name matches a pattern of `*` and `?`. O(name times pattern), no recursion.
fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == '?' || c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    n = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::{is_history, matches};
    use std::path::Path;

    #[test]
    fn folders_are_searched_for_known_endings() {
        for name in ["a.jsonl", "a.json", "a.edn", "a.log", "a.txt.zst", "deep/b.jsonl.zst"] {
            assert!(is_history(Path::new(name)), "{name}");
        }
        for name in ["a.md", "a.zst", "a.logs", "jsonl", ".log", ".hidden.txt"] {
            assert!(!is_history(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name) in
            [("*", "a.log"), ("*.log", "a.log"), ("a?c", "abc"), ("e*d_*0.log", "etcd_000.log")]
        {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("*.log", "a.logs"), ("a?c", "ac"), ("*", ".hidden"), ("", "a")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_stay_fast() {
        let pattern = "*a".repeat(50) + "b";
        assert!(!matches(&pattern, &"a".repeat(2_000)));
    }
}
