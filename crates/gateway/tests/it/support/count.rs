//! A number that tests wait for.

use std::sync::Arc;

use tokio::sync::watch;

use super::soon;

/// A number that changes, and wakes those who wait for it.
#[derive(Clone)]
pub struct Count(Arc<watch::Sender<usize>>);

impl Count {
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    pub fn up(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    pub fn down(&self) {
        self.0.send_modify(|count| *count -= 1);
    }

    pub fn get(&self) -> usize {
        *self.0.borrow()
    }

    /// Waits until the number is like this.
    pub async fn is(&self, like: impl FnMut(&usize) -> bool) {
        let mut changes = self.0.subscribe();
        soon(changes.wait_for(like)).await.unwrap();
    }
}
