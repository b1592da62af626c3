//! Operations with the moments at which they take effect, and the order that follows.

/// Operations, each with a moment and its place among those at the same moment.
#[derive(Default)]
pub(super) struct Placed(Vec<u128>);

impl Placed {
    pub(super) fn with_capacity(operations: usize) -> Placed {
        Placed(Vec::with_capacity(operations))
    }

    /// Adds an operation. Those at one moment are ordered by `class`, then `group`, then `step`.
    pub(super) fn add(&mut self, moment: u32, class: u8, group: u32, step: u8, position: u32) {
        let low = u128::from(group) << 40 | u128::from(step) << 32 | u128::from(position);
        self.0.push(u128::from(moment) << 80 | u128::from(class) << 72 | low);
    }

    /// The positions in order. O(n) where the moments are dense, as event indexes are.
    pub(super) fn into_order(mut self) -> Vec<usize> {
        let moment = |key: u128| usize::try_from(key >> 80).unwrap_or(usize::MAX);
        let last = self.0.iter().map(|&key| moment(key)).max().unwrap_or(0);
        if last / 8 <= self.0.len() + 1024 {
            self.0 = by_moment(&self.0, last, moment);
        } else {
            self.0.sort_unstable();
        }
        let position = |key: u128| (key & u128::from(u32::MAX)) as usize;
        self.0.into_iter().map(position).collect()
    }
}

/// Sorts by counting how many there are at each moment.
fn by_moment(keys: &[u128], last: usize, moment: impl Fn(u128) -> usize) -> Vec<u128> {
    let mut ends = vec![0_u32; last + 2];
    keys.iter().for_each(|&key| ends[moment(key) + 1] += 1);
    for at in 1..ends.len() {
        ends[at] += ends[at - 1];
    }
    let mut sorted = vec![0; keys.len()];
    for &key in keys {
        let end = &mut ends[moment(key)];
        sorted[*end as usize] = key;
        *end += 1;
    }
    // Now each entry is where the keys of its moment end.
    let mut start = 0;
    for &end in &ends[..=last] {
        let end = end as usize;
        if end - start > 1 {
            sorted[start..end].sort_unstable();
        }
        start = end;
    }
    sorted
}
