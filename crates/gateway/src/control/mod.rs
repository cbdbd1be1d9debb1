//! The control socket: how the controller pushes routes. One JSON object per line each way, one request per connection
//! at a time.

mod client;
mod protocol;
mod server;
mod socket;

pub use client::GatewayClient;
pub use protocol::Status;
pub use server::serve;
pub use socket::ControlSocket;
