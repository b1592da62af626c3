//! Delta debugging over numbered items.

use std::collections::BTreeSet;

/// Finds a subset of `0..count` that still fails and of which no item can be left out alone, given
/// that the whole fails. `first` gives the position of the first of some candidates that fails.
///
/// Large parts are left out first, then smaller ones. As in the original, after a success the parts
/// keep their size. Of the candidates in which only one part is kept just the two halves are tried:
/// with more parts they succeed too rarely to be worth their runs.
pub(super) fn minimise(
    count: usize,
    mut first: impl FnMut(&[Vec<usize>]) -> Option<usize>,
) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..count).collect();
    let mut failed_not: BTreeSet<Vec<usize>> = BTreeSet::new();
    // Everything at once: a group that does not matter at all is common.
    if count > 0 && first(&[Vec::new()]).is_some() {
        return Vec::new();
    }
    failed_not.insert(Vec::new());
    let mut parts = 2;
    // Nothing is left out of a single item that is needed.
    while kept.len() > 1 {
        parts = parts.min(kept.len());
        let mut candidates = without_each(&kept, parts);
        candidates.retain(|candidate| !failed_not.contains(candidate));
        match first(&candidates) {
            Some(position) => {
                failed_not.extend(candidates.drain(..position));
                kept = candidates.swap_remove(0);
                parts = (parts - 1).max(2);
            }
            None if parts >= kept.len() => break,
            None => {
                failed_not.extend(candidates);
                parts = (parts * 2).min(kept.len());
            }
        }
    }
    kept
}

/// The items without each of so many parts of about the same size, the last part first: what comes
/// late in a run matters less often.
fn without_each(items: &[usize], parts: usize) -> Vec<Vec<usize>> {
    let bound = |part: usize| part * items.len() / parts;
    let without = |part: usize| [&items[..bound(part)], &items[bound(part + 1)..]].concat();
    (0..parts).rev().map(without).collect()
}

#[cfg(test)]
mod tests {
    use super::minimise;
    use crate::Draw;

    /// What is found, and with how many tries, when a set fails that holds one of these groups.
    fn found(count: usize, groups: &[&[usize]]) -> (Vec<usize>, usize) {
        let mut tries = 0;
        let fails =
            |set: &[usize]| groups.iter().any(|group| group.iter().all(|item| set.contains(item)));
        let kept = minimise(count, |candidates| {
            let position = candidates.iter().position(|candidate| fails(candidate));
            tries += position.map_or(candidates.len(), |position| position + 1);
            position
        });
        assert!(fails(&kept));
        (kept, tries)
    }

    #[test]
    fn what_is_needed_is_found() {
        assert_eq!(found(220, &[&[3, 77, 78, 219]]).0, [3, 77, 78, 219]);
        assert_eq!(found(1, &[&[0]]).0, [0]);
        assert_eq!(found(5, &[&[]]), (vec![], 1));
        assert_eq!(found(0, &[&[]]), (vec![], 0));
        assert_eq!(found(4, &[&[0, 1, 2, 3]]).0, [0, 1, 2, 3]);
    }

    /// Goal: the result is 1-minimal whatever fails. Method: random monotone and non-monotone
    /// predicates over 40 items; each item is left out alone at the end.
    #[test]
    fn no_item_can_be_left_out_alone() {
        for seed in 0..300 {
            let draw = Draw::new(seed);
            let group = |number: u64| -> Vec<usize> {
                let size = draw.between(1, 5, "size", &[number]);
                let item = |place| draw.below(40, "item", &[number, place]);
                (0..size).filter_map(|place| usize::try_from(item(place)).ok()).collect()
            };
            let (one, two, spoiler) = (group(0), group(1), group(2));
            let all = |group: &[usize], set: &[usize]| group.iter().all(|item| set.contains(item));
            let fails = |set: &[usize]| {
                all(&one, set) || (all(&two, set) && (set.len() == 40 || !all(&spoiler, set)))
            };
            let kept = minimise(40, |candidates| candidates.iter().position(|set| fails(set)));
            assert!(fails(&kept), "seed {seed}");
            for item in &kept {
                let less: Vec<usize> = kept.iter().copied().filter(|other| other != item).collect();
                assert!(!fails(&less), "seed {seed}: {item} can be left out of {kept:?}");
            }
        }
    }

    #[test]
    fn few_tries_suffice_where_little_matters() {
        let (_, tries) = found(220, &[&[20, 90, 150, 201]]);
        assert!(tries < 90, "{tries}");
    }
}
