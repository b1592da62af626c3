//! What is measured: the figures that we want to reach, the growth, the comparison. Data.

use crate::job::{Source, Work};
use crate::recipe::{Object, Recipe, count};

/// A figure to reach.
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) source: Source,
    pub(crate) work: Work,
    /// Other seeds of the same recipe are measured as well, and the worst counts.
    pub(crate) seeds: u64,
    pub(crate) target: Target,
}

/// What a figure may be at most.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Target {
    pub(crate) ms: Option<f64>,
    /// Of the check alone: what the history itself takes is not counted.
    pub(crate) mib: Option<u64>,
    /// Explanation against decision.
    pub(crate) explanation: Option<f64>,
}

/// Figures of which none may take longer than another by more than this.
pub(crate) struct Flat {
    pub(crate) name: &'static str,
    /// What the names of its figures begin with.
    pub(crate) prefix: &'static str,
    pub(crate) ratio_max: f64,
}

pub(crate) const FLAT: [Flat; 1] =
    [Flat { name: "unique-register/flat", prefix: "unique-register/1M/", ratio_max: 1.5 }];

fn ms(ms: f64) -> Target {
    Target { ms: Some(ms), ..Target::default() }
}

fn figure(name: impl Into<String>, recipe: Recipe, target: Target) -> Figure {
    // A check of a valid history is its decision, with the order as certificate; of an invalid one
    // the decision is measured apart from its explanation.
    let work = if recipe.stale { Work::Decide } else { Work::Check };
    Figure { name: name.into(), source: Source::Made(recipe), work, seeds: 1, target }
}

/// The figures to reach, in the order in which they are shown.
pub(crate) fn figures() -> Vec<Figure> {
    let mut figures = etcd();
    figures.extend(unique_registers());
    figures.extend(searches());
    figures.extend(collections());
    figures.extend(repeated());
    figures.extend(sums());
    figures.extend(locks());
    figures.extend(explanations());
    let kv = Recipe::new(Object::Kv, 1_000_000).keys(1_000).clients(50);
    figures.push(figure("keys/1M/check", kv, Target::default()));
    let read = figure("keys/1M/read", kv, Target::default());
    figures.push(Figure { work: Work::Read, ..read });
    figures
}

fn etcd() -> Vec<Figure> {
    let etcd = |name: &str, work, target| Figure {
        name: name.to_owned(),
        source: Source::Etcd,
        work,
        seeds: 1,
        target,
    };
    vec![
        etcd("etcd/decide", Work::Decide, ms(5.0)),
        etcd("etcd/check", Work::Check, ms(20.0)),
        etcd("etcd/verified", Work::Judge, Target::default()),
    ]
}

fn unique_registers() -> Vec<Figure> {
    let target = Target { ms: Some(150.0), mib: Some(150), explanation: None };
    let of = |clients: u32, info: u32| {
        let recipe = Recipe::new(Object::Register, 1_000_000).clients(clients).info(info);
        figure(format!("unique-register/1M/{clients}-clients/{info}-info"), recipe, target)
    };
    [(5, 0), (16, 0), (64, 0), (5, 10), (5, 20), (5, 30), (64, 30)]
        .map(|(clients, info)| of(clients, info))
        .into()
}

fn searches() -> Vec<Figure> {
    let few = |operations| Recipe::new(Object::Register, operations).few(5);
    let hundred = Target { mib: Some(50), ..ms(200.0) };
    let mut figures = vec![figure("search/100k", few(100_000), hundred)];
    for info in [5, 10, 20] {
        let stale = few(1_000).info(info).stale();
        let name = format!("search/1k/{info}-info/stale");
        figures.push(Figure { seeds: 3, ..figure(name, stale, ms(20.0)) });
    }
    // The log-linear engines would take these; the search must not need them.
    let unique = Recipe::new(Object::Register, 1_000).info(10).stale();
    let unique = figure("search/1k/10-info/stale/unique", unique, ms(20.0));
    figures.push(Figure { work: Work::Search, seeds: 3, ..unique });
    let crowd = few(2_000).clients(20);
    let valid = figure("search/2k/20-clients/valid", crowd, ms(1_000.0));
    figures.push(Figure { seeds: 3, ..valid });
    let stale = figure("search/2k/20-clients/stale", crowd.stale(), ms(1_000.0));
    figures.push(Figure { seeds: 3, ..stale });
    let cas = Recipe::new(Object::CasRegister, 10_000).few(5).info(20);
    figures.push(Figure { seeds: 3, ..figure("search/10k/cas/20-info", cas, ms(30.0)) });
    figures
}

