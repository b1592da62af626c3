//! A persistent balanced tree: what the states of the collections are made of.
//!
//! A checker keeps many states at once, each a step away from another one. Sharing all but one path
//! between them makes a step O(log n) instead of O(n). Weight-balanced after Adams, with the
//! parameters (3, 2) of Hirai and Yamamoto, *Balancing weight-balanced trees* (Journal of
//! Functional Programming 21(3), 2011). Nothing recurses but the release of a tree, which goes as
//! deep as it is high: logarithmically.

use std::cmp::Ordering;
use std::sync::Arc;

/// How much heavier one side may be than the other.
const DELTA: usize = 3;
/// Up to which weight of the inner grandchild a single rotation balances.
const RATIO: usize = 2;

type Link<K, V> = Option<Arc<Node<K, V>>>;

#[derive(Debug)]
struct Node<K, V> {
    left: Link<K, V>,
    right: Link<K, V>,
    size: usize,
    key: K,
    value: V,
}

/// An ordered map of which every version stays what it is.
#[derive(Debug)]
pub(crate) struct Tree<K, V> {
    root: Link<K, V>,
}

impl<K, V> Clone for Tree<K, V> {
    fn clone(&self) -> Self {
        Tree { root: self.root.clone() }
    }
}

impl<K, V> Default for Tree<K, V> {
    fn default() -> Self {
        Tree { root: None }
    }
}

fn size<K, V>(link: &Link<K, V>) -> usize {
    link.as_ref().map_or(0, |node| node.size)
}

fn weight<K, V>(link: &Link<K, V>) -> usize {
    size(link) + 1
}

fn join<K, V>(key: K, value: V, left: Link<K, V>, right: Link<K, V>) -> Arc<Node<K, V>> {
    let size = size(&left) + size(&right) + 1;
    Arc::new(Node { left, right, size, key, value })
}

/// Joins two trees of which at most one is too heavy by one element.
fn balance<K: Clone, V: Clone>(
    key: K,
    value: V,
    left: Link<K, V>,
    right: Link<K, V>,
) -> Arc<Node<K, V>> {
    if let Some(heavy) = right.as_ref().filter(|_| weight(&right) > DELTA * weight(&left)) {
        let (inner, outer) = (&heavy.left, &heavy.right);
        let (top, top_value) = (heavy.key.clone(), heavy.value.clone());
        return match inner.as_ref().filter(|_| weight(inner) >= RATIO * weight(outer)) {
            None => {
                let left = join(key, value, left, inner.clone());
                join(top, top_value, Some(left), outer.clone())
            }
            Some(middle) => {
                let left = join(key, value, left, middle.left.clone());
                let right = join(top, top_value, middle.right.clone(), outer.clone());
                join(middle.key.clone(), middle.value.clone(), Some(left), Some(right))
            }
        };
    }
    if let Some(heavy) = left.as_ref().filter(|_| weight(&left) > DELTA * weight(&right)) {
        let (inner, outer) = (&heavy.right, &heavy.left);
        let (top, top_value) = (heavy.key.clone(), heavy.value.clone());
        return match inner.as_ref().filter(|_| weight(inner) >= RATIO * weight(outer)) {
            None => {
                let right = join(key, value, inner.clone(), right);
                join(top, top_value, outer.clone(), Some(right))
            }
            Some(middle) => {
                let left = join(top, top_value, outer.clone(), middle.left.clone());
                let right = join(key, value, middle.right.clone(), right);
                join(middle.key.clone(), middle.value.clone(), Some(left), Some(right))
            }
        };
    }
    join(key, value, left, right)
}

/// The way from the root to a node, and on which side it goes on.
type Path<'t, K, V> = Vec<(&'t Node<K, V>, Ordering)>;

/// Puts what became of the end of a path back under the nodes of the path.
fn rebuild<K: Clone, V: Clone>(path: Path<'_, K, V>, end: Link<K, V>) -> Tree<K, V> {
    let root = path.into_iter().rev().fold(end, |child, (node, side)| {
        let (key, value) = (node.key.clone(), node.value.clone());
        Some(match side {
            Ordering::Less => balance(key, value, child, node.right.clone()),
            _ => balance(key, value, node.left.clone(), child),
        })
    });
    Tree { root }
}

/// What a value takes behind an [`Arc`], with its two counts.
pub(crate) const fn shared_bytes<T>() -> usize {
    size_of::<T>() + 2 * size_of::<usize>()
}

/// About what the nodes of a map of the standard library take: a leaf has room for eleven entries,
/// whatever is in it.
pub(crate) const fn map_bytes<K, V>(entries: usize) -> usize {
    const ROOM: usize = 11;
    let leaf = ROOM * (size_of::<K>() + size_of::<V>()) + 2 * size_of::<usize>();
    match entries {
        0 => 0,
        1..=ROOM => leaf,
        _ => entries.div_ceil(ROOM * 3 / 4) * (leaf + 2 * size_of::<usize>()),
    }
}

impl<K, V> Tree<K, V> {
    /// Bytes of nodes that no other tree shares. O(their number).
    pub(crate) fn own_bytes(&self) -> usize {
        let mut open: Vec<&Link<K, V>> = vec![&self.root];
        let mut own = 0;
        while let Some(link) = open.pop() {
            if let Some(node) = link.as_ref().filter(|node| Arc::strong_count(node) == 1) {
                own += shared_bytes::<Node<K, V>>();
                open.extend([&node.left, &node.right]);
            }
        }
        own
    }
}

