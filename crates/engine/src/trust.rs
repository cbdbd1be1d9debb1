//! What this process may do by itself until a moment of its own monotonic clock. A lease ends by the database's clock,
//! and whoever holds it must have stopped by then: also when it cannot ask, and when it was frozen and wakes up late.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Something that was leased, and until when it is trusted.
#[derive(Debug)]
pub(crate) struct Trust {
    until: watch::Sender<Option<Instant>>,
}

impl Trust {
    /// Nothing yet.
    pub fn none() -> Self {
        Self {
            until: watch::Sender::new(None),
        }
    }

    /// It was asked for at this moment, and given for `ttl`: the database may have counted from any moment since. A sixth
    /// is left to the difference between two clocks, and to what was begun last.
    pub fn extend(&self, asked: Instant, ttl: Duration) {
        self.until.send_replace(Some(asked + (ttl - ttl / 6)));
    }

    /// It is over at once.
    pub fn lose(&self) {
        self.until.send_replace(None);
    }

    /// True while it may be acted on.
    pub fn holds(&self) -> bool {
        self.until
            .borrow()
            .is_some_and(|until| Instant::now() < until)
    }

    /// Waits until it may be acted on.
    pub async fn begun(&self) {
        let mut changes = self.until.subscribe();
        while !self.holds() {
            // The sender is ours, so it is there.
            let _ = changes.changed().await;
        }
    }

    /// Waits until it may not be acted on any more.
    pub async fn ended(&self) {
        let mut changes = self.until.subscribe();
        loop {
            let until = *changes.borrow_and_update();
            let Some(until) = until.filter(|until| Instant::now() < *until) else {
                return;
            };
            tokio::select! {
                _ = changes.changed() => {}
                () = tokio::time::sleep_until(until) => {}
            }
        }
    }

    /// Runs something while it may be acted on; none when that ended first. Asked before every single step of it, so that
    /// a process that was frozen does nothing more when it wakes up.
    pub async fn guard<T>(&self, task: impl Future<Output = T>) -> Option<T> {
        let mut task = pin!(task);
        let mut ended = pin!(self.ended());
        std::future::poll_fn(|context| {
            if ended.as_mut().poll(context).is_ready() || !self.holds() {
                return Poll::Ready(None);
            }
            task.as_mut().poll(context).map(Some)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};
    use std::sync::atomic::{AtomicU32, Ordering};

    const TTL: Duration = Duration::from_millis(120);

    #[tokio::test]
    async fn it_ends_before_the_lease_does() {
        let trust = Trust::none();
        assert!(!trust.holds());
        let began = Instant::now();
        trust.extend(began, TTL);
        assert_eq!(trust.guard(pending::<()>()).await, None);
        let passed = began.elapsed();
        assert!(passed >= TTL * 5 / 6, "{passed:?}");
        trust.ended().await;
        assert_eq!(trust.guard(ready(1)).await, None, "not even what is ready");
    }

    #[tokio::test]
    async fn renewing_makes_it_longer_and_losing_ends_it() {
        let trust = Trust::none();
        let began = Instant::now();
        trust.extend(began, TTL);
        trust.extend(began + TTL, TTL);
        assert_eq!(trust.guard(pending::<()>()).await, None);
        assert!(began.elapsed() >= TTL * 11 / 6);

        trust.extend(Instant::now(), Duration::from_secs(60));
        let loses = async {
            trust.lose();
            tokio::task::yield_now().await;
            panic!("goes on after the loss");
        };
        assert_eq!(trust.guard(loses).await, None::<()>);
    }

    /// A frozen process: its timers and its work are ready at the same moment, and the work is not polled any more.
    #[tokio::test]
    async fn what_wakes_up_late_does_nothing() {
        let (trust, steps) = (Trust::none(), AtomicU32::new(0));
        trust.extend(Instant::now(), TTL);
        let work = async {
            loop {
                steps.fetch_add(1, Ordering::Relaxed);
                while trust.holds() {
                    std::hint::spin_loop();
                }
                tokio::task::yield_now().await;
            }
        };
        assert_eq!(trust.guard(work).await, None::<()>);
        assert_eq!(steps.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn who_waits_for_it_begins_when_it_is_given() {
        let trust = Trust::none();
        let gives = async {
            tokio::task::yield_now().await;
            trust.extend(Instant::now(), Duration::from_secs(60));
        };
        tokio::join!(trust.begun(), gives);
        assert!(trust.holds());
    }
}
