//! A set whose elements are each added once at most, and removed once at most.
//!
//! Elements do not know of each other, so each is decided by itself (Gibbons, Bruno and Phillips,
//! 2002). Of one element there are three stories: it never was there; it came and stayed, and a
//! remove that says nothing of what it found came before; it came and went. Each is a question about
//! a few moments. Reads of the whole set tie the elements together ([`super::growing`]).

use super::members::{Kind, Members};
use super::place::Timed;
use super::{Answer, NEVER, Span, growing};
use crate::part::Standing;

/// Decides a set.
pub(super) fn answer(members: &Members, standing: impl Fn(usize) -> Standing) -> Answer {
    let mut reads = Vec::new();
    for (at, kind) in members.kinds.iter().enumerate() {
        if matches!(kind, Kind::All(_)) && standing(at) == Standing::Required {
            reads.push(at);
        }
    }
    if reads.is_empty() {
        return apart(members, &standing);
    }
    let elements = 0..members.elements();
    let histories = elements.map(|element| Presence::of(members, element, &standing));
    let histories = match histories.collect::<Result<Vec<Presence>, _>>() {
        Ok(histories) => histories,
        Err(why) => return Answer::Undecided(why),
    };
    if histories.iter().any(|presence| presence.remove.is_some()) {
        return Answer::Undecided("elements are removed and the whole set is read");
    }
    match growing::order(members, &histories, &reads, &standing) {
        Ok(order) => Answer::Valid(order),
        Err(suspects) => Answer::Invalid(suspects),
    }
}

/// Each element by itself. What one says is told only when every element has its place: where one
/// was added twice, nothing is.
fn apart(members: &Members, standing: &impl Fn(usize) -> Standing) -> Answer {
    let mut timed = Timed::with_capacity(members.kinds.len());
    let mut wrong = None;
    let mut own: Vec<(u32, Step, u32)> = Vec::new();
    for element in 0..members.elements() {
        let presence = match Presence::of(members, element, standing) {
            Ok(presence) => presence,
            Err(why) => return Answer::Undecided(why),
        };
        if wrong.is_some() {
            continue;
        }
        let positions = members.positions(element);
        match presence.story(members, positions, standing) {
            Err(suspects) => wrong = Some(suspects),
            Ok(story) => {
                let mut put = |at: u32, moment: u32, step: Step| own.push((moment, step, at));
                story.place(&presence, members, positions, standing, &mut put);
                own.sort_unstable();
                own.drain(..).for_each(|(moment, _, at)| timed.add(moment, at));
            }
        }
    }
    match wrong {
        Some(suspects) => Answer::Invalid(suspects),
        None => Answer::Valid(timed.into_order()),
    }
}

/// An operation with its interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct At {
    pub(super) position: u32,
    pub(super) span: Span,
}

/// What is known of one element.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Presence {
    /// The one add, and whether it certainly happened.
    pub(super) add: Option<(At, bool)>,
    /// The one remove.
    pub(super) remove: Option<(At, Remove)>,
    /// Of those that saw it, the one that ends first and the one that starts last.
    pub(super) seen: Option<(At, At)>,
    /// Of those that missed it, the one that starts last.
    pub(super) missed: Option<At>,
}

/// What is known of a remove.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Remove {
    /// It found the element.
    Found,
    /// It happened.
    Blind,
    /// It may have happened.
    Loose,
}

/// The place of an operation among those of its element at the same moment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Step {
    Before,
    Add,
    Seen,
    Remove,
    After,
}

/// What may have become of an element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Story {
    /// It was never there.
    Never,
    /// It came at this moment and stayed.
    Stayed(u32),
    /// It came and went at these moments.
    Went(u32, u32),
}

