//! Panics end as one line and exit code 70, never as a crash.
//!
//! Panics of simulated nodes and of users' models are caught where they happen and become findings,
//! so the hook itself stays silent; only what reaches the top of the program is reported.

use crate::exit::Failure;
use std::any::Any;
use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;

/// Panics remembered, so that the place of the one that reaches the top is known.
const REMEMBERED_MAX: usize = 16;

/// Message and place of the latest panics of any thread.
static LATEST: Mutex<VecDeque<(String, String)>> = Mutex::new(VecDeque::new());

/// Runs `body`; a panic becomes a [`Failure`] with the request to report it.
pub(crate) fn guard<T>(body: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    panic::set_hook(Box::new(|info| {
        let message = words(info.payload());
        let place = info.location().map_or_else(String::new, ToString::to_string);
        let Ok(mut latest) = LATEST.lock() else { return };
        if latest.len() == REMEMBERED_MAX {
            latest.pop_front();
        }
        latest.push_back((message, place));
    }));
    panic::catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        let message = words(&*payload);
        let place = LATEST.lock().ok().and_then(|latest| {
            latest.iter().rfind(|(said, _)| *said == message).map(|(_, place)| place.clone())
        });
        let place = place.map_or_else(String::new, |place| format!(" at {place}"));
        Err(Failure::internal(format!(
            "internal error{place}: {message}; this is a bug of testimony, please report it with \
             the command line and the input"
        )))
    })
}

/// The message of a panic.
pub(crate) fn words(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
}
