//! A transaction that writes, with what every aggregate's writes share: the fence of a lease, the two status machines as
//! compare-and-set, and the event row that tells of a change.

use chrono::{DateTime, Utc};
use domain::event::{Happened, StepState};
use domain::job::Lease;
use domain::ports::StoreError;
use domain::status::{Event, ReleaseEvent};
use domain::{DeploymentId, ReleaseId, ReleaseStatus, Status, Step};

use crate::database::Database;
use crate::error::{Fault, Ran};
use crate::records;
use crate::rows::{Read, ReleaseHead, micros, to_json};
use crate::sql::{Link, Transaction, query};
use crate::text;

pub(crate) struct Tx<'a> {
    inner: Transaction,
    now: DateTime<Utc>,
    pub(crate) db: &'a Database,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(inner: Transaction, now: DateTime<Utc>, db: &'a Database) -> Self {
        Self { inner, now, db }
    }

    /// To run a statement on.
    pub(crate) fn link(&mut self) -> Link<'_> {
        self.inner.link()
    }

    /// Now, in microseconds: one moment for the whole transaction.
    pub(crate) fn now(&self) -> i64 {
        micros(self.now)
    }

    /// The same, for the seed's columns.
    pub(crate) fn seed_now(&self) -> DateTime<Utc> {
        self.now
    }

    pub(crate) async fn commit(self) -> Ran<()> {
        let totals = self.db.totals();
        self.inner.commit().await?;
        totals.wrote();
        Ok(())
    }

    /// Refuses a worker whose lease is over. Inside the write transaction, so nobody can take it in between.
    pub(crate) async fn fence(&mut self, lease: &Lease) -> Ran<()> {
        let now = self.now();
        let held = query(
            "SELECT 1 FROM jobs WHERE id = ? AND deployment_id = ? AND epoch = ? AND lease_until > ?",
        )
        .bind(lease.job.to_string())
        .bind(lease.deployment.to_string())
        .bind(lease.epoch)
        .bind(now)
        .fetch_optional(self.link())
        .await?;
        match held {
            Some(_) => Ok(()),
            None => Err(StoreError::LeaseLost.into()),
        }
    }

    /// A release under a lease of its deployment.
    pub(crate) async fn fenced_release(
        &mut self,
        lease: &Lease,
        release: &ReleaseId,
    ) -> Ran<ReleaseHead> {
        self.fence(lease).await?;
        let head = self.release_head(release).await?;
        if head.deployment == lease.deployment {
            Ok(head)
        } else {
            Err(StoreError::NotFound.into())
        }
    }

    pub(crate) async fn release_head(&mut self, release: &ReleaseId) -> Ran<ReleaseHead> {
        const HEAD: &str = "SELECT id, deployment_id, version, status, cause, cancel_requested, artifact \
            FROM releases WHERE id = ?";
        let row = query(HEAD)
            .bind(release.to_string())
            .fetch_optional(self.link())
            .await?
            .ok_or(StoreError::NotFound)?;
        ReleaseHead::read(&row)
    }

    /// The status of a live or deleted deployment.
    pub(crate) async fn status(&mut self, deployment: &DeploymentId) -> Ran<Status> {
        Ok(self.status_word(deployment).await?.1)
    }

    async fn status_word(&mut self, deployment: &DeploymentId) -> Ran<(String, Status)> {
        let row = query("SELECT status FROM deployments WHERE id = ?")
            .bind(deployment.to_string())
            .fetch_optional(self.link())
            .await?
            .ok_or(StoreError::NotFound)?;
        let word: String = row.text("status")?;
        let status = word
            .parse()
            .map_err(|_| Fault::Unreadable(format!("status `{word}`")))?;
        Ok((word, status))
    }

    /// The deployment takes an event, or the event is refused. What changes nothing writes nothing.
    pub(crate) async fn deployment_takes(
        &mut self,
        deployment: &DeploymentId,
        event: Event,
    ) -> Ran<Status> {
        let (word, from) = self.status_word(deployment).await?;
        let to = from.on(event)?;
        if to != from {
            self.set_status(deployment, &word, to).await?;
        }
        Ok(to)
    }

    /// A release is on its way: what failed is `pending` again, and what its user stopped only when the release `starts` it.
    pub(crate) async fn wake(&mut self, deployment: &DeploymentId, starts: bool) -> Ran<()> {
        let wakes = match self.status(deployment).await? {
            Status::Failed => true,
            Status::Stopped => starts,
            _ => false,
        };
        if wakes {
            self.deployment_takes(deployment, Event::Deploy).await?;
        }
        Ok(())
    }

    /// Compare-and-set: on a database that others write too, the row may have changed since it was read.
    pub(crate) async fn set_status(
        &mut self,
        deployment: &DeploymentId,
        from: &str,
        to: Status,
    ) -> Ran<()> {
        let done = query("UPDATE deployments SET status = ? WHERE id = ? AND status = ?")
            .bind(to.as_str())
            .bind(deployment.to_string())
            .bind(from)
            .execute(self.link())
            .await?;
        raced(done)?;
        self.happened(deployment, &Happened::Status { status: to })
            .await
    }

    /// The release takes an event, likewise.
    pub(crate) async fn release_takes(
        &mut self,
        head: &ReleaseHead,
        event: ReleaseEvent,
    ) -> Ran<ReleaseStatus> {
        let to = head.status.on(event)?;
        if to == head.status {
            return Ok(to);
        }
        let now = self.now();
        let done = query(
            "UPDATE releases SET status = ?, finished_at = COALESCE(finished_at, ?), \
             replaced_at = COALESCE(replaced_at, ?) WHERE id = ? AND status = ?",
        )
        .bind(to.as_str())
        .bind(to.is_over().then_some(now))
        .bind((event == ReleaseEvent::Replaced).then_some(now))
        .bind(head.id.to_string())
        .bind(head.status.as_str())
        .execute(self.link())
        .await?;
        raced(done)?;
        let what = Happened::Release {
            version: head.version,
            status: to,
        };
        self.happened(&head.deployment, &what).await?;
        Ok(to)
    }

    pub(crate) async fn step_happened(
        &mut self,
        head: &ReleaseHead,
        step: Step,
        state: StepState,
    ) -> Ran<()> {
        let what = Happened::Step {
            version: head.version,
            step,
            state,
        };
        self.happened(&head.deployment, &what).await
    }

    /// Writes an event row.
    pub(crate) async fn happened(&mut self, deployment: &DeploymentId, what: &Happened) -> Ran<()> {
        let now = self.now();
        query("INSERT INTO events (at, deployment_id, what) VALUES (?, ?, ?)")
            .bind(now)
            .bind(deployment.to_string())
            .bind(to_json(what)?)
            .execute(self.link())
            .await?;
        Ok(())
    }

    /// What people read about how it stands; none clears it.
    pub(crate) async fn tell_story(
        &mut self,
        deployment: &DeploymentId,
        story: Option<&str>,
    ) -> Ran<()> {
        query("UPDATE deployments SET error_message = ? WHERE id = ?")
            .bind(story.map(records::story))
            .bind(deployment.to_string())
            .execute(self.link())
            .await?;
        Ok(())
    }

    /// True while a job of the deployment waits or is leased.
    pub(crate) async fn has_jobs(&mut self, deployment: &DeploymentId) -> Ran<bool> {
        let job = query("SELECT 1 FROM jobs WHERE deployment_id = ? LIMIT 1")
            .bind(deployment.to_string())
            .fetch_optional(self.link())
            .await?;
        Ok(job.is_some())
    }
}

fn raced(rows: u64) -> Ran<()> {
    if rows == 1 {
        Ok(())
    } else {
        Err(StoreError::Unavailable(text::RACED.into()).into())
    }
}
