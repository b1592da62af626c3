//! Systems under test: each correct, with twins that are broken on purpose.
//!
//! They are written against the public API of [`testimony`] alone, as a user's own system would be,
//! and they are examples of that too. Every system states what it claims; a correct one keeps its
//! claims under every seed, a broken one shows one of the anomalies it promises.
//!
//! | system | what it is |
//! |---|---|
//! | [`quorum_register`] | a register per key on a majority of replicas, without a leader |
//! | [`reconfigurable_register`] | the same with members that come and go |
//! | [`three_city_store`] | a shop with three warehouses and three units |

pub mod quorum_register;
pub mod reconfigurable_register;
#[cfg(test)]
mod tests;
pub mod three_city_store;
mod wire;

use testimony::Subject;

/// Every system with every variant, the correct ones first.
pub fn subjects() -> Vec<Box<dyn Subject>> {
    let mut all = quorum_register::subjects();
    all.extend(reconfigurable_register::subjects());
    all.extend(three_city_store::subjects());
    all
}
