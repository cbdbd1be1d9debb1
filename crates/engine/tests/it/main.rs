//! The engine on a simulated world and a real database.

mod changes;
mod crash;
mod deploy;
mod faults;
mod healing;
mod lab;
