//! The gateway: the reverse proxy in front of every app. It runs as a process of its own, so that apps stay reachable
//! while the controller restarts; the controller pushes routes to it over a unix socket.
//!
//! The way of a request: [`listener`] accepts, [`connection`] speaks HTTP/1 with the client, [`proxy`] checks it and
//! answers pages, [`forward`] finds the route by the `Host` ([`host`], [`routes`]) and sends it over a connection to the
//! guest ([`upstream`]); [`body`] and [`splice`] carry what follows. All of it runs in the one task of the client.

mod body;
mod client;
mod client_io;
mod config;
mod connection;
mod control;
mod error;
mod forward;
mod head_scan;
mod headers;
mod hook;
mod host;
mod listener;
mod metrics;
mod pages;
mod probe;
mod proxy;
mod quiet;
mod routes;
mod run;
mod splice;
mod state;
mod text;
mod timer;
mod unix_path;
mod upstream;

pub use config::{GatewayConfig, Limits};
pub use control::{GatewayClient, Status};
pub use error::GatewayError;
pub use metrics::Counters;
pub use probe::HttpProbe;
pub use run::{Gateway, run};
