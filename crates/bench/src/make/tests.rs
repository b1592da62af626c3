//! Tests of the histories of objects that are added to, and of locks.

use crate::make::{Flatten, HistoryOf, Visitor, with};
use crate::recipe::{Object, Recipe};
use testimony::check::{Budget, Linearizable};

struct Holds;

impl Visitor for Holds {
    type Out = Option<bool>;
    fn visit<M: Flatten>(self, model: &M, history: HistoryOf<M>) -> Self::Out {
        Linearizable::default().holds(model, &history, &Budget::default())
    }
}

const OBJECTS: [Object; 6] = [
    Object::Counter,
    Object::Stock,
    Object::Bank,
    Object::FetchAdd,
    Object::Mutex,
    Object::FencedLock,
];

/// Goal: the answers are those of the objects. Method: judge small histories of each.
#[test]
fn histories_are_valid() {
    for object in OBJECTS {
        for (seed, info) in (0..8).flat_map(|seed| [(seed, 0), (seed, 10)]) {
            let recipe = Recipe { seed, ..Recipe::new(object, 120) }.clients(3).info(info);
            assert_eq!(with(&recipe, Holds), Some(true), "{recipe}, seed {seed}");
        }
    }
}

/// Goal: what is spoilt is not valid. Method: judge a history of each, and with unanswered
/// operations those that are impossible whatever became of these.
#[test]
fn spoilt_histories_are_invalid() {
    let sure = [Object::Counter, Object::FetchAdd, Object::FencedLock];
    let recipes = OBJECTS.map(|object| Recipe::new(object, 2_000));
    let lossy = sure.map(|object| Recipe::new(object, 2_000).info(10));
    for recipe in recipes.into_iter().chain(lossy).map(Recipe::stale) {
        assert_eq!(with(&recipe, Holds), Some(false), "{recipe}");
    }
}
