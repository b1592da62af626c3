//! Sequential consistency: one order that keeps every session.
//!
//! NP-complete even where every read names its write (Gibbons and Korach, 1997), so this is a search
//! over how far each session has come, with the value of each key; what was reached before is not
//! tried again. Four things keep it small: nothing is taken before what must come before it
//! ([`super::saturated`], which is polynomial and finds most contradictions); reads, and writes that
//! nobody will see, are taken as soon as they fit; a value that is still to be read and that nobody will write
//! again is not replaced; and what nobody answered and nobody can have seen is left out.

use super::explained::{Explained, OPEN};
use super::story::{Act, Saw, Story};
use super::{Clash, decide, saturated};
use crate::budget::{Meter, Spent};
use rustc_hash::{FxHashMap, FxHashSet};
use testimony_history::Rank;
use testimony_verdict::{Level, Progress};

/// Decides sequential consistency: an order of places, or a place that contradicts, with the level
/// that says so: this one, or one that it implies.
pub(crate) fn decide(
    story: &Story,
    meter: &mut Meter<'_>,
) -> Result<Result<Vec<usize>, (Clash, Level)>, Spent> {
    let mut saw = vec![OPEN; story.acts.len()];
    let mut open = 0;
    for read in story.reads() {
        match story.candidates(read).as_slice() {
            [] => return Ok(Err((Clash(read), Level::Sequential))),
            [only] => saw[read] = *only,
            _ => open += 1,
        }
    }
    meter.got(Progress::Saturation { open, assigned: 0, choices: 0 }, None);
    let explained = Explained::new(story, &saw, None);
    let before = match saturated::before(&explained, meter)? {
        Ok(before) => before,
        Err(clash) if open == 0 => return Ok(Err(weakest(story, clash, meter))),
        Err(clash) => return Ok(Err((clash, Level::Sequential))),
    };
    let mut search = Search::new(&explained, before);
    let order = search.run(meter);
    if order.is_err() {
        search.tell(meter);
    }
    let order = order?;
    let last = || story.reads().last().unwrap_or(0);
    Ok(order.ok_or_else(|| (Clash(last()), Level::Sequential)))
}

/// The same contradiction by a weaker level, which is easier to decide, where one breaks.
fn weakest(story: &Story, clash: Clash, meter: &mut Meter<'_>) -> (Clash, Level) {
    let breaks = |level| match decide::decide(story, level, meter) {
        Ok(decide::Decided::Breaks(clash)) => Some((clash, level)),
        _ => None,
    };
    let mut weaker = [Level::CausalConvergence, Level::CausalMemory].into_iter();
    weaker.find_map(breaks).unwrap_or((clash, Level::Sequential))
}

/// Operations that certainly took effect.
fn certain(story: &Story) -> usize {
    story.acts.iter().filter(|act| act.certain).count()
}

/// For each place whether nobody answered it and no answer, nor another operation that was not
/// answered, can be about its value: then it is as well left out.
fn unseen(story: &Story) -> Vec<bool> {
    let (mut values, mut others) = (FxHashSet::default(), FxHashSet::default());
    for act in &story.acts {
        match act.saw {
            Some(Saw::Value(value)) => drop(values.insert(value)),
            Some(Saw::Not(_)) => drop(others.insert(act.key)),
            None => drop(act.needs.map(|value| values.insert(value))),
        }
    }
    let is_unseen = |act: &Act| {
        let seen = act.wrote.is_some_and(|value| values.contains(&value));
        !act.certain && !seen && !others.contains(&act.key)
    };
    story.acts.iter().map(is_unseen).collect()
}

/// Keys with answers that fit several values, or operations that nobody answered and that took effect
/// only where they found a value.
fn vague(story: &Story) -> FxHashSet<usize> {
    let is_vague = |act: &&Act| matches!(act.saw, Some(Saw::Not(_))) || act.needs.is_some();
    story.acts.iter().filter(is_vague).map(|act| act.key).collect()
}

/// For each place when it or a read of it returned: in what a system really did, it had taken effect
/// by then.
fn due(explained: &Explained<'_>) -> Vec<Rank> {
    let story = explained.story;
    let mut due: Vec<Rank> = story.acts.iter().map(|act| act.ret).collect();
    for read in story.reads() {
        if let Some(write) = explained.write_seen(read) {
            due[write] = due[write].min(story.acts[read].ret);
        }
    }
    due
}

/// What can be done next with a session.
#[derive(Clone, Copy)]
enum Move {
    /// Its next operation takes effect.
    Take(usize),
    /// Its next operation, which nobody answered, does not.
    Skip(usize),
}

