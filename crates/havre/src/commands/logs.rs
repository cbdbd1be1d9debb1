//! `havre logs`.

use api::LogsAnswer;
use api::events::LogLine;

use super::Context;
use super::context::{of, until_interrupted};
use crate::cli::LogsArgs;
use crate::client::Stream;
use crate::exit::{Exit, Fault, Outcome};

/// `havre logs`.
pub async fn logs(context: &Context, args: &LogsArgs) -> Outcome {
    let query = query(args);
    if args.follow {
        let work = follow(context, &args.name, query);
        return until_interrupted(work, String::new).await;
    }
    let answer = context
        .client
        .get(&of(&args.name, &["logs"]), &query)
        .await?
        .good()?;
    if context.printed_json(&answer)? {
        return Ok(Exit::Done);
    }
    let logs: LogsAnswer = answer.parse()?;
    context.screen.out(logs.logs.trim_end_matches('\n'))?;
    Ok(Exit::Done)
}

fn query(args: &LogsArgs) -> Vec<(&'static str, String)> {
    let mut query = Vec::new();
    if args.build {
        query.push(("build", "true".to_owned()));
    }
    if let Some(release) = args.release {
        query.push(("release", release.0.to_string()));
    }
    if let Some(since) = &args.since {
        query.push(("since", since.clone()));
    }
    if let Some(lines) = args.lines {
        query.push(("n", lines.to_string()));
    }
    query
}

/// Lines as they come; with `--json` one object per line.
async fn follow(
    context: &Context,
    name: &str,
    query: Vec<(&'static str, String)>,
) -> Result<Exit, Fault> {
    let mut stream = Stream::open(&context.client, &of(name, &["logs"]), query).await?;
    while let Some(message) = stream.next().await? {
        match message.event.as_str() {
            "end" => break,
            "line" if context.screen.json => context.screen.out(&message.data)?,
            "line" => {
                if let Ok(line) = serde_json::from_str::<LogLine>(&message.data) {
                    context.screen.out(&line.line)?;
                }
            }
            _ => {}
        }
    }
    Ok(Exit::Done)
}
