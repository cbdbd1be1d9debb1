//! The table of routes: read by every request without a lock, changed by the controller one change at a time.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use domain::HostLabel;
use domain::guest::Upstream;
use domain::ports::{Route, RouteState, Table};
use tokio::sync::{Mutex, Notify};

use crate::state;
use crate::text;
use crate::upstream::Backend;

/// What becomes of the requests for one label.
pub struct Target {
    /// The route it was made from.
    route: Route,
    /// The guest, when it is served.
    backend: Option<Arc<Backend>>,
}

impl Target {
    /// The name as the user wrote it.
    pub fn name(&self) -> &str {
        &self.route.name
    }

    /// What becomes of a request.
    pub fn state(&self) -> &RouteState {
        &self.route.state
    }

    /// The guest, when it is served.
    pub fn backend(&self) -> Option<&Arc<Backend>> {
        self.backend.as_ref()
    }
}

type Live = HashMap<Box<str>, Arc<Target>>;

/// The table of routes.
pub struct Routes {
    live: ArcSwap<Live>,
    book: Mutex<Book>,
    file: PathBuf,
    idle: Arc<Notify>,
}

/// The controller's side of the table.
struct Book {
    table: Table,
    /// Guests that were replaced and may still have requests in flight.
    retired: Vec<Arc<Backend>>,
}

impl Routes {
    /// The routes of `table`, kept in `file`.
    pub fn new(table: Table, file: PathBuf) -> Self {
        let idle = Arc::new(Notify::new());
        let live = compile(&table, &Live::new(), &idle);
        let retired = Vec::new();
        Self {
            live: ArcSwap::from_pointee(live),
            book: Mutex::new(Book { table, retired }),
            file,
            idle,
        }
    }

    /// The target of a label.
    pub fn find(&self, label: &str) -> Option<Arc<Target>> {
        self.live.load().get(label).cloned()
    }

    /// Sets or removes one route. The error is a sentence.
    pub async fn set(&self, label: HostLabel, route: Option<Route>) -> Result<(), String> {
        let mut book = self.book.lock().await;
        let mut table = book.table.clone();
        let before = match route {
            Some(route) => table.insert(label, route),
            None => table.remove(&label),
        };
        drop(before);
        self.apply(&mut book, table).await
    }

    /// Replaces all routes. The error is a sentence.
    pub async fn replace(&self, table: Table) -> Result<(), String> {
        let mut book = self.book.lock().await;
        self.apply(&mut book, table).await
    }

    /// Writes the table down, then lets every new request take it: what was acknowledged survives the gateway, and what
    /// could not be written changes nothing.
    async fn apply(&self, book: &mut Book, table: Table) -> Result<(), String> {
        if book.table == table {
            return Ok(());
        }
        state::save(&self.file, &table)
            .await
            .map_err(|error| text::not_saved(&error.to_string()))?;
        let before = self.live.load_full();
        let next = compile(&table, &before, &self.idle);
        let replaced = replaced(&before, &next);
        self.live.store(Arc::new(next));
        for backend in &replaced {
            backend.retire();
        }
        book.retired.extend(replaced);
        book.retired.retain(|backend| backend.in_flight() > 0);
        book.table = table;
        Ok(())
    }

    /// Waits until nothing is in flight to a replaced guest, then cuts what is left. The error is a sentence.
    pub async fn drain(&self, upstream: &Upstream, limit: Duration) -> Result<u64, String> {
        let leaving: Vec<Arc<Backend>> = {
            let book = self.book.lock().await;
            if let Some(label) = serving(&book.table, upstream) {
                return Err(text::drain_of_serving(label.as_str()));
            }
            let mut retired = book.retired.iter();
            retired
                .by_ref()
                .filter(|b| b.upstream() == upstream)
                .cloned()
                .collect()
        };
        let cut = futures_util::future::join_all(leaving.iter().map(|b| b.drain(limit))).await;
        Ok(cut.into_iter().sum())
    }

    /// How many labels have a route.
    pub fn len(&self) -> usize {
        self.live.load().len()
    }

    /// Requests in flight to guests, replaced ones included.
    pub async fn in_flight(&self) -> u64 {
        let book = self.book.lock().await;
        let live = self.live.load();
        let serving = live.values().filter_map(|target| target.backend());
        serving.chain(&book.retired).map(|b| b.in_flight()).sum()
    }

    /// Closes idle connections when they expire; ends never. Sleeps as long as there are none.
    pub async fn sweep(&self, every: Duration) {
        loop {
            self.idle.notified().await;
            loop {
                tokio::time::sleep(every).await;
                let live = self.live.load_full();
                let backends = live.values().filter_map(|target| target.backend());
                let left = backends.filter(|backend| backend.sweep()).count();
                if left == 0 {
                    break;
                }
            }
        }
    }
}

fn serving<'a>(table: &'a Table, upstream: &Upstream) -> Option<&'a HostLabel> {
    let serves = |route: &Route| matches!(&route.state, RouteState::Serving { upstream: u } if u == upstream);
    table
        .iter()
        .find(|(_, route)| serves(route))
        .map(|(label, _)| label)
}

/// The live form of a table. What did not change keeps its connections.
fn compile(table: &Table, before: &Live, idle: &Arc<Notify>) -> Live {
    let mut backends: HashMap<Upstream, Arc<Backend>> = before
        .values()
        .filter_map(|target| target.backend())
        .map(|backend| (backend.upstream().clone(), Arc::clone(backend)))
        .collect();
    let mut live = Live::with_capacity(table.len());
    for (label, route) in table {
        let backend = match &route.state {
            RouteState::Serving { upstream } => {
                let made = backends
                    .entry(upstream.clone())
                    .or_insert_with(|| Backend::new(upstream.clone(), Arc::clone(idle)));
                Some(Arc::clone(made))
            }
            RouteState::Deploying | RouteState::Stopped | RouteState::Failed => None,
        };
        let route = route.clone();
        live.insert(label.as_str().into(), Arc::new(Target { route, backend }));
    }
    live
}

/// The backends of `before` that `next` no longer has.
fn replaced(before: &Live, next: &Live) -> Vec<Arc<Backend>> {
    let kept: Vec<*const Backend> = next
        .values()
        .filter_map(|target| target.backend().map(Arc::as_ptr))
        .collect();
    let kept: std::collections::HashSet<_> = kept.into_iter().collect();
    let mut gone: HashMap<*const Backend, Arc<Backend>> = HashMap::new();
    for backend in before.values().filter_map(|target| target.backend()) {
        if !kept.contains(&Arc::as_ptr(backend)) {
            gone.insert(Arc::as_ptr(backend), Arc::clone(backend));
        }
    }
    gone.into_values().collect()
}
