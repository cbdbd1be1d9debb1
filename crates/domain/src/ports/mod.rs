//! Ports: what the engine needs of the world. One contract suite per port is run by every implementation.

mod clock;
mod cluster;
mod driver;
mod machines;
mod probe;
mod router;
mod source;
mod store;

pub use clock::{Clock, Dice, SystemClock};
pub use cluster::{Cluster, ClusterError, ClusterGuest, ClusterNode, Power};
pub use driver::{Driver, DriverError, LineSink, LogLine, LogQuery, LogStream, OutLine};
pub use machines::{Claim, ClusterRow, Machine, MachineKind, Machines};
pub use probe::{Probe, ProbeAnswer, ProbeError, ProbeRequest};
pub use router::{Route, RouteState, Router, RouterError, Table};
pub use source::{FetchRequest, Fetched, Source, SourceError};
pub use store::*;
