//! `cancel`, `start`, `stop`, `restart`.

use std::time::Duration;

use api::{ActionAnswer, DeploymentObject};
use serde_json::json;

use super::Context;
use super::context::until_interrupted;
use crate::client::{Answer, patiently};
use crate::exit::{Exit, Fault, Outcome};
use crate::text;

/// How long a start or stop is watched. The server's own bounds are far below it.
const WATCHED: u32 = 300;
const GLANCE: Duration = Duration::from_millis(500);

/// `havre cancel`.
pub async fn cancel(context: &Context, name: &str) -> Outcome {
    let wait = [("wait", "true".to_owned())];
    let nothing = json!({});
    let work = context.post(name, "cancel", &wait, &nothing);
    let answer = until_interrupted(work, || text::INTERRUPTED.to_owned()).await?;
    tell(context, &answer)
}

/// `havre start`.
pub async fn start(context: &Context, name: &str) -> Outcome {
    act(context, name, "start", "running").await
}

/// `havre stop`.
pub async fn stop(context: &Context, name: &str) -> Outcome {
    act(context, name, "stop", "stopped").await
}

/// `havre restart`.
pub async fn restart(context: &Context, name: &str) -> Outcome {
    act(context, name, "restart", "running").await
}

async fn act(context: &Context, name: &str, action: &str, wanted: &str) -> Outcome {
    let wait = [("wait", "true".to_owned())];
    let work = async {
        let answer = context.post(name, action, &wait, &json!({})).await?;
        let deployment = until_settled(context, name, wanted).await?;
        Ok((answer, deployment))
    };
    let (answer, deployment) = until_interrupted(work, || text::INTERRUPTED.to_owned()).await?;
    context.printed_json(&answer)?;
    if deployment.status == wanted {
        context.screen.say(&text::now(name, wanted));
        return Ok(Exit::Done);
    }
    Err(not_there(name, &deployment))
}

async fn until_settled(
    context: &Context,
    name: &str,
    wanted: &str,
) -> Result<DeploymentObject, Fault> {
    for _ in 0..WATCHED * 2 {
        let deployment = patiently(async || context.deployment(name).await).await?;
        if deployment.status == wanted || deployment.status == "failed" {
            return Ok(deployment);
        }
        tokio::time::sleep(GLANCE).await;
    }
    Err(Fault::new(Exit::Platform, text::too_slow(name, wanted)).cure(text::too_slow_cure(name)))
}

fn not_there(name: &str, deployment: &DeploymentObject) -> Fault {
    let fault = Fault::new(Exit::AppFailed, text::not_running(name)).cure(text::logs_hint(name));
    match &deployment.error_message {
        Some(story) => fault.why(story.clone()),
        None => fault,
    }
}

fn tell(context: &Context, answer: &Answer) -> Outcome {
    let body: ActionAnswer = answer.parse()?;
    context.printed_json(answer)?;
    context.screen.say(&body.message);
    Ok(Exit::Done)
}
