//! `havre destroy`.

use std::time::Duration;

use reqwest::{Method, StatusCode};

use super::Context;
use super::context::{of, until_interrupted};
use crate::cli::DestroyArgs;
use crate::client::{Answer, Client, NO_BODY, NO_QUERY};
use crate::exit::{Exit, Fault, Outcome};
use crate::text;

const GLANCE: Duration = Duration::from_millis(500);
/// Glances before it counts as stuck: five minutes.
const GLANCES: u32 = 600;

/// `havre destroy`.
pub async fn destroy(context: &Context, args: &DestroyArgs) -> Outcome {
    // Looked up first: nobody is asked to confirm what is not there, and the id names the same row to the end.
    let deployment = context.deployment(&args.name).await?;
    if !args.yes {
        confirm(context, &deployment.name)?;
    }
    let name = &deployment.name;
    context.screen.say(&text::destroying(name));
    let work = remove(&context.client, &deployment.id);
    let answer = until_interrupted(work, || text::destroy_goes_on(name)).await?;
    context.printed_json(&answer)?;
    context.screen.say(&text::destroyed(name));
    Ok(Exit::Done)
}

fn confirm(context: &Context, name: &str) -> Result<(), Fault> {
    if !context.screen.can_ask() {
        return Err(
            Fault::new(Exit::Refused, text::needs_yes(name)).cure(text::needs_yes_cure(name))
        );
    }
    let typed = dialoguer::Input::<String>::new()
        .with_prompt(text::DESTROY_PROMPT)
        .allow_empty(true)
        .interact_text();
    match typed {
        Ok(typed) if typed == name => Ok(()),
        Ok(_) => Err(Fault::new(Exit::Refused, text::NAME_DIFFERS)),
        Err(_) => Err(Fault::new(Exit::Interrupted, text::INTERRUPTED)),
    }
}

/// Removes a deployment and waits until its guests are gone.
///
/// The server answers 202 when the guests take longer than it waits; again is 200 once they are gone.
pub async fn remove(client: &Client, id: &str) -> Result<Answer, Fault> {
    for _ in 0..GLANCES {
        let answer = client
            .send(Method::DELETE, &of(id, &[]), NO_QUERY, NO_BODY)
            .await?
            .good()?;
        if answer.status != StatusCode::ACCEPTED {
            return Ok(answer);
        }
        tokio::time::sleep(GLANCE).await;
    }
    Err(Fault::new(Exit::Platform, text::too_slow(id, "removed")).cure(text::too_slow_cure(id)))
}
