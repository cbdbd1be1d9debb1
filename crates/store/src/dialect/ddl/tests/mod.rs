//! Tests of the statements.

mod first;
mod live;
mod random;
mod same;
mod says;
