//! What this server can say of a deployment whose guests live on another one.

use std::future::ready;

use domain::ports::{StoreError, Whereabouts};
use domain::{DeploymentId, ReleaseId};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use crate::build_log::BuildLine;
use crate::facade::{Engine, Refusal};
use crate::text;

impl Engine {
    /// Refuses with words what can only be asked of the server that holds the guests.
    pub(crate) async fn is_here(&self, deployment: &DeploymentId) -> Result<(), Refusal> {
        match self.elsewhere(deployment).await? {
            None => Ok(()),
            Some(words) => Err(StoreError::Refused(words).into()),
        }
    }

    /// Where it lives, in words; none: here.
    pub(crate) async fn elsewhere(
        &self,
        deployment: &DeploymentId,
    ) -> Result<Option<String>, Refusal> {
        Ok(match self.store().whereabouts(deployment).await? {
            Whereabouts::Here => None,
            Whereabouts::Elsewhere(server) => Some(text::elsewhere(server.as_ref())),
        })
    }

    /// In the place of a build log: one line that says where it is. Who follows it waits until the release is over, as
    /// with any other.
    pub(crate) fn log_elsewhere(
        &self,
        release: &ReleaseId,
        words: String,
        after: u64,
        follow: bool,
    ) -> BoxStream<'static, BuildLine> {
        let line = BuildLine {
            number: 1,
            text: words,
        };
        let head = stream::iter((after == 0).then_some(line));
        let (engine, release) = (self.clone(), *release);
        let rest = stream::once(async move {
            if follow {
                // A database that is away ends the log; whoever follows asks again.
                let _ = engine.wait_for_release(&release).await;
            }
        });
        head.chain(rest.filter_map(|()| ready(None))).boxed()
    }
}
