//! The local driver for real: sandboxes on this machine, on every tier that it allows, as root and as an ordinary user.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests are tests too: a failure is told by a panic, a skip by a line; a story is told in one piece"
)]

#[macro_use]
mod cases;
#[macro_use]
mod lab_guest;
mod bed;
mod builds;
mod contract;
mod figures;
mod handout;
mod inside;
mod inside_app;
mod inside_figures;
mod inside_files;
mod lab;
mod limits;
mod survival;
mod walls;
