//! Tests of the schema as a value.

mod files;
mod model;
mod ops;
pub(crate) mod random;
mod recognised;
mod ways;
