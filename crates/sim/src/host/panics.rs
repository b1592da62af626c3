//! Panics of any task of a run, with the host they happened on.
//!
//! Tokio swallows the panic of a spawned task, and a simulator that lets that pass reports green
//! where a node has lost a limb. The process's hook is replaced once; it keeps panics of threads
//! that run a simulation and hands all others to the hook that was there before.

use std::cell::RefCell;
use std::panic::PanicHookInfo;
use std::sync::Once;

/// A panic: the number of its host, where it is known, and its message with the place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Panic {
    pub(crate) host: Option<u16>,
    pub(crate) message: String,
}

thread_local! {
    /// The panics of this thread, while it runs a simulation.
    static CAPTURED: RefCell<Option<Vec<Panic>>> = const { RefCell::new(None) };
}

static INSTALL: Once = Once::new();

/// Runs `body` and gives it and its successors a way to take the panics that happened meanwhile.
pub(crate) fn capture<T>(body: impl FnOnce(&dyn Fn() -> Vec<Panic>) -> T) -> T {
    install();
    CAPTURED.set(Some(Vec::new()));
    let taken = || CAPTURED.with_borrow_mut(|kept| kept.as_mut().map(std::mem::take));
    let result = body(&|| taken().unwrap_or_default());
    CAPTURED.set(None);
    result
}

fn install() {
    INSTALL.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !keep(info) {
                before(info);
            }
        }));
    });
}

/// Keeps the panic if this thread runs a simulation.
fn keep(info: &PanicHookInfo<'_>) -> bool {
    let message = match info.location() {
        Some(place) => format!("{} ({}:{})", payload(info), place.file(), place.line()),
        None => payload(info).to_owned(),
    };
    let panic = Panic { host: testimony_net::tasks::current_host(), message };
    CAPTURED.with(|captured| match captured.try_borrow_mut() {
        Ok(mut captured) => captured.as_mut().map(|kept| kept.push(panic)).is_some(),
        Err(_) => false,
    })
}

fn payload<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    info.payload_as_str().unwrap_or("a panic without a message")
}
