//! Deploys one example app and tells what became of it.

use api::{DeployAnswer, DeployRequest, ReleaseObject};
use serde::Serialize;

use super::apps::App;
use super::ask;
use super::server::Server;
use crate::client::{NO_QUERY, follow_build};
use crate::exit::{Exit, Fault};
use crate::screen::Screen;
use crate::text;

/// What became of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// It runs.
    Runs,
    /// This machine lacks its toolchain.
    Skipped,
    /// It failed.
    Failed,
}

/// An app after its deploy.
#[derive(Debug, Clone, Serialize)]
pub struct Deployed {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub end: End,
    /// Where it answers.
    pub url: Option<String>,
    /// What it answered, once it was asked.
    pub http: Option<u16>,
    /// Why it did not come up, or did not answer.
    pub why_not: Option<String>,
    /// Its release.
    pub release: Option<ReleaseObject>,
}

/// Deploys one app; its output goes to the screen with its name before each line.
pub async fn deploy(screen: Screen, server: &Server, app: &App, width: usize) -> Deployed {
    let prefix = text::demo_prefix(&app.name, width);
    let say = |line: &str| screen.build_line(&prefix, line);
    match try_deploy(server, app, say).await {
        Ok(deployed) => deployed,
        Err(fault) => {
            screen.fault(&fault);
            Deployed {
                name: app.name.clone(),
                end: End::Failed,
                url: None,
                http: None,
                why_not: Some(fault.what),
                release: None,
            }
        }
    }
}

async fn try_deploy(server: &Server, app: &App, say: impl Fn(&str)) -> Result<Deployed, Fault> {
    let client = &server.client;
    let request = DeployRequest {
        name: app.name.clone(),
        github_url: format!("file://{}", app.repository.display()),
        env_vars: app.env.clone(),
        root: app.root.clone(),
        ..DeployRequest::default()
    };
    let post = reqwest::Method::POST;
    let answer = client
        .send(post, &["api", "deploy"], NO_QUERY, Some(&request))
        .await?
        .good()?;
    let accepted: DeployAnswer = answer.parse()?;
    let ended = follow_build(client, &accepted.deployment.id, accepted.release, say).await?;
    let end = match ended.exit() {
        Exit::Done => End::Runs,
        _ if ended.release.error_kind.as_deref() == Some("toolchain") => End::Skipped,
        _ => End::Failed,
    };
    let shown: api::DeploymentAnswer = client
        .get(&["api", "deployments", &accepted.deployment.id], NO_QUERY)
        .await?
        .good()?
        .parse()?;
    Ok(Deployed {
        name: app.name.clone(),
        why_not: ended.release.error.clone(),
        url: shown.deployment.url.filter(|_| end == End::Runs),
        end,
        http: None,
        release: Some(ended.release),
    })
}

/// Asks the app for its page.
pub async fn ask(server: &Server, deployed: &mut Deployed) {
    let Some(url) = &deployed.url else { return };
    match ask::status(url, server.gateway).await {
        Ok(status) => deployed.http = Some(status),
        Err(why) => deployed.why_not = Some(why),
    }
}
