//! Streams that break: both ends learn it, or only one of them.

use super::Network;
use super::held::Held;
use crate::plane::{Effect, Plane};
use std::net::SocketAddr;
use testimony_net::wire;

type Sockets = (SocketAddr, SocketAddr);

fn unordered((a, b): Sockets) -> Sockets {
    (a.min(b), a.max(b))
}

impl Network {
    /// Resets a stream: both ends see an error, what is under way is lost.
    pub(super) fn reset_stream(&mut self, (a, b): Sockets) {
        self.dead.insert(unordered((a, b)));
        self.half_open.remove(&(a, b));
        self.half_open.remove(&(b, a));
        wire::reset(a, b);
        wire::reset(b, a);
    }

    pub(super) fn is_dead(&self, sockets: Sockets) -> bool {
        !self.dead.is_empty() && self.dead.contains(&unordered(sockets))
    }

    /// A new stream begins between these sockets: what was before it does not count.
    pub(super) fn forget_stream(&mut self, (a, b): Sockets) {
        if !self.dead.is_empty() {
            self.dead.remove(&unordered((a, b)));
        }
        if !self.half_open.is_empty() {
            self.half_open.remove(&(a, b));
            self.half_open.remove(&(b, a));
        }
    }

    /// Resets every stream between two hosts.
    pub(crate) fn reset_streams(&mut self, a: u16, b: u16) {
        for sockets in wire::streams(self.address(a), self.address(b)) {
            self.reset_stream(sockets);
        }
    }

    /// Lets the second host forget its ends of all streams to the first.
    pub(crate) fn half_open_streams(&mut self, keeps: u16, forgets: u16) {
        for (kept, forgotten) in wire::streams(self.address(keeps), self.address(forgets)) {
            if self.half_open.insert((kept, forgotten)) {
                wire::reset(forgotten, kept);
            }
        }
    }

    /// Whether a segment passes as far as half-open streams are concerned. One that reaches an end
    /// that has forgotten its stream, with no fault left to swallow it, is answered by a reset.
    pub(super) fn half_open_passage(&mut self, held: &Held, plane: &Plane) -> bool {
        if self.half_open.is_empty() {
            return true;
        }
        let (a, b) = held.sockets;
        if self.half_open.contains(&(b, a)) {
            // The last words of the end that forgot.
            return false;
        }
        if !self.half_open.contains(&(a, b)) {
            return true;
        }
        if !plane.has(held.from, held.to, Effect::HalfOpen) {
            self.reset_stream((a, b));
        }
        false
    }
}