fn collections() -> Vec<Figure> {
    let of = |object: Object, seconds: f64| {
        let recipe = Recipe::new(object, 1_000_000);
        let name = format!("{}/1M", object.name());
        let plain = figure(name, recipe, ms(seconds * 1_000.0));
        let small = Recipe::new(object, 10_000).clients(16).info(10);
        let info = figure(format!("{}/10k/10-info", object.name()), small, Target::default());
        // What is not answered must not make a cliff: these have to be judged at all. Of a stack it
        // leaves the more choices the more clients there are.
        let sizes = [(100_000, 0), (100_000, 10), (100_000, 30), (1_000_000, 10), (1_000_000, 30)];
        let more = sizes.map(|(operations, percent)| {
            let recipe = Recipe::new(object, operations).clients(16).info(percent);
            let name = format!("{}/{}/{percent}-info", object.name(), count(operations));
            figure(name, recipe, ms(seconds * 1_000.0))
        });
        [plain, info].into_iter().chain(more)
    };
    let objects = [
        (Object::Set, 0.1),
        (Object::Queue, 0.5),
        (Object::PriorityQueue, 1.0),
        (Object::Stack, 2.0),
    ];
    objects.into_iter().flat_map(|(object, seconds)| of(object, seconds)).collect()
}

/// Queues, stacks and priority queues into which the same values are put again and again: a search
/// decides them, and the worst of a few seeds counts.
fn repeated() -> Vec<Figure> {
    let objects = [Object::Queue, Object::PriorityQueue, Object::Stack];
    let grid = |object: Object| {
        let sizes = [1_000, 10_000];
        let all = sizes.into_iter().flat_map(|size| [0, 10, 30].map(|info| (size, info)));
        all.map(move |(operations, info)| {
            let recipe = Recipe::new(object, operations).few(50).info(info);
            let name = format!("{}/{}/repeated/{info}-info", object.name(), count(operations));
            let target = ms(f64::from(operations) / 50.0);
            Figure { seeds: 3, ..figure(name, recipe, target) }
        })
    };
    objects.into_iter().flat_map(grid).collect()
}

/// Objects that are added to. With operations that were never answered deciding them is NP-complete:
/// what is given up is worth as much as how long the rest takes, so the worst of a few seeds counts.
fn sums() -> Vec<Figure> {
    let objects = [
        (Object::Counter, 200.0),
        (Object::Stock, 200.0),
        (Object::Bank, 500.0),
        (Object::FetchAdd, 50.0),
    ];
    let grid = |(object, plain_ms)| {
        let sizes = [1_000, 10_000, 100_000];
        let all = sizes.into_iter().flat_map(|size| [0, 10, 30].map(|info| (size, info)));
        all.map(move |(operations, info)| sum(object, operations, info, plain_ms))
    };
    objects.into_iter().flat_map(grid).collect()
}

/// What 100k operations with unanswered ones among them may take, in milliseconds.
const LOSSY_SUM_MS: f64 = 2_000.0;

/// One of the sums; `plain_ms` is what 100k answered operations of it may take.
fn sum(object: Object, operations: u32, info: u32, plain_ms: f64) -> Figure {
    let share = f64::from(operations) / 100_000.0;
    let target = match info {
        0 => ms(plain_ms * share),
        _ if has_no_target(object, operations, info) => Target::default(),
        _ => ms(LOSSY_SUM_MS * share),
    };
    let recipe = Recipe::new(object, operations).info(info);
    let name = format!("{}/{}/{info}-info", object.name(), count(operations));
    Figure { seeds: if info == 0 { 1 } else { 3 }, ..figure(name, recipe, target) }
}

