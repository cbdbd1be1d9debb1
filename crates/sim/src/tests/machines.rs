//! The notebook in memory keeps the contract of the one in the database.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::Machines;

use crate::contract::machines::{self, Rig};
use crate::{TimeMode, World};

struct InMemory {
    world: World,
    book: Arc<dyn Machines>,
}

#[async_trait]
impl Rig for InMemory {
    fn server(&self, _: usize) -> Arc<dyn Machines> {
        self.book.clone()
    }

    async fn pass(&self, time: Duration) {
        self.world.advance(time);
    }
}

#[tokio::test]
async fn the_notebook_in_memory_keeps_the_contract() {
    let world = World::with_time(TimeMode::Manual);
    let book = world.machines();
    machines::all(&InMemory { world, book }).await;
}
