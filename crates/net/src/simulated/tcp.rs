//! Streams that the simulator can reset, refuse and cut anew.

use super::wire::{self, Attempt, End};
use crate::tasks::{count_send, current_host};
use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;
use turmoil::ToSocketAddrs;
use turmoil::net::tcp as under;

/// A simulated listener, with the names of tokio's.
pub struct TcpListener {
    inner: turmoil::net::TcpListener,
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpListener").finish_non_exhaustive()
    }
}

impl TcpListener {
    /// Listens; port 0 stands for any free one. Only the unspecified address and localhost are
    /// supported.
    ///
    /// # Errors
    /// The port is taken, or the address is another one.
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<TcpListener> {
        Ok(TcpListener { inner: turmoil::net::TcpListener::bind(addr).await? })
    }

    /// Waits for a connection.
    ///
    /// # Errors
    /// None today.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, from) = self.inner.accept().await?;
        Ok((TcpStream::new(stream)?, from))
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// None today.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

/// A simulated stream, with the names of tokio's.
#[derive(Debug)]
pub struct TcpStream {
    inner: turmoil::net::TcpStream,
    end: Arc<End>,
    unread: Unread,
}

impl TcpStream {
    fn new(inner: turmoil::net::TcpStream) -> io::Result<TcpStream> {
        let local = inner.local_addr()?;
        wire::own(local.port());
        let end = End::new(local, inner.peer_addr()?);
        Ok(TcpStream { inner, end, unread: Unread::default() })
    }

    /// Opens a stream.
    ///
    /// # Errors
    /// Nobody listens there, a fault refuses it, no answer comes for as long as the plan's
    /// `stream_max_ms` says (`TimedOut`), or the name is not known.
    pub async fn connect<A: ToSocketAddrs>(addr: A) -> io::Result<TcpStream> {
        count_send();
        let attempt = attempt().await;
        let refused = async {
            match &attempt {
                Some(attempt) => attempt.refused().await,
                None => std::future::pending().await,
            }
        };
        let limit = wire::connect_max().unwrap_or(Duration::from_secs(86_400));
        tokio::select! {
            biased;
            connected = timeout(limit, turmoil::net::TcpStream::connect(addr)) => match connected {
                Ok(connected) => TcpStream::new(connected?),
                Err(_) => {
                    let why = format!("no answer within {} ms", limit.as_millis());
                    Err(io::Error::new(io::ErrorKind::TimedOut, why))
                }
            },
            () = refused => {
                Err(io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused"))
            }
        }
    }

    /// Writes what can be written at once.
    ///
    /// # Errors
    /// `WouldBlock`, or the stream is closed or reset.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.end.check()?;
        self.inner.try_write(bytes)
    }

    /// Waits until something can be written.
    ///
    /// # Errors
    /// The stream is closed or reset.
    pub async fn writable(&self) -> io::Result<()> {
        self.end.check()?;
        self.inner.writable().await
    }

    /// The address of this end.
    ///
    /// # Errors
    /// None today.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    /// The address of the other end.
    ///
    /// # Errors
    /// None today.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.peer_addr()
    }

    /// Has no effect: nothing is coalesced when it is sent.
    ///
    /// # Errors
    /// None today.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.inner.set_nodelay(nodelay)
    }

    /// Waits for bytes and shows them without taking them.
    ///
    /// # Errors
    /// The stream is reset.
    pub async fn peek(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.end.check()?;
        match self.unread.is_empty() {
            true => self.inner.peek(buffer).await,
            false => Ok(self.unread.show(buffer)),
        }
    }

    /// Splits it into a half that reads and one that writes.
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        let TcpStream { inner, end, unread } = self;
        let (reading, writing) = inner.into_split();
        let read = OwnedReadHalf { inner: reading, end: Arc::clone(&end), unread };
        (read, OwnedWriteHalf { inner: writing, end })
    }
}

/// Says which connection comes next: turmoil gives a connection the port after that of the socket
/// that was bound last.
async fn attempt() -> Option<Arc<Attempt>> {
    const FIRST: u16 = 49_152;
    let host = current_host()?;
    let probe = turmoil::net::UdpSocket::bind("0.0.0.0:0").await.ok()?;
    let port = probe.local_addr().ok()?.port().checked_add(1).unwrap_or(FIRST);
    wire::own(port);
    Some(Attempt::new(host, port))
}

/// The half of a stream that reads.
#[derive(Debug)]
pub struct OwnedReadHalf {
    inner: under::OwnedReadHalf,
    end: Arc<End>,
    unread: Unread,
}

