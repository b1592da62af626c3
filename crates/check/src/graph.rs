//! The precedence and conflict graph of a core, and the contradiction that can be read out of it.
//!
//! Nodes are the operations of the core that certainly took effect. An arrow says that one must come
//! before another one:
//! - *real time*: it returned before the other was called;
//! - *reads from*: the other saw a value that it alone can have written.
//!
//! From these, others follow, until nothing new does. Let `r` have seen the value of `w`, and let
//! `w'` have written another value:
//! - *write order*: if `w'` comes before `r`, it comes before `w`, or it would stand between them;
//! - *overwritten*: if `w` comes before `w'`, then `r` comes before `w'`, for the same reason.
//!
//! A circle of arrows is a contradiction. Where values repeat there may be none although there is no
//! order; then the explanation goes another way. The rules are those by which histories with known
//! reads-from relation are decided (Gibbons and Korach, "Testing shared memories", SIAM Journal on
//! Computing 26(4), 1997).

use crate::core::{Reduced, Values};
use crate::part::Part;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use std::collections::VecDeque;
use testimony_model::Model;
use testimony_verdict::EdgeKind;

/// Graphs of more operations than this are not built: nobody would read them.
const NODES_MAX: usize = 64;

/// One arrow, by positions in the part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Arrow {
    /// Must come first.
    pub(crate) before: usize,
    /// Must come later.
    pub(crate) after: usize,
    /// Why.
    pub(crate) kind: EdgeKind,
    /// The steps (by number) that it follows from; empty for what is recorded.
    pub(crate) follows_from: Vec<usize>,
    /// The operation that would not have seen its value otherwise.
    pub(crate) reader: Option<usize>,
}

/// A circle of arrows with everything that it follows from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Circle {
    /// Arrows, each after those that it follows from.
    pub(crate) steps: Vec<Arrow>,
    /// Which of them form the circle.
    pub(crate) circle: Vec<usize>,
}

/// Where a seen value came from.
#[derive(Clone, Copy)]
enum Source {
    /// The value at the beginning, which nobody wrote.
    Beginning,
    /// The one operation that can have written it, and the arrow that says so.
    Written(NodeIndex, EdgeIndex),
}

struct Weight {
    kind: EdgeKind,
    follows_from: Vec<EdgeIndex>,
    reader: Option<usize>,
}

struct Graph<'c, 'h, M: Model> {
    part: &'c Part<'h, M>,
    values: &'c Values<'h>,
    arrows: DiGraph<usize, Weight>,
    /// Who saw a value, which, and where it came from.
    reads: Vec<(NodeIndex, usize, Source)>,
}

/// The shortest circle of a core, if its arrows close one.
pub(crate) fn circle<M: Model>(
    part: &Part<'_, M>,
    values: &Values<'_>,
    core: &Reduced,
) -> Option<Circle> {
    let mut graph = Graph { part, values, arrows: DiGraph::new(), reads: Vec::new() };
    if !graph.build(core) {
        return None;
    }
    loop {
        if let Some(circle) = graph.shortest_circle() {
            return Some(graph.read_out(&circle));
        }
        if !graph.saturate() {
            return None;
        }
    }
}

impl<M: Model> Graph<'_, '_, M> {
    /// Adds the operations that certainly took effect and the recorded arrows. `false` when there
    /// are too many.
    fn build(&mut self, core: &Reduced) -> bool {
        for &at in &core.required {
            self.arrows.add_node(at);
        }
        let mut next = 0;
        while let Some(node) = self.arrows.node_indices().nth(next) {
            next += 1;
            if next > NODES_MAX {
                return false;
            }
            let at = self.arrows[node];
            let Some(value) = self.values.shapes[at].sees else { continue };
            let members = core.required.iter().chain(&core.optional).copied();
            let mut writers = members.filter(|&at| self.values.shapes[at].writes == Some(value));
            let source = match (writers.next(), writers.next()) {
                (None, _) if value == self.values.initial => Source::Beginning,
                (Some(writer), None) if value != self.values.initial && writer != at => {
                    let known =
                        self.arrows.node_indices().find(|&node| self.arrows[node] == writer);
                    let from = known.unwrap_or_else(|| self.arrows.add_node(writer));
                    Source::Written(
                        from,
                        self.add(from, node, EdgeKind::ReadsFrom, Vec::new(), None),
                    )
                }
                _ => continue,
            };
            self.reads.push((node, value, source));
        }
        for first in self.arrows.node_indices() {
            for second in self.arrows.node_indices() {
                let (before, after) = (self.arrows[first], self.arrows[second]);
                let returned = core.required.contains(&before);
                if returned && self.part.operations[before].precedes(self.part.operations[after]) {
                    self.add(first, second, EdgeKind::RealTime, Vec::new(), None);
                }
            }
        }
        true
    }

