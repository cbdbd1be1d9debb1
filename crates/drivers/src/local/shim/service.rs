//! Runs an app until it is stopped, crashes past its bound, or its guest is killed.

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::guest::AppState;
use nix::fcntl::OFlag;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::super::layout::GuestDir;
use super::super::link::{Order, Word};
use super::super::logs::LogSink;
use super::super::process::Process;
use super::super::trouble::{On, Trouble};
use super::super::wire::{Answer, Ask, CrashPolicy, End, Event, Launch, Work};
use super::super::{files, network, watch};
use super::clock::now;
use super::command::{end_of, runtime, watched};
use super::control::{self, Asked, Asker};
use super::disk::Watch;
use super::entry::Controller;
use super::guest::{self, Guest};
use super::lock;
use super::pump::pump;
use super::restart::{Restarts, Verdict};
use super::state::State;
use crate::text::guest as text;

/// The pause before a state that could not be written is written again.
const SAVE_AGAIN: Duration = Duration::from_secs(1);
/// How often that is tried for the last state, before the shim ends without it.
const LAST_SAVES: usize = 30;
/// How long the last lines of a killed app may take into its log.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Makes the guest and supervises its app; returns when the app is down for good.
pub fn run(launch: &Launch, controller: &mut Controller) -> Result<(), Trouble> {
    let dir = GuestDir(launch.dir.clone());
    let _lock = lock::take(&dir)?;
    let log = LogSink::open(&dir.log()).on("open the log")?;
    let door = control::listen(&dir.sock()).on("make the socket that hands out connections")?;
    let control = control::listen(&dir.control()).on("make the control socket")?;
    let (read, write) = nix::unistd::pipe2(OFlag::O_CLOEXEC).on("make the log's pipe")?;
    let guest = guest::make(launch, write, Some(door.into()))?;
    let ready = Event::Ready {
        no_network: guest.no_network.clone(),
        landlock: guest.landlock,
    };
    let mut service = Service::new(launch, dir, guest, log)?;
    service.begin()?;
    // A guest whose state cannot be written at all would be found by nobody.
    service.save()?;
    controller.tell(&ready)?;
    // From here on the controller may come and go.
    let _ = controller.close();
    let runtime = runtime()?;
    tokio::task::LocalSet::new().block_on(&runtime, service.supervise(read, control))
}

struct Service<'a> {
    launch: &'a Launch,
    dir: GuestDir,
    guest: Guest,
    log: Rc<RefCell<LogSink>>,
    me: Process,
    restarts: Restarts,
    app: AppState,
    before_frozen: Option<AppState>,
    since: DateTime<Utc>,
    again: Option<Instant>,
    stopping: Option<(Instant, Vec<Asker>)>,
    /// When to try again to write the state.
    unsaved: Option<Instant>,
}

/// Something that the service must react to.
enum Happened {
    Exited(End),
    Killed,
    Asked(Asked),
    Again,
    SaveAgain,
    GraceOver,
    OverDisk,
}

impl<'a> Service<'a> {
    fn new(launch: &'a Launch, dir: GuestDir, guest: Guest, log: LogSink) -> Result<Self, Trouble> {
        let crash = match &launch.work {
            Work::Service { crash, .. } => *crash,
            Work::Command => CrashPolicy::default(),
        };
        let me = Process::of(std::process::id().cast_signed()).on("know this process")?;
        Ok(Self {
            launch,
            dir,
            guest,
            log: Rc::new(RefCell::new(log)),
            me,
            restarts: Restarts::new(crash),
            app: AppState::Stopped,
            before_frozen: None,
            since: now(),
            again: None,
            stopping: None,
            unsaved: None,
        })
    }

    /// Starts the app, for the first time or again.
    fn begin(&mut self) -> Result<(), Trouble> {
        self.again = None;
        self.since = now();
        self.note(text::NOTE_STARTED);
        self.guest.link.send(&Order::Start).on("start the app")?;
        self.show(AppState::Running {
            restarts: self.restarts.count,
            since: self.since,
        });
        Ok(())
    }

