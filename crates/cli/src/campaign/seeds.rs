//! Which seeds a campaign, or a shard of it, runs.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// Shards of one campaign at most.
const SHARDS_MAX: u32 = 100_000;

/// One of several parts into which a campaign is split without coordination: shard `i/n` runs every
/// n-th seed, beginning with the i-th.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct Shard {
    /// Counted from 1.
    pub(crate) index: u32,
    pub(crate) count: u32,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let wrong = || "expected i/n like 2/8: i from 1 to n".to_owned();
        let (index, count) = text.split_once('/').ok_or_else(wrong)?;
        let number = |part: &str| part.trim().parse::<u32>().map_err(|_| wrong());
        let shard = Shard { index: number(index)?, count: number(count)? };
        match shard.index >= 1 && shard.index <= shard.count && shard.count <= SHARDS_MAX {
            true => Ok(shard),
            false => Err(format!("{}, n at most {SHARDS_MAX}", wrong())),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// The seeds of a campaign.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Seeds {
    pub(crate) from: u64,
    /// Not included.
    pub(crate) to: u64,
}

impl From<Range<u64>> for Seeds {
    fn from(range: Range<u64>) -> Seeds {
        Seeds { from: range.start, to: range.end }
    }
}

impl Seeds {
    /// The seeds that a shard runs (or all of them), ascending.
    pub(crate) fn of(self, shard: Option<Shard>) -> impl Iterator<Item = u64> {
        let (first, step) = match shard {
            Some(shard) => (u64::from(shard.index) - 1, u64::from(shard.count)),
            None => (0, 1),
        };
        let mut next = self.from.checked_add(first);
        std::iter::from_fn(move || {
            let seed = next.filter(|seed| *seed < self.to)?;
            next = seed.checked_add(step);
            Some(seed)
        })
    }

    /// How many seeds a shard runs (or all of them).
    pub(crate) fn count(self, shard: Option<Shard>) -> u64 {
        let all = self.to.saturating_sub(self.from);
        match shard {
            Some(shard) => {
                all.saturating_sub(u64::from(shard.index) - 1).div_ceil(shard.count.into())
            }
            None => all,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: whatever the range and the number of shards, each seed is in exactly one shard.
    #[test]
    fn shards_are_a_partition_of_the_seeds() {
        for (from, to) in [(0, 0), (0, 1), (7, 64), (u64::MAX - 5, u64::MAX), (9, 3)] {
            for count in [1, 2, 3, 7, 100] {
                let mut all = Vec::new();
                for index in 1..=count {
                    let shard = Some(Shard { index, count });
                    let seeds: Vec<u64> = Seeds { from, to }.of(shard).collect();
                    assert_eq!(Seeds { from, to }.count(shard), seeds.len() as u64);
                    assert!(seeds.is_sorted());
                    all.extend(seeds);
                }
                all.sort_unstable();
                assert_eq!(all, (from..to).collect::<Vec<_>>(), "{from}..{to} in {count}");
                assert!(Seeds { from, to }.of(None).eq(from..to));
            }
        }
    }

    #[test]
    fn shards_are_counted_from_one() {
        assert_eq!("2/8".parse(), Ok(Shard { index: 2, count: 8 }));
        for wrong in ["0/8", "9/8", "1/0", "8", "a/b", "-1/2", "1/4294967296", "1/100001", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
