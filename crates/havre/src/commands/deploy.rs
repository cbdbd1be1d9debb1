//! `deploy`, `redeploy`, `rollback`.

use std::collections::BTreeMap;

use api::{ActionAnswer, ChangeRequest, DeployAnswer, DeployRequest, HealthRequest};

use super::Context;
use super::follow::{follow, settle};
use crate::cli::{DeployArgs, RedeployArgs, RollbackArgs};
use crate::client::NO_QUERY;
use crate::exit::{Exit, Fault, Outcome};
use crate::text;

/// `havre deploy`.
pub async fn deploy(context: &Context, args: &DeployArgs) -> Outcome {
    let request = request(args)?;
    let path = ["api", "deploy"];
    let answer = context
        .client
        .send(reqwest::Method::POST, &path, NO_QUERY, Some(&request))
        .await?
        .good()?;
    let accepted: DeployAnswer = answer.parse()?;
    if args.no_wait {
        context.printed_json(&answer)?;
        context
            .screen
            .say(&text::under_way(accepted.release, &args.name));
        return Ok(Exit::Done);
    }
    follow(
        context,
        &accepted.deployment.id,
        &args.name,
        accepted.release,
    )
    .await
}

/// `havre redeploy`.
pub async fn redeploy(context: &Context, args: &RedeployArgs) -> Outcome {
    let body = ChangeRequest {
        git_ref: args.git_ref.clone(),
        resources: args.resources.request(),
        discard_data: args.discard_data,
        ..ChangeRequest::default()
    };
    change(context, &args.name, "redeploy", &body, args.no_wait).await
}

/// `havre rollback`.
pub async fn rollback(context: &Context, args: &RollbackArgs) -> Outcome {
    let body = ChangeRequest {
        version: args.to.map(|version| version.to_string()),
        discard_data: args.discard_data,
        ..ChangeRequest::default()
    };
    change(context, &args.name, "rollback", &body, args.no_wait).await
}

async fn change(
    context: &Context,
    name: &str,
    action: &str,
    body: &ChangeRequest,
    no_wait: bool,
) -> Outcome {
    let answer = context.post(name, action, NO_QUERY, body).await?;
    let taken: ActionAnswer = answer.parse()?;
    settle(context, name, name, &answer, taken.release, no_wait).await
}

fn request(args: &DeployArgs) -> Result<DeployRequest, Fault> {
    Ok(DeployRequest {
        name: args.name.clone(),
        github_url: args.git_url.clone(),
        deployment_type: args.kind.clone(),
        framework: args.framework.clone(),
        resources: args.resources.request(),
        env_vars: env_pairs(&args.env, |name| std::env::var(name).ok())?,
        git_ref: args.git_ref.clone(),
        root: args.root.clone(),
        any_version: args.any_version,
        discard_data: args.discard_data,
        replace_source: args.replace_source,
        health: health(args),
        tags: (!args.tags.is_empty()).then(|| api::TagList::List(args.tags.clone())),
        node: args.node.clone(),
    })
}

fn health(args: &DeployArgs) -> Option<HealthRequest> {
    let health = HealthRequest {
        path: args.health_path.clone(),
        below: args.health_below,
        within_seconds: args.health_within,
    };
    (health != HealthRequest::default()).then_some(health)
}

/// `K=V`, or `K` alone for the value that this shell has: a secret need not stand on a command line.
pub fn env_pairs(
    pairs: &[String],
    here: impl Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, String>, Fault> {
    let one = |pair: &String| match pair.split_once('=') {
        Some(("", _)) => Err(Fault::new(Exit::BadInput, text::BAD_PAIR)),
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => match here(pair) {
            Some(value) => Ok((pair.clone(), value)),
            None => Err(Fault::new(Exit::BadInput, text::env_not_here(pair))),
        },
    };
    pairs.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(given: &[&str]) -> Result<BTreeMap<String, String>, Exit> {
        let given: Vec<String> = given.iter().map(|pair| (*pair).to_owned()).collect();
        let here = |name: &str| (name == "TOKEN").then(|| "from-shell".to_owned());
        env_pairs(&given, here).map_err(|fault| fault.exit)
    }

    #[test]
    fn a_value_may_hold_anything_after_the_first_equals_sign() {
        let got = pairs(&["A=b=c; $(x)", "B="]).unwrap();
        assert_eq!(got["A"], "b=c; $(x)");
        assert_eq!(got["B"], "");
    }

    #[test]
    fn a_name_alone_takes_the_value_of_this_shell() {
        assert_eq!(pairs(&["TOKEN"]).unwrap()["TOKEN"], "from-shell");
        assert_eq!(pairs(&["OTHER"]), Err(Exit::BadInput));
        assert_eq!(pairs(&["=x"]), Err(Exit::BadInput));
    }
}