    async fn supervise(
        mut self,
        output: OwnedFd,
        control: std::os::unix::net::UnixListener,
    ) -> Result<(), Trouble> {
        let pump = tokio::task::spawn_local(pump(output, self.log.clone()));
        let (to, mut asked) = mpsc::channel(8);
        let control = tokio::net::UnixListener::from_std(control).on("listen for orders")?;
        tokio::task::spawn_local(control::serve(control, to));
        tokio::task::spawn_local(network::outside(self.guest.packets.take()));
        let disk = Watch::new(
            watched(self.launch),
            self.launch.limits.disk,
            self.launch.floor,
        )
        .with_held(self.guest.init);
        let (over, mut full) = mpsc::channel(1);
        tokio::task::spawn_local(async move {
            disk.over().await;
            let _ = over.send(()).await;
        });
        let link = watch::readable(&self.guest.link).on("watch the link")?;
        let pidfd = watch::readable(&self.guest.pidfd).on("watch the guest")?;
        let last = loop {
            let happened = tokio::select! {
                end = self.exited(&link) => end,
                _ = pidfd.readable() => Happened::Killed,
                Some(asked) = asked.recv() => Happened::Asked(asked),
                Some(()) = full.recv() => Happened::OverDisk,
                () = until(self.again) => Happened::Again,
                () = until(self.unsaved) => Happened::SaveAgain,
                () = until(self.stopping.as_ref().map(|(at, _)| *at)) => Happened::GraceOver,
            };
            if let Some(last) = self.react(happened)? {
                break last;
            }
        };
        drop((link, pidfd));
        self.finish(last, pump).await
    }

    /// The last state, when this was the end.
    fn react(&mut self, happened: Happened) -> Result<Option<AppState>, Trouble> {
        match happened {
            Happened::Exited(_) if self.stopping.is_some() => Ok(Some(AppState::Stopped)),
            Happened::Exited(end) => self.crashed(end),
            Happened::Killed => Ok(Some(self.killed())),
            Happened::OverDisk => Ok(Some(down(text::OVER_DISK, true))),
            Happened::Again => self.begin().map(|()| None),
            Happened::SaveAgain => {
                self.show(self.app.clone());
                Ok(None)
            }
            Happened::GraceOver => Ok(Some(AppState::Stopped)),
            Happened::Asked((ask, asker)) => self.asked(ask, asker),
        }
    }

    fn crashed(&mut self, end: End) -> Result<Option<AppState>, Trouble> {
        let failed = end != End::Code(0);
        let end = if failed && self.guest.oom_kills() > self.oom_seen() {
            End::OutOfMemory
        } else {
            end
        };
        let how = text::ended(end, self.launch.limits.memory);
        match self.restarts.crashed(self.since, now()) {
            Verdict::GiveUp => Ok(Some(down(&how, true))),
            Verdict::After(wait) => {
                self.note(&text::note_crash(&how, wait));
                self.again = Some(Instant::now() + wait);
                let restarts = self.restarts.count;
                let last_exit = how;
                self.show(AppState::BackingOff {
                    restarts,
                    last_exit,
                });
                Ok(None)
            }
        }
    }

    /// The kernel's counter never goes back; what was seen before is not this crash's reason.
    fn oom_seen(&self) -> u64 {
        self.restarts.ooms
    }

    fn killed(&self) -> AppState {
        if self.stopping.is_some() {
            AppState::Stopped
        } else {
            down(text::KILLED, false)
        }
    }

    fn asked(&mut self, ask: Ask, asker: Asker) -> Result<Option<AppState>, Trouble> {
        match ask {
            Ask::Stop { grace } => return self.stop(grace, asker),
            Ask::Freeze => reply(asker, self.freeze()),
            Ask::Thaw => reply(asker, self.thaw()),
        }
        Ok(None)
    }

    fn stop(&mut self, grace: Duration, asker: Asker) -> Result<Option<AppState>, Trouble> {
        let _ = self.thaw();
        let (until, mut askers) = self
            .stopping
            .take()
            .unwrap_or((Instant::now() + grace, vec![]));
        askers.push(asker);
        self.stopping = Some((until.min(Instant::now() + grace), askers));
        if self.again.is_some() {
            return Ok(Some(AppState::Stopped));
        }
        self.guest
            .link
            .send(&Order::Terminate)
            .on("tell the app to end")?;
        Ok(None)
    }

