//! PRAM and causal memory: for each session an order of all writes and of its own operations.
//!
//! With the write that each read saw given, an order exists exactly when what must come before what
//! has no cycle (Bouajjani, Enea, Guerraoui and Hamza, 2017, section 5.3): start with the order of
//! the sessions (for causal memory: and what each read saw), and for a read of the session that has
//! another write of its key in its past, that write must come before the one that it saw; repeat
//! until nothing new follows. All of this lies in the past of the session's own operations, and each
//! of them has the past of the one before it in its own; so it is found by walking back from one
//! after the other. The order is what the last walk meets, and then the rest.

use super::Clash;
use super::explained::Explained;
use super::story::{BEGINNING, Story};
use crate::budget::{Meter, Spent};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// By write the writes that must come before it, because of what the session read.
type Before = FxHashMap<usize, Vec<usize>>;

/// An order for this session, or the place that contradicts. Polynomial: each round is linear in the
/// past of the session (and marks every place as not met), for each of its reads there is one step more for each session that wrote its
/// key, and a round adds an arrow or is the last one.
pub(crate) fn view(
    explained: &Explained<'_>,
    session: usize,
    causal: bool,
    meter: &mut Meter<'_>,
) -> Result<Result<Vec<usize>, Clash>, Spent> {
    let mut before = Before::default();
    let mut held = 0;
    loop {
        meter.step(explained.story.acts.len() as u64 / 64)?;
        let mut walk = Walk::new(explained, (session, causal), &before);
        let mut known = Known::default();
        let mut new: Vec<(usize, usize)> = Vec::new();
        for &own in &explained.story.sessions[session] {
            if let Err(clash) = walk.back_from(own, meter)? {
                return Ok(Err(clash));
            }
            known.learn(explained, &walk.order, own);
            match explained.source(own) {
                Some(BEGINNING) if known.of_key(explained.story, own).next().is_some() => {
                    return Ok(Err(Clash(own)));
                }
                Some(source) => {
                    let newer = known.of_key(explained.story, own).filter(|&at| at != source);
                    let from = new.len();
                    new.extend(newer.map(|other| (other, source)));
                    meter.step((new.len() - from) as u64)?;
                }
                None => {}
            }
        }
        new.retain(|(other, source)| !is_known(&before, *other, *source));
        if new.is_empty() {
            let found = walk.finish(meter);
            meter.release(held);
            return found;
        }
        let bytes = 2 * size_of_val(new.as_slice());
        meter.grow(bytes)?;
        held += bytes;
        add(&mut before, new);
    }
}

fn is_known(before: &Before, from: usize, to: usize) -> bool {
    before.get(&to).is_some_and(|known| known.binary_search(&from).is_ok())
}

fn add(before: &mut Before, arrows: Vec<(usize, usize)>) {
    for (from, to) in arrows {
        let known = before.entry(to).or_default();
        if let Err(gap) = known.binary_search(&from) {
            known.insert(gap, from);
        }
    }
}

/// The last writes of each key and session that are in the past of the session so far.
#[derive(Default)]
struct Known {
    last: BTreeMap<(usize, usize), usize>,
    /// So many of what was met have been looked at.
    learned: usize,
}

impl Known {
    /// Takes in what was met before an own operation.
    fn learn(&mut self, explained: &Explained<'_>, met: &[usize], own: usize) {
        let acts = &explained.story.acts;
        while let Some(&at) = met.get(self.learned).filter(|&&at| at != own) {
            self.learned += 1;
            if acts[at].wrote.is_some() && explained.is_there(at) {
                // Places of one session are met in their order.
                self.last.insert((acts[at].key, acts[at].session), at);
            }
        }
    }

    /// The last write of the key of an operation in each session.
    fn of_key(&self, story: &Story, own: usize) -> impl Iterator<Item = usize> + '_ {
        let key = story.acts[own].key;
        self.last.range((key, 0)..(key + 1, 0)).map(|(_, &at)| at)
    }
}

/// What a walk knows of a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Met {
    Not,
    /// What comes before it is being met.
    Open,
    Passed,
}

/// A walk back through the past of a session.
struct Walk<'w, 's> {
    explained: &'w Explained<'s>,
    session: usize,
    causal: bool,
    before: &'w Before,
    met: Vec<Met>,
    /// What was passed: each place after everything that comes before it.
    order: Vec<usize>,
    /// Places that are open, each with how many of those before it were looked at.
    open: Vec<(usize, usize)>,
}

impl<'w, 's> Walk<'w, 's> {
    fn new(
        explained: &'w Explained<'s>,
        (session, causal): (usize, bool),
        before: &'w Before,
    ) -> Walk<'w, 's> {
        let met = vec![Met::Not; explained.story.acts.len()];
        Walk { explained, session, causal, before, met, order: Vec::new(), open: Vec::new() }
    }

    /// Passes a place and everything before it that was not passed yet; a place of a cycle if there
    /// is one.
    fn back_from(&mut self, at: usize, meter: &mut Meter<'_>) -> Result<Result<(), Clash>, Spent> {
        if self.met[at] == Met::Not {
            self.enter(at);
        }
        while let Some((at, looked)) = self.open.pop() {
            meter.step(1)?;
            let Some(earlier) = self.earlier(at, looked) else {
                self.met[at] = Met::Passed;
                self.order.push(at);
                continue;
            };
            self.open.push((at, looked + 1));
            match earlier.map_or(Met::Passed, |earlier| self.met[earlier]) {
                Met::Passed => {}
                Met::Open => return Ok(Err(Clash(at))),
                Met::Not => earlier.into_iter().for_each(|earlier| self.enter(earlier)),
            }
        }
        Ok(Ok(()))
    }

    fn enter(&mut self, at: usize) {
        self.met[at] = Met::Open;
        self.open.push((at, 0));
    }

    /// One of the places that come right before a place, by number: in its session, what it saw, and
    /// what the session's reads demand. `None` after the last.
    fn earlier(&self, at: usize, number: usize) -> Option<Option<usize>> {
        let story = self.explained.story;
        match number {
            0 => Some(story.before(at)),
            1 => {
                let counts = self.causal || story.acts[at].session == self.session;
                Some(self.explained.write_seen(at).filter(|_| counts))
            }
            _ => self.before.get(&at).and_then(|all| all.get(number - 2)).map(|&at| Some(at)),
        }
    }

    /// The whole order: what was met, and then the rest.
    fn finish(mut self, meter: &mut Meter<'_>) -> Result<Result<Vec<usize>, Clash>, Spent> {
        for at in 0..self.met.len() {
            if let Err(clash) = self.back_from(at, meter)? {
                return Ok(Err(clash));
            }
        }
        let Walk { explained, session, mut order, .. } = self;
        let acts = &explained.story.acts;
        order.retain(|&at| {
            explained.is_there(at) && (acts[at].session == session || acts[at].wrote.is_some())
        });
        meter.grow(order.len() * size_of::<usize>())?;
        Ok(Ok(order))
    }
}