/// Those of which some seed is not decided, or not in the time that the others have: they are shown,
/// but nothing is promised.
fn has_no_target(object: Object, operations: u32, info: u32) -> bool {
    match object {
        Object::Counter => info > 0 && operations >= 100_000,
        Object::Stock => info >= 30 && operations >= 100_000,
        _ => false,
    }
}

fn locks() -> Vec<Figure> {
    let of = |object: Object, info: u32, target| {
        let recipe = Recipe::new(object, 100_000).info(info);
        figure(format!("{}/100k/{info}-info", object.name()), recipe, target)
    };
    let small = Recipe::new(Object::FencedLock, 10_000).info(10);
    vec![
        of(Object::Mutex, 0, ms(50.0)),
        of(Object::Mutex, 10, ms(100.0)),
        of(Object::FencedLock, 0, ms(50.0)),
        figure("fenced-lock/10k/10-info", small, ms(50.0)),
        // The writes to what the lock guards are not decided so far.
        of(Object::FencedLock, 10, Target::default()),
    ]
}

fn explanations() -> Vec<Figure> {
    let target = Target { explanation: Some(1.0), ..Target::default() };
    let explain = |name: &str, recipe: Recipe| Figure {
        work: Work::Explain,
        ..figure(name, recipe.stale(), target)
    };
    let register = |operations| Recipe::new(Object::Register, operations);
    vec![
        explain("explain/zones/100k", register(100_000)),
        explain("explain/zones/100k/cas", Recipe::new(Object::CasRegister, 100_000)),
        explain("explain/zones/1M/20-info", register(1_000_000).info(20)),
        explain("explain/search/1k/10-info", register(1_000).few(5).info(10)),
        explain("explain/search/100k", register(100_000).few(5)),
        explain("explain/set/2k/whole-reads", Recipe::new(Object::WholeSet, 2_000)),
        explain(
            "explain/set/2k/whole-reads/10-info",
            Recipe::new(Object::WholeSet, 2_000).info(10),
        ),
        explain("explain/log/100k", Recipe::new(Object::Log, 100_000)),
        explain("explain/queue/100k", Recipe::new(Object::Queue, 100_000)),
        explain("explain/stack/100k", Recipe::new(Object::Stack, 100_000)),
        explain("explain/priority-queue/100k", Recipe::new(Object::PriorityQueue, 100_000)),
        explain("explain/counter/10k", Recipe::new(Object::Counter, 10_000)),
        explain("explain/counter/100k", Recipe::new(Object::Counter, 100_000)),
        explain("explain/counter/10k/10-info", Recipe::new(Object::Counter, 10_000).info(10)),
        explain("explain/stock/10k", Recipe::new(Object::Stock, 10_000)),
        explain("explain/stock/100k", Recipe::new(Object::Stock, 100_000)),
        explain("explain/bank/10k", Recipe::new(Object::Bank, 10_000)),
        explain("explain/bank/100k", Recipe::new(Object::Bank, 100_000)),
        explain("explain/fetch-add/100k", Recipe::new(Object::FetchAdd, 100_000)),
        explain("explain/mutex/100k", Recipe::new(Object::Mutex, 100_000)),
        explain("explain/fenced-lock/100k", Recipe::new(Object::FencedLock, 100_000)),
    ]
}

/// A size after the other.
pub(crate) struct Growth {
    pub(crate) name: &'static str,
    /// Its operations are replaced by each of the sizes.
    pub(crate) recipe: Recipe,
    pub(crate) work: Work,
}

/// The sizes; the ratio to the one before counts from the third on, where it is one of ten times.
pub(crate) const SIZES: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// Instructions for ten times the operations, at most, from 10k to 1M.
pub(crate) const GROWTH_MAX: f64 = 13.0;

pub(crate) fn growth() -> Vec<Growth> {
    let register = Recipe::new(Object::Register, 0);
    let of = |name, recipe| Growth { name, recipe, work: Work::Check };
    vec![
        of("growth/unique-register", register),
        of("growth/unique-register/20-info/64-clients", register.clients(64).info(20)),
        of("growth/search", register.few(5)),
        of("growth/set", Recipe::new(Object::Set, 0)),
        of("growth/queue", Recipe::new(Object::Queue, 0)),
        of("growth/priority-queue", Recipe::new(Object::PriorityQueue, 0)),
        of("growth/stack", Recipe::new(Object::Stack, 0)),
        of("growth/counter", Recipe::new(Object::Counter, 0)),
        of("growth/keys", Recipe::new(Object::Kv, 0).keys(1_000).clients(50)),
    ]
}

