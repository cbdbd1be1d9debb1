//! What every verb needs.

use api::{DeploymentAnswer, DeploymentObject};
use serde::Serialize;

use crate::client::{Answer, Client, NO_QUERY};
use crate::exit::{Exit, Fault};
use crate::screen::Screen;

/// The server and the terminal.
pub struct Context {
    /// The server.
    pub client: Client,
    /// The terminal.
    pub screen: Screen,
}

impl Context {
    /// `GET /api/deployments/KEY/...`.
    pub async fn get(&self, key: &str, rest: &[&str]) -> Result<Answer, Fault> {
        self.client.get(&of(key, rest), NO_QUERY).await?.good()
    }

    /// `POST /api/deployments/KEY/ACTION`.
    pub async fn post<B: Serialize>(
        &self,
        key: &str,
        action: &str,
        query: &[(&str, String)],
        body: &B,
    ) -> Result<Answer, Fault> {
        self.client
            .send(
                reqwest::Method::POST,
                &of(key, &[action]),
                query,
                Some(body),
            )
            .await?
            .good()
    }

    /// One deployment.
    pub async fn deployment(&self, key: &str) -> Result<DeploymentObject, Fault> {
        let answer: DeploymentAnswer = self.get(key, &[]).await?.parse()?;
        Ok(answer.deployment)
    }

    /// With `--json`: prints the body and tells that nothing else is to be printed.
    pub fn printed_json(&self, answer: &Answer) -> Result<bool, Fault> {
        if self.screen.json {
            self.screen.out(answer.body.trim_end())?;
        }
        Ok(self.screen.json)
    }
}

/// The path of a deployment, or of something below it.
pub fn of<'a>(key: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    let mut path = vec!["api", "deployments", key];
    path.extend(rest);
    path
}

/// Waits for `work`, but not longer than the user wants: Ctrl-C says `words` and ends with 130.
pub async fn until_interrupted<T>(
    work: impl Future<Output = Result<T, Fault>>,
    words: impl FnOnce() -> String,
) -> Result<T, Fault> {
    tokio::select! {
        done = work => done,
        _ = tokio::signal::ctrl_c() => Err(Fault::new(Exit::Interrupted, words())),
    }
}
