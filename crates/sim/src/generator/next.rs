//! What comes next: one pure function for each kind of generator.

use super::{Dice, Gen, Node};
use crate::Draw;
use std::collections::BTreeSet;

/// Steps that a filter leaves out in a row at most; then it has no more.
const FILTERED_MAX: u32 = 10_000;

/// What is known when a generator is asked.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) draw: &'a Draw,
    pub(super) now_ms: u64,
    /// The clients it may use, and those of them that have nothing to do.
    pub(super) clients: &'a [u16],
    pub(super) free: &'a [u16],
    /// The id of the next step.
    pub(super) id: u32,
    /// The place of the generator in the whole: its key to randomness.
    pub(super) place: u64,
}

/// The step that comes next.
pub(super) struct Chosen<S> {
    pub(super) client: u16,
    pub(super) at_ms: u64,
    pub(super) step: S,
}

/// An answer, and the generator that goes on from there.
pub(super) enum Next<S> {
    Step(Chosen<S>, Gen<S>),
    /// Nothing now: perhaps when a client is free, or at this time.
    Wait(Option<u64>, Gen<S>),
    /// Nothing any more.
    Over,
}

impl<'a> Asked<'a> {
    /// The same for the part with this number.
    pub(super) fn part(self, number: u64) -> Asked<'a> {
        let place = self.place.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(number + 1);
        Asked { place: place.rotate_left(29), ..self }
    }

    fn at(self, now_ms: u64) -> Asked<'a> {
        Asked { now_ms, ..self }
    }
}

impl<S> Next<S> {
    /// The same, with what goes on put into something else.
    pub(super) fn within(self, wrap: impl FnOnce(Gen<S>) -> Node<S>) -> Next<S> {
        match self {
            Next::Step(chosen, gen_) => Next::Step(chosen, Gen(std::sync::Arc::new(wrap(gen_)))),
            Next::Wait(until, gen_) => Next::Wait(until, Gen(std::sync::Arc::new(wrap(gen_)))),
            Next::Over => Next::Over,
        }
    }
}

impl<S: Clone> Gen<S> {
    /// The next step. Recursion is as deep as the generator is nested.
    pub(super) fn next(&self, asked: Asked<'_>) -> Next<S> {
        match &*self.0 {
            Node::Nothing => Next::Over,
            Node::Step(step) => choose(asked, 0, || step.clone(), || Node::Nothing, self),
            Node::Source { make, count } => {
                let Asked { draw, place, id, .. } = asked;
                let dice = Dice { draw, ids: [place, *count], step: id };
                let moved = || Node::Source { make: make.clone(), count: count + 1 };
                choose(asked, *count, || make(&dice), moved, self)
            }
            Node::Concat { gens, at } => concat(gens, *at, asked),
            Node::Mix { gens, count } => mix(gens, *count, asked, self),
            Node::Any { gens, count, shortest } => any(gens, *count, *shortest, asked),
            Node::Limit { .. }
            | Node::Repeat { .. }
            | Node::Cycle { .. }
            | Node::FlipFlop { .. } => self.next_counted(asked),
            Node::Stagger { .. }
            | Node::Delay { .. }
            | Node::Sleep { .. }
            | Node::TimeLimit { .. }
            | Node::CycleTimes { .. } => self.next_timed(asked),
            Node::Synchronize(_) | Node::EachThread { .. } | Node::OnClients { .. } => {
                self.next_for_clients(asked)
            }
            Node::EachProcess { .. }
            | Node::ProcessLimit { .. }
            | Node::ConcurrencyLimit { .. } => self.next_of_processes(asked),
            Node::Filter { .. }
            | Node::Map { .. }
            | Node::UntilOk { .. }
            | Node::OnUpdate { .. } => self.next_changed(asked),
        }
    }

