//! Bases: prepared machines that guests are cloned from.

pub mod choose;
pub mod name;
pub mod os;
