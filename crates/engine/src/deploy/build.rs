//! Build: the artifact, made in a throw-away guest under limits of its own.

use domain::guest::{Base, BaseWish, Exec, GuestSpec, Role};
use domain::plan::Command;
use domain::ports::{BuiltArtifact, GuestRow, OutLine, Progress, Wanted};
use domain::{BaseId, GuestId, Resources};
use tokio::time::Instant;

use super::rollout::Rollout;
use super::{Outcome, fetch, output, service};
use crate::error::StepError;
use crate::text;

/// Builds in a throw-away guest and seals the artifact.
pub(super) async fn build(rollout: &mut Rollout<'_>) -> Outcome {
    let _turn = rollout
        .hold(async {
            rollout
                .run
                .ctx
                .builds
                .acquire()
                .await
                .map_err(|e| StepError::Platform(e.into()))
        })
        .await?;
    rollout.driver.has_room().await?;
    ensure_source(rollout).await?;
    remove(rollout).await?;

    let base = choose_base(rollout).await?;
    let guest = make_guest(rollout, &base.id).await?;
    run_commands(rollout, &guest, &base).await?;
    let sealed = rollout
        .hold(async { Ok(rollout.driver.seal(&guest).await?) })
        .await?;

    let built = BuiltArtifact {
        artifact: sealed.id.clone(),
        bytes: sealed.bytes,
        base: base.id,
    };
    rollout
        .store()
        .release_built(rollout.lease(), rollout.id(), &built)
        .await?;
    rollout.log.output(&text::sealed(sealed.bytes));
    rollout.release.artifact = Some(sealed.id.clone());
    rollout.release.base = Some(built.base);
    remove(rollout).await?;
    Ok(Progress::Built {
        artifact: sealed.id,
        bytes: sealed.bytes,
    })
}

/// The fetched folder may be gone when the controller died in between; the same commit is fetched again.
async fn ensure_source(rollout: &mut Rollout<'_>) -> Result<(), StepError> {
    let folder = rollout.run.ctx.source_dir(rollout.id());
    if !tokio::fs::try_exists(&folder).await? {
        fetch::fetch(rollout).await?;
    }
    Ok(())
}

async fn choose_base(rollout: &mut Rollout<'_>) -> Result<Base, StepError> {
    let wish = BaseWish {
        kind: rollout.facts.kind,
        node: rollout.facts.node.clone(),
        needs: rollout.plan()?.runtimes.clone(),
        any_version: rollout.release.options.any_version,
    };
    let say = |line: OutLine| rollout.log.output(&line.text);
    let base = rollout
        .hold(async { Ok(rollout.driver.prepare_base(&wish, &say).await?) })
        .await?;
    if !base.versions.is_empty() {
        rollout.log.header(&text::using(&base.versions));
    }
    let missing = wish
        .needs
        .iter()
        .filter(|need| base.missing_optional.contains(&need.runtime));
    let warnings: Vec<String> = base
        .warnings
        .iter()
        .cloned()
        .chain(missing.filter_map(|n| n.optional.clone()))
        .collect();
    rollout.warn(&warnings).await?;
    Ok(base)
}

async fn make_guest(rollout: &Rollout<'_>, base: &BaseId) -> Result<GuestId, StepError> {
    let limits = rollout.run.ctx.config.limits.build;
    let spec = GuestSpec {
        id: rollout.run.ctx.new_guest_id(),
        deployment: rollout.facts.id,
        release: rollout.release.id,
        label: rollout.facts.label.clone(),
        slot: rollout.facts.slot,
        role: Role::Build,
        kind: rollout.facts.kind,
        node: rollout.facts.node.clone(),
        tags: rollout.tags(),
        base: base.clone(),
        artifact: None,
        resources: Resources {
            cores: limits.cores,
            memory: limits.memory,
            disk: limits.disk,
        },
        persist: Vec::new(),
    };
    let now = rollout.run.ctx.clock().now();
    let row = GuestRow {
        id: spec.id.clone(),
        deployment: spec.deployment,
        release: spec.release,
        driver: rollout.facts.driver,
        role: Role::Build,
        wanted: Wanted::Making,
        base: base.clone(),
        created_at: now,
        wanted_since: now,
    };
    rollout.store().guest_planned(rollout.lease(), &row).await?;
    let source = rollout.run.ctx.source_dir(rollout.id());
    rollout
        .hold(async {
            rollout.driver.create(&spec).await?;
            Ok(rollout.driver.put(&spec.id, &source).await?)
        })
        .await?;
    Ok(spec.id)
}

async fn run_commands(
    rollout: &Rollout<'_>,
    guest: &GuestId,
    base: &Base,
) -> Result<(), StepError> {
    let plan = rollout.plan()?;
    let env = service::environment(rollout, service::For::Build).await?;
    rollout.log.set_mask(service::mask(rollout, &env));
    let deadline = Instant::now() + rollout.run.ctx.config.limits.build_timeout;
    let wanted = |command: &&Command| !base.missing_optional.contains(&command.needs);
    for (number, command) in plan
        .install
        .iter()
        .chain(&plan.build)
        .filter(wanted)
        .enumerate()
    {
        rollout.log.header(&command.label);
        let exec = Exec {
            tag: format!("build-{number}"),
            argv: service::argv(&command.run),
            dir: plan.root.clone(),
            env: env.clone(),
            timeout: deadline.saturating_duration_since(Instant::now()),
            registries: true,
        };
        output::run_or_fail(rollout, guest, &exec, output::Stage::Build).await?;
    }
    Ok(())
}

/// Undo: removes the build guests of this release.
pub(super) async fn remove(rollout: &Rollout<'_>) -> Result<(), StepError> {
    for row in rollout.store().guests_of(&rollout.facts.id).await? {
        if row.role == Role::Build && row.release == rollout.release.id {
            rollout.run.check()?;
            rollout.driver.destroy(&row.id).await?;
            rollout.store().guest_gone(&row.id).await?;
        }
    }
    Ok(())
}