/// A history on which ours and its peers are compared.
pub(crate) struct Comparison {
    pub(crate) name: String,
    pub(crate) source: Source,
}

pub(crate) fn comparisons() -> Vec<Comparison> {
    let made = |name: &str, recipe| Comparison { name: name.into(), source: Source::Made(recipe) };
    let register = |operations| Recipe::new(Object::Register, operations);
    let mut all = vec![Comparison { name: "etcd".to_owned(), source: Source::Etcd }];
    for (name, operations) in [("1k", 1_000), ("10k", 10_000), ("100k", 100_000)] {
        let few = register(operations).few(5);
        all.push(made(&format!("register/{name}"), few));
        all.push(made(&format!("register/{name}/unique"), register(operations)));
        all.push(made(&format!("register/{name}/10-info"), few.info(10)));
    }
    let stale = register(1_000).stale();
    all.extend([
        made("register/1k/stale", stale.few(5)),
        made("register/1k/2-info/stale", stale.few(5).info(2)),
        made("register/1k/10-info/stale", stale.few(5).info(10)),
        made("register/2k/10-clients/stale", register(2_000).few(5).clients(10).stale()),
        made("cas-register/10k/20-info", Recipe::new(Object::CasRegister, 10_000).few(5).info(20)),
        made("kv/100k/100-keys", Recipe::new(Object::Kv, 100_000).keys(100).clients(10)),
    ]);
    all
}

/// Small fixed jobs whose instructions are counted.
pub(crate) fn counted() -> Vec<(&'static str, Recipe, Work)> {
    let register = Recipe::new(Object::Register, 10_000);
    let small = Recipe::new(Object::Register, 1_000).few(5);
    vec![
        ("zones/10k", register, Work::Check),
        ("zones/10k/20-info/64-clients", register.info(20).clients(64), Work::Check),
        ("zones/10k/stale", register.stale(), Work::Check),
        ("search/10k", register.few(5), Work::Check),
        ("search/1k/10-info/stale/decide", small.info(10).stale(), Work::Decide),
        ("search/1k/10-info/stale/check", small.info(10).stale(), Work::Check),
        (
            "search/10k/cas/20-info",
            Recipe::new(Object::CasRegister, 10_000).few(5).info(20),
            Work::Check,
        ),
        ("set/10k", Recipe::new(Object::Set, 10_000), Work::Check),
        ("queue/10k", Recipe::new(Object::Queue, 10_000), Work::Check),
        ("priority-queue/10k", Recipe::new(Object::PriorityQueue, 10_000), Work::Check),
        ("stack/10k", Recipe::new(Object::Stack, 10_000), Work::Check),
        ("counter/10k", Recipe::new(Object::Counter, 10_000), Work::Check),
        ("bank/10k", Recipe::new(Object::Bank, 10_000), Work::Check),
        ("lock/10k", Recipe::new(Object::Mutex, 10_000), Work::Check),
        ("keys/10k", Recipe::new(Object::Kv, 10_000).keys(100), Work::Check),
        ("keys/10k/verified", Recipe::new(Object::Kv, 10_000).keys(100), Work::Judge),
        ("keys/10k/read", Recipe::new(Object::Kv, 10_000).keys(100), Work::Read),
    ]
}

/// What `--quick` measures: the same, a hundredth of the size, neither tiny nor large.
pub(crate) fn quick(recipe: Recipe) -> Recipe {
    // Of a bank with unanswered operations so few that it is decided.
    let least = if recipe.object == Object::Bank && recipe.info > 0 { 100 } else { 400 };
    let operations = (recipe.operations / 100).clamp(least, 2_000);
    Recipe { operations, keys: recipe.keys.min(20), clients: recipe.clients.min(8), ..recipe }
}
