//! After something made a release: show its build as it goes, and tell how it ended.

use api::DeploymentObject;
use serde_json::json;

use super::Context;
use super::context::until_interrupted;
use crate::client::{Ended, follow_build};
use crate::exit::{Exit, Outcome};
use crate::text;

/// Follows a release to its end.
pub async fn follow(context: &Context, key: &str, name: &str, version: u32) -> Outcome {
    let screen = context.screen;
    let work = async {
        let ended = follow_build(&context.client, key, version, |line| {
            screen.build_line(line)
        })
        .await?;
        let deployment = context.deployment(key).await?;
        Ok((ended, deployment))
    };
    let (ended, deployment) = until_interrupted(work, || text::goes_on(name)).await?;
    if screen.json {
        let success = ended.exit() == Exit::Done;
        let body = json!({"success": success, "deployment": deployment, "release": ended.release});
        screen.out(&format!("{body:#}"))?;
    }
    tell(context, &ended, &deployment)?;
    Ok(ended.exit())
}

fn tell(
    context: &Context,
    ended: &Ended,
    deployment: &DeploymentObject,
) -> Result<(), crate::exit::Fault> {
    let screen = context.screen;
    let (release, name) = (&ended.release, &deployment.name);
    for warning in &release.warnings {
        screen.warn(warning);
    }
    if ended.exit() != Exit::Done {
        screen.say(&text::ended_badly(release.version, name, &release.status));
        if let Some(story) = &release.error {
            screen.say(story);
        }
        let serving = deployment
            .release
            .as_ref()
            .filter(|r| r.status == "serving");
        if let Some(serving) = serving {
            screen.say(&text::still_serving(serving.version));
        }
        screen.say(&text::logs_hint(name));
        return Ok(());
    }
    if deployment.status == "running" {
        screen.say(&text::live(release.version, name));
    } else {
        screen.say(&text::kept_dormant(
            release.version,
            name,
            &deployment.status,
        ));
    }
    match &deployment.url {
        Some(url) if !screen.json => screen.out(url),
        _ => Ok(()),
    }
}

/// What a verb that made a release does next: follows it, or says where it can be followed.
pub async fn settle(
    context: &Context,
    key: &str,
    name: &str,
    answer: &crate::client::Answer,
    version: Option<u32>,
    no_wait: bool,
) -> Outcome {
    match version {
        Some(version) if !no_wait => follow(context, key, name, version).await,
        Some(version) => {
            context.printed_json(answer)?;
            context.screen.say(&text::under_way(version, name));
            Ok(Exit::Done)
        }
        None => {
            let body: api::ActionAnswer = answer.parse()?;
            context.printed_json(answer)?;
            context.screen.say(&body.message);
            Ok(Exit::Done)
        }
    }
}
