//! The server, asked over its router and over a socket, with the real engine and database and a simulated driver.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cluster;
mod contract;
mod guards;
mod harness;
mod lifecycle;
mod lists;
mod mishaps;
mod openapi;
mod pages;
mod records;
mod socket;
mod streams;
mod validation;
