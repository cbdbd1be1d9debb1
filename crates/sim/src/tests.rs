//! What the simulation promises to those who test with it.

mod contract;
mod crash;
mod guests;
mod machines;
mod support;
mod time;
mod traffic;
