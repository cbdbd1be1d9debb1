//! Guests: made from bases, reached, removed.

pub mod clone;
pub mod configure;
pub mod create;
pub mod destroy;
pub mod enter;
pub mod firewall;
pub mod keys;
pub mod plan;
pub mod power;
pub mod seen;
