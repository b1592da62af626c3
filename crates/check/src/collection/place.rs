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
        match by_moment(&self.0, moment) {
            None => self.0.sort_unstable(),
            Some((mut sorted, ends)) => {
                let mut start = 0;
                for end in ends {
                    let end = end as usize;
                    if end - start > 1 {
                        sorted[start..end].sort_unstable();
                    }
                    start = end;
                }
                self.0 = sorted;
            }
        }
        let position = |key: u128| (key & u128::from(u32::MAX)) as usize;
        self.0.into_iter().map(position).collect()
    }
}

/// Operations with the moments at which they take effect. Those at one moment are in the order in
/// which they were added.
pub(super) struct Timed(Vec<(u32, u32)>);

impl Timed {
    pub(super) fn with_capacity(operations: usize) -> Timed {
        Timed(Vec::with_capacity(operations))
    }

    /// Adds the operation at a position.
    pub(super) fn add(&mut self, moment: u32, position: u32) {
        self.0.push((moment, position));
    }

    /// The positions in order. O(n) where the moments are dense, as event indexes are.
    pub(super) fn into_order(mut self) -> Vec<usize> {
        match by_moment(&self.0, |(moment, _)| moment as usize) {
            None => self.0.sort_by_key(|&(moment, _)| moment),
            Some((sorted, _)) => self.0 = sorted,
        }
        self.0.into_iter().map(|(_, position)| position as usize).collect()
    }
}

/// Sorts by counting how many there are at each moment, with where those of each moment end; `None`
/// where the moments are so far apart that this would take too long.
fn by_moment<K: Copy + Default>(
    keys: &[K],
    moment: impl Fn(K) -> usize,
) -> Option<(Vec<K>, Vec<u32>)> {
    let last = keys.iter().map(|&key| moment(key)).max().unwrap_or(0);
    if last / 8 > keys.len() + 1024 {
        return None;
    }
    let mut ends = vec![0_u32; last + 2];
    keys.iter().for_each(|&key| ends[moment(key) + 1] += 1);
    for at in 1..ends.len() {
        ends[at] += ends[at - 1];
    }
    let mut sorted = vec![K::default(); keys.len()];
    for &key in keys {
        let end = &mut ends[moment(key)];
        sorted[*end as usize] = key;
        *end += 1;
    }
    // Now each entry but the last is where the keys of its moment end.
    ends.pop();
    Some((sorted, ends))
}