    fn freeze(&mut self) -> Answer {
        if self.before_frozen.is_some() {
            return Answer::Done;
        }
        if let Err(why) = self.set_frozen(true) {
            let _ = self.set_frozen(false);
            return Answer::Cannot(why.to_string());
        }
        self.before_frozen = Some(self.app.clone());
        self.show(AppState::Frozen);
        Answer::Done
    }

    fn thaw(&mut self) -> Answer {
        let Some(before) = self.before_frozen.take() else {
            return Answer::Done;
        };
        if let Err(why) = self.set_frozen(false) {
            self.before_frozen = Some(before);
            return Answer::Cannot(why.to_string());
        }
        self.show(before);
        Answer::Done
    }

    /// By the freezer where there is one; else every process is stopped one by one.
    fn set_frozen(&self, frozen: bool) -> Result<(), Trouble> {
        let what = "freeze or thaw the guest";
        let by_group = match &self.guest.group {
            Some(group) => group.freeze(frozen).on(what)?,
            None => false,
        };
        let order = if frozen {
            Order::Pause
        } else {
            Order::Continue
        };
        if by_group {
            Ok(())
        } else {
            self.guest.link.send(&order).on(what)
        }
    }

    /// Changes the state and writes it down. A full disk must not end what runs: writing is tried again.
    fn show(&mut self, app: AppState) {
        self.app = app;
        self.restarts.ooms = self.guest.oom_kills();
        let saved = self.save();
        self.unsaved = saved.is_err().then(|| Instant::now() + SAVE_AGAIN);
    }

    fn save(&self) -> Result<(), Trouble> {
        let fingerprint = match &self.launch.work {
            Work::Service { fingerprint, .. } => fingerprint.clone(),
            Work::Command => String::new(),
        };
        let state = State {
            shim: self.me.clone(),
            init: self.guest.init.as_raw(),
            fingerprint,
            app: self.app.clone(),
            no_network: self.guest.no_network.clone(),
            cgroup: self.launch.cgroup.clone(),
        };
        files::write_json(&self.dir.state(), &state, false).on("write the guest's state")
    }

    fn note(&self, text: &str) {
        self.log.borrow_mut().note(now(), text);
    }

    async fn exited(&self, link: &AsyncFd<OwnedFd>) -> Happened {
        loop {
            let Ok(mut ready) = link.readable().await else {
                return Happened::Killed;
            };
            match self.guest.link.receive::<Word>() {
                Ok(Some((Word::Exited(status), _))) => return Happened::Exited(end_of(status)),
                Ok(Some(_)) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => ready.clear_ready(),
                Ok(None) | Err(_) => return Happened::Killed,
            }
        }
    }

    /// Everything inside ends, the log is finished, and only then the state says so.
    async fn finish(
        mut self,
        last: AppState,
        pump: tokio::task::JoinHandle<()>,
    ) -> Result<(), Trouble> {
        self.guest.end();
        let _ = tokio::time::timeout(LAST_LINES, pump).await;
        match &last {
            AppState::Down { last_exit, .. } => self.note(&text::note_down(last_exit)),
            _ => self.note(text::NOTE_STOPPED),
        }
        let _ = files::gone_is_fine(std::fs::remove_file(self.dir.control()));
        self.show(last);
        for _ in 0..LAST_SAVES {
            let Some(again) = self.unsaved else { break };
            tokio::time::sleep_until(again).await;
            self.show(self.app.clone());
        }
        for asker in self.stopping.into_iter().flat_map(|(_, askers)| askers) {
            asker.answer(Answer::Done).await;
        }
        Ok(())
    }
}

fn reply(asker: Asker, answer: Answer) {
    tokio::task::spawn_local(asker.answer(answer));
}

fn down(how: &str, crash_loop: bool) -> AppState {
    AppState::Down {
        last_exit: how.to_owned(),
        crash_loop,
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