    /// The generators that count.
    fn next_counted(&self, asked: Asked<'_>) -> Next<S> {
        match &*self.0 {
            Node::Limit { left: 0, .. } => Next::Over,
            Node::Limit { left, gen_ } => match gen_.next(asked.part(0)) {
                Next::Step(chosen, gen_) => {
                    Next::Step(chosen, Gen::of(Node::Limit { left: left - 1, gen_ }))
                }
                other => other.within(|gen_| Node::Limit { left: *left, gen_ }),
            },
            Node::Repeat { left: Some(0), .. } => Next::Over,
            Node::Repeat { left, gen_ } => repeat(*left, gen_, asked),
            Node::Cycle { left, round, first, now } => cycle(*left, *round, first, now, asked),
            Node::FlipFlop { gens, at } => {
                let Some(now) = gens.get(*at) else { return Next::Over };
                let put = |gen_, at| {
                    let mut gens = gens.clone();
                    gens[at] = gen_;
                    gens
                };
                match now.next(asked.part(*at as u64)) {
                    Next::Step(chosen, gen_) => {
                        let (gens, at) = (put(gen_, *at), (at + 1) % gens.len());
                        Next::Step(chosen, Gen::of(Node::FlipFlop { gens, at }))
                    }
                    other => other.within(|gen_| Node::FlipFlop { gens: put(gen_, *at), at: *at }),
                }
            }
            _ => Next::Over,
        }
    }

    /// The generators that look at the time.
    fn next_timed(&self, asked: Asked<'_>) -> Next<S> {
        match &*self.0 {
            Node::Stagger { mean_ms, count, next_ms, gen_ } => {
                let ids = [asked.place, *count];
                let gap_ms = asked.draw.between(0, mean_ms.saturating_mul(2), "stagger", &ids);
                let count = count + 1;
                let mean_ms = *mean_ms;
                spaced(*next_ms, gap_ms, gen_, asked, move |next_ms, gen_, moved| {
                    let count = if moved { count } else { count - 1 };
                    Node::Stagger { mean_ms, count, next_ms, gen_ }
                })
            }
            Node::Delay { ms, next_ms, gen_ } => {
                let ms = *ms;
                let wrap = move |next_ms, gen_, _| Node::Delay { ms, next_ms, gen_ };
                spaced(*next_ms, ms, gen_, asked, wrap)
            }
            Node::Sleep { ms, until_ms } => {
                let until = until_ms.unwrap_or(asked.now_ms.saturating_add(*ms));
                match asked.now_ms >= until {
                    true => Next::Over,
                    false => {
                        let slept = Node::Sleep { ms: *ms, until_ms: Some(until) };
                        Next::Wait(Some(until), Gen::of(slept))
                    }
                }
            }
            Node::TimeLimit { ms, until_ms, gen_ } => {
                let until = until_ms.unwrap_or(asked.now_ms.saturating_add(*ms));
                match gen_.next(asked.part(0)) {
                    _ if asked.now_ms >= until => Next::Over,
                    Next::Step(chosen, _) if chosen.at_ms >= until => Next::Over,
                    Next::Wait(Some(at), _) if at >= until => Next::Over,
                    other => other.within(|gen_| Node::TimeLimit {
                        ms: *ms,
                        until_ms: Some(until),
                        gen_,
                    }),
                }
            }
            Node::CycleTimes { parts, began_ms } => cycle_times(parts, *began_ms, asked),
            _ => Next::Over,
        }
    }

    /// The generators that look at the clients.
    fn next_for_clients(&self, asked: Asked<'_>) -> Next<S> {
        match &*self.0 {
            Node::Synchronize(_) if asked.free.len() < asked.clients.len() => {
                Next::Wait(None, self.clone())
            }
            Node::Synchronize(gen_) => gen_.next(asked.part(0)),
            Node::EachThread { first, own } => {
                let each = |client: u16| own.get(&client).unwrap_or(first);
                let picked =
                    soonest(asked, asked.clients, |client| (u64::from(client), each(client)));
                picked.map(|client, moved| {
                    let mut own = own.clone();
                    own.insert(client, moved);
                    Node::EachThread { first: first.clone(), own }
                })
            }
            Node::OnClients { from, to, gen_ } => {
                let of = |all: &[u16]| -> Vec<u16> {
                    all.iter().copied().filter(|client| (*from..*to).contains(client)).collect()
                };
                let (clients, free) = (of(asked.clients), of(asked.free));
                if clients.is_empty() {
                    return Next::Over;
                }
                let asked = Asked { clients: &clients, free: &free, ..asked };
                gen_.next(asked.part(0)).within(|gen_| Node::OnClients {
                    from: *from,
                    to: *to,
                    gen_,
                })
            }
            _ => Next::Over,
        }
    }