impl Presence {
    fn of(
        members: &Members,
        element: usize,
        standing: &impl Fn(usize) -> Standing,
    ) -> Result<Presence, &'static str> {
        let mut presence = Presence::default();
        for &position in members.positions(element) {
            let at = position as usize;
            let (standing, span) = (standing(at), members.spans[at]);
            let certain = standing == Standing::Required && span.end != NEVER;
            let span = if certain { span } else { Span { end: NEVER, ..span } };
            let one = At { position, span };
            match (standing, members.kinds[at]) {
                (Standing::Dropped, _) | (Standing::Optional, Kind::Seen(_)) => {}
                (_, Kind::Add) => {
                    if presence.add.replace((one, certain)).is_some() {
                        return Err("an element was added twice");
                    }
                }
                (_, Kind::Remove { there }) => {
                    let kind = match (certain, there) {
                        (false, _) => Remove::Loose,
                        (true, true) => Remove::Found,
                        (true, false) => Remove::Blind,
                    };
                    if presence.remove.replace((one, kind)).is_some() {
                        return Err("an element was removed twice");
                    }
                }
                (Standing::Required, Kind::Seen(true)) => {
                    let (first, last) = presence.seen.get_or_insert((one, one));
                    *first = if one.span.end < first.span.end { one } else { *first };
                    *last = if one.span.start > last.span.start { one } else { *last };
                }
                (Standing::Required, Kind::Seen(false)) => {
                    let last = presence.missed.get_or_insert(one);
                    *last = if one.span.start > last.span.start { one } else { *last };
                }
                (_, Kind::All(_) | Kind::Nothing) => {}
            }
        }
        Ok(presence)
    }

    /// From when to when it can have come, if it came and stayed.
    pub(super) fn came(&self) -> Option<Span> {
        let (add, _) = self.add?;
        let missed = self.missed.map_or(0, |missed| missed.span.start);
        let seen = self.seen.map_or(NEVER, |(first, _)| first.span.end);
        Some(Span { start: add.span.start.max(missed), end: add.span.end.min(seen) })
    }

    /// Whether it may never have been there.
    pub(super) fn may_be_never(&self) -> bool {
        let found = matches!(self.remove, Some((_, Remove::Found)));
        !found && self.seen.is_none() && !matches!(self.add, Some((_, true)))
    }

    /// A story that fits, or positions that contradict each other.
    fn story(
        &self,
        members: &Members,
        positions: &[u32],
        standing: &impl Fn(usize) -> Standing,
    ) -> Result<Story, Vec<usize>> {
        if self.may_be_never() {
            return Ok(Story::Never);
        }
        if let Some(mut came) = self.came() {
            if let Some((remove, Remove::Blind)) = self.remove {
                came.start = came.start.max(remove.span.start);
            }
            let found = matches!(self.remove, Some((_, Remove::Found)));
            if !found && came.start <= came.end {
                return Ok(Story::Stayed(came.start));
            }
        }
        let mut in_the_way = None;
        if let (Some((add, _)), Some((remove, _))) = (self.add, self.remove) {
            let (seen_end, seen_start) = match self.seen {
                Some((first, last)) => (first.span.end, last.span.start),
                None => (NEVER, 0),
            };
            let come = add.span.end.min(seen_end).min(remove.span.end);
            let go = remove.span.start.max(seen_start).max(add.span.start);
            if go <= come {
                return Ok(Story::Went(go, go));
            }
            let missed_inside = |&&position: &&u32| {
                let (at, span) = (position as usize, members.spans[position as usize]);
                members.kinds[at] == Kind::Seen(false)
                    && standing(at) == Standing::Required
                    && come < span.start
                    && span.end < go
            };
            in_the_way = positions.iter().find(missed_inside);
            if add.span.start <= come && go <= remove.span.end && in_the_way.is_none() {
                return Ok(Story::Went(come, go));
            }
        }
        let seen = self.seen.iter().flat_map(|(first, last)| [first.position, last.position]);
        let add = self.add.iter().map(|(add, _)| add.position);
        let remove = self.remove.iter().map(|(remove, _)| remove.position);
        let missed = self.missed.iter().map(|missed| missed.position);
        let all = add.chain(remove).chain(seen).chain(missed).chain(in_the_way.copied());
        let mut suspects: Vec<usize> = all.map(|at| at as usize).collect();
        suspects.sort_unstable();
        suspects.dedup();
        Err(suspects)
    }
}

impl Story {
    /// Gives each operation of the element a moment.
    pub(super) fn place(
        self,
        presence: &Presence,
        members: &Members,
        positions: &[u32],
        standing: &impl Fn(usize) -> Standing,
        put: &mut impl FnMut(u32, u32, Step),
    ) {
        let (come, go) = match self {
            Story::Never => (NEVER, NEVER),
            Story::Stayed(come) => (come, NEVER),
            Story::Went(come, go) => (come, go),
        };
        if let Some((add, _)) = presence.add.filter(|_| self != Story::Never) {
            put(add.position, come, Step::Add);
        }
        if let Some((remove, kind)) = presence.remove {
            match self {
                Story::Went(..) => put(remove.position, go, Step::Remove),
                _ if kind == Remove::Loose => {}
                _ => put(remove.position, remove.span.end.min(come), Step::Before),
            }
        }
        for &position in positions {
            let (at, span) = (position as usize, members.spans[position as usize]);
            match members.kinds[at] {
                Kind::Seen(_) if standing(at) != Standing::Required => {}
                Kind::Seen(true) => put(position, span.start.max(come), Step::Seen),
                Kind::Seen(false) if span.start <= come => {
                    put(position, span.end.min(come), Step::Before);
                }
                Kind::Seen(false) => put(position, span.start.max(go), Step::After),
                _ => {}
            }
        }
    }
}
