//! Each run has a thread of its own. The only place of this crate that starts one.

use super::RunError;
use std::thread::{Builder, scope};

/// The stack of a run: user code may recurse more deeply than ours.
const STACK_BYTES: usize = 8 << 20;

/// Runs `body` on a fresh thread and waits for it. Whatever is kept by thread (the keys of hash
/// maps, generators of random numbers) is new for it.
pub(super) fn on_fresh_thread<T: Send>(
    body: impl FnOnce() -> Result<T, RunError> + Send,
) -> Result<T, RunError> {
    scope(|scope| {
        let builder = Builder::new().name("simulation".to_owned()).stack_size(STACK_BYTES);
        let thread = builder.spawn_scoped(scope, body).map_err(RunError::Thread)?;
        thread.join().unwrap_or_else(|payload| {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            Err(RunError::Panicked(text.unwrap_or("no message").to_owned()))
        })
    })
}
