//! This server among others: it says that it is there, keeps its place, and leads what nobody else leads.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::StoreError;
use tokio::time::Instant;

use crate::context::Context;
use crate::error::chain;
use crate::reconcile::Term;
use crate::text;

/// How long a server that stops waits for the database to hear of it.
const GOODBYE: Duration = Duration::from_secs(3);

/// Takes the place, and ends the leases that an earlier process of this place left. Only the process that holds the data
/// folder does this.
pub(crate) async fn begin(ctx: &Context) -> Result<(), StoreError> {
    let (store, worker) = (ctx.store(), &ctx.config.worker);
    let asked = Instant::now();
    store
        .server_began(worker, ctx.config.limits.presence)
        .await?;
    ctx.presence.extend(asked, ctx.config.limits.presence);
    if ctx.config.sole_worker {
        let ended = store.take_over(worker).await?;
        tracing::info!(ended, "leases of an earlier life ended");
    }
    Ok(())
}

/// Renews all of it until the engine closes. What hangs is left to the trust, which ends by itself.
pub(crate) async fn keep(ctx: Arc<Context>, terms: Vec<Arc<Term>>) {
    let ttl = ctx.config.limits.presence;
    let mut state = State::Good;
    while !ctx.closing.is_cancelled() {
        let beat = tokio::time::timeout(ttl / 3, beat(&ctx, &terms));
        let outcome = tokio::select! {
            () = ctx.closing.cancelled() => return,
            outcome = beat => outcome,
        };
        let (next, pause) = match outcome {
            Ok(Ok(true)) => (State::Good, ttl / 3),
            Ok(Ok(false)) => (State::Displaced, ttl / 3),
            Ok(Err(error)) => (State::Silent(chain(&error)), ttl / 15),
            Err(_) => (State::Silent(text::NO_ANSWER_IN_TIME.to_owned()), ttl / 15),
        };
        next.tell(&state);
        state = next;
        tokio::select! {
            () = ctx.closing.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// How this server stands among others.
enum State {
    Good,
    /// Another server has our place.
    Displaced,
    /// The database does not answer, and why.
    Silent(String),
}

impl State {
    /// Says what changed; what stays as it was is said once.
    fn tell(&self, before: &Self) {
        match (self, before) {
            (Self::Displaced, Self::Displaced) | (Self::Good, Self::Good) => {}
            (Self::Silent(_), Self::Silent(_)) => {}
            (Self::Displaced, _) => tracing::error!("{}", text::DISPLACED),
            (Self::Silent(why), _) => {
                tracing::warn!(why, "the database does not hear of this server");
            }
            (Self::Good, _) => tracing::info!("the database hears of this server again"),
        }
    }
}

/// True while the place is ours.
async fn beat(ctx: &Context, terms: &[Arc<Term>]) -> Result<bool, StoreError> {
    let (store, worker, ttl) = (ctx.store(), &ctx.config.worker, ctx.config.limits.presence);
    let asked = Instant::now();
    let ours = store.server_seen(worker, ttl).await?;
    if ours {
        ctx.presence.extend(asked, ttl);
    } else {
        ctx.presence.lose();
    }
    let wanted = terms.iter().filter(|term| ours || !term.is_of_this_place());
    let names: Vec<String> = wanted.map(|term| term.name.clone()).collect();
    let asked = Instant::now();
    let led = store.lead(worker, &names, ttl).await?;
    for term in terms {
        match led.iter().find(|lead| lead.name == term.name) {
            Some(lead) => term.given(lead.epoch, asked, ttl),
            None => term.taken(),
        }
    }
    let servers = store.servers().await?;
    let apps = servers
        .into_iter()
        .map(|server| (server.place, server.apps));
    *ctx.neighbours
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner) = apps.collect();
    Ok(ours)
}

/// The others need not wait until this server counts as gone.
pub(crate) async fn end(ctx: &Context) {
    let (store, worker) = (ctx.store(), &ctx.config.worker);
    let goodbye = async {
        store.resign(worker).await?;
        store.server_left(worker).await
    };
    match tokio::time::timeout(GOODBYE, goodbye).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(error = chain(&error), "no goodbye"),
        Err(_) => tracing::debug!("no goodbye in time"),
    }
}