    fn add(
        &mut self,
        before: NodeIndex,
        after: NodeIndex,
        kind: EdgeKind,
        follows_from: Vec<EdgeIndex>,
        reader: Option<usize>,
    ) -> EdgeIndex {
        self.arrows.add_edge(before, after, Weight { kind, follows_from, reader })
    }

    /// Adds what follows from the arrows so far; `false` when nothing new does.
    fn saturate(&mut self) -> bool {
        let mut found = Vec::new();
        for &(read, value, source) in &self.reads {
            for other in self.arrows.node_indices().filter(|&other| other != read) {
                let written = self.values.shapes[self.arrows[other]].writes;
                if written.is_none_or(|written| written == value) {
                    continue;
                }
                let reader = Some(self.arrows[read]);
                let (from, seen) = match source {
                    Source::Beginning if self.path(read, other).is_none() => {
                        found.push((read, other, EdgeKind::Overwritten, Vec::new(), reader));
                        continue;
                    }
                    Source::Written(from, seen) if from != other => (from, seen),
                    Source::Beginning | Source::Written(..) => continue,
                };
                if let Some(path) = self.path(other, read)
                    && self.path(other, from).is_none()
                {
                    let because = [vec![seen], path].concat();
                    found.push((other, from, EdgeKind::WriteOrder, because, reader));
                }
                if let Some(path) = self.path(from, other)
                    && self.path(read, other).is_none()
                {
                    let because = [vec![seen], path].concat();
                    found.push((read, other, EdgeKind::Overwritten, because, reader));
                }
            }
        }
        let grew = !found.is_empty();
        for (before, after, kind, because, reader) in found {
            self.add(before, after, kind, because, reader);
        }
        grew
    }

    /// A shortest path of at least one arrow, breadth first.
    fn path(&self, from: NodeIndex, to: NodeIndex) -> Option<Vec<EdgeIndex>> {
        let mut came: Vec<Option<EdgeIndex>> = vec![None; self.arrows.node_count()];
        let mut open = VecDeque::from([from]);
        while let Some(node) = open.pop_front() {
            for arrow in self.arrows.edges(node) {
                let next = arrow.target();
                if came[next.index()].is_none() {
                    came[next.index()] = Some(arrow.id());
                    open.push_back(next);
                }
            }
            if came[to.index()].is_some() {
                break;
            }
        }
        let mut path = vec![came[to.index()]?];
        loop {
            let (before, _) = self.arrows.edge_endpoints(path[path.len() - 1])?;
            if before == from {
                path.reverse();
                return Some(path);
            }
            path.push(came[before.index()]?);
        }
    }

    /// The circle with the fewest arrows and, among those, the one that is told best: of few derived
    /// arrows, and of readers rather than of writes alone.
    fn shortest_circle(&self) -> Option<Vec<EdgeIndex>> {
        let circles = self.arrows.node_indices().filter_map(|node| self.path(node, node));
        circles.min_by_key(|circle| {
            let derived = |&&arrow: &&EdgeIndex| !self.arrows[arrow].follows_from.is_empty();
            let order = |&&arrow: &&EdgeIndex| self.arrows[arrow].kind == EdgeKind::WriteOrder;
            let derived = circle.iter().filter(derived).count();
            (circle.len(), derived, circle.iter().filter(order).count())
        })
    }

    /// The arrows of a circle and what they follow from, each after its reasons.
    fn read_out(&self, circle: &[EdgeIndex]) -> Circle {
        let mut order: Vec<EdgeIndex> = Vec::new();
        let mut roots = circle.to_vec();
        // Recorded arrows first: what is derived then stands at the end, as a conclusion.
        roots.sort_by_key(|&arrow| {
            let weight = &self.arrows[arrow];
            (weight.kind == EdgeKind::Overwritten, weight.kind == EdgeKind::WriteOrder)
        });
        let mut open: Vec<(EdgeIndex, bool)> =
            roots.into_iter().rev().map(|arrow| (arrow, false)).collect();
        while let Some((arrow, ready)) = open.pop() {
            if order.contains(&arrow) {
                continue;
            }
            if ready {
                order.push(arrow);
            } else {
                open.push((arrow, true));
                let reasons = self.arrows[arrow].follows_from.iter().rev();
                open.extend(reasons.map(|&reason| (reason, false)));
            }
        }
        let number = |arrow: &EdgeIndex| order.iter().position(|other| other == arrow);
        let steps = order.iter().filter_map(|&arrow| {
            let (before, after) = self.arrows.edge_endpoints(arrow)?;
            let weight = &self.arrows[arrow];
            Some(Arrow {
                before: self.arrows[before],
                after: self.arrows[after],
                kind: weight.kind,
                follows_from: weight.follows_from.iter().filter_map(number).collect(),
                reader: weight.reader,
            })
        });
        let steps = steps.collect();
        let mut circle: Vec<usize> = circle.iter().filter_map(number).collect();
        circle.sort_unstable();
        Circle { steps, circle }
    }
}
