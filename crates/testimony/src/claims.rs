//! The invariants of the built-in models as claims: each checker with the means to decide it again.

use crate::{AnyModel, Claim, ModelEntry};
use testimony_certify::{
    bank, cells, collections, effects, locks, rest, stock as again, unique_ids,
};
use testimony_check::invariant::{
    BankTotal, BoundedStaleness, Convergence, ExactlyOnce, Fencing, IdsAreUnique,
    MonotonicVersions, MutualExclusion, NoDoubleSale, NoNegativeBalance, NoOversell,
    NoStaleElements, NoUnexpectedElements, SetFull, StockConservation, TotalQueue,
};
use testimony_model::{Bank, FencedLock, Model, Readings, Stock, UniqueIds};

/// `no-oversell`: never more sold than there was.
pub fn no_oversell() -> Claim<Stock> {
    Claim::invariant(NoOversell, Some(again::no_oversell))
}

/// `stock-conservation`: at rest, the count is what was there, plus restocked, minus sold.
pub fn stock_conservation() -> Claim<Stock> {
    Claim::invariant(StockConservation, Some(again::conservation))
}

/// `no-double-sale`: while nothing is restocked, every sale leaves another number of units.
pub fn no_double_sale() -> Claim<Stock> {
    Claim::invariant(NoDoubleSale, Some(again::no_double_sale))
}

/// `convergence`: at rest, every node answers the same.
pub fn convergence<M: Readings>() -> Claim<M> {
    Claim::invariant(Convergence, Some(rest::convergence))
}

/// `bank-total`: every read adds up to what the accounts held at the beginning.
pub fn bank_total() -> Claim<Bank> {
    Claim::invariant(BankTotal, Some(bank::total))
}

/// `no-negative-balance`: no read shows a balance below zero.
pub fn no_negative_balance() -> Claim<Bank> {
    Claim::invariant(NoNegativeBalance, Some(bank::negative))
}

/// `unique-ids`: no id is answered twice.
pub fn ids_are_unique() -> Claim<UniqueIds> {
    Claim::invariant(IdsAreUnique, Some(unique_ids::unique))
}

/// `monotonic-versions`: no client reads a smaller number than it has seen.
pub fn monotonic_versions<M: Model>() -> Claim<M> {
    Claim::invariant(MonotonicVersions, Some(cells::monotonic_versions))
}

/// `bounded-staleness:..`: no read answers what had been replaced for longer than this.
pub fn bounded_staleness<M: Model>(max_ns: u64) -> Claim<M> {
    let again = move |model: &M, history: &_| cells::bounded_staleness(model, history, max_ns);
    Claim::invariant_with(BoundedStaleness { max_ns }, again)
}

/// `set-full`: no element is lost.
pub fn set_full<M: Model>() -> Claim<M> {
    Claim::invariant(SetFull, Some(collections::set_full))
}

/// `no-stale-elements`: no read misses an element that was known to be in.
pub fn no_stale_elements<M: Model>() -> Claim<M> {
    Claim::invariant(NoStaleElements, Some(collections::no_stale_elements))
}

/// `no-unexpected-elements`: a set shows only what somebody may have put there, and once.
pub fn no_unexpected_elements<M: Model>() -> Claim<M> {
    Claim::invariant(NoUnexpectedElements, Some(collections::no_unexpected_elements))
}

/// `total-queue`: what goes in comes out, once.
pub fn total_queue<M: Model>() -> Claim<M> {
    Claim::invariant(TotalQueue, Some(collections::total_queue))
}

/// `mutual-exclusion`: never do two owners hold a lock at the same time.
pub fn mutual_exclusion<M: Model>() -> Claim<M> {
    Claim::invariant(MutualExclusion, Some(locks::mutual_exclusion))
}

/// `fencing`: the resource accepts no token below one that it had accepted.
pub fn fencing() -> Claim<FencedLock> {
    Claim::invariant(Fencing, Some(locks::fencing))
}

/// `exactly-once`: every effect shows once, in order.
pub fn exactly_once<M: Model>() -> Claim<M> {
    Claim::invariant(ExactlyOnce, Some(effects::exactly_once))
}

/// The staleness that is listed; any other bound can be named.
const LISTED_NS: u64 = 1_000_000_000;

fn named<M: Model>(name: &str) -> Option<Claim<M>> {
    BoundedStaleness::named(name).map(|bound| bounded_staleness(bound.max_ns))
}

/// Adds the invariants of registers and maps.
pub(crate) fn of_registers<M: Readings>(entry: ModelEntry<M>) -> Box<dyn AnyModel> {
    let entry = entry.claim(convergence()).claim(monotonic_versions());
    Box::new(entry.claim(bounded_staleness(LISTED_NS)).claims_named(named))
}

/// Adds the invariants of queues, stacks and priority queues.
pub(crate) fn of_queues<M: Readings>(entry: ModelEntry<M>) -> Box<dyn AnyModel> {
    Box::new(entry.claim(total_queue()).claim(convergence()))
}
