//! Trying again while the server is away: what was accepted goes on without it, and so does the one who waits for it.

use std::time::Duration;

use crate::exit::{Exit, Fault};

/// How long the server may be away before it counts as unreachable.
const PATIENCE: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Does something that may be done again, until the server answers or is away for too long.
pub async fn patiently<T>(work: impl AsyncFn() -> Result<T, Fault>) -> Result<T, Fault> {
    let mut pause = FIRST_PAUSE;
    let mut waited = Duration::ZERO;
    loop {
        match work().await {
            Err(fault) if fault.exit == Exit::Unreachable && waited < PATIENCE => {
                tokio::time::sleep(pause).await;
                waited += pause;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn only_an_absent_server_is_waited_for() {
        let tries = Cell::new(0);
        let ended = patiently(async || {
            tries.set(tries.get() + 1);
            match tries.get() {
                1 | 2 => Err(Fault::new(Exit::Unreachable, "away")),
                _ => Err::<(), _>(Fault::new(Exit::Platform, "broken")),
            }
        });
        assert_eq!(ended.await.unwrap_err().exit, Exit::Platform);
        assert_eq!(tries.get(), 3);
    }
}
