//! Sets of which the whole is read, and from which nothing is removed.
//!
//! Such reads grow: of two, one has all elements of the other. So their order is known, up to that of
//! equal ones, and with it between which reads each element came. What comes and is read in turn is
//! given moments one after the other, each as early as it can be.

use super::members::{Kind, Members};
use super::place::Placed;
use super::set::{Presence, Step, Story};
use super::tuned::index;
use super::{NEVER, NONE};
use crate::part::Standing;
use rustc_hash::FxHashSet;

/// An order, or positions that contradict each other. O(n log n) in operations and elements read.
pub(super) fn order(
    members: &Members,
    histories: &[Presence],
    reads: &[usize],
    standing: &impl Fn(usize) -> Standing,
) -> Result<Vec<usize>, Vec<usize>> {
    let grown = Grown::new(members, histories, reads)?;
    let mut placed = Placed::with_capacity(members.kinds.len());
    // The latest start so far, and whose it is.
    let (mut now, mut because) = (0, NONE);
    let mut adds = grown.adds.iter().peekable();
    for group in 0..=grown.groups.len() {
        for &&(_, element) in std::iter::from_fn(|| adds.next_if(|add| add.0 as usize == group))
            .collect::<Vec<_>>()
            .iter()
        {
            let presence = &histories[element as usize];
            let positions = members.positions(element as usize);
            let Some(came) = presence.came() else { continue };
            let mut suspects = presence_suspects(presence);
            if came.start > came.end {
                return Err(suspects);
            }
            if came.end < now {
                suspects.extend(grown.told(because, group));
                return Err(suspects);
            }
            if came.start > now {
                (now, because) = (came.start, element_cause(presence, came.start));
            }
            let mut put = |at: u32, moment: u32, step: Step| {
                // What missed the element comes before it at the same moment, what saw it after.
                let class = if step == Step::Before { 0 } else { 1 };
                placed.add(moment, class, 2 * index(group), step as u8, at);
            };
            Story::Stayed(now).place(presence, members, positions, standing, &mut put);
        }
        let Some(equal) = grown.groups.get(group) else { break };
        for &read in equal {
            let span = members.spans[read as usize];
            if span.end < now {
                let mut suspects = vec![read as usize];
                suspects.extend(grown.told(because, group));
                return Err(suspects);
            }
            if span.start > now {
                (now, because) = (span.start, read);
            }
            placed.add(now, 1, 2 * index(group) + 1, 0, read);
        }
    }
    for (element, presence) in histories.iter().enumerate() {
        if grown.group_of[element] == NEVER {
            let positions = members.positions(element);
            let mut put = |at, moment, step: Step| placed.add(moment, 0, 0, step as u8, at);
            Story::Never.place(presence, members, positions, standing, &mut put);
        }
    }
    Ok(placed.into_order())
}

/// Why a read cannot lack these elements, each of which another read has. An add that had returned
/// before the one that lacks its element was called says it best; else it is the other read that has
/// it, and lacks something itself.
fn apart(
    members: &Members,
    histories: &[Presence],
    read: usize,
    lacking: &[usize],
    last_seen: &[u32],
) -> Vec<usize> {
    let added_before = |element: usize, read: usize| {
        let add = histories[element].add.filter(|(_, certain)| *certain)?.0;
        (add.span.end < members.spans[read].start).then(|| vec![add.position as usize, read])
    };
    if let Some(why) = lacking.iter().find_map(|&element| added_before(element, read)) {
        return why;
    }
    let Some(&lacks) = lacking.first() else { return vec![read] };
    let other = last_seen[lacks] as usize;
    let lists = [read, other].map(|read| match members.kinds[read] {
        Kind::All(list) => members.lists[list as usize].as_slice(),
        _ => &[],
    });
    let there: FxHashSet<u32> = lists[1].iter().copied().collect();
    let mut only = lists[0].iter().filter(|element| !there.contains(element));
    only.find_map(|&element| added_before(element as usize, other))
        .unwrap_or_else(|| vec![read, other])
}

