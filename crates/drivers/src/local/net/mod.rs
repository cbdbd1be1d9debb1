//! The network of guests: a way out with walls, made of nothing but namespaces and a socket. No firewall of the host is
//! touched and no tool is run; root and ordinary users get the same.
//!
//! Inside the guest's network namespace stands `eth0`, one end of a veth pair. The other end lies in a second network
//! namespace that holds nothing else and lives as long as a packet socket on that end: what [`guest_side`] returns.
//! Outside, [`Egress`] reads the guest's packets from it, ends TCP and UDP in user space (smoltcp) and connects out from
//! the host, so that every wall is a plain `if` in [`Walls`]. IPv4 only; a guest has no route for IPv6.
//!
//! ```text
//! GuestNet::default()              198.19.255.2/24 on eth0, gateway .1, name server .3; .resolv_conf() -> String
//! guest_side(&GuestNet) -> io::Result<OwnedFd>
//!     In the guest's fresh user + network namespace, single-threaded, with CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN there,
//!     before seccomp. Brings `lo` up, makes `eth0`. Needs neither /proc nor /sys. Hand the descriptor to the shim.
//! Policy::default()                pub net, denied: Vec<Net>, allow: Vec<Exception>, resolvers: Resolvers, max_connections, max_flows
//! Egress::new(fd: OwnedFd, policy: Policy) -> io::Result<Egress>     inside a tokio runtime with net and time
//! Egress::run(self) -> io::Result<()>                                 one future, spawns nothing; ends when the guest's network is gone
//! ```

mod connections;
mod dns;
mod egress;
mod flows;
mod frames;
mod guest;
mod netlink;
mod packet;
mod policy;
mod walls;

pub use dns::Resolvers;
pub use egress::Egress;
pub use guest::guest_side;
pub use policy::{Exception, GuestNet, Net, Policy};
pub use walls::{Verdict, Walls};

#[cfg(test)]
mod tests;
