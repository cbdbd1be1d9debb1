//! Reconcilers: they take no input, run on a timer and on a signal, and may run again at any time. Each looks at what
//! the database wants and at what the drivers see, and moves the second towards the first where that is safe.

mod collect;
mod drift;
mod orphans;
mod retire;
mod tables;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::task::JoinSet;

use crate::context::Context;
use crate::error::{StepError, chain};

type Pass = for<'a> fn(&'a Arc<Context>) -> BoxFuture<'a, Result<(), StepError>>;

/// One reconciler.
struct Reconciler {
    name: &'static str,
    every: Duration,
    /// Runs as well when something has changed.
    on_signal: bool,
    pass: Pass,
}

const RECONCILERS: [Reconciler; 5] = [
    Reconciler {
        name: "routes",
        every: Duration::from_secs(30),
        on_signal: false,
        pass: |c| Box::pin(tables::push(c)),
    },
    Reconciler {
        name: "drift",
        every: Duration::from_secs(2),
        on_signal: false,
        pass: |c| Box::pin(drift::heal(c)),
    },
    Reconciler {
        name: "retire",
        every: Duration::from_secs(5),
        on_signal: true,
        pass: |c| Box::pin(retire::retire(c)),
    },
    Reconciler {
        name: "collect",
        every: Duration::from_secs(60),
        on_signal: true,
        pass: |c| Box::pin(collect::collect(c)),
    },
    Reconciler {
        name: "orphans",
        every: Duration::from_secs(60),
        on_signal: false,
        pass: |c| Box::pin(orphans::remove(c)),
    },
];

/// Runs every reconciler until the engine closes.
pub(crate) async fn run(ctx: Arc<Context>) {
    let mut tasks = JoinSet::new();
    for reconciler in RECONCILERS {
        tasks.spawn(repeat(ctx.clone(), reconciler));
    }
    while tasks.join_next().await.is_some() {}
}

async fn repeat(ctx: Arc<Context>, reconciler: Reconciler) {
    let mut signal = ctx.reconcile_signal();
    loop {
        let pass = tokio::select! {
            biased;
            () = ctx.closing.cancelled() => return,
            pass = (reconciler.pass)(&ctx) => pass,
        };
        if let Err(error) = pass {
            tracing::warn!(
                reconciler = reconciler.name,
                error = chain(&error),
                "a pass did not end well; the next one tries again"
            );
        }
        tokio::select! {
            () = ctx.closing.cancelled() => return,
            Ok(()) = signal.changed(), if reconciler.on_signal => {}
            () = tokio::time::sleep(reconciler.every) => {}
        }
    }
}