/// Every operation that bounds the moment at which an element came.
fn presence_suspects(presence: &Presence) -> Vec<usize> {
    let add = presence.add.iter().map(|(add, _)| add.position);
    let seen = presence.seen.iter().map(|(first, _)| first.position);
    let missed = presence.missed.iter().map(|missed| missed.position);
    add.chain(seen).chain(missed).map(|at| at as usize).collect()
}

/// The operation that says that an element came no earlier.
fn element_cause(presence: &Presence, start: u32) -> u32 {
    let missed = presence.missed.filter(|missed| missed.span.start == start);
    let add = presence.add.map_or(NONE, |(add, _)| add.position);
    missed.map_or(add, |missed| missed.position)
}

/// Reads and adds in the order of the sets that were read.
struct Grown {
    /// Equal reads, from the smallest set on.
    groups: Vec<Vec<u32>>,
    /// For each element the first group that has it; one past the last for those that nobody read,
    /// [`NEVER`] for those that need not have been there.
    group_of: Vec<u32>,
    /// Elements by group.
    adds: Vec<(u32, u32)>,
}

impl Grown {
    fn new(
        members: &Members,
        histories: &[Presence],
        reads: &[usize],
    ) -> Result<Grown, Vec<usize>> {
        let list = |read: usize| match members.kinds[read] {
            Kind::All(list) => members.lists[list as usize].as_slice(),
            _ => &[],
        };
        let mut sorted = reads.to_vec();
        sorted.sort_by_key(|&read| (list(read).len(), members.spans[read].start, read));
        let mut groups: Vec<Vec<u32>> = Vec::new();
        let mut group_of = vec![NEVER; histories.len()];
        // Which read saw an element last, to find one that stands in a list twice.
        let mut last_seen = vec![NONE; histories.len()];
        let mut known = 0;
        for &read in &sorted {
            let elements = list(read);
            if groups.is_empty() || known != elements.len() {
                groups.push(Vec::new());
            }
            let group = groups.len() - 1;
            for &element in elements {
                let at = element as usize;
                if std::mem::replace(&mut last_seen[at], index(read)) == index(read)
                    || histories[at].add.is_none()
                {
                    return Err(vec![read]);
                }
                if group_of[at] == NEVER {
                    group_of[at] = index(group);
                    known += 1;
                }
            }
            if known != elements.len() {
                // It lacks what a smaller one, or one as large, has.
                let lacks = |&element: &usize| {
                    group_of[element] != NEVER && last_seen[element] != index(read)
                };
                let lacking: Vec<usize> = (0..histories.len()).filter(lacks).collect();
                return Err(apart(members, histories, read, &lacking, &last_seen));
            }
            groups[group].push(index(read));
        }
        for group in &mut groups {
            group.sort_unstable_by_key(|&read| members.spans[read as usize].start);
        }
        let mut adds = Vec::with_capacity(histories.len());
        for (element, presence) in histories.iter().enumerate() {
            if group_of[element] == NEVER {
                if presence.may_be_never() {
                    continue;
                }
                if presence.add.is_none() {
                    return Err(presence_suspects(presence));
                }
                group_of[element] = index(groups.len());
            }
            adds.push((group_of[element], index(element)));
        }
        let start = |element: u32| histories[element as usize].came().map_or(0, |came| came.start);
        adds.sort_by_key(|&(group, element)| (group, start(element), element));
        Ok(Grown { groups, group_of, adds })
    }

    /// The operations that say that this one comes before what belongs to a group: itself, and a
    /// read on each side.
    fn told(&self, because: u32, group: usize) -> Vec<usize> {
        let before = group.checked_sub(1).and_then(|group| self.groups[group].first());
        let at = self.groups.get(group).and_then(|group| group.first());
        let all = [because].into_iter().chain(before.copied()).chain(at.copied());
        all.filter(|&position| position != NONE).map(|position| position as usize).collect()
    }
}
