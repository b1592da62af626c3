//! How completed steps change what comes next, and which generators care.

use super::{Completed, Completion, Gen, Node};

impl<S: Clone> Gen<S> {
    /// Whether answers decide what comes next.
    pub(super) fn is_reactive(&self) -> bool {
        match &*self.0 {
            Node::UntilOk { .. }
            | Node::OnUpdate { .. }
            | Node::EachProcess { .. }
            | Node::ProcessLimit { .. }
            | Node::ConcurrencyLimit { .. } => true,
            _ => self.parts().iter().any(|part| part.is_reactive()),
        }
    }

    fn parts(&self) -> Vec<&Gen<S>> {
        match &*self.0 {
            Node::Nothing | Node::Step(_) | Node::Source { .. } | Node::Sleep { .. } => Vec::new(),
            Node::Concat { gens, .. } | Node::FlipFlop { gens, .. } => gens.iter().collect(),
            Node::Cycle { first, now, .. } => vec![first, now],
            Node::Mix { gens, .. } => gens.iter().map(|(_, _, gen_)| gen_).collect(),
            Node::Any { gens, .. } => gens.iter().map(|(_, gen_)| gen_).collect(),
            Node::EachThread { first, own } | Node::EachProcess { first, own, .. } => {
                own.values().chain([first]).collect()
            }
            Node::CycleTimes { parts, .. } => parts.iter().map(|(_, gen_)| gen_).collect(),
            Node::Synchronize(gen_)
            | Node::Limit { gen_, .. }
            | Node::ProcessLimit { gen_, .. }
            | Node::ConcurrencyLimit { gen_, .. }
            | Node::Repeat { gen_, .. }
            | Node::Stagger { gen_, .. }
            | Node::Delay { gen_, .. }
            | Node::TimeLimit { gen_, .. }
            | Node::OnClients { gen_, .. }
            | Node::Filter { gen_, .. }
            | Node::Map { gen_, .. }
            | Node::UntilOk { gen_, .. }
            | Node::OnUpdate { gen_, .. } => vec![gen_],
        }
    }

    /// What goes on after a step has completed.
    pub(super) fn updated(&self, event: &Completed<S>) -> Gen<S> {
        if !self.is_reactive() {
            return self.clone();
        }
        let to = |gen_: &Gen<S>| gen_.updated(event);
        let all = |gens: &[Gen<S>]| gens.iter().map(to).collect::<Vec<_>>();
        Gen::of(match &*self.0 {
            Node::Nothing | Node::Step(_) | Node::Source { .. } | Node::Sleep { .. } => {
                return self.clone();
            }
            Node::Concat { gens, at } => Node::Concat { gens: all(gens), at: *at },
            Node::FlipFlop { gens, at } => Node::FlipFlop { gens: all(gens), at: *at },
            Node::Cycle { left, round, first, now } => {
                Node::Cycle { left: *left, round: *round, first: first.clone(), now: to(now) }
            }
            Node::Mix { gens, count } => {
                let gens = gens.iter().map(|(weight, at, gen_)| (*weight, *at, to(gen_)));
                Node::Mix { gens: gens.collect(), count: *count }
            }
            Node::Any { gens, count, shortest } => {
                let gens = gens.iter().map(|(at, gen_)| (*at, to(gen_))).collect();
                Node::Any { gens, count: *count, shortest: *shortest }
            }
            Node::EachThread { first, own } => {
                let own = own.iter().map(|(client, gen_)| (*client, to(gen_))).collect();
                Node::EachThread { first: first.clone(), own }
            }
            Node::CycleTimes { parts, began_ms } => {
                let parts = parts.iter().map(|(ms, gen_)| (*ms, to(gen_))).collect();
                Node::CycleTimes { parts, began_ms: *began_ms }
            }
            Node::Synchronize(gen_) => Node::Synchronize(to(gen_)),
            Node::Limit { left, gen_ } => Node::Limit { left: *left, gen_: to(gen_) },
            Node::Repeat { left, gen_ } => Node::Repeat { left: *left, gen_: to(gen_) },
            Node::Stagger { mean_ms, count, next_ms, gen_ } => {
                let (mean_ms, count, next_ms) = (*mean_ms, *count, *next_ms);
                Node::Stagger { mean_ms, count, next_ms, gen_: to(gen_) }
            }
            Node::Delay { ms, next_ms, gen_ } => {
                Node::Delay { ms: *ms, next_ms: *next_ms, gen_: to(gen_) }
            }
            Node::TimeLimit { ms, until_ms, gen_ } => {
                Node::TimeLimit { ms: *ms, until_ms: *until_ms, gen_: to(gen_) }
            }
            Node::OnClients { from, to: end, gen_ } => {
                Node::OnClients { from: *from, to: *end, gen_: to(gen_) }
            }
            Node::Filter { keep, gen_ } => Node::Filter { keep: keep.clone(), gen_: to(gen_) },
            Node::Map { change, gen_ } => Node::Map { change: change.clone(), gen_: to(gen_) },
            Node::EachProcess { .. }
            | Node::ProcessLimit { .. }
            | Node::ConcurrencyLimit { .. } => return self.updated_processes(event, to),
            Node::UntilOk { gen_, ids, ok } => {
                let mut ids = ids.clone();
                let mine = ids.remove(&event.id);
                let ok = *ok || (mine && event.completion == Completion::Ok);
                Node::UntilOk { gen_: to(gen_), ids, ok }
            }
            Node::OnUpdate { gen_, update } => {
                Node::OnUpdate { gen_: update(to(gen_), event), update: update.clone() }
            }
        })
    }
}