/// A point at which there was a choice.
struct Choice {
    moves: Vec<Move>,
    next: usize,
    /// How much had been done.
    done: usize,
}

/// What was done, to be undone: the session, whether it took effect, and the value before.
type Done = (usize, Option<usize>);

struct Search<'s> {
    story: &'s Story,
    /// For each place those that must come before it.
    before: Vec<Vec<usize>>,
    /// For each place how many of its session come before it.
    position: Vec<usize>,
    /// Whether nobody answered it and nobody can have seen it.
    unseen: Vec<bool>,
    /// Whether it took effect: certainly, or because it is known that a read saw it.
    there: Vec<bool>,
    /// For each place when it had taken effect at the latest, as far as that is known.
    due: Vec<Rank>,
    /// Keys of which it matters what nobody read.
    vague: FxHashSet<usize>,
    /// How far each session has come.
    reached: Vec<usize>,
    /// The value of each key.
    current: Vec<usize>,
    /// Reads of each value that are still to come.
    unread: FxHashMap<usize, u32>,
    /// Writes of each value that are still to come.
    unwritten: FxHashMap<usize, u32>,
    /// Certain operations that are still to come.
    left: usize,
    done: Vec<Done>,
    /// The fewest that were still to come, and the place that was explained last then.
    best: (usize, Option<usize>),
    visited: FxHashSet<Box<[usize]>>,
}

