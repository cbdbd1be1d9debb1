//! What every part of a world shares: its state, its time, and the way each call goes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::call::{Boundary, Call, Op, Outcome, When};
use crate::fault::{Fault, FaultPlan, FromFault};
use crate::state::State;
use crate::timeline::Timeline;

/// Calls remembered; older ones are forgotten.
const CALLS: usize = 100_000;

type Hook = Arc<dyn Fn(&Boundary) + Send + Sync>;

pub(crate) struct Hub {
    state: Mutex<State>,
    control: Mutex<Control>,
    pub time: Timeline,
    /// Rings whenever anything changed.
    pub bell: watch::Sender<u64>,
    /// Counts the crashes.
    pub crashes: watch::Sender<u32>,
}

#[derive(Default)]
pub(crate) struct Control {
    pub faults: FaultPlan,
    pub hook: Option<Hook>,
    pub crash_at: Option<u64>,
    pub boundaries: u64,
    pub calls: VecDeque<Call>,
    /// Calls forgotten at the front of `calls`.
    forgotten: usize,
    pub lives: Vec<Arc<Life>>,
}

/// One plug into the world: the engine's process. Once dead, its calls never return.
pub(crate) struct Life {
    pub number: u32,
    dead: AtomicBool,
}

impl Life {
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }
}

/// A call under way.
pub(crate) struct Going<'a> {
    hub: &'a Hub,
    life: &'a Life,
    op: Op,
    subject: String,
    at: usize,
    fault: Option<Fault>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    pub fn new(time: Timeline) -> Self {
        Self {
            state: Mutex::default(),
            control: Mutex::default(),
            time,
            bell: watch::Sender::new(0),
            crashes: watch::Sender::new(0),
        }
    }

    /// Looks at the state or changes it.
    pub fn state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut locked(&self.state));
        self.time.stir();
        self.bell.send_modify(|n| *n += 1);
        result
    }

    /// Changes the state without ringing: for a test that keeps asking, which must not keep the world busy.
    pub fn quietly<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut locked(&self.state))
    }

    /// Looks at the state without ringing.
    pub fn peek<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&locked(&self.state))
    }

    pub fn control<T>(&self, change: impl FnOnce(&mut Control) -> T) -> T {
        change(&mut locked(&self.control))
    }

    pub fn new_life(&self) -> Arc<Life> {
        self.control(|control| {
            let number = u32::try_from(control.lives.len()).unwrap_or(u32::MAX) + 1;
            let life = Arc::new(Life {
                number,
                dead: AtomicBool::new(false),
            });
            control.lives.push(life.clone());
            life
        })
    }

    /// Every life of now ends.
    pub fn kill(&self) {
        self.control(|control| {
            for life in &control.lives {
                life.dead.store(true, Ordering::SeqCst);
            }
        });
        self.crashes.send_modify(|n| *n += 1);
    }

    /// A whole call whose effect takes place at once.
    pub async fn call<T, E: FromFault + ToString>(
        &self,
        life: &Life,
        op: Op,
        subject: impl ToString,
        effect: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> Result<T, E> {
        let going = self.begin(life, op, subject.to_string()).await;
        going.refused()?;
        let result = self.state(effect);
        going.end(result).await
    }

    /// Begins a call: it is logged, may be cut, held, and gets its fault.
    pub async fn begin<'a>(&'a self, life: &'a Life, op: Op, subject: String) -> Going<'a> {
        live(life).await;
        self.time.stir();
        let (at, gate, fault) = self.control(|control| {
            let call = Call {
                op,
                subject: subject.clone(),
                life: life.number,
                outcome: Outcome::UnderWay,
            };
            control.calls.push_back(call);
            if control.calls.len() > CALLS {
                control.calls.pop_front();
                control.forgotten += 1;
            }
            let at = control.forgotten + control.calls.len() - 1;
            (
                at,
                control.faults.gate(op),
                control.faults.take(op, &subject),
            )
        });
        let going = Going {
            hub: self,
            life,
            op,
            subject,
            at,
            fault,
        };
        going.boundary(When::Before).await;
        if let Some(gate) = gate {
            gate.pass().await;
            live(life).await;
        }
        going
    }
}

/// Returns at once, or never when the life is over.
pub(crate) async fn live(life: &Life) {
    if life.is_dead() {
        std::future::pending::<()>().await;
    }
}

impl Going<'_> {
    /// The error of a fault that leaves no effect.
    pub fn refused<E: FromFault + ToString>(&self) -> Result<(), E> {
        match &self.fault {
            Some(fault) if !fault.happens() => {
                let error = E::from_fault(fault, self.op, &self.subject);
                self.log(Outcome::Failed(error.to_string()));
                Err(error)
            }
            _ => Ok(()),
        }
    }

    /// A point at which the caller may be cut.
    pub async fn boundary(&self, when: When) {
        live(self.life).await;
        let (boundary, hook, cut) = self.hub.control(|control| {
            let index = control.boundaries;
            control.boundaries += 1;
            let boundary = Boundary {
                index,
                op: self.op,
                subject: self.subject.clone(),
                when,
                life: self.life.number,
            };
            let cut = control.crash_at.take_if(|at| *at == index).is_some();
            (boundary, control.hook.clone(), cut)
        });
        if let Some(hook) = hook {
            hook(&boundary);
        }
        if cut {
            self.hub.kill();
        }
        live(self.life).await;
    }

    /// Ends the call: logged, perhaps cut, perhaps with its answer lost.
    pub async fn end<T, E: FromFault + ToString>(self, result: Result<T, E>) -> Result<T, E> {
        self.boundary(When::After).await;
        let result = match &self.fault {
            Some(fault) => Err(E::from_fault(fault, self.op, &self.subject)),
            None => result,
        };
        self.log(match &result {
            Ok(_) => Outcome::Done,
            Err(error) => Outcome::Failed(error.to_string()),
        });
        result
    }

    fn log(&self, outcome: Outcome) {
        self.hub.control(|control| {
            let at = self.at.checked_sub(control.forgotten);
            if let Some(call) = at.and_then(|at| control.calls.get_mut(at)) {
                call.outcome = outcome;
            }
        });
    }
}
