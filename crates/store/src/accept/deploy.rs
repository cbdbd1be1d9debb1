//! A deploy of a URL under a name.

use domain::event::Happened;
use domain::ports::{Accepted, NewDeploy, StoreError};
use domain::release::DeployOptions;
use domain::{
    DeploymentId, DeploymentKind, EnvVars, NodeName, NodeWish, Release, Resources, Status, Tags,
};

use super::draft::Draft;
use super::holder::{self, Holder};
use super::queue;
use crate::database::Database;
use crate::error::{Fault, Ran, refused};
use crate::rows::to_json;
use crate::sql::{Value, query};
use crate::text;
use crate::tx::Tx;

pub(crate) async fn deploy(db: &Database, new: &NewDeploy) -> Ran<Accepted> {
    let mut tx = db.write().await?;
    let accepted = match holder::of_label(&mut tx, &new.name.label()).await? {
        Some(holder) => again(&mut tx, &holder, new).await?,
        None => match holder::record_of(&mut tx, &new.name, &new.url).await? {
            Some(record) => adopt(&mut tx, &record, new).await?,
            None => first(&mut tx, new).await?,
        },
    };
    tx.commit().await?;
    Ok(accepted)
}

/// Another release of a deployment that is managed already.
async fn again(tx: &mut Tx<'_>, holder: &Holder, new: &NewDeploy) -> Ran<Accepted> {
    let same_name = holder.name.eq_ignore_ascii_case(new.name.as_str());
    if !same_name || !same_owner(holder, new) {
        return Err(taken(holder));
    }
    if holder.destroying {
        return refused(text::being_destroyed(&holder.name));
    }
    same_source(holder, new)?;
    let id = holder.deployment()?;
    let newest = queue::newest(tx, &id).await?;
    let kind = kind_of(holder, new);
    let draft = draft(new, kind, newest.as_ref())?;
    write_row(tx, &id, kind, &draft).await?;
    write_tags(tx, &id, new.tags.as_ref()).await?;
    write_node(tx, &id, new.node.as_ref()).await?;
    let accepted = queue::release(tx, &id, &draft).await?;
    queue::wake(tx, &id, true).await?;
    Ok(accepted)
}

/// A record becomes managed: its row starts at `pending`, like a new one.
async fn adopt(tx: &mut Tx<'_>, record: &Holder, new: &NewDeploy) -> Ran<Accepted> {
    if !same_owner(record, new) {
        return Err(taken(record));
    }
    same_source(record, new)?;
    let id = record.deployment()?;
    let kind = kind_of(record, new);
    let draft = draft(new, kind, None)?;
    holder::manage(tx, &id, new.driver, &new.name.label()).await?;
    write_row(tx, &id, kind, &draft).await?;
    write_tags(tx, &id, new.tags.as_ref()).await?;
    write_node(tx, &id, new.node.as_ref()).await?;
    tx.set_status(&id, &record.status, Status::Pending).await?;
    tx.tell_story(&id, None).await?;
    queue::release(tx, &id, &draft).await
}

async fn first(tx: &mut Tx<'_>, new: &NewDeploy) -> Ran<Accepted> {
    let id = tx.db.dice().roll(|rng| DeploymentId::random(rng));
    let kind = new.kind.unwrap_or_default();
    let draft = draft(new, kind, None)?;
    insert_row(tx, &id, kind, &draft, new).await?;
    holder::manage(tx, &id, new.driver, &new.name.label()).await?;
    write_node(tx, &id, new.node.as_ref()).await?;
    let pending = Happened::Status {
        status: Status::Pending,
    };
    tx.happened(&id, &pending).await?;
    let accepted = queue::release(tx, &id, &draft).await?;
    Ok(Accepted {
        created: true,
        ..accepted
    })
}

fn taken(holder: &Holder) -> Fault {
    Fault::Told(StoreError::NameTaken {
        holder: holder.name.clone(),
    })
}

fn same_source(holder: &Holder, new: &NewDeploy) -> Ran<()> {
    if new.replace_source || holder.same_repository(&new.url) {
        return Ok(());
    }
    Err(Fault::Told(StoreError::OtherSource {
        holder: holder.name.clone(),
        url: holder.url.clone().unwrap_or_default(),
    }))
}

/// Nobody deploys over what somebody else owns; what nobody owns is everybody's.
fn same_owner(holder: &Holder, new: &NewDeploy) -> bool {
    match (&holder.owner, &new.owner) {
        (Some(theirs), Some(ours)) => theirs == ours,
        _ => true,
    }
}

