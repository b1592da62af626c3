//! The ways to explain an answer next, and what each of them leaves.

use super::super::NONE;
use super::super::accesses::Kind;
use super::moment::{Moment, first, rank};
use super::puts::{Bound, Puts, Window};
use super::walk::Opens;
use testimony_model::Object;

/// A way to explain an answer next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Way {
    pub(super) answer: u32,
    /// The put that it takes or sees, or [`NONE`] where it found nothing.
    put: u32,
    /// Whether nobody knew that the put happened.
    is_spare: bool,
    /// When this is.
    pub(super) now: Moment,
    /// How many unanswered takes are needed for what must not be there.
    pub(super) kills: u32,
}

impl Way {
    /// Less for what is tried earlier: what uses less of what nobody was answered, then what takes the
    /// put that must come first. Others may still come later.
    pub(super) fn cost(&self, puts: &Puts<'_>) -> (u32, bool, Option<Moment>) {
        (self.kills, self.is_spare, self.put().map(|put| puts.window(put).end))
    }

    /// The put that was taken or seen, if there is one.
    pub(super) fn put(&self) -> Option<u32> {
        (self.put != NONE).then_some(self.put)
    }
}

/// What is known when the ways of an answer are looked for.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) now: Moment,
    /// Nothing may be later.
    pub(super) limit: Moment,
    pub(super) opens: &'a Opens,
    /// So many takes without an answer have taken something.
    pub(super) used: usize,
}

/// What was looked at to find the ways of an answer.
#[derive(Clone, Copy)]
pub(super) struct Looked {
    /// So many puts.
    pub(super) looked_at: u64,
    /// That there are no other ways follows from what is above this moment or there.
    pub(super) floor: Moment,
}

/// Finds the ways of an answer of a kind that is not earlier than `here.now`.
pub(super) fn ways(
    puts: &Puts<'_>,
    here: Here<'_>,
    answer: u32,
    kind: Kind,
    found: &mut Vec<Way>,
) -> Looked {
    let (first, floor) = (found.len(), Moment::MAX);
    let mut finder = Finder { puts, here, answer, kind, first, found, looked_at: 1, floor };
    match kind {
        Kind::Take(value) | Kind::Peek(value) => finder.next(value),
        _ => finder.nothing(),
    }
    let Finder { looked_at, floor, .. } = finder;
    Looked { looked_at, floor: if puts.object() == Object::Stack { floor } else { 0 } }
}

struct Finder<'f, 'a, 'o> {
    puts: &'f Puts<'a>,
    here: Here<'o>,
    answer: u32,
    kind: Kind,
    first: usize,
    found: &'f mut Vec<Way>,
    looked_at: u64,
    floor: Moment,
}

