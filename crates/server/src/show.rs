//! Rows as the API shows them.

use api::{DeployedObject, DeploymentObject, ReleaseObject, ReleaseRef, StepObject};
use chrono::{DateTime, Utc};
use domain::deployment::ReleaseSummary;
use domain::ports::StepRow;
use domain::{Deployment, Managed, Release, ReleaseStatus, Status};
use engine::Engine;

use crate::error::failure_word;
use crate::text;

/// A time as the original wrote it: UTC, without zone.
pub(crate) fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}

/// A deployment.
pub(crate) fn deployment(engine: &Engine, row: &Deployment) -> DeploymentObject {
    let shown = row.managed.as_ref().and_then(release_to_show);
    DeploymentObject {
        id: row.id.clone(),
        name: row.name.clone(),
        deployment_type: row.deployment_type.clone(),
        framework: row.framework.clone(),
        github_url: row.github_url.clone(),
        resources: row.resources.clone(),
        status: status(row),
        created_at: row.created_at.map(time),
        deployed_at: row.deployed_at.map(time),
        deleted_at: row.deleted_at.map(time),
        ip_address: row.ip_address.clone(),
        vm_id: row.vm_id,
        error_message: row.error_message.clone(),
        tags: row.tags.clone(),
        user_id: row.user_id.clone(),
        url: url(engine, row),
        driver: row.managed.as_ref().map(|m| m.driver.to_string()),
        tier: shown.and_then(|release| release.tier.clone()),
        release: shown.map(|release| ReleaseRef {
            version: release.version.0,
            status: release.status.to_string(),
        }),
        commit: shown
            .and_then(|release| release.commit.as_ref())
            .map(ToString::to_string),
        managed: row.managed.is_some(),
        warnings: warnings(engine, row, shown),
        node: node(engine, row),
        waiting: waiting(engine, row),
    }
}

/// The status in our words where it is one of them, else as it stands in the row.
pub(crate) fn status(row: &Deployment) -> String {
    row.status
        .map_or_else(|| row.status_text.clone(), |status| status.to_string())
}

/// The serving release, else the newest one.
fn release_to_show(managed: &Managed) -> Option<&ReleaseSummary> {
    managed.serving.as_ref().or(managed.newest.as_ref())
}

fn url(engine: &Engine, row: &Deployment) -> Option<String> {
    let managed = row.managed.as_ref()?;
    let is_live = row.status != Some(Status::Deleted);
    let label = text::label_of(&row.name).filter(|_| is_live)?;
    engine.url_at(&label, managed.place)
}

/// Where its guest was seen, else where it was asked to be.
fn node(engine: &Engine, row: &Deployment) -> Option<String> {
    let managed = row.managed.as_ref()?;
    let seen = row.parsed_id().and_then(|id| engine.machine_of(&id));
    let seen = seen.map(|machine| machine.node);
    seen.or_else(|| managed.node.as_ref().map(ToString::to_string))
}

fn waiting(engine: &Engine, row: &Deployment) -> Option<String> {
    let waiting = engine.waiting(&row.parsed_id()?)?;
    Some(text::waiting(&waiting.why, &time(waiting.since)))
}

fn warnings(engine: &Engine, row: &Deployment, shown: Option<&ReleaseSummary>) -> Vec<String> {
    let of_release = shown.map(|release| release.warnings.clone());
    let mut warnings = of_release.unwrap_or_default();
    warnings.extend(row.unreadable.iter().cloned());
    let by_hand = row.parsed_id().map(|id| engine.alterations_of(&id));
    warnings.extend(by_hand.into_iter().flatten());
    warnings
}

/// The short form in the answer to a deploy.
pub(crate) fn deployed(engine: &Engine, row: &Deployment) -> DeployedObject {
    DeployedObject {
        id: row.id.clone(),
        name: row.name.clone(),
        ip_address: row.ip_address.clone(),
        vm_id: row.vm_id,
        status: status(row),
        framework: row.framework.clone(),
        access_url: url(engine, row),
    }
}

/// A release with its steps.
pub(crate) fn release(release: &Release, steps: &[StepRow]) -> ReleaseObject {
    ReleaseObject {
        version: release.version.0,
        status: release.status.to_string(),
        git_ref: release.git_ref.as_ref().map(ToString::to_string),
        commit: release.commit.as_ref().map(ToString::to_string),
        created_at: time(release.created_at),
        serving: release.status == ReleaseStatus::Serving,
        kept: release.status == ReleaseStatus::Kept && release.artifact.is_some(),
        disk_bytes: release.disk_bytes,
        cause: cause(release),
        framework: release.plan.as_ref().map(|plan| plan.framework.clone()),
        why: release
            .plan
            .as_ref()
            .map(|plan| plan.why.clone())
            .unwrap_or_default(),
        tier: release.tier.clone(),
        steps: steps
            .iter()
            .map(|row| step(row, release.status.is_over()))
            .collect(),
        warnings: release.warnings.clone(),
        error: release.failure.as_ref().map(domain::Failure::story),
        error_kind: release.failure.as_ref().map(|f| failure_word(f.kind)),
    }
}

fn cause(release: &Release) -> String {
    use domain::release::Cause;
    match release.cause {
        Cause::Deploy => "deploy",
        Cause::Rollback => "rollback",
        Cause::Env => "env",
        Cause::Resources => "resources",
    }
    .to_owned()
}

/// A step that began and never ended is the one at which an ended release failed or was cancelled.
fn step(row: &StepRow, release_is_over: bool) -> StepObject {
    let state = match row {
        StepRow { skipped: true, .. } => "skipped",
        StepRow { done: true, .. } => "done",
        _ if release_is_over => "cut",
        _ => "running",
    };
    StepObject {
        step: row.step.to_string(),
        state: state.to_owned(),
        millis: row.millis,
    }
}
