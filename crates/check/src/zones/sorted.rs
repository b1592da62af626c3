//! Sorting by rank in linear time.

/// A key with what it belongs to.
pub(super) type Keyed = (u32, u32);

const BITS: u32 = 11;
const BUCKETS: usize = 1 << BITS;

/// Shorter lists are sorted by comparing.
const RADIX_MIN: usize = 1024;

/// Sorts by key; what has equal keys keeps its order. O(n) for long lists: a radix sort with digits
/// of 11 bits, of which ranks have two or three.
pub(super) fn sort(list: &mut Vec<Keyed>) {
    if list.is_sorted_by_key(|&(key, _)| key) {
        return;
    }
    if list.len() < RADIX_MIN {
        return list.sort_by_key(|&(key, _)| key);
    }
    let greatest = list.iter().map(|&(key, _)| key).max().unwrap_or(0);
    let mut other = vec![(0, 0); list.len()];
    let mut shift = 0;
    while shift < u32::BITS && greatest >> shift > 0 {
        let digit = |key: u32| (key >> shift) as usize % BUCKETS;
        let mut places = [0_usize; BUCKETS];
        for &(key, _) in list.iter() {
            places[digit(key)] += 1;
        }
        let mut before = 0;
        for place in &mut places {
            (*place, before) = (before, before + *place);
        }
        for &one in list.iter() {
            let place = &mut places[digit(one.0)];
            other[*place] = one;
            *place += 1;
        }
        std::mem::swap(list, &mut other);
        shift += BITS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_short_lists_are_sorted_alike() {
        for (count, greatest) in [(0, 1), (5, 3), (5_000, 100), (5_000, 1 << 20), (5_000, u32::MAX)]
        {
            let mut key = 1_u32;
            let keyed = (0..count).map(|number| {
                key = key.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (key % greatest, number)
            });
            let mut list: Vec<Keyed> = keyed.collect();
            let mut expected = list.clone();
            expected.sort_by_key(|&(key, _)| key);
            sort(&mut list);
            assert_eq!(list, expected);
        }
    }
}