impl Finder<'_, '_, '_> {
    fn nothing(&mut self) {
        let bound = |now| match self.puts.object() {
            Object::Queue => Bound::EndsBefore(now),
            _ => Bound::Greater(None),
        };
        self.floor = match self.settle(self.here.now, NONE, bound) {
            Some((now, kills)) => {
                self.found.push(Way {
                    answer: self.answer,
                    put: NONE,
                    is_spare: false,
                    now,
                    kills,
                });
                0
            }
            None => self.blocked(),
        };
    }

    fn next(&mut self, value: u32) {
        if self.puts.object() == Object::Stack {
            self.top(value);
        } else {
            self.front(value);
        }
    }

    /// Of a stack, the moment below which nothing is next: more is above it than unanswered takes can
    /// take.
    fn blocked(&mut self) -> Moment {
        let (puts, Here { now, .. }) = (self.puts, self.here);
        let is_inside = |at: &u32| puts.window(*at).is_inside(now);
        let most = self.kills_most();
        self.looked_at += most as u64;
        let blocker = puts.by_start_down().filter(is_inside).nth(most);
        blocker.map_or(0, |at| puts.window(at).start)
    }

    /// So many unanswered takes are left.
    fn kills_most(&self) -> usize {
        let Here { limit, opens, used, .. } = self.here;
        opens.called_by(rank(limit)).saturating_sub(used)
    }

    /// The ways to have a value next of a queue or a priority queue.
    ///
    /// The put that ends first does at least as well as one that begins no earlier. Others that
    /// begin before it were called while it was open, and so are few.
    fn front(&mut self, value: u32) {
        let (puts, limit) = (self.puts, self.here.limit);
        let head = puts.head();
        if head != NONE && puts.value(head) == value {
            let now = self.here.now;
            let (answer, put) = (self.answer, head);
            self.found.push(Way { answer, put, is_spare: false, now, kills: 0 });
            return;
        }
        let start = |at: u32| puts.window(at).start;
        let ending = puts.ending(value).find(|&at| start(at) <= limit);
        if let Some(ending) = ending {
            self.try_put(ending, false);
            for at in puts.starting(value, start(ending)) {
                self.try_put(at, false);
            }
        }
        if let Some(at) = puts.spare(value) {
            self.try_put(at, true);
        }
    }

    /// The ways to have a value on top of a stack, from the latest put down. The further down, the
    /// more is in the way; right below what somebody saw there is more in the way than of that. Below
    /// the start of one that is inside, whatever can be next is no better than that.
    fn top(&mut self, value: u32) {
        let (puts, Here { now, limit, .. }) = (self.puts, self.here);
        let mut lowest = None;
        let mut is_blocked = true;
        for at in puts.ending(value).rev() {
            let window = puts.window(at);
            self.looked_at += 1;
            let place = (window.start <= now).then(|| place(puts, window, now));
            if lowest.is_some() && place < lowest {
                break;
            }
            if window.start > limit {
                continue;
            }
            if !self.try_put(at, false) {
                lowest = lowest.max(place);
            } else if window.is_inside(now) {
                is_blocked = false;
                lowest = lowest.max(Some(window.start));
                self.floor = self.floor.min(window.start);
            }
            self.try_later(at, false);
        }
        if is_blocked {
            self.floor = self.floor.min(self.blocked());
        }
        if let Some(at) = puts.spare(value) {
            self.try_put(at, true);
            self.try_later(at, true);
        }
        self.keep_best();
    }

    /// Drops the ways of a stack for which there is another one at least as good.
    fn keep_best(&mut self) {
        let mut at = self.first;
        while at < self.found.len() {
            let way = self.found[at];
            self.looked_at += (self.found.len() - self.first) as u64;
            if self.is_outdone(&way) {
                self.found.remove(at);
            } else {
                at += 1;
            }
        }
    }

    /// What was seen on top of a stack and stays is there from some moment on, and what begins later
    /// cannot be below it: the earliest moment is not the best for that.
    fn try_later(&mut self, at: u32, is_spare: bool) {
        let Window { start, end, is_seen } = self.puts.window(at);
        if !matches!(self.kind, Kind::Peek(_)) || is_seen {
            return;
        }
        let (from, limit) = (self.here.now.max(start), self.here.limit.min(end));
        let mut before = from;
        for other in self.puts.behind(Bound::StartsFrom(from)) {
            let later = self.puts.window(other).start;
            self.looked_at += 1;
            if later > limit {
                break;
            }
            if later > std::mem::replace(&mut before, later) {
                self.try_put_at(at, is_spare, later);
            }
        }
    }

    /// Adds the way to have this put next, if there is one and none at least as good; whether there
    /// is one.
    fn try_put(&mut self, at: u32, is_spare: bool) -> bool {
        self.try_put_at(at, is_spare, self.here.now.max(self.puts.window(at).start))
    }

    /// The same, from a moment on.
    fn try_put_at(&mut self, at: u32, is_spare: bool, from: Moment) -> bool {
        let puts = self.puts;
        let window = puts.window(at);
        let bound = |now: Moment| match puts.object() {
            Object::Queue => Bound::EndsBefore(window.start),
            Object::Stack => Bound::StartsFrom(place(puts, window, now)),
            _ => Bound::Greater(Some(puts.value(at))),
        };
        let Some((now, kills)) = self.settle(from, at, bound) else { return false };
        let way = Way { answer: self.answer, put: at, is_spare, now, kills };
        if !self.found[self.first..].contains(&way) && !self.is_outdone(&way) {
            self.found.push(way);
        }
        true
    }

    /// Whether another way was found that is at least as good.
    fn is_outdone(&mut self, way: &Way) -> bool {
        let better = |other: &&Way| *other != way && self.is_as_good(other, way);
        let better = self.found[self.first..].iter().find(better).copied();
        if let Some(better) = better {
            self.floor = self.floor.min(self.puts.window(better.put).start);
        }
        better.is_some()
    }

    /// Whether one way does whatever the other can. Both take a put of the same value.
    fn is_as_good(&self, one: &Way, other: &Way) -> bool {
        if one.now > other.now || one.kills > other.kills {
            return false;
        }
        let (first, second) = (self.puts.window(one.put), self.puts.window(other.put));
        match self.puts.object() {
            Object::Stack => one.is_spare == other.is_spare && self.is_as_good_on_top(one, other),
            // What is in the way of the one is in the way of the other.
            Object::Queue => {
                !one.is_spare
                    && (first.start <= second.start || one.kills == other.kills)
                    && first.end <= second.end
            }
            _ => !one.is_spare && first.end <= second.end,
        }
    }

    /// The same for a stack, where both puts are not spare. What counts is which places there are for
    /// the put that is left, and what is closed.
    fn is_as_good_on_top(&self, one: &Way, other: &Way) -> bool {
        let puts = self.puts;
        let (first, second) = (puts.window(one.put), puts.window(other.put));
        if first.start < second.start {
            return false;
        }
        let (place_of_one, place_of_other) =
            (place(puts, first, one.now), place(puts, second, other.now));
        // Of two that certainly are inside, the one that is not lower in any order.
        if place_of_one >= place_of_other && first.is_inside(one.now) {
            return true;
        }
        // The one that must come while the other still may, if nothing else can be between them.
        let between = |&at: &u32| at != one.put && at != other.put;
        first.end <= second.end
            && place_of_one <= place_of_other
            && puts
                .behind(Bound::StartsFrom(place_of_one))
                .filter(between)
                .map(|at| puts.window(at).start)
                .find(|&start| start > place_of_one)
                .is_none_or(|start| start > place_of_other)
    }

    /// The first moment from `now` on at which all can go that would be in the way then, with their
    /// number.
    fn settle(
        &mut self,
        mut now: Moment,
        put: u32,
        bound: impl Fn(Moment) -> Bound,
    ) -> Option<(Moment, u32)> {
        let Here { limit, opens, used, .. } = self.here;
        let most = self.kills_most();
        loop {
            if now > limit {
                return None;
            }
            let (kills, looked_at) = count(self.puts, bound(now), put, now, most);
            self.looked_at += looked_at;
            if kills > most {
                return None;
            }
            let from = if kills == 0 { now } else { now.max(first(opens.call(used + kills - 1))) };
            if from == now {
                return Some((now, u32::try_from(kills).unwrap_or(u32::MAX)));
            }
            now = from;
        }
    }
}

