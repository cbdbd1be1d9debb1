//! Running one command to its end, as a transient unit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::GuestId;
use domain::guest::{Exec, ExecEnd};
use domain::ports::{DriverError, LineSink};

use super::guest::StepLimits;
use super::launch::Launch;
use super::lines::Lines;
use super::shell::{Exit, Shell};
use super::step_end::{self, Verdict};
use super::{enter, host_files};
use crate::local::shared::check_tag;
use crate::local::toolchain::RegistrySettings;
use crate::text::inside as text;

const STEP: &str = include_str!("scripts/step.sh");
const END_STEP: &str = include_str!("scripts/end_step.sh");

/// What the guest may take beyond the command's own time: ending a predecessor, starting, telling how it ended.
const MARGIN: Duration = Duration::from_secs(60);
/// For ending a command whose caller is gone.
const ENDING: Duration = Duration::from_secs(60);
/// Looks, a fifth of a second apart, for a call that may be only just beginning in the guest.
const LOOKS: &str = "25";
/// Left to the rest of the guest: systemd, sshd, the journal.
const SPARED: u32 = 48;
/// The guest's own words about a step are far fewer bytes.
const MOST_TOLD: usize = 8192;
/// Processes and threads.
const TASKS: u32 = 4096;

/// Runs it to its end.
pub async fn exec(
    shell: &Arc<dyn Shell>,
    guest: &GuestId,
    command: &Exec,
    limits: StepLimits,
    registries: Option<&RegistrySettings>,
    sink: LineSink<'_>,
) -> Result<ExecEnd, DriverError> {
    check_tag(guest, &command.tag)?;
    let launch =
        Launch::new(command.argv.clone(), &command.env, &command.dir, registries)?.encode()?;
    if let Some(registries) = registries {
        host_files::show(&**shell, registries).await?;
    }
    let step = Step {
        shell,
        unit: format!("havre-step-{}.service", command.tag),
        command,
        limits,
    };
    let mask = registries.map_or(&[][..], RegistrySettings::masked);
    match step.run(launch.clone(), mask, sink).await? {
        Verdict::Ended(end) => Ok(end),
        Verdict::NoEnter => {
            enter::install(&**shell).await?;
            match step.run(launch, mask, sink).await? {
                Verdict::Ended(end) => Ok(end),
                Verdict::NoEnter => Err(text::odd_answer("run a command", "no-enter")),
            }
        }
    }
}

struct Step<'a> {
    shell: &'a Arc<dyn Shell>,
    unit: String,
    command: &'a Exec,
    limits: StepLimits,
}

impl Step<'_> {
    async fn run(
        &self,
        launch: Vec<u8>,
        mask: &[String],
        sink: LineSink<'_>,
    ) -> Result<Verdict, DriverError> {
        let call = new_call();
        let argv = self.argv(&call);
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        let mut guard = Guard {
            shell: self.shell.clone(),
            unit: self.unit.clone(),
            call,
            armed: true,
        };
        let mut lines = Lines::new(mask, sink);
        let mut told = Vec::new();
        let mut hear = |bytes: &[u8]| {
            let room = MOST_TOLD.saturating_sub(told.len());
            told.extend_from_slice(&bytes[..bytes.len().min(room)]);
        };
        let mut say = |bytes: &[u8]| lines.push(bytes);
        let ran = self.shell.stream(&argv, launch, &mut say, &mut hear);
        let bound = self.command.timeout.saturating_add(MARGIN);
        let exit = match tokio::time::timeout(bound, ran).await {
            Ok(exit) => exit?,
            Err(_) => return Ok(Verdict::Ended(ExecEnd::TimedOut)),
        };
        lines.end();
        if exit == Exit::Code(0) {
            // The guest has cleaned up behind it.
            guard.armed = false;
        }
        let no_space = lines.no_space;
        step_end::read(&String::from_utf8_lossy(&told), no_space)
    }

    /// The script's arguments: everything here is the driver's own, nothing the user's.
    fn argv(&self, call: &str) -> Vec<String> {
        let Self { unit, limits, .. } = self;
        let fixed = ["/bin/sh", "-c", STEP, "havre-step", unit, call];
        let mut argv: Vec<String> = fixed.map(str::to_owned).to_vec();
        argv.extend([enter::path(), enter::life()].map(str::to_owned));
        let run = [
            "systemd-run",
            "--quiet",
            "--pipe",
            "--wait",
            // Only such a unit tells a signal from an exit, whichever signal it is.
            "--service-type=oneshot",
            "--uid=app",
            "--gid=app",
        ];
        argv.extend(run.map(str::to_owned));
        argv.push(format!("--unit={unit}"));
        let millis = self.command.timeout.as_millis().max(1);
        let memory = limits.memory.saturating_sub(SPARED).max(SPARED);
        let properties = [
            format!("TimeoutStartSec={millis}ms"),
            format!("MemoryMax={memory}M"),
            format!("TasksMax={TASKS}"),
            "MemorySwapMax=0".into(),
            "OOMScoreAdjust=500".into(),
            "LimitCORE=0".into(),
            "NoNewPrivileges=yes".into(),
            "KillSignal=SIGKILL".into(),
            "UMask=0022".into(),
        ];
        argv.extend(properties.map(|property| format!("--property={property}")));
        argv.push("--".into());
        argv
    }
}

/// Tells one call from another within the life of this controller; what the guest adds tells it from other lives.
fn new_call() -> String {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let number = CALLS.fetch_add(1, Ordering::Relaxed);
    format!("{}-{number}", std::process::id())
}

/// Ends the command when nobody waits for it any more.
struct Guard {
    shell: Arc<dyn Shell>,
    unit: String,
    call: String,
    armed: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let (true, Ok(runtime)) = (self.armed, tokio::runtime::Handle::try_current()) else {
            return;
        };
        let (shell, unit, call) = (self.shell.clone(), self.unit.clone(), self.call.clone());
        runtime.spawn(async move {
            let argv = ["/bin/sh", "-c", END_STEP, "havre-end", &unit, &call, LOOKS];
            if let Err(error) = shell.run(&argv, b"", ENDING).await {
                // It ends by its own bound, or by the next call of its name.
                tracing::warn!(unit, %error, "a command that nobody waits for could not be ended");
            }
        });
    }
}
