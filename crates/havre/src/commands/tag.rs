//! `havre tag`.

use api::{ActionAnswer, DeploymentAnswer, TagList, UpdateRequest};
use reqwest::Method;

use super::Context;
use super::context::of;
use crate::cli::TagCommand;
use crate::client::NO_QUERY;
use crate::exit::{Exit, Outcome};
use crate::text;

/// `havre tag`.
pub async fn tag(context: &Context, command: TagCommand) -> Outcome {
    let (name, change) = match command {
        TagCommand::List(args) => return list(context, &args.name).await,
        TagCommand::Add(args) => (
            args.name,
            UpdateRequest {
                add_tags: Some(TagList::List(args.tags)),
                ..UpdateRequest::default()
            },
        ),
        TagCommand::Remove(args) => (
            args.name,
            UpdateRequest {
                remove_tags: Some(TagList::List(args.tags)),
                ..UpdateRequest::default()
            },
        ),
        TagCommand::Set { name, tags } => (
            name,
            UpdateRequest {
                tags: Some(TagList::List(tags)),
                ..UpdateRequest::default()
            },
        ),
    };
    change_to(context, &name, &change).await
}

async fn list(context: &Context, name: &str) -> Outcome {
    let answer = context.get(name, &[]).await?;
    if context.printed_json(&answer)? {
        return Ok(Exit::Done);
    }
    let shown: DeploymentAnswer = answer.parse()?;
    let tags = shown.deployment.tags.unwrap_or_default();
    let mut tags = tags
        .split(',')
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .peekable();
    if tags.peek().is_none() {
        context.screen.say(text::NO_TAGS);
    }
    for tag in tags {
        context.screen.out(tag)?;
    }
    Ok(Exit::Done)
}

async fn change_to(context: &Context, name: &str, change: &UpdateRequest) -> Outcome {
    let path = of(name, &[]);
    let sent = context
        .client
        .send(Method::PATCH, &path, NO_QUERY, Some(change));
    let answer = sent.await?.good()?;
    if context.printed_json(&answer)? {
        return Ok(Exit::Done);
    }
    let done: ActionAnswer = answer.parse()?;
    context.screen.say(&done.message);
    Ok(Exit::Done)
}
