//! Bases: prepared machines that guests are cloned from.

mod answer;
pub mod choose;
mod fill;
pub mod find;
pub mod make;
pub mod name;
pub mod os;
pub mod retire;
mod template;
mod vm;

pub use answer::prepare;
