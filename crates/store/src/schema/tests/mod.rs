//! Tests of the schema as a value.

mod files;
mod model;
mod ops;
mod order;
pub(crate) mod random;
mod recognised;
mod ways;
