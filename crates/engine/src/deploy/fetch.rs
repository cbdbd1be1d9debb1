//! Fetch: the commit, and what it is.

use std::path::Path;

use domain::plan::Wishes;
use domain::ports::{FetchRequest, Progress, Source};
use domain::{Failure, FailureKind, Plan};

use super::rollout::Rollout;
use super::{Outcome, data};
use crate::error::StepError;
use crate::text;

/// Fetches the commit and plans it.
pub(super) async fn fetch(rollout: &mut Rollout<'_>) -> Outcome {
    rollout.log.header(&text::fetching(
        &rollout.release.url,
        rollout.release.git_ref.as_ref(),
    ));
    let ctx = &rollout.run.ctx;
    tokio::fs::create_dir_all(ctx.work_dir()).await?;
    let request = FetchRequest {
        url: rollout.release.url.clone(),
        git_ref: rollout.release.git_ref.clone(),
        commit: rollout.release.commit.clone(),
        into: ctx.source_dir(rollout.id()),
        timeout: ctx.config.limits.fetch_timeout,
    };
    let source = ctx.ports.source.clone();
    let fetched = rollout
        .hold(async { Ok(source.fetch(&request).await?) })
        .await?;
    rollout
        .log
        .output(&text::fetched(&fetched.commit, fetched.bytes));

    let wishes = wishes_of(rollout);
    let folder = request.into.clone();
    let plan =
        tokio::task::spawn_blocking(move || plan_folder(source.as_ref(), &folder, &wishes)).await;
    let plan = plan.map_err(|error| StepError::Platform(error.into()))??;
    tell(rollout, &plan);
    rollout
        .store()
        .release_planned(rollout.lease(), rollout.id(), &fetched.commit, &plan)
        .await?;
    let warnings = [fetched.warnings, plan.warnings.clone()].concat();
    rollout.release.plan = Some(plan);
    rollout.release.commit = Some(fetched.commit.clone());
    rollout.warn(&warnings).await?;
    data::refuse_loss(rollout).await?;
    Ok(Progress::Fetched {
        commit: fetched.commit,
    })
}

fn wishes_of(rollout: &Rollout<'_>) -> Wishes {
    let options = &rollout.release.options;
    Wishes {
        root: options.root.clone(),
        framework: options.framework.clone(),
    }
}

/// The plan of a fetched folder.
pub(super) fn plan_folder(
    source: &dyn Source,
    folder: &Path,
    wishes: &Wishes,
) -> Result<Plan, StepError> {
    let tree = source.tree(folder);
    detect::detect(tree.as_ref(), wishes).map_err(|not_yet| {
        let mut failure =
            Failure::new(FailureKind::NotDetected, not_yet.message).cure(not_yet.cure);
        if !not_yet.looked_for.is_empty() {
            failure = failure.why(text::looked_for(&not_yet.looked_for));
        }
        failure.into()
    })
}

fn tell(rollout: &Rollout<'_>, plan: &Plan) {
    rollout.log.header(&text::detected(&plan.title));
    for why in plan.why.iter().chain(&plan.rejected) {
        rollout.log.output(why);
    }
}

/// Undo: removes the fetched source.
pub(super) async fn forget(rollout: &Rollout<'_>) -> Result<(), StepError> {
    remove_folder(&rollout.run.ctx.source_dir(rollout.id())).await
}

/// Removes a folder of fetched source; already gone is success.
pub(crate) async fn remove_folder(folder: &Path) -> Result<(), StepError> {
    match tokio::fs::remove_dir_all(folder).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
