//! What several tests need.

use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use ssh::{ClientKey, Exit, Host, HostKeyPair, Output, SshError, Target, Timeouts, Trust};

/// Nothing here may take longer.
pub const LONG: Duration = Duration::from_secs(40);

pub fn client_key(seed: u64) -> Arc<ClientKey> {
    Arc::new(ClientKey::generate(&mut StdRng::seed_from_u64(seed), "test").unwrap())
}

pub fn host_pair(seed: u64) -> HostKeyPair {
    HostKeyPair::generate(&mut StdRng::seed_from_u64(seed)).unwrap()
}

pub fn loopback() -> Host {
    Host::Ip([127, 0, 0, 1].into())
}

/// A target on this machine with short timeouts.
pub fn target(port: u16, user: &str, trust: Trust) -> Target {
    let mut target = Target::new(loopback(), user, client_key(1), trust).port(port);
    target.timeouts = Timeouts {
        connect: Duration::from_secs(8),
        dead: Duration::from_secs(20),
    };
    target
}

/// A future that must be done in time.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(LONG, future).await;
    done.expect("it took too long")
}

/// Waits until something holds.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let watching = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let done = tokio::time::timeout(LONG, watching).await;
    done.unwrap_or_else(|_| panic!("{what}: it did not come about"));
}

pub fn code(output: &Result<Output, SshError>) -> Option<u32> {
    match output.as_ref().ok()?.exit {
        Exit::Code(code) => Some(code),
        Exit::Signal(_) => None,
    }
}

/// An input that has nothing and does not end.
pub fn silent() -> impl tokio::io::AsyncRead + Send {
    let (ours, theirs) = tokio::io::duplex(1);
    // Held for ever: its end would be the input's.
    std::mem::forget(ours);
    theirs
}
