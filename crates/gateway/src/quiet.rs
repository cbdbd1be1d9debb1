//! Polling without being woken.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Polls something that only becomes ready by what the same task does next to it, such as driving the connection that
/// feeds it: waking the task for it would only make it run once more for nothing. The runtime's budget is not asked; where
/// it is used up it would answer "pending" and count on the waker.
pub fn quietly<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    let once = pin!(tokio::task::unconstrained(std::future::poll_fn(|quiet| {
        poll(quiet)
    })));
    once.poll(&mut Context::from_waker(Waker::noop()))
}
