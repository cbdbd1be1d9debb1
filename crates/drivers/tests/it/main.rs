//! The local driver for real: sandboxes on this machine.

mod first_light;
