//! The registry of anomaly names.
//!
//! A name is decided by a predicate over the history alone, so that a saved history, replayed,
//! gives the same name.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! registry {
    ($($variant:ident, $id:literal, $title:literal, $definition:literal, $cause:literal;)*) => {
        /// The name of an anomaly.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum AnomalyKind {
            $(#[doc = $definition] $variant,)*
        }

        impl AnomalyKind {
            /// Every name, from the most specific to the most general.
            pub const ALL: &'static [AnomalyKind] = &[$(AnomalyKind::$variant,)*];

            /// Its id, e.g. `stale-read`.
            pub fn id(self) -> &'static str {
                match self { $(AnomalyKind::$variant => $id,)* }
            }

            /// Its name in a few words, e.g. `stale read`.
            pub fn title(self) -> &'static str {
                match self { $(AnomalyKind::$variant => $title,)* }
            }

            /// Its definition as a predicate over the history.
            pub fn definition(self) -> &'static str {
                match self { $(AnomalyKind::$variant => $definition,)* }
            }

            /// What usually causes it, and where to look first.
            pub fn usual_cause(self) -> &'static str {
                match self { $(AnomalyKind::$variant => $cause,)* }
            }
        }
    };
}

registry! {
    ThinAirRead, "thin-air-read", "read out of thin air",
        "A read answered a value that no operation of the history ever wrote.",
        "Corruption, a decoding error, or a value left over from an earlier run.";
    AbortedRead, "aborted-read", "aborted read",
        "A read answered a value that only operations which certainly had no effect would have written.",
        "A server that rejects a request after it has applied a part of it, or a client that calls a lost answer a failure.";
    FutureRead, "future-read", "read from the future",
        "A read returned a value before any write of that value was called.",
        "Clocks mixed up in the recording, or an answer delivered to the wrong request.";
    LostUpdate, "lost-update", "lost update",
        "More compare-and-set operations succeeded on a value than times it was there.",
        "The comparison and the write are not one atomic step, or two nodes both believe to be in charge.";
    FlickeringRead, "flickering-read", "flickering read",
        "Reads returned a value, then another, then the first again, although the first was there only once.",
        "Replicas that diverged: two writes with the same version, or two leaders.";
    NewOldInversion, "new-old-inversion", "new-old inversion",
        "A read returned a value, and a later read returned an older one, while no write that is certainly newer had been acknowledged yet.",
        "Reads that do not write back what they found, so that a later quorum misses it.";
    LostWrite, "lost-write", "lost write",
        "A write was acknowledged and nothing replaced it, yet no read ever saw it, although at least two were made after it.",
        "An acknowledgement before the write was on enough nodes, or storage that forgets after a crash.";
    StaleRead, "stale-read", "stale read",
        "A read returned a value although a newer one had been acknowledged before the read was called.",
        "Reads from a node that has not heard of the write: too small a read quorum, a follower, a deposed leader.";
    MissedOwnWrite, "missed-own-write", "missed own write",
        "A read answered a version older than a write that its own session had made before.",
        "A session that moves between nodes, or a node that acknowledges before it can answer reads.";
    BackwardRead, "backward-read", "reads going back",
        "A read answered a version older than one that its own session had read before.",
        "A session that moves to a node that is behind, or a cache that is filled from one.";
    ReorderedWrites, "reordered-writes", "writes out of order",
        "A session saw a write, and then a version older than what the writer had written before it.",
        "Writes that travel apart and are applied as they arrive, or keys that are replicated apart.";
    MissedCause, "missed-cause", "effect without its cause",
        "A session saw a write, and then a version older than what the writer had read before it.",
        "Updates that are applied without waiting for those on which they depend.";
    CausalCycle, "causal-cycle", "causal cycle",
        "Reads and the order of sessions form a cycle: an operation would have caused itself.",
        "Values that are visible to others before they are written, or sessions that are recorded out of order.";
    CausalStaleRead, "causal-stale-read", "read older than its causal past",
        "A read answered a version although a newer one is in its causal past, through any number of sessions.",
        "Dependencies that are tracked one step far only, or dropped when a session moves.";
    ConflictingViews, "conflicting-views", "conflicting orders of writes",
        "Reads saw the same writes in orders of which no single one can be made that keeps causality.",
        "Concurrent writes that nodes apply in different orders, without a rule which of them wins.";
    ImpossibleView, "impossible-view", "no order for one session",
        "No order of the writes that keeps causality explains the reads of one session alone.",
        "A node that applies concurrent writes in one order and later in another: a merge that changes its mind.";
    DuplicatePosition, "duplicate-position", "duplicate position",
        "Two operations were given the same position of a sequence.",
        "Two nodes that both hand out numbers, or a counter that went back after a crash.";
    ReorderedPosition, "reordered-position", "positions out of order",
        "An operation was given a position before one of an operation that had returned before it was called.",
        "Numbers that nodes reserve in blocks, or an order that is taken from clocks.";
    StaleEnd, "stale-end", "stale end",
        "A read saw the end of a sequence before a position that was taken by an operation that had returned before the read was called.",
        "Reads from a node that has not heard of the append, or a length that is cached.";
    LostPosition, "lost-position", "lost position",
        "An operation stands behind a position that nobody can have taken before it returned.",
        "An entry that was lost after its position was given away, or numbers that are reserved and thrown away.";
    TokenRegression, "token-regression", "fencing token going back",
        "A grant of a lock had a fencing token that is not above that of a grant before it.",
        "A lock service that restores an older state, or tokens that nodes hand out on their own.";
    DoubleLock, "double-lock", "lock held twice",
        "A lock was granted although somebody held it.",
        "A lease that expires while its holder still works, two leaders, or a grant that is decided on one side of a partition.";
    StrayRelease, "stray-release", "release without a hold",
        "A release succeeded for an owner that cannot have held the lock.",
        "A release that is repeated or delivered late, or a service that does not check who holds the lock.";
    Oversell, "oversell", "oversell",
        "More units were sold than were ever in stock.",
        "A stock that is decremented on each side of a partition, or checked and decremented in two steps.";
    StockConservation, "stock-conservation", "stock not conserved",
        "After everything came to rest, a count of the stock is not what was there, plus what was restocked, minus what was sold.",
        "A merge that lets one side's count win instead of adding up what both sides did.";
    MissingAmount, "missing-amount", "missing amount",
        "An answer shows less of a number than what had certainly been added to it by then.",
        "An addition that was acknowledged before it was on enough nodes, two that read the same number and wrote back their own sum, or a read from a node that is behind.";
    UnexpectedAmount, "unexpected-amount", "unexpected amount",
        "An answer shows more of a number than all that may have been added to it by then.",
        "An addition that was sent again after a lost answer and counted twice, one that failed and took effect after all, or an amount that was taken away and came back.";
    LostElement, "lost-element", "lost element",
        "An element was acknowledged and nothing can have taken it out, yet an answer is only possible without it: the last read of a set, a queue found empty, what stood behind it at the front.",
        "An acknowledgement before the element was on enough nodes, or a merge of replicas that drops what only one side has.";
    StaleElement, "stale-element", "stale element",
        "An element was known to be in a set, and a read that was called afterwards misses it, although a later one shows it.",
        "Reads from a replica that has not heard of the add.";
    DuplicateElement, "duplicate-element", "duplicate element",
        "An element came out of a collection more often than it can have been put in by then, or a read of a set shows it twice.",
        "Delivery again after a lost acknowledgement, without a record of what was done.";
    UnexpectedElement, "unexpected-element", "unexpected element",
        "A collection showed an element although nothing that can have put it there was called by then.",
        "Corruption, a failed operation that took effect after all, or leftovers from an earlier run.";
    LostEffect, "lost-effect", "lost effect",
        "An append was answered with its place, and a read that was called afterwards and covers that place does not show it.",
        "An acknowledgement before the effect was durable, or two writers that both believe to own the next place.";
    DuplicateEffect, "duplicate-effect", "duplicate effect",
        "Reads show an entry at more places than it was appended by then.",
        "A request that was sent again after a lost answer, without an id by which the second could be told from the first.";
    UnexpectedEffect, "unexpected-effect", "unexpected effect",
        "A read shows an entry of which no append that may have happened was called before the read returned.",
        "A failed append that took effect after all, corruption, or leftovers from an earlier run.";
    ReorderedEffect, "reordered-effect", "reordered effects",
        "An entry stands before another, although it was appended only after the other had been acknowledged.",
        "Places that are handed out in batches, or requests that overtake each other on the way to the log.";
    TwoHolders, "two-holders", "two holders of one lock",
        "Two owners held a lock at the same time: neither had called a release since its acquire was answered.",
        "A lease that ran out while its holder was paused, or a lock service that was split and granted on both sides.";
    StaleToken, "stale-token", "stale fencing token",
        "The resource accepted a fencing token, although it had accepted a higher one before.",
        "A resource that does not compare tokens, or forgets the highest one after a crash.";
    DoubleSale, "double-sale", "sold twice",
        "Two sales left the same number of units, although nothing that could add any was called before both had returned.",
        "A remainder that is read, decremented and written back without a lock: two sales start from the same count.";
    WrongTotal, "wrong-total", "wrong total",
        "A read of all accounts does not add up to what they held at the beginning, although money is only moved.",
        "A read that sees one half of a transfer (read skew), or a transfer of which one half was lost.";
    NegativeBalance, "negative-balance", "negative balance",
        "A read shows a balance below zero, although no account may be overdrawn.",
        "The balance is compared in one transaction and decremented in another (write skew).";
    DuplicateId, "duplicate-id", "duplicate id",
        "Two operations of a generator of unique ids answered the same id.",
        "Two nodes with the same worker number, a counter that forgets after a crash, or a clock that went back.";
    TooStale, "too-stale", "read too stale",
        "A read answered a value that an acknowledged write had replaced for longer than the bound when the read was called.",
        "A replica that lags behind, or a cache that outlives its time, and nobody who measures it.";
    VersionRegress, "version-regress", "version went back",
        "A client read a smaller version from a register than it had read or written there before.",
        "Reads that go to another replica each time, without a session token that says how much was seen.";
    Divergence, "divergence", "divergent replicas",
        "After everything came to rest, the same question got different answers, and nothing that was never answered explains them.",
        "Replicas that never exchange what they missed, or whose merge depends on the order.";
    ThinAirElement, "thin-air-element", "element out of thin air",
        "A value was taken or seen that no operation put in, or only one that certainly had no effect.",
        "Corruption, a decoding error, a value left over from an earlier run, or a rejected request that was applied all the same.";
    FutureElement, "future-element", "element from the future",
        "A value was taken or seen before any operation that puts it in was called.",
        "Clocks mixed up in the recording, or an answer delivered to the wrong request.";
    ResurrectedElement, "resurrected-element", "resurrected element",
        "A value was seen after it had been taken out, although nobody put it in again.",
        "A look at a node that has not heard of the take, or a state restored from before it.";
    IncomparableReads, "incomparable-reads", "incomparable reads",
        "Of two reads of a whole set each lacks an element of the other, although nothing is removed.",
        "Replicas that learn of the elements in different orders: reads without a quorum.";
    FalseEmpty, "false-empty", "empty although it was not",
        "An operation found nothing although at every moment of it some value was certainly there.",
        "A look at a node that has not heard of the value, or a count that is kept apart from the contents.";
    ReorderedElement, "reordered-element", "reordered element",
        "Of two values of a queue the one that certainly came first was still there when the other one was at the front.",
        "Several partitions, producers or consumers behind one queue, or a retry that put a value in late.";
    StackOrder, "stack-order", "stack out of order",
        "A value was on top of a stack although one that was pushed on it was certainly still there.",
        "A pop that does not see the newest push: a stale top of the stack.";
    PriorityOrder, "priority-order", "priority out of order",
        "A value was the greatest of a priority queue although a greater one was certainly there.",
        "Several heaps behind one queue, or a poll that does not see the newest insert.";
    MissingElement, "missing-element", "missing element",
        "An element was said to be missing although before that its add was acknowledged, or it was seen, and nothing can have removed it.",
        "A read from a node that has not heard of the add, or an add that was acknowledged and then lost.";
    Contradiction, "contradiction", "no consistent order",
        "No order of the operations explains every answer, and no more specific name fits.",
        "See the operations of the core: one of their answers is impossible.";
}

impl fmt::Display for AnomalyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for AnomalyKind {
    type Err = String;

    fn from_str(id: &str) -> Result<AnomalyKind, String> {
        let found = AnomalyKind::ALL.iter().find(|kind| kind.id() == id);
        found.copied().ok_or_else(|| {
            let known: Vec<_> = AnomalyKind::ALL.iter().map(|kind| kind.id()).collect();
            format!("unknown anomaly `{id}`; known: {}", known.join(", "))
        })
    }
}
