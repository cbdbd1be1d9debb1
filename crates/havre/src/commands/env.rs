//! `havre env`.

use std::collections::BTreeMap;

use api::{ActionAnswer, EnvAnswer, EnvRequest};
use serde_json::json;

use super::Context;
use super::context::of;
use super::deploy::env_pairs;
use super::follow::settle;
use crate::cli::EnvCommand;
use crate::client::{Answer, NO_QUERY};
use crate::exit::{Exit, Fault, Outcome};
use crate::text;

/// `havre env`.
pub async fn env(context: &Context, command: EnvCommand) -> Outcome {
    match command {
        EnvCommand::List { name, show } => list(context, &name, show).await,
        EnvCommand::Get { name, key, show } => get(context, &name, &key, show).await,
        EnvCommand::Set {
            name,
            pairs,
            no_wait,
        } => {
            let pairs = env_pairs(&pairs, |name| std::env::var(name).ok())?;
            let set = pairs.into_iter().map(|(k, v)| (k, Some(v))).collect();
            patch(context, &name, set, no_wait).await
        }
        EnvCommand::Unset {
            name,
            keys,
            no_wait,
        } => {
            let unset = keys.into_iter().map(|key| (key, None)).collect();
            patch(context, &name, unset, no_wait).await
        }
    }
}

async fn fetch(context: &Context, name: &str, show: bool) -> Result<Answer, Fault> {
    let query = if show {
        vec![("show", "true".to_owned())]
    } else {
        Vec::new()
    };
    context
        .client
        .get(&of(name, &["env"]), &query)
        .await?
        .good()
}

async fn list(context: &Context, name: &str, show: bool) -> Outcome {
    let answer = fetch(context, name, show).await?;
    if context.printed_json(&answer)? {
        return Ok(Exit::Done);
    }
    let env: EnvAnswer = answer.parse()?;
    if env.env.is_empty() {
        context.screen.say(text::NO_ENV);
    }
    for (key, value) in &env.env {
        context.screen.out(&format!("{key}={value}"))?;
    }
    if !show && !env.env.is_empty() {
        context.screen.say(text::MASKED_HINT);
    }
    Ok(Exit::Done)
}

async fn get(context: &Context, name: &str, key: &str, show: bool) -> Outcome {
    let env: EnvAnswer = fetch(context, name, show).await?.parse()?;
    let Some(value) = env.env.get(key) else {
        return Err(Fault::new(Exit::NotFound, text::env_not_set(key)));
    };
    if context.screen.json {
        let one = BTreeMap::from([(key, value)]);
        let body = json!({"success": true, "env": one});
        context.screen.out(&format!("{body:#}"))?;
    } else {
        context.screen.out(value)?;
        if !show {
            context.screen.say(text::MASKED_HINT);
        }
    }
    Ok(Exit::Done)
}

async fn patch(
    context: &Context,
    name: &str,
    env: BTreeMap<String, Option<String>>,
    no_wait: bool,
) -> Outcome {
    let path = of(name, &["env"]);
    let answer = context
        .client
        .send(
            reqwest::Method::PATCH,
            &path,
            NO_QUERY,
            Some(&EnvRequest { env }),
        )
        .await?
        .good()?;
    let taken: ActionAnswer = answer.parse()?;
    settle(context, name, name, &answer, taken.release, no_wait).await
}
