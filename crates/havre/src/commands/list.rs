//! `havre list`.

use api::{DeploymentList, DeploymentObject};

use super::Context;
use crate::cli::ListArgs;
use crate::exit::{Exit, Outcome};
use crate::table::Table;
use crate::text;

/// `havre list`.
pub async fn list(context: &Context, args: &ListArgs) -> Outcome {
    let mut query = Vec::new();
    if args.deleted {
        query.push(("deleted", "true".to_owned()));
    }
    let answer = context
        .client
        .get(&["api", "deployments"], &query)
        .await?
        .good()?;
    if context.printed_json(&answer)? {
        return Ok(Exit::Done);
    }
    let list: DeploymentList = answer.parse()?;
    if list.deployments.is_empty() {
        context.screen.say(text::NOTHING_DEPLOYED);
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&text::LIST_HEAD);
    for deployment in list.deployments {
        table.row(row(deployment));
    }
    context.screen.out(&table.to_string())?;
    Ok(Exit::Done)
}

fn row(deployment: DeploymentObject) -> Vec<String> {
    let release = deployment.release.map_or_else(String::new, |release| {
        if release.status == "serving" {
            format!("v{}", release.version)
        } else {
            format!("v{} {}", release.version, release.status)
        }
    });
    let driver = match deployment.driver {
        Some(driver) => driver,
        None => text::RECORD.to_owned(),
    };
    vec![
        deployment.name,
        deployment.status,
        release,
        deployment.framework.unwrap_or_default(),
        driver,
        deployment.url.unwrap_or_default(),
    ]
}
