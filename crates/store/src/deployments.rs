//! Deployments: the port's methods, and reading.

pub(crate) mod list;
mod tags;

pub(crate) use list::Totals;

use async_trait::async_trait;
use domain::job::Work;
use domain::ports::{
    Accepted, Change, Counts, Deployments, ListQuery, Listing, NewDeploy, Scope, StoreResult,
};
use domain::release::{DeploymentFacts, Version};
use domain::{Deployment, DeploymentId, HostLabel, JobId, Name, TagChange, Tags};

use crate::database::Database;
use crate::error::{During, Fault, Ran};
use crate::rows::{self, DEPLOYMENT_COLUMNS};
use crate::sql::{Builder, query};
use crate::{accept, secrets};

const MOST_FACTS: u32 = 10_000;

#[async_trait]
impl Deployments for Database {
    async fn accept_deploy(&self, new: &NewDeploy) -> StoreResult<Accepted> {
        accept::deploy(self, new).await.during("take a deploy")
    }

    async fn accept_change(
        &self,
        deployment: &DeploymentId,
        change: &Change,
    ) -> StoreResult<Accepted> {
        accept::change(self, deployment, change)
            .await
            .during("take a change")
    }

    async fn accept_work(
        &self,
        deployment: &DeploymentId,
        work: &Work,
    ) -> StoreResult<Option<JobId>> {
        accept::work(self, deployment, work)
            .await
            .during("put work on the queue")
    }

    async fn let_pass(&self, deployment: &DeploymentId) -> StoreResult<()> {
        accept::let_pass(self, deployment)
            .await
            .during("let a start pass")
    }

    async fn cancel(&self, deployment: &DeploymentId) -> StoreResult<Vec<Version>> {
        accept::cancel(self, deployment)
            .await
            .during("cancel releases")
    }

    async fn find(&self, scope: &Scope, key: &str) -> StoreResult<Option<Deployment>> {
        find(self, scope, key).await.during("find a deployment")
    }

    async fn list(&self, scope: &Scope, query: &ListQuery) -> StoreResult<Listing> {
        list::page(self, scope, query)
            .await
            .during("list deployments")
    }

    async fn counts(&self, scope: &Scope) -> StoreResult<Counts> {
        list::counts(self, scope).await.during("count deployments")
    }

    async fn change_tags(&self, scope: &Scope, id: &str, change: &TagChange) -> StoreResult<Tags> {
        tags::change(self, scope, id, change)
            .await
            .during("change tags")
    }

    async fn facts(&self, deployment: &DeploymentId) -> StoreResult<Option<DeploymentFacts>> {
        facts(self, deployment).await.during("read a deployment")
    }

    async fn live(
        &self,
        after: Option<&DeploymentId>,
        limit: u32,
    ) -> StoreResult<Vec<DeploymentFacts>> {
        live(self, after, limit.min(MOST_FACTS))
            .await
            .during("read live deployments")
    }

    async fn secret_once(
        &self,
        deployment: &DeploymentId,
        name: &str,
        fresh: &str,
    ) -> StoreResult<String> {
        secrets::once(self, deployment, name, fresh)
            .await
            .during("keep a secret")
    }
}

/// By id first, since a name is never one. Then the live managed one of that name in any case, then any of exactly that
/// name.
async fn find(db: &Database, scope: &Scope, key: &str) -> Ran<Option<Deployment>> {
    if let Some(found) = first(db, by_id(scope, key)).await? {
        return Ok(Some(found));
    }
    if let Ok(name) = key.parse::<Name>() {
        let holder = first(db, by_label(scope, &name.label())).await?;
        if let Some(found) = holder.filter(|found| found.name.eq_ignore_ascii_case(key)) {
            return Ok(Some(found));
        }
    }
    first(db, by_name(scope, key)).await
}

async fn first(db: &Database, query: Builder) -> Ran<Option<Deployment>> {
    let row = query
        .build()
        .fetch_optional(db.read().await?.link())
        .await?;
    row.as_ref().map(rows::deployment).transpose()
}

pub(crate) fn by_id(scope: &Scope, key: &str) -> Builder {
    let mut query = Builder::new(DEPLOYMENT_COLUMNS);
    query.push("WHERE d.id = ").push_bind(key.to_owned());
    seen_by(&mut query, scope);
    query
}

/// The one that holds a label: it is live and managed.
pub(crate) fn by_label(scope: &Scope, label: &HostLabel) -> Builder {
    let mut query = Builder::new(DEPLOYMENT_COLUMNS);
    query.push("JOIN names c ON c.deployment_id = d.id WHERE c.label = ");
    query.push_bind(label.as_str());
    query.push(" AND d.deleted_at IS NULL");
    seen_by(&mut query, scope);
    query
}

/// The live one first, a managed one before a record, then the newest.
pub(crate) fn by_name(scope: &Scope, key: &str) -> Builder {
    let mut query = Builder::new(DEPLOYMENT_COLUMNS);
    query.push("WHERE d.name = ").push_bind(key);
    seen_by(&mut query, scope);
    query.push(
        " ORDER BY CASE WHEN d.deleted_at IS NULL THEN 0 ELSE 1 END, \
         CASE WHEN m.driver IS NULL THEN 1 ELSE 0 END, d.created_at DESC, d.id DESC LIMIT 1",
    );
    query
}

fn seen_by(query: &mut Builder, scope: &Scope) {
    if let Scope::Owner(owner) = scope {
        query.push(" AND d.user_id = ").push_bind(owner.clone());
    }
}

/// A deleted one gives none: what is left of it is nobody's.
pub(crate) const FACTS: &str = "SELECT d.id, d.name, d.deployment_type, d.status, d.tags, m.driver, m.node, m.slot, m.label, \
    m.serving_release_id FROM managed m JOIN deployments d ON d.id = m.deployment_id \
    WHERE m.deployment_id = ? AND d.deleted_at IS NULL";

async fn facts(db: &Database, deployment: &DeploymentId) -> Ran<Option<DeploymentFacts>> {
    let row = query(FACTS)
        .bind(deployment.to_string())
        .fetch_optional(db.read().await?.link())
        .await?;
    row.as_ref().map(rows::facts).transpose()
}

/// The claims of names are exactly the live managed deployments; those of our place, and those of none, are ours to look
/// after.
pub(crate) const LIVE: &str = "SELECT d.id, d.name, d.deployment_type, d.status, d.tags, m.driver, m.node, m.slot, m.label, \
    m.serving_release_id FROM names n JOIN managed m ON m.deployment_id = n.deployment_id \
    JOIN deployments d ON d.id = n.deployment_id \
    WHERE n.deployment_id > ? AND d.deleted_at IS NULL AND (m.place = ? OR m.place IS NULL) ORDER BY n.deployment_id LIMIT ?";

async fn live(
    db: &Database,
    after: Option<&DeploymentId>,
    limit: u32,
) -> Ran<Vec<DeploymentFacts>> {
    let found = query(LIVE)
        .bind(after.map_or_else(String::new, DeploymentId::to_string))
        .bind(db.here())
        .bind(limit)
        .fetch_all(db.read().await?.link())
        .await?;
    let mut all = Vec::with_capacity(found.len());
    for row in &found {
        match rows::facts(row) {
            Ok(facts) => all.push(facts),
            // One row that another program broke must not stop the reconcilers of all others.
            Err(Fault::Unreadable(which)) => {
                tracing::warn!(%which, "a managed deployment cannot be read and is left alone");
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(all)
}