fn kind_of(holder: &Holder, new: &NewDeploy) -> DeploymentKind {
    let before = holder.kind.as_deref().and_then(|kind| kind.parse().ok());
    new.kind.or(before).unwrap_or_default()
}

fn draft(new: &NewDeploy, kind: DeploymentKind, newest: Option<&Release>) -> Ran<Draft> {
    let before = newest.map(|release| release.env.clone());
    let env = over(before.unwrap_or_default(), &new.env)?;
    let resources = resources(new, kind, newest);
    let mut draft = Draft::deploy(new.url.clone(), new.git_ref.clone(), env, resources);
    // What was asked about the layout of one repository says nothing about another one.
    let same = newest.filter(|release| release.url.same_repository(&new.url));
    draft.options = options(&new.options, same.map(|release| &release.options));
    Ok(draft)
}

fn over(mut env: EnvVars, more: &EnvVars) -> Ran<EnvVars> {
    for (name, value) in more.iter() {
        if let Err(bad) = env.set(name.clone(), value) {
            return refused(bad.to_string());
        }
    }
    Ok(env)
}

/// As asked, or as before where that is legal for the kind, or the default of the kind.
fn resources(new: &NewDeploy, kind: DeploymentKind, newest: Option<&Release>) -> Resources {
    let before = newest
        .map(|release| release.resources)
        .filter(|resources| resources.problems(kind).is_empty());
    new.resources
        .or(before)
        .unwrap_or_else(|| Resources::default_for(kind))
}

fn options(asked: &DeployOptions, before: Option<&DeployOptions>) -> DeployOptions {
    let mut merged = asked.clone();
    if let Some(before) = before {
        merged.root = merged.root.or_else(|| before.root.clone());
        merged.framework = merged.framework.or_else(|| before.framework.clone());
        merged.any_version |= before.any_version;
        let health = &before.health;
        merged.health.path = merged.health.path.or_else(|| health.path.clone());
        merged.health.below = merged.health.below.or(health.below);
        merged.health.within_seconds = merged.health.within_seconds.or(health.within_seconds);
    }
    merged
}

async fn insert_row(
    tx: &mut Tx<'_>,
    id: &DeploymentId,
    kind: DeploymentKind,
    draft: &Draft,
    new: &NewDeploy,
) -> Ran<()> {
    let now = tx.seed_now();
    query(
        "INSERT INTO deployments (id, name, deployment_type, framework, github_url, resources, status, created_at, \
         user_id, tags) VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?)",
    )
    .bind(id.to_string())
    .bind(new.name.as_str())
    .bind(kind.as_str())
    .bind(draft.options.framework.as_deref())
    .bind(draft.url.as_str())
    .bind(Value::json(to_json(&draft.resources)?))
    .bind(now)
    .bind(new.owner.as_deref())
    .bind(new.tags.as_ref().and_then(Tags::column))
    .execute(tx.link())
    .await?;
    Ok(())
}

/// The row shows what was asked for last.
async fn write_row(
    tx: &mut Tx<'_>,
    id: &DeploymentId,
    kind: DeploymentKind,
    draft: &Draft,
) -> Ran<()> {
    query("UPDATE deployments SET deployment_type = ?, github_url = ?, resources = ? WHERE id = ?")
        .bind(kind.as_str())
        .bind(draft.url.as_str())
        .bind(Value::json(to_json(&draft.resources)?))
        .bind(id.to_string())
        .execute(tx.link())
        .await?;
    Ok(())
}

/// A node that was not named stays as it is.
async fn write_node(tx: &mut Tx<'_>, id: &DeploymentId, wish: Option<&NodeWish>) -> Ran<()> {
    let Some(wish) = wish else { return Ok(()) };
    query("UPDATE managed SET node = ? WHERE deployment_id = ?")
        .bind(wish.node().map(NodeName::as_str))
        .bind(id.to_string())
        .execute(tx.link())
        .await?;
    Ok(())
}

/// Tags that were not named stay as they are.
async fn write_tags(tx: &mut Tx<'_>, id: &DeploymentId, tags: Option<&Tags>) -> Ran<()> {
    let Some(tags) = tags else { return Ok(()) };
    query("UPDATE deployments SET tags = ? WHERE id = ?")
        .bind(tags.column())
        .bind(id.to_string())
        .execute(tx.link())
        .await?;
    Ok(())
}