/// When a put of a stack was, if it is on top now: as late as can be.
fn place(puts: &Puts<'_>, window: Window, now: Moment) -> Moment {
    puts.closed.latest(window.end.min(now))
}

/// Counts what would be in the way, no further than one more than may be; with how many it looked at.
fn count(puts: &Puts<'_>, bound: Bound, put: u32, now: Moment, most: usize) -> (usize, u64) {
    let (mut kills, mut looked_at) = (0, 0);
    if puts.head() != NONE && puts.head() != put {
        kills += 1;
    }
    for at in puts.behind(bound) {
        looked_at += 1;
        if at != put && is_in_the_way(puts, bound, at, now) {
            kills += 1;
            if kills > most {
                break;
            }
        }
    }
    (kills, looked_at)
}

fn is_in_the_way(puts: &Puts<'_>, bound: Bound, at: u32, now: Moment) -> bool {
    let window = puts.window(at);
    match bound {
        Bound::EndsBefore(_) => true,
        Bound::Greater(_) => window.is_inside(now),
        // What may go right below it does; what somebody saw stays where it was.
        Bound::StartsFrom(place) => window.is_seen || window.end < now && window.start > place,
    }
}

/// Goes a way: `kill` is told what unanswered takes took.
pub(super) fn go(puts: &mut Puts<'_>, way: &Way, kind: Kind, mut kill: impl FnMut(u32)) {
    let object = puts.object();
    let window = way.put().map(|put| puts.window(put));
    let place = window.map(|window| place(puts, window, way.now));
    let bound = match (object, window) {
        (Object::Queue, Some(window)) => Bound::EndsBefore(window.start),
        (Object::Queue, None) => Bound::EndsBefore(way.now),
        (Object::Stack, Some(_)) => Bound::StartsFrom(place.unwrap_or(0)),
        _ => Bound::Greater(way.put().map(|put| puts.value(put))),
    };
    let is_head = way.put == puts.head();
    if puts.head() != NONE && !is_head {
        kill(puts.head());
        puts.set_head(NONE);
    }
    if !is_head || way.put == NONE {
        let behind: Vec<u32> = puts.behind(bound).filter(|&at| at != way.put).collect();
        for at in behind {
            if is_in_the_way(puts, bound, at, way.now) {
                kill(at);
                puts.go(at);
            } else if object == Object::Stack {
                let window = puts.window(at);
                if Some(window.start) > place {
                    puts.change(at, Window { start: window.start.max(way.now), ..window });
                }
            }
        }
    }
    if object == Object::Stack {
        puts.closed.close(place.unwrap_or(0), way.now);
    }
    let (Some(put), Some(window)) = (way.put(), window) else { return };
    if way.is_spare {
        puts.use_spare(puts.value(put));
    }
    match kind {
        Kind::Peek(_) => see(puts, way, put, window, place.unwrap_or(0)),
        _ if way.is_spare => {}
        _ => puts.go(put),
    }
}

/// A put was seen and stays.
fn see(puts: &mut Puts<'_>, way: &Way, put: u32, window: Window, place: Moment) {
    let Window { start, end, .. } = window;
    let (start, end) = match puts.object() {
        Object::Queue if put == puts.head() => return,
        Object::Queue => {
            if !way.is_spare {
                puts.go(put);
            }
            return puts.set_head(put);
        }
        Object::Stack => (place, place),
        _ => (start, end.min(way.now)),
    };
    let seen = Window { start, end, is_seen: true };
    if way.is_spare { puts.come(put, seen) } else { puts.change(put, seen) }
}