impl<K: Ord + Clone, V: Clone> Tree<K, V> {
    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        size(&self.root)
    }

    /// The value of a key. O(log n).
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        let mut at = self.root.as_deref();
        while let Some(node) = at {
            at = match key.cmp(&node.key) {
                Ordering::Less => node.left.as_deref(),
                Ordering::Greater => node.right.as_deref(),
                Ordering::Equal => return Some(&node.value),
            };
        }
        None
    }

    /// The least key. O(log n).
    pub(crate) fn first(&self) -> Option<(&K, &V)> {
        let mut at = self.root.as_deref()?;
        while let Some(left) = at.left.as_deref() {
            at = left;
        }
        Some((&at.key, &at.value))
    }

    /// The greatest key. O(log n).
    pub(crate) fn last(&self) -> Option<(&K, &V)> {
        let mut at = self.root.as_deref()?;
        while let Some(right) = at.right.as_deref() {
            at = right;
        }
        Some((&at.key, &at.value))
    }

    /// The tree with this value for this key. O(log n).
    pub(crate) fn with(&self, key: K, value: V) -> Self {
        let mut path = Vec::new();
        let mut at = self.root.as_deref();
        while let Some(node) = at {
            let side = key.cmp(&node.key);
            at = match side {
                Ordering::Less => node.left.as_deref(),
                Ordering::Greater => node.right.as_deref(),
                Ordering::Equal => {
                    let same = join(key, value, node.left.clone(), node.right.clone());
                    return rebuild(path, Some(same));
                }
            };
            path.push((node, side));
        }
        rebuild(path, Some(join(key, value, None, None)))
    }

    /// The tree without this key. O(log n).
    pub(crate) fn without(&self, key: &K) -> Self {
        let mut path = Vec::new();
        let mut at = self.root.as_deref();
        while let Some(node) = at {
            let side = key.cmp(&node.key);
            at = match side {
                Ordering::Less => node.left.as_deref(),
                Ordering::Greater => node.right.as_deref(),
                Ordering::Equal => return rebuild(path, without_root(node)),
            };
            path.push((node, side));
        }
        self.clone()
    }

    /// Keys and values, by key. O(n).
    pub(crate) fn iter(&self) -> Iter<'_, K, V> {
        let mut iter = Iter { open: Vec::new() };
        iter.descend(self.root.as_deref());
        iter
    }

    /// Whether two trees are the same piece of memory, and so the same tree.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (&self.root, &other.root) {
            (None, None) => true,
            (Some(one), Some(two)) => Arc::ptr_eq(one, two),
            _ => false,
        }
    }
}

/// What is left of a tree when its root goes: the next greater key takes the place.
fn without_root<K: Ord + Clone, V: Clone>(node: &Node<K, V>) -> Link<K, V> {
    let (Some(_), Some(right)) = (&node.left, &node.right) else {
        return node.left.clone().or_else(|| node.right.clone());
    };
    let mut path = Vec::new();
    let mut at = right.as_ref();
    while let Some(left) = at.left.as_deref() {
        path.push((at, Ordering::Less));
        at = left;
    }
    let rest = rebuild(path, at.right.clone());
    Some(balance(at.key.clone(), at.value.clone(), node.left.clone(), rest.root))
}

/// Goes through a tree by key.
pub(crate) struct Iter<'t, K, V> {
    open: Vec<&'t Node<K, V>>,
}

impl<'t, K, V> Iter<'t, K, V> {
    fn descend(&mut self, mut at: Option<&'t Node<K, V>>) {
        while let Some(node) = at {
            self.open.push(node);
            at = node.left.as_deref();
        }
    }
}

impl<'t, K, V> Iterator for Iter<'t, K, V> {
    type Item = (&'t K, &'t V);

    fn next(&mut self) -> Option<Self::Item> {
        let node = self.open.pop()?;
        self.descend(node.right.as_deref());
        Some((&node.key, &node.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Checks the balance of every node.
    fn assert_balanced(tree: &Tree<i64, u8>) {
        let mut open: Vec<_> = tree.root.iter().collect();
        while let Some(node) = open.pop() {
            let (left, right) = (weight(&node.left), weight(&node.right));
            assert!(left <= DELTA * right && right <= DELTA * left, "{left} beside {right}");
            open.extend(node.left.iter().chain(&node.right));
        }
    }

    proptest! {
        #[test]
        fn a_tree_is_a_map(steps in prop::collection::vec((0..40_i64, any::<Option<u8>>()), 0..200)) {
            let (mut tree, mut map) = (Tree::default(), BTreeMap::new());
            for (key, value) in steps {
                let before: Vec<_> = tree.iter().map(|(k, v)| (*k, *v)).collect();
                let old = tree.clone();
                tree = match value {
                    Some(value) => { map.insert(key, value); tree.with(key, value) }
                    None => { map.remove(&key); tree.without(&key) }
                };
                assert_balanced(&tree);
                prop_assert_eq!(tree.get(&key), map.get(&key));
                prop_assert!(tree.iter().eq(map.iter()));
                prop_assert_eq!(tree.len(), map.len());
                prop_assert_eq!(tree.first(), map.first_key_value());
                prop_assert_eq!(tree.last(), map.last_key_value());
                // What was is still there.
                prop_assert!(old.iter().map(|(k, v)| (*k, *v)).eq(before));
            }
        }
    }

    #[test]
    fn rising_keys_keep_it_balanced() {
        let mut tree = Tree::default();
        for key in 0..5_000 {
            tree = tree.with(key, 0);
        }
        assert_balanced(&tree);
        for key in 0..4_900 {
            tree = tree.without(&key);
        }
        assert_balanced(&tree);
        assert_eq!(tree.len(), 100);
    }
}
