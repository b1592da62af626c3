//! The one place that reads the environment and writes files for library users.

use std::ops::Range;
use std::path::PathBuf;
use std::{env, fs, io};

/// The variable that replaces the seeds of every `Check`: one seed (`7`) or a range (`0..1000`).
pub(crate) const SEED_VARIABLE: &str = "TESTIMONY_SEED";

/// The variable that names the folder for failing runs.
const FOLDER_VARIABLE: &str = "TESTIMONY_DIR";

/// The seeds that the environment asks for, where it does.
pub(crate) fn seeds() -> Result<Option<Range<u64>>, String> {
    match env::var(SEED_VARIABLE) {
        Ok(text) => parse_seeds(&text).map(Some),
        Err(_) => Ok(None),
    }
}

fn parse_seeds(text: &str) -> Result<Range<u64>, String> {
    let number = |part: &str| {
        let parsed = part.trim().parse::<u64>();
        parsed.map_err(|_| format!("{SEED_VARIABLE}: expected `7` or `0..100`, found `{text}`"))
    };
    match text.split_once("..") {
        Some((from, to)) => Ok(number(from)?..number(to)?),
        None => number(text).map(|seed| seed..seed.saturating_add(1)),
    }
}

/// Writes the files of a failing run and gives their folder.
pub(crate) fn save(run: &str, files: &[(&str, &str)]) -> io::Result<PathBuf> {
    let base =
        env::var_os(FOLDER_VARIABLE).map_or_else(|| "target/testimony".into(), PathBuf::from);
    let folder = base.join(run);
    fs::create_dir_all(&folder)?;
    for (name, text) in files {
        fs::write(folder.join(name), text)?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::parse_seeds;

    #[test]
    fn seeds_are_one_or_a_range() {
        assert_eq!(parse_seeds("7"), Ok(7..8));
        assert_eq!(parse_seeds("0..100"), Ok(0..100));
        assert!(parse_seeds("x").is_err_and(|error| error.contains("found `x`")));
        assert!(parse_seeds("1..").is_err());
    }
}
