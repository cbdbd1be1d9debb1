//! Reconcilers: they take no input, run on a timer and on a signal, and may run again at any time. Each looks at what
//! the database wants and at what the drivers see, and moves the second towards the first where that is safe. Of the
//! servers that share a database one leads each, and only that one acts.

mod altered;
mod collect;
mod drift;
mod events;
mod orphans;
mod retire;
mod tables;
mod term;

pub(crate) use altered::Alterations;
pub use orphans::Orphan;
pub(crate) use orphans::Orphans;
pub(crate) use term::Term;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::task::JoinSet;

use crate::context::Context;
use crate::error::{StepError, chain};
use term::Realm;

type Pass = for<'a> fn(&'a Term) -> BoxFuture<'a, Result<(), StepError>>;

/// One reconciler.
#[derive(Clone, Copy)]
struct Reconciler {
    name: &'static str,
    over: Over,
    every: Duration,
    /// Runs as well when something has changed.
    on_signal: bool,
    pass: Pass,
}

/// How often a reconciler is there, and so how many leaders it has.
#[derive(Clone, Copy)]
enum Over {
    /// For each driver of this server.
    Drivers,
    /// For each place.
    Places,
    /// Once.
    All,
}

const DRIFT: &str = "drift";

const RECONCILERS: [Reconciler; 6] = [
    Reconciler {
        name: "routes",
        over: Over::Places,
        every: Duration::from_secs(30),
        on_signal: false,
        pass: |t| Box::pin(tables::push(t)),
    },
    Reconciler {
        name: DRIFT,
        over: Over::Drivers,
        every: Duration::from_secs(2),
        on_signal: false,
        pass: |t| Box::pin(drift::heal(t)),
    },
    Reconciler {
        name: "retire",
        over: Over::Drivers,
        every: Duration::from_secs(5),
        on_signal: true,
        pass: |t| Box::pin(retire::retire(t)),
    },
    Reconciler {
        name: "collect",
        over: Over::Drivers,
        every: Duration::from_secs(60),
        on_signal: true,
        pass: |t| Box::pin(collect::collect(t)),
    },
    Reconciler {
        name: "orphans",
        over: Over::Drivers,
        every: Duration::from_secs(60),
        on_signal: false,
        pass: |t| Box::pin(orphans::remove(t)),
    },
    Reconciler {
        name: "events",
        over: Over::All,
        every: Duration::from_secs(60),
        on_signal: false,
        pass: |t| Box::pin(events::prune(t)),
    },
];

/// Every reconciler of this server; none leads yet.
pub(crate) struct Reconcilers(Vec<(Reconciler, Arc<Term>)>);

impl Reconcilers {
    pub fn of(ctx: &Arc<Context>) -> Self {
        let mut all = Vec::new();
        for reconciler in RECONCILERS {
            for realm in realms(ctx, &reconciler.over) {
                let term = Term::new(ctx.clone(), reconciler.name, realm);
                all.push((reconciler, Arc::new(term)));
            }
        }
        Self(all)
    }

    /// What is to be led.
    pub fn terms(&self) -> Vec<Arc<Term>> {
        self.0.iter().map(|(_, term)| term.clone()).collect()
    }

    /// Runs every one, whenever this server leads it, until the engine closes.
    pub async fn run(self) {
        let mut tasks = JoinSet::new();
        for (reconciler, term) in self.0 {
            tasks.spawn(repeat(reconciler, term));
        }
        while tasks.join_next().await.is_some() {}
    }
}

fn realms(ctx: &Context, over: &Over) -> Vec<Realm> {
    match over {
        Over::Drivers => ctx
            .ports
            .drivers
            .keys()
            .copied()
            .map(Realm::Driver)
            .collect(),
        Over::Places => vec![Realm::Place],
        Over::All => vec![Realm::All],
    }
}

/// On a cluster a look goes into every guest, over the network.
fn pause(reconciler: &Reconciler, term: &Term) -> Duration {
    match term.realm {
        Realm::Driver(kind) if reconciler.name == DRIFT && !kind.is_of_a_place() => {
            term.ctx.config.limits.look
        }
        _ => reconciler.every,
    }
}

async fn repeat(reconciler: Reconciler, term: Arc<Term>) {
    let ctx = &term.ctx;
    let mut signal = ctx.reconcile_signal();
    loop {
        let pass = async {
            term.trust.begun().await;
            term.trust.guard((reconciler.pass)(&term)).await
        };
        let pass = tokio::select! {
            biased;
            () = ctx.closing.cancelled() => return,
            pass = pass => pass,
        };
        match pass {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::warn!(
                reconciler = term.name,
                error = chain(&error),
                "a pass did not end well; the next one tries again"
            ),
            None => tracing::warn!(
                reconciler = term.name,
                "a pass was cut: it is not sure any more that this server leads"
            ),
        }
        tokio::select! {
            () = ctx.closing.cancelled() => return,
            Ok(()) = signal.changed(), if reconciler.on_signal => {}
            () = tokio::time::sleep(pause(&reconciler, &term)) => {}
        }
    }
}
