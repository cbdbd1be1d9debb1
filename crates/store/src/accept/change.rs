//! Changes that make a release of what is deployed already.

use std::collections::BTreeSet;

use domain::env::EnvPatch;
use domain::ports::{Accepted, Change};
use domain::release::{Cause, DeployOptions};
use domain::{DeploymentId, EnvName, EnvVars, GitRef, Release, ReleaseStatus, Resources};

use super::draft::Draft;
use super::holder::{self, Holder};
use super::{queue, rollback};
use crate::database::Database;
use crate::error::{Fault, Ran, refused};
use crate::rows::{self, to_json};
use crate::sql::{Value, query};
use crate::text;
use crate::tx::Tx;

pub(crate) async fn change(
    db: &Database,
    deployment: &DeploymentId,
    change: &Change,
) -> Ran<Accepted> {
    let mut tx = db.write().await?;
    let holder = holder::managed(&mut tx, deployment).await?;
    let newest = queue::newest(&mut tx, deployment)
        .await?
        .ok_or_else(|| Fault::Unreadable(format!("deployment {deployment} has no release")))?;
    let draft = match change {
        Change::Redeploy {
            git_ref,
            discard_data,
        } => redeploy(&newest, git_ref.as_ref(), *discard_data),
        Change::Rollback { to, discard_data } => {
            rollback::draft(&mut tx, deployment, &holder.name, *to, *discard_data).await?
        }
        Change::Env(patch) => env(&mut tx, &holder, &newest, patch).await?,
        Change::Resources(wanted) => resources(&mut tx, &holder, &newest, *wanted).await?,
    };
    write_row(&mut tx, deployment, &draft).await?;
    let accepted = queue::release(&mut tx, deployment, &draft).await?;
    queue::wake(&mut tx, deployment, draft.cause == Cause::Deploy).await?;
    tx.commit().await?;
    Ok(accepted)
}

async fn write_row(tx: &mut Tx<'_>, deployment: &DeploymentId, draft: &Draft) -> Ran<()> {
    query("UPDATE deployments SET github_url = ?, resources = ? WHERE id = ?")
        .bind(draft.url.as_str())
        .bind(Value::json(to_json(&draft.resources)?))
        .bind(deployment.to_string())
        .execute(tx.link())
        .await?;
    Ok(())
}

fn redeploy(newest: &Release, git_ref: Option<&GitRef>, discard_data: bool) -> Draft {
    let git_ref = git_ref.cloned().or_else(|| newest.git_ref.clone());
    let mut draft = Draft::deploy(
        newest.url.clone(),
        git_ref,
        newest.env.clone(),
        newest.resources,
    );
    draft.options = DeployOptions {
        discard_data,
        ..newest.options.clone()
    };
    draft
}

async fn env(tx: &mut Tx<'_>, holder: &Holder, newest: &Release, patch: &EnvPatch) -> Ran<Draft> {
    let mut env = newest.env.clone();
    if let Err(bad) = env.apply(patch) {
        return refused(bad.to_string());
    }
    if env == newest.env {
        return refused(text::env_unchanged(&holder.name));
    }
    same_code(tx, holder, newest, Cause::Env, env).await
}

async fn resources(
    tx: &mut Tx<'_>,
    holder: &Holder,
    newest: &Release,
    wanted: Resources,
) -> Ran<Draft> {
    if wanted == newest.resources {
        return refused(text::resources_unchanged(&holder.name));
    }
    let env = newest.env.clone();
    let mut draft = same_code(tx, holder, newest, Cause::Resources, env).await?;
    draft.resources = wanted;
    Ok(draft)
}

/// The code that a change of env or resources goes with: what is on its way, else what serves, else the newest that was
/// built. Resources are those of the newest release.
async fn same_code(
    tx: &mut Tx<'_>,
    holder: &Holder,
    newest: &Release,
    cause: Cause,
    env: EnvVars,
) -> Ran<Draft> {
    let on_its_way = newest.status.is_under_way() && !newest.cancel_requested;
    let mut draft = if on_its_way {
        follow(newest, cause)
    } else {
        let Some(source) = built(tx, &newest.deployment).await? else {
            return refused(text::nothing_built(&holder.name));
        };
        Draft::of(&source, cause)
    };
    rebuild_baked(&mut draft, &env);
    draft.env = env;
    draft.resources = newest.resources;
    Ok(draft)
}

/// The build bakes some names into the artifact: the same commit is built again where they differ from what the artifact
/// was built with, which is not always what the newest release asked for.
fn rebuild_baked(draft: &mut Draft, env: &EnvVars) {
    let Some(plan) = draft.plan.as_ref().filter(|_| draft.artifact.is_some()) else {
        return;
    };
    let names: BTreeSet<&EnvName> = draft.env.names().chain(env.names()).collect();
    let baked: Vec<&str> = names
        .into_iter()
        .filter(|name| draft.env.get(name) != env.get(name))
        .map(EnvName::as_str)
        .filter(|name| plan.bakes(name))
        .collect();
    if baked.is_empty() {
        return;
    }
    let warning = text::rebuilds(&baked);
    draft.warnings.push(warning);
    draft.artifact = None;
    draft.base = None;
    draft.disk_bytes = 0;
}

/// After a release that is not there yet. It must not bring back the code that serves now, so where there is no artifact
/// to take, it does what that release does. A waiting one is superseded by this change, so `from` skips it.
fn follow(newest: &Release, cause: Cause) -> Draft {
    if newest.artifact.is_none() {
        return Draft {
            cause: newest.cause,
            from: newest.from,
            options: newest.options.clone(),
            warnings: newest.warnings.clone(),
            ..Draft::of(newest, newest.cause)
        };
    }
    let waits = newest.status == ReleaseStatus::Queued;
    Draft {
        from: newest.from.filter(|_| waits).or(Some(newest.id)),
        ..Draft::of(newest, cause)
    }
}

const SERVING: &str = "SELECT * FROM releases WHERE deployment_id = ? AND status = 'serving' AND artifact IS NOT NULL \
    LIMIT 1";
const NEWEST_BUILT: &str = "SELECT * FROM releases WHERE deployment_id = ? AND artifact IS NOT NULL \
    ORDER BY version DESC LIMIT 1";

async fn built(tx: &mut Tx<'_>, deployment: &DeploymentId) -> Ran<Option<Release>> {
    for statement in [SERVING, NEWEST_BUILT] {
        let row = query(statement)
            .bind(deployment.to_string())
            .fetch_optional(tx.link())
            .await?;
        if let Some(row) = row {
            return rows::release(&row, tx.db.vault()).map(Some);
        }
    }
    Ok(None)
}
