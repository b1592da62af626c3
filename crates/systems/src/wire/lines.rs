//! Requests and answers as lines of JSON over one TCP connection.
//!
//! TCP never duplicates: a request is handled at most once, so that a client that does not retry
//! needs no idempotency keys.

use super::CLIENT_PORT;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use testimony::net::{TcpListener, TcpStream, spawn_local, time};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// One end of a connection that carries one JSON value a line.
pub(crate) struct Lines {
    stream: BufReader<TcpStream>,
    line: String,
}

impl Lines {
    fn new(stream: TcpStream) -> Lines {
        Lines { stream: BufReader::new(stream), line: String::new() }
    }

    /// Sends a value.
    pub(crate) async fn send<T: Serialize>(&mut self, value: &T) -> io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        // One write, so that a line is one segment as long as it is short.
        self.stream.get_mut().write_all(&line).await
    }

    /// Waits for the next value; `None` when the other end has closed.
    pub(crate) async fn receive<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        self.line.clear();
        if self.stream.read_line(&mut self.line).await? == 0 {
            return Ok(None);
        }
        Ok(Some(serde_json::from_str(&self.line)?))
    }
}

/// Serves clients for ever: answers the lines of each connection in their order.
pub(crate) async fn serve_lines<Q, R, F>(
    listener: TcpListener,
    answer: impl Fn(Q) -> F + 'static,
) -> io::Result<()>
where
    Q: DeserializeOwned + 'static,
    R: Serialize + 'static,
    F: Future<Output = R> + 'static,
{
    let answer = Rc::new(answer);
    loop {
        let (stream, _) = listener.accept().await?;
        let answer = Rc::clone(&answer);
        spawn_local(async move {
            let mut lines = Lines::new(stream);
            // A client that went away, or that does not speak our language, loses its connection.
            while let Ok(Some(request)) = lines.receive().await {
                let reply = answer(request).await;
                if lines.send(&reply).await.is_err() {
                    break;
                }
            }
        });
    }
}

/// How far a request got.
pub(crate) enum Reached<R> {
    /// It was answered.
    Answered(R),
    /// It was not sent: it certainly has no effect.
    NotSent(String),
    /// It was sent, and no answer came.
    NoAnswer(String),
}

/// Sends a request to a node over the connection at hand, or a new one, and waits for the answer.
/// Connections that did not answer are not used again: a late answer must not be taken for that to
/// the next request.
pub(crate) async fn reach<Q: Serialize, R: DeserializeOwned>(
    connection: &mut Option<Lines>,
    node: &str,
    request: &Q,
    patience: Duration,
) -> Reached<R> {
    reach_port(connection, (node, CLIENT_PORT), request, patience).await
}

/// The same at another port than that for clients.
pub(crate) async fn reach_port<Q: Serialize, R: DeserializeOwned>(
    connection: &mut Option<Lines>,
    (node, port): (&str, u16),
    request: &Q,
    patience: Duration,
) -> Reached<R> {
    let mut lines = match connection.take() {
        Some(lines) => lines,
        None => match time::timeout(patience, TcpStream::connect((node, port))).await {
            Ok(Ok(stream)) => Lines::new(stream),
            Ok(Err(error)) => {
                return Reached::NotSent(format!("cannot connect to {node}: {error}"));
            }
            Err(_) => return Reached::NotSent(format!("cannot connect to {node}: timeout")),
        },
    };
    let exchange = async {
        lines.send(request).await?;
        lines.receive().await
    };
    match time::timeout(patience, exchange).await {
        Ok(Ok(Some(reply))) => {
            *connection = Some(lines);
            Reached::Answered(reply)
        }
        Ok(Ok(None)) => Reached::NoAnswer(format!("{node} closed the connection")),
        Ok(Err(error)) => Reached::NoAnswer(format!("connection to {node} broke: {error}")),
        Err(_) => Reached::NoAnswer(format!("no answer from {node}")),
    }
}
