//! The local driver for real: sandboxes on this machine, on every tier that it allows, as root and as an ordinary user.

#[macro_use]
mod cases;
mod bed;
mod contract;
mod limits;
mod survival;
mod walls;
