//! A datagram socket that the simulator can put datagrams into: copies, corrupted ones.

use super::wire::{self, Inbox};
use crate::tasks::{count_send, current_host};
use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use turmoil::ToSocketAddrs;

/// A simulated UDP socket, with the names of tokio's. Whatever is not listed here is turmoil's.
#[derive(Debug)]
pub struct UdpSocket {
    inner: turmoil::net::UdpSocket,
    /// Absent for sockets of tasks whose host is not known.
    inbox: Option<Arc<Inbox>>,
}

impl Deref for UdpSocket {
    type Target = turmoil::net::UdpSocket;

    fn deref(&self) -> &turmoil::net::UdpSocket {
        &self.inner
    }
}

impl UdpSocket {
    /// Binds a socket; port 0 stands for any free one. Only the unspecified address and localhost
    /// are supported.
    ///
    /// # Errors
    /// The port is taken, or the address is another one.
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<UdpSocket> {
        let inner = turmoil::net::UdpSocket::bind(addr).await?;
        let port = inner.local_addr()?.port();
        wire::own(port);
        let inbox = current_host().map(|host| Inbox::new(host, port));
        Ok(UdpSocket { inner, inbox })
    }

    /// Sends a datagram; how many bytes it has.
    ///
    /// # Errors
    /// The name of the target is unknown.
    ///
    /// # Panics
    /// When the host sends without end: within one millisecond of virtual time more than
    /// [`SENDS_MAX`](crate::tasks::SENDS_MAX) messages.
    pub async fn send_to<A: ToSocketAddrs>(&self, bytes: &[u8], target: A) -> io::Result<usize> {
        count_send();
        self.inner.send_to(bytes, target).await
    }

    /// Sends a datagram without waiting; as [`UdpSocket::send_to`], which never waits here.
    ///
    /// # Errors
    /// As [`UdpSocket::send_to`].
    pub fn try_send_to<A: ToSocketAddrs>(&self, bytes: &[u8], target: A) -> io::Result<usize> {
        count_send();
        self.inner.try_send_to(bytes, target)
    }

    /// Waits for a datagram: its length and its sender. What does not fit into the buffer is lost.
    /// Safe to cancel.
    ///
    /// # Errors
    /// None today.
    pub async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let Some(inbox) = &self.inbox else { return self.inner.recv_from(buffer).await };
        loop {
            if let Some(taken) = take(inbox, buffer) {
                return Ok(taken);
            }
            tokio::select! {
                biased;
                received = self.inner.recv_from(buffer) => return received,
                () = inbox.came() => {}
            }
        }
    }

    /// Takes a datagram that has come.
    ///
    /// # Errors
    /// `WouldBlock` when there is none.
    pub fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        match self.inbox.as_ref().and_then(|inbox| take(inbox, buffer)) {
            Some(taken) => Ok(taken),
            None => self.inner.try_recv_from(buffer),
        }
    }

    /// Takes a datagram that has come, without its sender.
    ///
    /// # Errors
    /// `WouldBlock` when there is none.
    pub fn try_recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.try_recv_from(buffer).map(|(length, _)| length)
    }

    /// Waits until there may be a datagram to take.
    ///
    /// # Errors
    /// None today.
    pub async fn readable(&self) -> io::Result<()> {
        let Some(inbox) = &self.inbox else { return self.inner.readable().await };
        if !inbox.is_empty() {
            return Ok(());
        }
        tokio::select! {
            biased;
            readable = self.inner.readable() => readable,
            () = inbox.came() => Ok(()),
        }
    }
}

fn take(inbox: &Inbox, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
    let (payload, from) = inbox.pop()?;
    let length = payload.len().min(buffer.len());
    buffer[..length].copy_from_slice(&payload[..length]);
    Some((length, from))
}