    /// The generators that change what others choose, and those that react.
    fn next_changed(&self, asked: Asked<'_>) -> Next<S> {
        match &*self.0 {
            Node::Filter { keep, gen_ } => {
                let mut gen_ = gen_.clone();
                for _ in 0..FILTERED_MAX {
                    match gen_.next(asked.part(0)) {
                        Next::Step(chosen, next) if !keep(&chosen.step) => gen_ = next,
                        other => {
                            return other.within(|gen_| Node::Filter { keep: keep.clone(), gen_ });
                        }
                    }
                }
                Next::Over
            }
            Node::Map { change, gen_ } => {
                let wrap = |gen_| Node::Map { change: change.clone(), gen_ };
                match gen_.next(asked.part(0)) {
                    Next::Step(Chosen { client, at_ms, step }, gen_) => {
                        let chosen = Chosen { client, at_ms, step: change(step) };
                        Next::Step(chosen, Gen::of(wrap(gen_)))
                    }
                    other => other.within(wrap),
                }
            }
            Node::UntilOk { ok: true, .. } => Next::Over,
            Node::UntilOk { gen_, ids, .. } => match gen_.next(asked.part(0)) {
                Next::Step(chosen, gen_) => {
                    let mut ids = ids.clone();
                    ids.insert(asked.id);
                    Next::Step(chosen, Gen::of(Node::UntilOk { gen_, ids, ok: false }))
                }
                Next::Wait(until, gen_) => {
                    Next::Wait(until, Gen::of(Node::UntilOk { gen_, ids: ids.clone(), ok: false }))
                }
                // Its last steps are still open: only their answers tell whether it is over.
                Next::Over => Next::Over,
            },
            Node::OnUpdate { gen_, update } => {
                let wrap = |gen_| Node::OnUpdate { gen_, update: update.clone() };
                match gen_.next(asked.part(0)) {
                    // An update may bring new steps as long as one is open.
                    Next::Over if asked.free.len() < asked.clients.len() => {
                        Next::Wait(None, Gen::of(wrap(Gen::nothing())))
                    }
                    other => other.within(wrap),
                }
            }
            _ => Next::Over,
        }
    }
}

/// A step for one of the free clients, by chance.
fn choose<S: Clone>(
    asked: Asked<'_>,
    count: u64,
    step: impl FnOnce() -> S,
    moved: impl FnOnce() -> Node<S>,
    now: &Gen<S>,
) -> Next<S> {
    let free = asked.free.len() as u64;
    let number = asked.draw.below(free, "client", &[asked.place, count, u64::from(asked.id)]);
    let client = usize::try_from(number).ok().and_then(|at| asked.free.get(at));
    match client {
        None => Next::Wait(None, now.clone()),
        Some(client) => Next::Step(
            Chosen { client: *client, at_ms: asked.now_ms, step: step() },
            Gen::of(moved()),
        ),
    }
}

fn concat<S: Clone>(gens: &[Gen<S>], at: usize, asked: Asked<'_>) -> Next<S> {
    for (at, gen_) in gens.iter().enumerate().skip(at) {
        match gen_.next(asked.part(at as u64)) {
            Next::Over => {}
            other => {
                return other.within(|gen_| {
                    let mut gens = gens.to_vec();
                    gens[at] = gen_;
                    Node::Concat { gens, at }
                });
            }
        }
    }
    Next::Over
}

fn repeat<S: Clone>(left: Option<u64>, gen_: &Gen<S>, asked: Asked<'_>) -> Next<S> {
    match gen_.next(asked.part(0)) {
        Next::Step(chosen, _) => {
            let left = left.map(|left| left - 1);
            Next::Step(chosen, Gen::of(Node::Repeat { left, gen_: gen_.clone() }))
        }
        other => other.within(|gen_| Node::Repeat { left, gen_ }),
    }
}

