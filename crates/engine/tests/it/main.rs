//! The engine on a simulated world and a real database.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod changes;
mod cluster;
mod crash;
mod deploy;
mod faults;
mod healing;
mod lab;
mod looking;
mod orphans;
mod outage;
mod servers;
mod shared;
