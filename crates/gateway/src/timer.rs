//! Timers that cost next to nothing on the hot path: most of them never fire.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// A limit on waiting without progress. Progress costs nothing, and waiting a look at the clock.
#[derive(Default)]
pub struct Stall {
    since: Option<Instant>,
    deadline: Deadline,
}

impl Stall {
    /// Ready once `limit` has passed since the first poll after the last progress.
    pub fn poll(&mut self, cx: &mut Context<'_>, limit: Duration) -> Poll<()> {
        let since = *self.since.get_or_insert_with(Instant::now);
        self.deadline.poll(cx, since + limit)
    }

    /// Something moved.
    pub fn progress(&mut self) {
        self.since = None;
    }
}

/// A deadline that only ever moves on. The timer below stays as it is when the deadline moves, and is set anew when it
/// fires too early: for requests of milliseconds and limits of a minute that is once a minute, not once a request.
#[derive(Default)]
pub struct Deadline(Option<Pin<Box<Sleep>>>);

impl Deadline {
    /// Ready once `at` has passed.
    pub fn poll(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        let sleep = self
            .0
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        loop {
            ready!(sleep.as_mut().poll(cx));
            if sleep.deadline() >= at {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    #[tokio::test]
    async fn a_deadline_that_moved_on_fires_at_its_end() {
        let start = Instant::now();
        let step = Duration::from_millis(20);
        let mut deadline = Deadline::default();
        poll_fn(|cx| {
            assert!(deadline.poll(cx, start + step).is_pending());
            Poll::Ready(())
        })
        .await;
        poll_fn(|cx| deadline.poll(cx, start + 3 * step)).await;
        assert!(start.elapsed() >= 3 * step);
    }
}
