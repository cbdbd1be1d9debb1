//! A simulated world for tests of the engine: driver, gateway, health check, source and clock with behaviour, in memory,
//! with faults on demand. A dev-dependency; nothing here is shipped.
//!
//! # How to write a test with it
//!
//! ```ignore
//! let world = World::new();                                     // the clock moves by itself, see `TimeMode`
//! let url = world.repo("https://git.example/hello").commit(&[("Procfile", "web: run")]).url();
//! world.app("hello").healthy_after(2);                          // by host label; or per commit: `commit_app`
//! world.fail(Op::Create, Fault::Ambiguous { happened: true }, 1);
//! let ports = world.plug();                                     // driver, router, probe, source, clock, dice of one life
//! let engine = Engine::start(Ports { store, drivers: [(DriverKind::Local, ports.driver)].into(), router: ports.router,
//!     probe: ports.probe, source: ports.source, clock: ports.clock, dice: ports.dice }, config).await?;
//! // ... deploy, wait ...
//! assert_eq!(world.ask("hello"), Asked::App { status: 200, .. });
//! world.expect().guest("hello", "running").artifacts(1).serving("hello").check();
//! world.leave_ok();                                             // else dropping the world asserts that nothing is left
//! ```
//!
//! **Faults**: [`World::fail`] (the next n calls), [`World::fail_nth`] (the n-th from now), [`World::hold`] (a call hangs
//! until its [`Gate`] opens), [`World::on_call`] (a hook at every boundary), [`World::reboot`], [`World::fill`].
//!
//! **Kill -9 at a boundary**: every call has the boundaries before, (for put, exec, destroy and fetch) middle and after.
//! Run a test once and take [`World::boundaries`]; then, for each number below it, with a fresh world and database:
//! [`World::crash_at`], start the engine on a runtime of its own, await [`World::crashed`], drop that runtime, and start
//! another engine on the same database with a second [`World::plug`]. From the crash on, calls through the first plug
//! never return, whatever task makes them. [`World::kill`] does the same at any other moment.
//!
//! **Rules that are always watched** (a broken one fails the test when the world is dropped, or at [`Expect::check`]): a
//! route leads to a guest that runs; a guest is not frozen, stopped or destroyed while a route leads to it; an artifact
//! is not dropped under a guest; nothing is sealed while a command of an earlier life still runs or after a cut copy.

mod call;
mod clock;
mod cluster;
mod content;
pub mod contract;
mod driver;
mod expect;
mod fault;
mod handles;
mod hub;
mod look;
mod machines;
mod probe;
mod repo;
mod router;
mod script;
mod source;
mod state;
mod timeline;
mod world;

#[cfg(test)]
mod tests;

pub use call::{Boundary, Call, Op, Outcome, When};
pub use clock::SimClock;
pub use cluster::{CLUSTER, SimCluster};
pub use driver::SimDriver;
pub use expect::Expect;
pub use fault::{Fault, Gate};
pub use handles::{AppHandle, RepoHandle};
pub use machines::SimMachines;
pub use probe::SimProbe;
pub use router::{Asked, InFlight, SimRouter};
pub use script::{Answer, AppScript, Dies, End, Ending};
pub use source::SimSource;
pub use state::GuestView;
pub use timeline::TimeMode;
pub use world::{Plug, World};
