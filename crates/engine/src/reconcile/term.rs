//! A term of leading one reconciler: who leads acts, until that may have gone to another server.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::{DriverKind, PlaceId};
use tokio::time::Instant;

use crate::context::Context;
use crate::trust::Trust;

/// What a reconciler looks after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Realm {
    /// What lives at one driver: at this place where guests live on the machine, else everywhere.
    Driver(DriverKind),
    /// What belongs to this server alone, such as its gateway.
    Place,
    /// What all servers share.
    All,
}

/// One reconciler of this server, and whether it leads.
pub(crate) struct Term {
    /// What is led, as all servers call it.
    pub name: String,
    pub ctx: Arc<Context>,
    pub realm: Realm,
    pub trust: Trust,
    epoch: AtomicI64,
}

impl Term {
    /// Not led yet.
    pub fn new(ctx: Arc<Context>, name: &str, realm: Realm) -> Self {
        let place = ctx.store().place();
        Self {
            name: called(name, realm, place),
            ctx,
            realm,
            trust: Trust::none(),
            epoch: AtomicI64::new(-1),
        }
    }

    /// True for what no other server could lead.
    pub fn is_of_this_place(&self) -> bool {
        match self.realm {
            Realm::Driver(kind) => kind.is_of_a_place(),
            Realm::Place => true,
            Realm::All => false,
        }
    }

    /// True when guests of this driver are looked after here.
    pub fn has(&self, kind: DriverKind) -> bool {
        self.realm == Realm::Driver(kind)
    }

    /// This server leads, as it was asked at this moment.
    pub fn given(&self, epoch: i64, asked: Instant, ttl: Duration) {
        if self.epoch.swap(epoch, Ordering::Relaxed) != epoch {
            tracing::debug!(name = self.name, epoch, "this server leads");
        }
        self.trust.extend(asked, ttl);
    }

    /// Another server leads.
    pub fn taken(&self) {
        if self.trust.holds() {
            tracing::info!(name = self.name, "another server leads");
        }
        self.trust.lose();
    }
}

fn called(name: &str, realm: Realm, place: PlaceId) -> String {
    match realm {
        Realm::Driver(kind) if kind.is_of_a_place() => format!("{name} of {kind} at {place}"),
        Realm::Driver(kind) => format!("{name} of {kind}"),
        Realm::Place => format!("{name} at {place}"),
        Realm::All => name.to_owned(),
    }
}
