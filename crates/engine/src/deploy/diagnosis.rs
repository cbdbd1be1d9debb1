//! What is wrong with the app, in words: the likely cause and the cure, from how it ended, what it printed, where it
//! listens and what it answers.

use domain::guest::ExecEnd;
use domain::plan::HealthCheck;
use domain::ports::{LogQuery, ProbeAnswer, ProbeError};
use domain::{Failure, FailureKind};
use futures_util::StreamExt;

use super::check::Asked;
use super::rollout::Rollout;
use crate::text;

/// Lines of the app's log that a failure shows.
const TAIL: usize = 20;

/// The likely cause and the cure.
pub(super) type Hint = (String, String);

/// From how a command ended.
pub(super) fn of_end(end: ExecEnd) -> Option<Hint> {
    let (why, cure) = match end {
        ExecEnd::OutOfMemory => (text::OUT_OF_MEMORY, text::MORE_BUILD_MEMORY),
        ExecEnd::OutOfDisk => (text::OUT_OF_DISK, text::MORE_BUILD_DISK),
        ExecEnd::TimedOut => (text::HUNG, text::LONGER_BUILD),
        ExecEnd::Code(127) => (text::COMMAND_NOT_FOUND, text::INSTALL_COMMAND),
        ExecEnd::Code(_) | ExecEnd::Signal(_) => return None,
    };
    Some((why.to_owned(), cure.to_owned()))
}

/// From what was printed: the newest line that says something known.
pub(super) fn of_output(lines: &[String]) -> Option<Hint> {
    lines.iter().rev().find_map(|line| text::hint_of_line(line))
}

/// An app that died while it was checked.
pub(super) async fn of_death(rollout: &Rollout<'_>, last_exit: &str) -> Failure {
    let tail = app_tail(rollout).await;
    let failure = Failure::new(FailureKind::Unhealthy, text::app_died(last_exit));
    with_hint(failure, of_output(&tail)).tail(tail)
}

/// An app that never became healthy.
pub(super) async fn of_unhealthy(
    rollout: &Rollout<'_>,
    health: &HealthCheck,
    asked: &Asked,
) -> Failure {
    let tail = app_tail(rollout).await;
    let what = text::never_healthy(health, asked);
    let hint = match asked {
        Err(ProbeError::Refused) => of_sockets(rollout).await.or_else(|| of_output(&tail)),
        Err(_) => Some((text::SILENT.to_owned(), text::SILENT_CURE.to_owned())),
        Ok(_) => of_output(&tail).or_else(|| {
            Some((
                text::SERVER_ERROR.to_owned(),
                text::SERVER_ERROR_CURE.to_owned(),
            ))
        }),
    };
    with_hint(Failure::new(FailureKind::Unhealthy, what), hint).tail(tail)
}

fn with_hint(failure: Failure, hint: Option<Hint>) -> Failure {
    match hint {
        Some((why, cure)) => failure.why(why).cure(cure),
        None => failure,
    }
}

/// From where the app listens instead.
async fn of_sockets(rollout: &Rollout<'_>) -> Option<Hint> {
    let guest = rollout.guest.as_ref()?;
    let port = rollout.release.plan.as_ref()?.port;
    let sockets = rollout.driver.listening(guest).await.ok()?.sockets;
    if sockets.is_empty() {
        return Some((text::LISTENS_NOWHERE.to_owned(), text::listen_on(port)));
    }
    if let Some(loopback) = sockets
        .iter()
        .find(|socket| socket.port() == port && socket.ip().is_loopback())
    {
        return Some((text::listens_on_loopback(loopback), text::listen_on(port)));
    }
    let others: Vec<u16> = sockets
        .iter()
        .map(std::net::SocketAddr::port)
        .filter(|other| *other != port)
        .collect();
    (!others.is_empty()).then(|| (text::listens_elsewhere(&others), text::listen_on(port)))
}

/// A warning for an app that answers, but with an error of the client's.
pub(super) fn of_client_error(answer: &ProbeAnswer, path: &str, framework: &str) -> String {
    let disallowed =
        answer.body.contains("DisallowedHost") || answer.body.contains("ALLOWED_HOSTS");
    if answer.status == 400 && (disallowed || framework == "django") {
        return text::allowed_hosts(path);
    }
    text::client_error(path, answer.status)
}

/// The last lines of the app's log, masked.
async fn app_tail(rollout: &Rollout<'_>) -> Vec<String> {
    let Some(guest) = &rollout.guest else {
        return Vec::new();
    };
    let query = LogQuery {
        last: Some(TAIL),
        ..LogQuery::default()
    };
    let Ok(lines) = rollout.driver.logs(guest, &query).await else {
        return Vec::new();
    };
    let mask = crate::mask::Mask::new(&rollout.release.env, []);
    lines
        .take(TAIL)
        .map(|line| mask.apply(&line.text))
        .collect()
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_known_line_names_the_cause() {
        let lines = [
            "Collecting flask",
            "ModuleNotFoundError: No module named 'flask_cors'",
            "exit",
        ]
        .map(str::to_owned);
        let (why, cure) = of_output(&lines).unwrap();
        assert!(why.contains("flask_cors"), "{why}");
        assert!(cure.contains("requirements"), "{cure}");
        assert!(of_output(&["all is well".to_owned()]).is_none());
    }

    #[test]
    fn a_refused_host_names_allowed_hosts() {
        let answer = ProbeAnswer {
            status: 400,
            body: "DisallowedHost at /".into(),
        };
        assert!(of_client_error(&answer, "/", "django").contains("ALLOWED_HOSTS"));
        let answer = ProbeAnswer {
            status: 404,
            body: String::new(),
        };
        assert!(of_client_error(&answer, "/", "flask").contains("404"));
    }
}
