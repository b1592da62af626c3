//! The precedence and conflict graph of a core, and the contradiction that can be read out of it.
//!
//! Nodes are the operations of the core that certainly took effect. An arrow says that one must come
//! before another one:
//! - *real time*: it returned before the other was called;
//! - *reads from*: the other saw a value that it alone can have written.
//!
//! From these, others follow, until nothing new does. Let `r` have seen the value of `w`, and let
//! `x` have written or seen another value:
//! - *write order*: if `x` comes before `r`, it comes before `w`, or it would stand between them;
//! - *overwritten*: if `w` comes before `x`, then `r` comes before `x`, for the same reason. Where
//!   several may have written the value, this holds if all of them come before `x`.
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
use testimony_verdict::EdgeKind;

/// Graphs of more operations than this are not built: nobody would read them. (Sets of nodes are
/// the bits of a word.)
const NODES_MAX: usize = 64;

/// Reads of values with more writers than this are not followed.
const WRITERS_MAX: usize = 12;

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
#[derive(Clone)]
enum Source {
    /// The value at the beginning, which nobody wrote.
    Beginning,
    /// The one operation that can have written it, and the arrow that says so.
    Written(NodeIndex, EdgeIndex),
    /// One of these answered operations, or the beginning.
    Several(Vec<NodeIndex>),
}

struct Weight {
    kind: EdgeKind,
    follows_from: Vec<EdgeIndex>,
    reader: Option<usize>,
}

struct Graph<'c, 'h> {
    part: &'c Part<'h>,
    values: &'c Values<'h>,
    arrows: DiGraph<usize, Weight>,
    /// Who saw a value, which, and where it came from.
    reads: Vec<(NodeIndex, usize, Source)>,
}

/// The shortest circle of a core, if its arrows close one.
pub(crate) fn circle(part: &Part<'_>, values: &Values<'_>, core: &Reduced) -> Option<Circle> {
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

impl Graph<'_, '_> {
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
            // Every node certainly took effect, so it saw what it compared with, too.
            if let Some(value) = self.values.shapes[self.arrows[node]].sees {
                let source = self.source(core, node, value);
                self.reads.extend(source.map(|source| (node, value, source)));
            }
        }
        for first in self.arrows.node_indices() {
            for second in self.arrows.node_indices() {
                let (before, after) = (self.arrows[first], self.arrows[second]);
                let returned = self.part.operations[before].is_ok();
                if returned && self.part.operations[before].precedes(&self.part.operations[after]) {
                    self.add(first, second, EdgeKind::RealTime, Vec::new(), None);
                }
            }
        }
        true
    }

    /// Where the value that an operation saw came from, where that says anything.
    fn source(&mut self, core: &Reduced, node: NodeIndex, value: usize) -> Option<Source> {
        let at = self.arrows[node];
        let members = core.required.iter().chain(&core.optional).copied();
        let writers: Vec<usize> =
            members.filter(|&at| self.values.shapes[at].writes == Some(value)).collect();
        let initial = value == self.values.initial;
        let answered = |&writer: &usize| self.part.operations[writer].is_ok();
        match writers.as_slice() {
            [] => initial.then_some(Source::Beginning),
            [writer] if !initial && *writer != at => {
                let from = self.node(*writer);
                let seen = self.add(from, node, EdgeKind::ReadsFrom, Vec::new(), None);
                Some(Source::Written(from, seen))
            }
            several if several.len() > WRITERS_MAX || !several.iter().all(answered) => None,
            several => Some(Source::Several(several.iter().map(|&at| self.node(at)).collect())),
        }
    }

    /// The node of the operation at this position.
    fn node(&mut self, at: usize) -> NodeIndex {
        let known = self.arrows.node_indices().find(|&node| self.arrows[node] == at);
        known.unwrap_or_else(|| self.arrows.add_node(at))
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
        let reach = self.reach();
        let mut found = Vec::new();
        for (read, value, source) in &self.reads {
            for other in self.arrows.node_indices() {
                if other != *read && self.differs(other, *value) {
                    found.extend(self.follows(&reach, *read, source, other));
                }
            }
        }
        let grew = !found.is_empty();
        for (before, after, weight) in found {
            self.arrows.add_edge(before, after, weight);
        }
        grew
    }

    /// What follows for a read, the source of its value, and an operation that wrote or saw another
    /// value.
    fn follows(
        &self,
        reach: &[u64],
        read: NodeIndex,
        source: &Source,
        other: NodeIndex,
    ) -> Vec<(NodeIndex, NodeIndex, Weight)> {
        let known = |a: NodeIndex, b: NodeIndex| reach[a.index()] & (1 << b.index()) != 0;
        let weight = |kind, mut because: Vec<EdgeIndex>, paths: &[(NodeIndex, NodeIndex)]| {
            because.extend(paths.iter().filter_map(|&(a, b)| self.path(a, b)).flatten());
            Weight { kind, follows_from: because, reader: Some(self.arrows[read]) }
        };
        let mut found = Vec::new();
        let (because, writers) = match source {
            Source::Beginning => (Vec::new(), [].as_slice()),
            Source::Written(from, seen) => {
                if known(other, read) && !known(other, *from) && *from != other {
                    let weight = weight(EdgeKind::WriteOrder, vec![*seen], &[(other, read)]);
                    found.push((other, *from, weight));
                }
                (vec![*seen], std::slice::from_ref(from))
            }
            Source::Several(writers) => (Vec::new(), writers.as_slice()),
        };
        let gone = writers.iter().all(|&writer| writer != other && known(writer, other));
        if gone && !known(read, other) {
            let paths: Vec<_> = writers.iter().map(|&writer| (writer, other)).collect();
            found.push((read, other, weight(EdgeKind::Overwritten, because, &paths)));
        }
        found
    }

    /// Whether an operation shows that another value was there: it wrote one, saw one, or missed
    /// this one.
    fn differs(&self, node: NodeIndex, value: usize) -> bool {
        let shape = self.values.shapes[self.arrows[node]];
        let other = |seen: Option<usize>| seen.is_some_and(|seen| seen != value);
        other(shape.writes) || other(shape.sees) || shape.missed == Some(value)
    }

    /// For each node the set of those that must come after it.
    fn reach(&self) -> Vec<u64> {
        let mut reach = vec![0_u64; self.arrows.node_count()];
        for arrow in self.arrows.edge_references() {
            reach[arrow.source().index()] |= 1 << arrow.target().index();
        }
        for middle in 0..reach.len() {
            for node in 0..reach.len() {
                if reach[node] & (1 << middle) != 0 {
                    reach[node] |= reach[middle];
                }
            }
        }
        reach
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
        let reach = self.reach();
        let circular = |node: &NodeIndex| reach[node.index()] & (1 << node.index()) != 0;
        let nodes = self.arrows.node_indices().filter(circular);
        let circles = nodes.filter_map(|node| self.path(node, node));
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
