//! Faults on demand.

use std::collections::VecDeque;
use std::sync::Arc;

use domain::GuestId;
use domain::ports::{ClusterError, DriverError, ProbeError, RouterError, SourceError};
use tokio::sync::watch;

use crate::call::Op;

/// What goes wrong in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Worth trying again; nothing happened. The router is unavailable, the probe cannot reach the guest.
    Transient,
    /// The caller cannot know. Of `Observe` it makes `Unknown`; of the router an unavailable one.
    Ambiguous {
        /// Whether it happened.
        happened: bool,
    },
    /// The platform's fault; nothing happened. The router refuses.
    Other,
    /// No room. Of the source: too large.
    Capacity,
    /// A runtime is missing. Of the source: refused with a cure.
    Refused,
}

impl Fault {
    /// True when the effect of the call takes place nevertheless.
    pub(crate) fn happens(&self) -> bool {
        matches!(self, Self::Ambiguous { happened: true })
    }
}

/// Errors that a fault can be turned into.
pub(crate) trait FromFault {
    fn from_fault(fault: &Fault, op: Op, subject: &str) -> Self;
}

fn told(op: Op, subject: &str) -> String {
    format!("injected fault in {op:?} of {subject}")
}

impl FromFault for DriverError {
    fn from_fault(fault: &Fault, op: Op, subject: &str) -> Self {
        let what = told(op, subject);
        match fault {
            Fault::Transient => Self::Transient(what),
            Fault::Ambiguous { .. } => Self::Ambiguous(what),
            Fault::Other => Self::other(what, "injected"),
            Fault::Capacity => Self::Capacity {
                what,
                cure: "make room".into(),
            },
            Fault::Refused => Self::Toolchain {
                what,
                cure: "install it".into(),
            },
        }
    }
}

impl FromFault for RouterError {
    fn from_fault(fault: &Fault, op: Op, subject: &str) -> Self {
        let what = told(op, subject);
        match fault {
            Fault::Transient | Fault::Ambiguous { .. } => Self::Unavailable(what),
            Fault::Other | Fault::Capacity | Fault::Refused => Self::Refused(what),
        }
    }
}

impl FromFault for ProbeError {
    fn from_fault(fault: &Fault, op: Op, subject: &str) -> Self {
        match fault {
            Fault::Refused => Self::Refused,
            Fault::Ambiguous { .. } => Self::TimedOut,
            Fault::Capacity => Self::NotHttp(told(op, subject)),
            Fault::Transient | Fault::Other => Self::Unreachable(told(op, subject)),
        }
    }
}

impl FromFault for SourceError {
    fn from_fault(fault: &Fault, op: Op, subject: &str) -> Self {
        let what = told(op, subject);
        match fault {
            Fault::Transient | Fault::Ambiguous { .. } => Self::Transient(what),
            Fault::Other => Self::Other {
                what,
                source: "injected".into(),
            },
            Fault::Capacity => Self::TooLarge(what),
            Fault::Refused => Self::Refused {
                what,
                cure: "mend it".into(),
            },
        }
    }
}

impl FromFault for ClusterError {
    fn from_fault(fault: &Fault, op: Op, subject: &str) -> Self {
        let what = told(op, subject);
        match fault {
            Fault::Transient | Fault::Ambiguous { .. } | Fault::Other => Self::Unavailable(what),
            Fault::Capacity => Self::NoNode(what),
            Fault::Refused => Self::Refused {
                what,
                cure: "grant it".into(),
            },
        }
    }
}

/// Of `Observe`: the reason of `Unknown`.
impl FromFault for String {
    fn from_fault(_: &Fault, op: Op, subject: &str) -> Self {
        told(op, subject)
    }
}

/// The faults that wait for their call.
#[derive(Default)]
pub(crate) struct FaultPlan {
    waiting: Vec<Waiting>,
    gates: VecDeque<(Op, Arc<GateState>)>,
}

struct Waiting {
    op: Op,
    subject: Option<String>,
    skip: u32,
    times: u32,
    fault: Fault,
}

impl FaultPlan {
    /// Lets `skip` calls pass, then fails `times`.
    pub fn add(&mut self, op: Op, subject: Option<String>, skip: u32, times: u32, fault: Fault) {
        self.waiting.push(Waiting {
            op,
            subject,
            skip,
            times,
            fault,
        });
    }

    /// The fault of a call that begins now.
    pub fn take(&mut self, op: Op, subject: &str) -> Option<Fault> {
        let mut found = None;
        for waiting in &mut self.waiting {
            let meant = waiting.op == op && waiting.subject.as_deref().is_none_or(|s| s == subject);
            if !meant || waiting.times == 0 {
                continue;
            }
            if waiting.skip > 0 {
                waiting.skip -= 1;
            } else if found.is_none() {
                waiting.times -= 1;
                found = Some(waiting.fault.clone());
            }
        }
        self.waiting.retain(|waiting| waiting.times > 0);
        found
    }

    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    pub fn hold(&mut self, op: Op) -> Gate {
        let state = Arc::new(GateState {
            reached: watch::Sender::new(false),
            open: watch::Sender::new(false),
        });
        self.gates.push_back((op, state.clone()));
        Gate(state)
    }

    /// The gate that the next call of this kind stops at.
    pub fn gate(&mut self, op: Op) -> Option<Arc<GateState>> {
        let at = self.gates.iter().position(|(held, _)| *held == op)?;
        self.gates.remove(at).map(|(_, gate)| gate)
    }
}

pub(crate) struct GateState {
    reached: watch::Sender<bool>,
    open: watch::Sender<bool>,
}

impl GateState {
    pub async fn pass(&self) {
        self.reached.send_replace(true);
        let _ = self.open.subscribe().wait_for(|open| *open).await;
    }
}

/// Holds one call, before anything of it has happened, until opened or dropped.
#[must_use = "a gate opens when it is dropped"]
pub struct Gate(Arc<GateState>);

impl Gate {
    /// Waits until a call stands at the gate.
    pub async fn reached(&self) {
        let _ = self
            .0
            .reached
            .subscribe()
            .wait_for(|reached| *reached)
            .await;
    }

    /// Lets the call go on.
    pub fn open(self) {}
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.0.open.send_replace(true);
    }
}

/// The error of a method on a guest that is not there.
pub(crate) fn gone(guest: &GuestId) -> DriverError {
    DriverError::Gone(guest.clone())
}
