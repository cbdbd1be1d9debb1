//! After something made a release: show its build as it goes, and tell how it ended.

use api::DeploymentObject;
use serde_json::json;

use super::Context;
use super::context::until_interrupted;
use crate::client::{Ended, follow_build, patiently};
use crate::exit::{Exit, Fault, Outcome};
use crate::text;

/// What the build log said by itself with a mark in front: warnings, and why it failed.
#[derive(Default)]
struct Marked(String);

impl Marked {
    fn hear(&mut self, line: &str) {
        let marked = line.trim_start().strip_prefix(text::WARNING_MARK.trim());
        if let Some(words) = marked.filter(|_| self.0.len() < 64 * 1024) {
            self.0.push_str(words);
            self.0.push('\n');
        }
    }

    /// True when the first line of a story was heard.
    fn has(&self, story: &str) -> bool {
        let first = story.lines().next().unwrap_or_default();
        self.0.contains(first)
    }
}

/// Follows a release to its end.
pub async fn follow(context: &Context, key: &str, name: &str, version: u32) -> Outcome {
    let screen = context.screen;
    let mut marked = Marked::default();
    let work = async {
        let show = |line: &str| {
            screen.build_line("", line);
            marked.hear(line);
        };
        let ended = follow_build(&context.client, key, version, show).await?;
        let deployment = patiently(async || context.deployment(key).await).await?;
        Ok((ended, deployment))
    };
    let (ended, deployment) = until_interrupted(work, || text::goes_on(name)).await?;
    if screen.json {
        let success = ended.exit() == Exit::Done;
        let body = json!({"success": success, "deployment": deployment, "release": ended.release});
        screen.out(&format!("{body:#}"))?;
    }
    let untold = |words: &&String| !marked.has(words);
    for warning in ended.release.warnings.iter().filter(untold) {
        screen.warn(warning);
    }
    if ended.exit() == Exit::Done {
        tell_success(context, &ended, &deployment)?;
    } else {
        let story = ended.release.error.as_ref().filter(untold);
        tell_failure(context, &ended, &deployment, story);
    }
    Ok(ended.exit())
}

fn tell_failure(
    context: &Context,
    ended: &Ended,
    deployment: &DeploymentObject,
    story: Option<&String>,
) {
    let screen = context.screen;
    let (release, name) = (&ended.release, &deployment.name);
    screen.say(&text::ended_badly(release.version, name, &release.status));
    if let Some(story) = story {
        screen.say(story);
    }
    let shown = deployment.release.as_ref();
    if let Some(serving) = shown.filter(|shown| shown.status == "serving") {
        screen.say(&text::still_serving(serving.version));
    }
    screen.say(&text::logs_hint(name));
}

fn tell_success(
    context: &Context,
    ended: &Ended,
    deployment: &DeploymentObject,
) -> Result<(), Fault> {
    let screen = context.screen;
    let (release, name) = (&ended.release, &deployment.name);
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
