//! Beside the emulator of `scripts/test/fakepve`: a cluster of one's own for each test, with its faults. It is followed only
//! where the official schema and a genuine node agree with it.

mod cluster;
mod faults;
mod inventory;
mod life;
mod rights;
