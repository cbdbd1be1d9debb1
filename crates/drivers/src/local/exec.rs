//! Running one command in a guest, from the controller's side.

use std::time::Duration;

use domain::GuestId;
use domain::guest::{Exec, ExecEnd};
use domain::ports::{DriverError, LineSink, OutLine};
use tokio::io::AsyncReadExt;
use tokio::process::ChildStdout;

use super::files;
use super::launch::{self, Events};
use super::layout::GuestDir;
use super::logs::LineCleaner;
use super::process::Process;
use super::trouble::On;
use super::wire::{End, Event, Launch};

/// Making the sandbox, and ending it, take less than this on any machine that works.
const BOUND: Duration = Duration::from_secs(30);

/// Runs it to its end.
pub async fn run(
    exe: &std::path::Path,
    launch: &Launch,
    command: &Exec,
    mask: &[String],
    sink: LineSink<'_>,
) -> Result<ExecEnd, DriverError> {
    let dir = GuestDir(launch.dir.clone());
    let note = dir.exec(&command.tag);
    end_predecessor(&note).await?;
    let mut shim = launch::start(exe, launch).await?;
    if let Some(process) = shim
        .child
        .id()
        .and_then(|pid| Process::of(pid.cast_signed()).ok())
    {
        files::write_json(&note, &process, false).on("note the command's shim")?;
    }
    shim.events.ready(BOUND).await?;
    let output = shim.output.take();
    let ended =
        tokio::time::timeout(command.timeout, follow(shim.events, output, mask, sink)).await;
    // The events were dropped: a shim that still runs ends its guest now, and cleans up behind it.
    if tokio::time::timeout(BOUND, shim.child.wait())
        .await
        .is_err()
    {
        let _ = shim.child.start_kill();
    }
    let _ = files::gone_is_fine(std::fs::remove_file(&note));
    match ended {
        Err(_) => Ok(ExecEnd::TimedOut),
        Ok(ended) => ended.map(end).map_err(DriverError::Transient),
    }
}

/// A command of the same tag from an earlier life of the controller.
async fn end_predecessor(note: &std::path::Path) -> Result<(), DriverError> {
    let earlier: Option<Process> = files::read_json(note).unwrap_or_default();
    match earlier {
        Some(process) if !process.kill(BOUND).await => Err(DriverError::Transient(
            "an earlier run of this command does not end".into(),
        )),
        _ => Ok(()),
    }
}

/// Passes lines on until the command ended and its last line was read.
async fn follow(
    mut events: Events,
    output: Option<ChildStdout>,
    mask: &[String],
    sink: LineSink<'_>,
) -> Result<End, String> {
    let lines = lines(output, mask, sink);
    let (event, ()) = tokio::join!(events.next(), lines);
    match event {
        Ok(Some(Event::Ended(end))) => Ok(end),
        _ => Err("the sandbox of the command was killed from outside".into()),
    }
}

async fn lines(output: Option<ChildStdout>, mask: &[String], sink: LineSink<'_>) {
    let Some(mut output) = output else { return };
    let mut cleaner = LineCleaner::default();
    let mut emit = |text: String| {
        sink(OutLine {
            text: masked(text, mask),
        })
    };
    let mut chunk = vec![0u8; 64 * 1024];
    while let Ok(length @ 1..) = output.read(&mut chunk).await {
        cleaner.push(&chunk[..length], &mut emit);
    }
    cleaner.end(&mut emit);
}

/// Credentials of the host's registries are known to nobody but the host.
pub(crate) fn masked(mut text: String, mask: &[String]) -> String {
    for secret in mask.iter().filter(|secret| !secret.is_empty()) {
        if text.contains(secret.as_str()) {
            text = text.replace(secret.as_str(), "***");
        }
    }
    text
}

fn end(end: End) -> ExecEnd {
    match end {
        End::Code(code) => ExecEnd::Code(code),
        End::Signal(signal) => ExecEnd::Signal(signal),
        End::OutOfMemory => ExecEnd::OutOfMemory,
        End::OutOfDisk => ExecEnd::OutOfDisk,
    }
}

/// Names a command in a way that can be part of a file name.
pub fn check_tag(guest: &GuestId, tag: &str) -> Result<(), DriverError> {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !tag.is_empty() && tag.len() <= 64 && tag.bytes().all(legal) {
        return Ok(());
    }
    Err(DriverError::other(
        format!("run a command in {guest}"),
        format!("`{tag}` is no legal tag"),
    ))
}
