//! How much memory a process takes, as the system accounts for it. Where the system does not say
//! (`/proc` is Linux's), there is no figure.

use std::fs;

/// What a process takes, in KiB.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Resident {
    /// Now.
    pub(crate) now_kib: u64,
    /// At most, since its beginning or since [`forget_peak`].
    pub(crate) peak_kib: u64,
}

/// What the process with this id takes, or this one.
pub(crate) fn resident(process: Option<u32>) -> Option<Resident> {
    let process = process.map_or_else(|| "self".to_owned(), |id| id.to_string());
    parse(&fs::read_to_string(format!("/proc/{process}/status")).ok()?)
}

fn parse(status: &str) -> Option<Resident> {
    let line = |name: &str| {
        let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
        rest.split_whitespace().next()?.parse().ok()
    };
    Some(Resident { now_kib: line("VmRSS:")?, peak_kib: line("VmHWM:")? })
}

/// Lets the peak of this process begin at what it takes now, where the system allows it.
pub(crate) fn forget_peak() {
    // Without it the peak is that of the making of the history, which is not much more.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

#[cfg(test)]
mod tests {
    use super::{Resident, parse};

    #[test]
    fn lines_of_the_system_are_read() {
        let status = "Name:\tbench\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(parse(status), Some(Resident { now_kib: 1024, peak_kib: 2048 }));
        assert_eq!(parse("Name:\tbench\n"), None);
    }
}