impl OwnedReadHalf {
    /// The address of this end.
    ///
    /// # Errors
    /// None today.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    /// The address of the other end.
    ///
    /// # Errors
    /// None today.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.peer_addr()
    }

    /// Waits for bytes and shows them without taking them.
    ///
    /// # Errors
    /// The stream is reset.
    pub async fn peek(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.end.check()?;
        match self.unread.is_empty() {
            true => self.inner.peek(buffer).await,
            false => Ok(self.unread.show(buffer)),
        }
    }

    /// Puts the halves of one stream together again.
    ///
    /// # Errors
    /// They are halves of two streams.
    #[expect(clippy::result_large_err, reason = "the signature is tokio's")]
    pub fn reunite(self, other: OwnedWriteHalf) -> Result<TcpStream, ReuniteError> {
        if !Arc::ptr_eq(&self.end, &other.end) {
            return Err(ReuniteError(self, other));
        }
        let OwnedReadHalf { inner, end, unread } = self;
        match inner.reunite(other.inner) {
            Ok(inner) => Ok(TcpStream { inner, end, unread }),
            Err(under::ReuniteError(reading, writing)) => {
                let read = OwnedReadHalf { inner: reading, end: Arc::clone(&end), unread };
                Err(ReuniteError(read, OwnedWriteHalf { inner: writing, end }))
            }
        }
    }
}

/// The half of a stream that writes. Dropping it closes the stream in this direction.
#[derive(Debug)]
pub struct OwnedWriteHalf {
    inner: under::OwnedWriteHalf,
    end: Arc<End>,
}

impl OwnedWriteHalf {
    /// The address of this end.
    ///
    /// # Errors
    /// None today.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    /// The address of the other end.
    ///
    /// # Errors
    /// None today.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.peer_addr()
    }

    /// Puts the halves of one stream together again.
    ///
    /// # Errors
    /// They are halves of two streams.
    #[expect(clippy::result_large_err, reason = "the signature is tokio's")]
    pub fn reunite(self, other: OwnedReadHalf) -> Result<TcpStream, ReuniteError> {
        other.reunite(self)
    }
}

/// Two halves that are not of the same stream.
#[derive(Debug)]
pub struct ReuniteError(pub OwnedReadHalf, pub OwnedWriteHalf);

impl fmt::Display for ReuniteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the halves are not of the same stream")
    }
}

impl Error for ReuniteError {}

/// What has come and was not read yet, while reads are cut anew.
#[derive(Debug, Default)]
struct Unread {
    bytes: Vec<u8>,
    read: usize,
}

impl Unread {
    fn waiting(&self) -> &[u8] {
        &self.bytes[self.read..]
    }

    fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    fn show(&self, buffer: &mut [u8]) -> usize {
        let length = self.waiting().len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.waiting()[..length]);
        length
    }

    fn give(&mut self, buffer: &mut ReadBuf<'_>, bytes_max: usize) {
        let length = self.waiting().len().min(buffer.remaining()).min(bytes_max);
        buffer.put_slice(&self.waiting()[..length]);
        self.read += length;
        if self.is_empty() {
            *self = Unread::default();
        }
    }

    /// Takes everything that has come. An end or an error comes again at the next poll.
    fn fill<R: AsyncRead + Unpin>(
        &mut self,
        inner: &mut R,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut space = [0; 4096];
            let mut space = ReadBuf::new(&mut space);
            match Pin::new(&mut *inner).poll_read(context, &mut space) {
                Poll::Ready(Ok(())) if !space.filled().is_empty() => {
                    self.bytes.extend_from_slice(space.filled());
                }
                other => return other,
            }
        }
    }
}

fn poll_read<R: AsyncRead + Unpin>(
    (inner, end, unread): (&mut R, &End, &mut Unread),
    context: &mut Context<'_>,
    buffer: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    end.check_read(context.waker())?;
    if buffer.remaining() == 0 {
        return Poll::Ready(Ok(()));
    }
    if end.is_cut_anew() {
        let filled = unread.fill(inner, context);
        if unread.is_empty() {
            return filled;
        }
    }
    if unread.is_empty() {
        return Pin::new(inner).poll_read(context, buffer);
    }
    let bytes_max = end.chunk(unread.waiting()).unwrap_or(usize::MAX);
    unread.give(buffer, bytes_max);
    Poll::Ready(Ok(()))
}

impl AsyncRead for TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let TcpStream { inner, end, unread } = self.get_mut();
        poll_read((inner, end, unread), context, buffer)
    }
}

impl AsyncRead for OwnedReadHalf {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let OwnedReadHalf { inner, end, unread } = self.get_mut();
        poll_read((inner, end, unread), context, buffer)
    }
}

/// Both things that write do it the same way.
macro_rules! writes {
    ($half:ty) => {
        impl AsyncWrite for $half {
            fn poll_write(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.end.check_write(context.waker())?;
                count_send();
                Pin::new(&mut self.inner).poll_write(context, bytes)
            }

            fn poll_flush(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                Pin::new(&mut self.inner).poll_flush(context)
            }

            fn poll_shutdown(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                self.end.check()?;
                Pin::new(&mut self.inner).poll_shutdown(context)
            }
        }
    };
}

writes!(TcpStream);
writes!(OwnedWriteHalf);
