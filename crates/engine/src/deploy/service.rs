//! What runs in a guest: command lines and environment, the same for build, release command and app.

use std::collections::BTreeMap;

use domain::guest::{Service, ServiceStart};
use domain::plan::{Run, Start};
use domain::release::{Cause, DeploymentFacts, Version};
use domain::{Release, ReleaseId};

use super::rollout::Rollout;
use crate::context::Context;
use crate::error::StepError;
use crate::mask::Mask;
use crate::text;

/// What an environment is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    Build,
    App,
}

/// Program and arguments of a command. Only the user's own line goes to a shell, as it is; values reach it by the
/// environment alone.
pub(super) fn argv(run: &Run) -> Vec<String> {
    match run {
        Run::Argv(argv) => argv.clone(),
        Run::Line(line) => ["/bin/sh", "-c", line].map(str::to_owned).to_vec(),
    }
}

/// The environment: the plan's, under the generated secrets, under the user's, under Havre's own.
pub(crate) async fn environment(
    rollout: &Rollout<'_>,
    what_for: For,
) -> Result<BTreeMap<String, String>, StepError> {
    environment_of(&rollout.run.ctx, &rollout.facts, &rollout.release, what_for).await
}

async fn environment_of(
    ctx: &Context,
    facts: &DeploymentFacts,
    release: &Release,
    what_for: For,
) -> Result<BTreeMap<String, String>, StepError> {
    let plan = release
        .plan
        .as_ref()
        .ok_or_else(|| StepError::Platform(text::NO_PLAN.into()))?;
    let mut env = plan.env.clone();
    for secret in &plan.secrets {
        if !release.env.has(&secret.name) {
            let fresh = ctx.ports.dice.roll(fresh_secret);
            let value = ctx
                .store()
                .secret_once(&facts.id, &secret.name, &fresh)
                .await?;
            env.insert(secret.name.clone(), value);
        }
    }
    env.extend(
        release
            .env
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_owned())),
    );
    let commit = release.commit.as_ref().map_or("", |commit| commit.as_str());
    env.extend([
        ("HAVRE_APP".to_owned(), facts.name.to_string()),
        (
            "HAVRE_RELEASE".to_owned(),
            shown_version(ctx, release).await?.to_string(),
        ),
        ("SOURCE_COMMIT".to_owned(), commit.to_owned()),
    ]);
    if what_for == For::App {
        env.insert("PORT".to_owned(), plan.port.to_string());
        env.insert("HOST".to_owned(), "0.0.0.0".to_owned());
    }
    Ok(env)
}

/// The version that the app is told: of a rollback, the release that it goes back to. So the process that was kept warm
/// already has the environment of the rollback, and is thawed as it is.
async fn shown_version(ctx: &Context, release: &Release) -> Result<Version, StepError> {
    let (mut version, mut from) = (release.version, rolled_back_to(release));
    while let Some(id) = from {
        let earlier = ctx.store().release(&id).await?;
        (version, from) = (earlier.version, rolled_back_to(&earlier));
    }
    Ok(version)
}

fn rolled_back_to(release: &Release) -> Option<ReleaseId> {
    release.from.filter(|_| release.cause == Cause::Rollback)
}

/// 50 characters of 64: 300 bits, and nothing that a shell or a settings file would trip over.
pub(crate) fn fresh_secret(rng: &mut dyn rand::Rng) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = [0u8; 50];
    rng.fill_bytes(&mut bytes);
    bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte & 63)]))
        .collect()
}

/// The user's values, and the generated ones, never reach a log.
pub(crate) fn mask(rollout: &Rollout<'_>, env: &BTreeMap<String, String>) -> Mask {
    let plan = rollout.release.plan.as_ref();
    let generated = plan
        .iter()
        .flat_map(|plan| &plan.secrets)
        .filter_map(|secret| env.get(&secret.name).cloned());
    Mask::new(&rollout.release.env, generated)
}

/// The app as a service.
pub(crate) async fn service(rollout: &Rollout<'_>) -> Result<Service, StepError> {
    service_from(&rollout.run.ctx, &rollout.facts, &rollout.release).await
}

async fn service_from(
    ctx: &Context,
    facts: &DeploymentFacts,
    release: &Release,
) -> Result<Service, StepError> {
    let plan = release
        .plan
        .as_ref()
        .ok_or_else(|| StepError::Platform(text::NO_PLAN.into()))?;
    let start = match &plan.start {
        Start::Line(line) => ServiceStart::Argv(argv(&Run::Line(line.clone()))),
        Start::Static { dir, spa } => ServiceStart::Static {
            dir: join(&plan.root, dir),
            spa: *spa,
        },
    };
    let env = environment_of(ctx, facts, release, For::App).await?;
    Ok(Service {
        start,
        dir: plan.root.clone(),
        env,
        port: plan.port,
    })
}

/// A folder below the app's root, relative to the guest's app folder.
pub(super) fn join(root: &str, dir: &str) -> String {
    let parts = [root, dir]
        .into_iter()
        .flat_map(|part| part.split('/'))
        .filter(|part| !part.is_empty() && *part != ".");
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ports::Dice;

    #[test]
    fn folders_join_without_dots_and_doubles() {
        assert_eq!(join("", "public"), "public");
        assert_eq!(join("web/", "./dist"), "web/dist");
        assert_eq!(join("", "."), "");
    }

    #[test]
    fn secrets_are_long_and_differ() {
        let dice = Dice::seeded([7; 32]);
        let (one, two) = (dice.roll(fresh_secret), dice.roll(fresh_secret));
        assert_eq!(one.len(), 50);
        assert_ne!(one, two);
    }
}
