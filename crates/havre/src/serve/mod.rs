//! `havre serve`: wires the parts together and keeps them running.

mod data_dir;
mod database;
mod driver;
mod gateway;
mod listen;
mod logging;
mod notify;
mod place;
mod run;
mod server;
mod signals;
mod source;

pub use data_dir::DataDir;
pub use database::open as open_database;
pub use driver::open as open_driver;
pub use gateway::{control_socket, holder as gateway_holder};
pub use logging::start as start_logging;
pub use run::{run, system_clock, world};
pub use signals::Signals;
