//! Every sentence of this crate that a user reads, in one place.

pub mod logs;