fn cycle<S: Clone>(
    left: Option<u64>,
    round: u64,
    first: &Gen<S>,
    now: &Gen<S>,
    asked: Asked<'_>,
) -> Next<S> {
    if left == Some(0) {
        return Next::Over;
    }
    let again = |left, round| move |now| Node::Cycle { left, round, first: first.clone(), now };
    match now.next(asked.part(round)) {
        Next::Over => {
            let (left, round) = (left.map(|left| left - 1), round + 1);
            if left == Some(0) {
                return Next::Over;
            }
            // What has no step at its beginning never will have one.
            first.next(asked.part(round)).within(again(left, round))
        }
        other => other.within(again(left, round)),
    }
}

/// A step that begins `gap_ms` after the one before at the earliest.
fn spaced<S: Clone>(
    next_ms: Option<u64>,
    gap_ms: u64,
    gen_: &Gen<S>,
    asked: Asked<'_>,
    wrap: impl FnOnce(Option<u64>, Gen<S>, bool) -> Node<S>,
) -> Next<S> {
    match gen_.next(asked.part(0)) {
        Next::Step(Chosen { client, at_ms, step }, gen_) => {
            let at_ms = at_ms.max(next_ms.unwrap_or(0));
            let next_ms = Some(at_ms.saturating_add(gap_ms));
            Next::Step(Chosen { client, at_ms, step }, Gen::of(wrap(next_ms, gen_, true)))
        }
        other => other.within(|gen_| wrap(next_ms, gen_, false)),
    }
}

fn mix<S: Clone>(
    gens: &[(u32, u64, Gen<S>)],
    count: u64,
    asked: Asked<'_>,
    now: &Gen<S>,
) -> Next<S> {
    if asked.free.is_empty() {
        return Next::Wait(None, now.clone());
    }
    let mut left = gens.to_vec();
    loop {
        let total: u64 = left.iter().map(|(weight, _, _)| u64::from(*weight)).sum();
        if total == 0 {
            return Next::Over;
        }
        let ids = [asked.place, count, left.len() as u64];
        let mut number = asked.draw.below(total, "mix", &ids);
        let mut picked = 0;
        for (at, (weight, _, _)) in left.iter().enumerate() {
            picked = at;
            match number.checked_sub(u64::from(*weight)) {
                Some(rest) => number = rest,
                None => break,
            }
        }
        let (_, place, gen_) = &left[picked];
        match gen_.next(asked.part(*place)) {
            Next::Over => {
                left.remove(picked);
            }
            other => {
                return other.within(|gen_| {
                    left[picked].2 = gen_;
                    Node::Mix { gens: left, count: count + 1 }
                });
            }
        }
    }
}

/// Which of several parts has the step that begins first.
pub(super) struct Soonest<S, K> {
    step: Option<(Chosen<S>, K, Gen<S>)>,
    /// The first time at which a part may have one, and the states of the parts that wait.
    wait_ms: Option<u64>,
    waiting: Vec<(K, Gen<S>)>,
    over: Vec<K>,
}

impl<S: Clone> Soonest<S, u16> {
    pub(super) fn map(self, put: impl FnOnce(u16, Gen<S>) -> Node<S>) -> Next<S> {
        match (self.step, self.waiting.into_iter().next()) {
            (Some((chosen, key, moved)), _) => Next::Step(chosen, Gen::of(put(key, moved))),
            (None, Some((key, moved))) => Next::Wait(self.wait_ms, Gen::of(put(key, moved))),
            (None, None) => Next::Over,
        }
    }
}

