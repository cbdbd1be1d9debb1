//! Fetches from real repositories, with the real git.

mod bounds;
mod death;
mod hostile;
mod http;
mod local;
mod refs;
mod support;
mod surroundings;
