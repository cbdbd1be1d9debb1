//! What the simulation promises to those who test with it.

mod contract;
mod crash;
mod guests;
mod support;
mod time;
mod traffic;
