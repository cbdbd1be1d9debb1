//! Hooks: how one task winds down or ends connections that other tasks drive. A connection pays for its hook once, when
//! it is made, and not per request.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;

use futures_util::task::AtomicWaker;

/// How far a connection is to be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Stage {
    /// It goes on.
    Run = 0,
    /// It ends after the request that is under way.
    Finish = 1,
    /// It ends now.
    Cut = 2,
}

/// The hook of one connection. Only the task that drives the connection may [`watch`](Hook::watch) it.
#[derive(Default)]
pub struct Hook {
    stage: AtomicU8,
    waker: AtomicWaker,
}

impl Hook {
    /// Moves the connection to this stage (never back) and wakes its task.
    pub fn raise(&self, stage: Stage) {
        self.stage.fetch_max(stage as u8, Ordering::SeqCst);
        self.waker.wake();
    }

    /// The stage now.
    pub fn stage(&self) -> Stage {
        match self.stage.load(Ordering::SeqCst) {
            0 => Stage::Run,
            1 => Stage::Finish,
            _ => Stage::Cut,
        }
    }

    /// The stage now, and a wake-up of this task when it changes.
    pub fn watch(&self, cx: &Context<'_>) -> Stage {
        self.waker.register(cx.waker());
        self.stage()
    }

    /// Waits for [`Stage::Cut`].
    pub async fn cut(&self) {
        std::future::poll_fn(|cx| match self.watch(cx) {
            Stage::Cut => std::task::Poll::Ready(()),
            Stage::Run | Stage::Finish => std::task::Poll::Pending,
        })
        .await;
    }
}

/// The hooks of all live connections of one kind.
#[derive(Default)]
pub struct Hooks {
    live: Mutex<HashMap<u64, Arc<Hook>>>,
    next: AtomicU64,
}

/// Membership in [`Hooks`]; ends when dropped.
pub struct HookSlot {
    set: Arc<Hooks>,
    id: u64,
    hook: Arc<Hook>,
}

impl Hooks {
    /// Puts a new hook into the set.
    pub fn add(self: &Arc<Self>) -> HookSlot {
        let hook = Arc::new(Hook::default());
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(id, Arc::clone(&hook));
        HookSlot {
            set: Arc::clone(self),
            id,
            hook,
        }
    }

    /// Moves every live connection to this stage.
    pub fn raise_all(&self, stage: Stage) {
        // The lock is not held while tasks are woken.
        let hooks: Vec<Arc<Hook>> = self.lock().values().cloned().collect();
        for hook in hooks {
            hook.raise(stage);
        }
    }

    /// How many are live.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Hook>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HookSlot {
    /// The hook itself.
    pub fn hook(&self) -> &Arc<Hook> {
        &self.hook
    }
}

impl Drop for HookSlot {
    fn drop(&mut self) {
        self.set.lock().remove(&self.id);
    }
}
