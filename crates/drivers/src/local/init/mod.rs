//! The first process of a guest: builds the walls around itself, starts the app, reaps, hands out connections. It does
//! what the shim tells it and decides nothing. Blocking, single-threaded, forked and never exec'd: it costs a few pages.

mod app;
mod boot;
mod handout;
mod serve;

pub use boot::{Inherited, run};