impl<'s> Search<'s> {
    fn new(explained: &Explained<'s>, before: Vec<Vec<usize>>) -> Search<'s> {
        let story = explained.story;
        let (mut unread, mut unwritten) = (FxHashMap::default(), FxHashMap::default());
        for act in &story.acts {
            if let Some(Saw::Value(value)) = act.saw {
                *unread.entry(value).or_default() += 1;
            }
            if let Some(value) = act.wrote {
                *unwritten.entry(value).or_default() += 1;
            }
        }
        let mut position = vec![0; story.acts.len()];
        for session in &story.sessions {
            session.iter().zip(0..).for_each(|(&at, number)| position[at] = number);
        }
        Search {
            story,
            before,
            position,
            unseen: unseen(story),
            due: due(explained),
            vague: vague(story),
            there: (0..story.acts.len()).map(|at| explained.is_there(at)).collect(),
            reached: vec![0; story.sessions.len()],
            current: story.initial.clone(),
            unread,
            unwritten,
            left: certain(story),
            done: Vec::new(),
            best: (usize::MAX, None),
            visited: FxHashSet::default(),
        }
    }

    fn run(&mut self, meter: &mut Meter<'_>) -> Result<Option<Vec<usize>>, Spent> {
        let mut choices: Vec<Choice> = Vec::new();
        loop {
            meter.step(self.reached.len() as u64)?;
            self.take_free(meter)?;
            if self.left < self.best.0 {
                let last = self.done.iter().rev().find(|(at, _)| self.story.acts[*at].certain);
                self.best = (self.left, last.map(|(at, _)| *at));
            }
            if self.left == 0 {
                return Ok(Some(self.order()));
            }
            let moves = self.moves();
            let new = moves.len() == 1 || self.is_new(meter)?;
            if new && !moves.is_empty() {
                meter.grow(size_of::<Choice>() + moves.len() * size_of::<Move>())?;
                choices.push(Choice { moves, next: 0, done: self.done.len() });
            }
            // Back to the last choice with a move that was not tried.
            loop {
                let Some(choice) = choices.last_mut() else { return Ok(None) };
                while self.done.len() > choice.done {
                    self.undo();
                }
                if let Some(&next) = choice.moves.get(choice.next) {
                    choice.next += 1;
                    self.go(next);
                    break;
                }
                meter.release(size_of::<Choice>() + choice.moves.len() * size_of::<Move>());
                choices.pop();
            }
        }
    }

    /// Tells how far it got.
    fn tell(&self, meter: &mut Meter<'_>) {
        let answers = certain(self.story);
        let progress = Progress::Sessions {
            passed: answers - self.best.0.min(answers),
            answers,
            sessions: self.reached.len(),
            configurations: self.visited.len(),
        };
        meter.got(progress, self.best.1.map(|at| self.story.acts[at].id));
    }

    /// Remembers how far everything has come; `false` if it was so before.
    fn is_new(&mut self, meter: &mut Meter<'_>) -> Result<bool, Spent> {
        let state: Box<[usize]> = self.reached.iter().chain(&self.current).copied().collect();
        if self.visited.contains(&state) {
            return Ok(false);
        }
        meter.grow(state.len() * size_of::<usize>() + 32)?;
        Ok(self.visited.insert(state))
    }

    fn head(&self, session: usize) -> Option<usize> {
        self.story.sessions[session].get(self.reached[session]).copied()
    }

    /// Whether an operation can take effect now.
    fn fits(&self, at: usize) -> bool {
        let act = &self.story.acts[at];
        let is_done = |before: &usize| {
            self.position[*before] < self.reached[self.story.acts[*before].session]
        };
        if !self.before[at].iter().all(is_done) {
            return false;
        }
        let current = self.current[act.key];
        let seen = match act.saw {
            None => act.needs.is_none_or(|value| value == current),
            Some(Saw::Value(value)) => value == current,
            Some(Saw::Not(value)) => value != current,
        };
        seen && (act.wrote.is_none() || !self.is_needed(at, current))
    }

    /// Whether somebody else still has to read the value that is there, and nobody will bring it
    /// back.
    fn is_needed(&self, at: usize, current: usize) -> bool {
        let here = u32::from(self.story.acts[at].saw == Some(Saw::Value(current)));
        let unread = self.unread.get(&current).copied().unwrap_or(0);
        unread > here && self.unwritten.get(&current).copied().unwrap_or(0) == 0
    }

    /// Whether an operation can as well take effect as soon as it fits: a read, and a write that
    /// nobody will see over a value that nobody will see again. In an order with such a write later
    /// on, nobody looks between it and the next write.
    fn is_free(&self, at: usize) -> bool {
        let act = &self.story.acts[at];
        let unread = |value| self.unread.get(&value).copied().unwrap_or(0);
        let here = |value| u32::from(act.saw == Some(Saw::Value(value)));
        let current = self.current[act.key];
        act.wrote.is_none_or(|wrote| {
            act.certain
                && !self.vague.contains(&act.key)
                && unread(wrote) == here(wrote)
                && unread(current) == here(current)
        })
    }

    fn take_free(&mut self, meter: &mut Meter<'_>) -> Result<(), Spent> {
        for session in 0..self.reached.len() {
            while let Some(at) = self.head(session) {
                let next = match (self.unseen[at], self.is_free(at) && self.fits(at)) {
                    (true, _) => Move::Skip(session),
                    (false, true) => Move::Take(session),
                    (false, false) => break,
                };
                meter.step(1)?;
                self.go(next);
            }
        }
        Ok(())
    }

    /// The moves, what was due first; what nobody answered comes later, and what is not
    /// to happen last.
    fn moves(&self) -> Vec<Move> {
        let heads =
            (0..self.reached.len()).filter_map(|session| Some((session, self.head(session)?)));
        let mut moves: Vec<(bool, bool, _, Move)> = Vec::new();
        for (session, at) in heads {
            let act = &self.story.acts[at];
            if act.wrote.is_some() && self.fits(at) {
                moves.push((false, !self.there[at], self.due[at], Move::Take(session)));
            }
            let last = self.reached[session] + 1 == self.story.sessions[session].len();
            if !self.there[at] && !last {
                moves.push((true, true, act.ret, Move::Skip(session)));
            }
        }
        moves.sort_by_key(|&(skip, unsure, due, _)| (skip, unsure, due));
        moves.into_iter().map(|(.., to)| to).collect()
    }

    fn go(&mut self, to: Move) {
        let (Move::Take(session) | Move::Skip(session)) = to;
        let Some(at) = self.head(session) else { return };
        let act = &self.story.acts[at];
        self.reached[session] += 1;
        self.left -= usize::from(act.certain);
        self.count(at, |count| *count -= 1);
        let before = self.current[act.key];
        match to {
            Move::Take(_) => {
                self.current[act.key] = act.wrote.unwrap_or(before);
                self.done.push((at, Some(before)));
            }
            Move::Skip(_) => self.done.push((at, None)),
        }
    }

    fn undo(&mut self) {
        let Some((at, before)) = self.done.pop() else { return };
        let act = &self.story.acts[at];
        self.reached[act.session] -= 1;
        self.left += usize::from(act.certain);
        self.count(at, |count| *count += 1);
        if let Some(before) = before {
            self.current[act.key] = before;
        }
    }

    fn count(&mut self, at: usize, change: impl Fn(&mut u32)) {
        let act = &self.story.acts[at];
        if let Some(Saw::Value(value)) = act.saw {
            self.unread.entry(value).and_modify(&change);
        }
        if let Some(value) = act.wrote {
            self.unwritten.entry(value).and_modify(&change);
        }
    }

    fn order(&self) -> Vec<usize> {
        self.done.iter().filter(|(_, before)| before.is_some()).map(|(at, _)| *at).collect()
    }
}
