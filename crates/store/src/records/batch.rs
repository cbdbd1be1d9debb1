//! Saving many rows at once where there is one writer. SQLite waits for the disk at each commit; so the rows that come in
//! while it waits are written together, in one transaction. Each caller is answered once its row is on disk, and a row that
//! cannot be saved fails alone.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use domain::ports::StoreError;
use sqlx::SqlitePool;
use tokio::sync::{Semaphore, oneshot};

use super::write::insert;
use crate::dialect::{self, Trouble};
use crate::error::{Fault, Ran};
use crate::sql::{Transaction, Value};
use crate::text::records as text;

/// The most rows of one transaction: others write too, and wait for it.
const MOST: usize = 128;
/// The most rows that wait; who comes then waits for room.
const MOST_WAITING: usize = 1024;

type Row = [Value; 15];

/// The rows that wait for the one writer.
pub(crate) struct Batches {
    writer: SqlitePool,
    queue: Arc<Mutex<Queue>>,
    room: Semaphore,
}

#[derive(Default)]
struct Queue {
    rows: VecDeque<Waiting>,
    /// True while a task takes rows out.
    at_work: bool,
}

struct Waiting {
    row: Row,
    answer: oneshot::Sender<Ran<()>>,
}

impl Batches {
    /// Batches for the pool of the one connection that writes.
    pub(crate) fn new(writer: SqlitePool) -> Self {
        Self {
            writer,
            queue: Arc::default(),
            room: Semaphore::new(MOST_WAITING),
        }
    }

    /// Saves a row together with those that come at the same time. A caller that goes away meanwhile may have its row
    /// saved or not, as with any statement.
    pub(crate) async fn save(&self, row: Row) -> Ran<()> {
        let _room = self.room.acquire().await.map_err(|_| shut())?;
        let (answer, answered) = oneshot::channel();
        if lock(&self.queue).push(Waiting { row, answer }) {
            let writer = self.writer.clone();
            let at_work = AtWork(Arc::clone(&self.queue));
            // A task of its own, so that a caller that goes away takes nobody's row along. It ends with the queue.
            tokio::spawn(async move { at_work.save_all(&writer).await });
        }
        answered.await.unwrap_or_else(|_| Err(shut()))
    }
}

fn shut() -> Fault {
    StoreError::Unavailable(text::SHUT.into()).into()
}

fn lock(queue: &Mutex<Queue>) -> std::sync::MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Queue {
    /// True when nobody is at work: whoever added the row has to be.
    fn push(&mut self, waiting: Waiting) -> bool {
        self.rows.push_back(waiting);
        !std::mem::replace(&mut self.at_work, true)
    }
}

/// Takes rows out of the queue. However that ends, nobody waits for it for ever.
struct AtWork(Arc<Mutex<Queue>>);

impl Drop for AtWork {
    fn drop(&mut self) {
        let mut queue = lock(&self.0);
        if queue.at_work {
            *queue = Queue::default();
        }
    }
}

impl AtWork {
    async fn save_all(self, writer: &SqlitePool) {
        while self.is_wanted() {
            let begun = writer.begin_with(dialect::BEGIN_WRITE).await;
            // Taken as late as possible: who came while the writer was busy is served, too.
            let batch = self.take();
            match begun {
                Ok(transaction) => save(Transaction::Sqlite(transaction), batch).await,
                Err(error) => fail(batch, &error),
            }
        }
    }

    /// False when nobody waits; the next one begins anew then.
    fn is_wanted(&self) -> bool {
        let mut queue = lock(&self.0);
        queue.at_work = !queue.rows.is_empty();
        queue.at_work
    }

    fn take(&self) -> Vec<Waiting> {
        let mut queue = lock(&self.0);
        let most = queue.rows.len().min(MOST);
        queue.rows.drain(..most).collect()
    }
}

async fn save(mut transaction: Transaction, batch: Vec<Waiting>) {
    let mut saved = Vec::with_capacity(batch.len());
    let mut batch = batch.into_iter();
    while let Some(Waiting { row, answer }) = batch.next() {
        match insert(row).execute(transaction.link()).await {
            Ok(_) => saved.push(answer),
            Err(error) if dialect::is_of_the_row(&error) => tell(answer, Err(error.into())),
            Err(error) => {
                // The transaction may be gone, and with it the rows before.
                tell_all(saved.into_iter().chain([answer]), &error);
                return fail(batch, &error);
            }
        }
    }
    match transaction.commit().await {
        Ok(()) => saved.into_iter().for_each(|answer| tell(answer, Ok(()))),
        Err(error) => tell_all(saved, &error),
    }
}

fn fail(batch: impl IntoIterator<Item = Waiting>, error: &sqlx::Error) {
    tell_all(batch.into_iter().map(|waiting| waiting.answer), error);
}

fn tell_all(answers: impl IntoIterator<Item = oneshot::Sender<Ran<()>>>, error: &sqlx::Error) {
    for answer in answers {
        let error = match dialect::trouble(error) {
            Trouble::DiskFull => StoreError::DiskFull,
            Trouble::Unavailable | Trouble::Other => StoreError::Unavailable(error.to_string()),
        };
        tell(answer, Err(error.into()));
    }
}

/// Who went away hears nothing.
fn tell(answer: oneshot::Sender<Ran<()>>, result: Ran<()>) {
    drop(answer.send(result));
}