/// Asks the generator of each client alone.
pub(super) fn soonest<'g, S: Clone + 'g>(
    asked: Asked<'_>,
    clients: &[u16],
    of: impl Fn(u16) -> (u64, &'g Gen<S>),
) -> Soonest<S, u16> {
    let mut found = Soonest { step: None, wait_ms: None, waiting: Vec::new(), over: Vec::new() };
    for &client in clients {
        let alone = [client];
        let free: &[u16] = if asked.free.contains(&client) { &alone } else { &[] };
        let (part, gen_) = of(client);
        let asked = Asked { clients: &alone, free, ..asked }.part(part);
        match gen_.next(asked) {
            Next::Over => found.over.push(client),
            Next::Wait(until, gen_) => found.wait(until, client, gen_),
            Next::Step(chosen, gen_) => found.offer(chosen, client, gen_, |_| false),
        }
    }
    found
}

impl<S, K> Soonest<S, K> {
    fn wait(&mut self, until: Option<u64>, key: K, gen_: Gen<S>) {
        self.wait_ms = [self.wait_ms, until].into_iter().flatten().min();
        self.waiting.push((key, gen_));
    }

    /// `tie` says whether this one wins where another begins at the same time.
    fn offer(&mut self, chosen: Chosen<S>, key: K, gen_: Gen<S>, tie: impl FnOnce(&K) -> bool) {
        let wins = self.step.as_ref().is_none_or(|(before, _, _)| {
            chosen.at_ms < before.at_ms || (chosen.at_ms == before.at_ms && tie(&key))
        });
        if wins {
            self.step = Some((chosen, key, gen_));
        }
    }
}

fn any<S: Clone>(gens: &[(u64, Gen<S>)], count: u64, shortest: bool, asked: Asked<'_>) -> Next<S> {
    let mut found: Soonest<S, usize> =
        Soonest { step: None, wait_ms: None, waiting: Vec::new(), over: Vec::new() };
    let mut offers = 0;
    for (at, (place, gen_)) in gens.iter().enumerate() {
        match gen_.next(asked.part(*place)) {
            Next::Over => found.over.push(at),
            Next::Wait(until, gen_) => found.wait(until, at, gen_),
            Next::Step(chosen, gen_) => {
                offers += 1;
                // The n-th of several wins in one of n cases, so that all are as likely.
                let ids = [asked.place, count, offers];
                let wins = asked.draw.below(offers, "any", &ids) == 0;
                found.offer(chosen, at, gen_, |_| wins);
            }
        }
    }
    if shortest && !found.over.is_empty() {
        return Next::Over;
    }
    let over: BTreeSet<usize> = found.over.into_iter().collect();
    let mut left = gens.to_vec();
    // Those that wait may have seen when they were asked first.
    found.waiting.into_iter().for_each(|(at, gen_)| left[at].1 = gen_);
    let chosen = found.step.map(|(chosen, at, gen_)| {
        left[at].1 = gen_;
        chosen
    });
    let mut at = 0..;
    left.retain(|_| at.next().is_none_or(|at| !over.contains(&at)));
    let ended = left.is_empty();
    let gen_ = Gen::of(Node::Any { gens: left, count: count + 1, shortest });
    match chosen {
        Some(chosen) => Next::Step(chosen, gen_),
        None if ended => Next::Over,
        None => Next::Wait(found.wait_ms, gen_),
    }
}

/// Windows that are looked into for a step at most.
const WINDOWS_MAX: usize = 64;

fn cycle_times<S: Clone>(
    parts: &[(u64, Gen<S>)],
    began_ms: Option<u64>,
    asked: Asked<'_>,
) -> Next<S> {
    let period: u64 = parts.iter().map(|(ms, _)| *ms).fold(0, u64::saturating_add);
    if period == 0 {
        return Next::Over;
    }
    let began = began_ms.unwrap_or(asked.now_ms);
    let mut now = asked.now_ms;
    for _ in 0..WINDOWS_MAX {
        let mut into = now.saturating_sub(began) % period;
        let mut at = 0;
        while let Some((ms, _)) = parts.get(at).filter(|(ms, _)| into >= *ms) {
            into -= ms;
            at += 1;
        }
        let Some((ms, gen_)) = parts.get(at) else { return Next::Over };
        let ends = now.saturating_add(ms - into);
        let put = |gen_| {
            let mut parts = parts.to_vec();
            parts[at].1 = gen_;
            Node::CycleTimes { parts, began_ms: Some(began) }
        };
        match gen_.next(asked.at(now).part(at as u64)) {
            Next::Over => return Next::Over,
            Next::Step(chosen, _) if chosen.at_ms >= ends => now = ends,
            Next::Wait(Some(until), _) if until >= ends => now = ends,
            // Nobody is free, or all wait for each other: that is to be asked again.
            other => return other.within(put),
        }
    }
    Next::Over
}
