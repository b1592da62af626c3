//! What the workspace tests share: a brute-force oracle, random histories, and their text.
//!
//! The oracle shares no code with the engines beyond the models: what it says is the definition.

pub mod census;
pub mod collections;
pub mod compare;
pub mod draw;
pub mod evidence;
pub mod exhaustive;
pub mod families;
pub mod invariants;
pub mod level_names;
pub mod levels;
pub mod oracle;
pub mod ordered;
pub mod random;
pub mod show;
