//! The engines: what a history is judged by.

mod part;
