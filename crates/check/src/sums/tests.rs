//! Bounds and plans.
