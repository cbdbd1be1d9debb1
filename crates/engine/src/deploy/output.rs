//! Runs a command of the plan in a guest, its output going to the build log as it comes.

use domain::guest::{Exec, ExecEnd};
use domain::{Failure, FailureKind, GuestId};

use super::diagnosis;
use super::rollout::Rollout;
use crate::error::StepError;
use crate::text;

/// What a command belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Build,
    Release,
}

/// Runs a command to its end; anything but success is the release's failure, with the last lines of its output.
pub(super) async fn run_or_fail(
    rollout: &Rollout<'_>,
    guest: &GuestId,
    exec: &Exec,
    stage: Stage,
) -> Result<(), StepError> {
    rollout.log.new_tail();
    let end = rollout
        .hold(async {
            Ok(rollout
                .driver
                .exec(guest, exec, &|line| rollout.log.output(&line.text))
                .await?)
        })
        .await?;
    if end.is_success() {
        Ok(())
    } else {
        Err(failure(stage, end, rollout.log.tail()).into())
    }
}

fn failure(stage: Stage, end: ExecEnd, tail: Vec<String>) -> Failure {
    let kind = match (stage, end) {
        (_, ExecEnd::TimedOut) => FailureKind::Timeout,
        (Stage::Build, _) => FailureKind::Build,
        (Stage::Release, _) => FailureKind::ReleaseCommand,
    };
    let mut failure = Failure::new(kind, text::command_ended(stage == Stage::Build, end));
    let hint = diagnosis::of_end(end).or_else(|| diagnosis::of_output(&tail));
    if let Some((why, cure)) = hint {
        failure = failure.why(why).cure(cure);
    }
    failure.tail(tail)
}
