//! The server, and what it says of database, gateway and driver.

use api::{Health, Ready};

use super::check::Check;
use crate::client::{Client, NO_QUERY};
use crate::text;

/// True when a Havre server answers there.
pub async fn answers(client: &Client) -> Option<Health> {
    let answer = client.get(&["health"], NO_QUERY).await.ok()?;
    answer.parse::<Health>().ok()
}

/// The server and its parts.
pub async fn checks(client: &Client, health: Option<&Health>) -> Vec<Check> {
    let Some(health) = health else {
        let what = text::unreachable(client.base());
        return vec![Check::warn("server", what, text::UNREACHABLE_CURE)];
    };
    let mut checks = vec![server(client, health)];
    match client
        .get(&["api", "ready"], NO_QUERY)
        .await
        .and_then(|answer| answer.parse::<Ready>())
    {
        Ok(ready) => checks.extend(
            ready
                .parts
                .iter()
                .filter_map(|(part, state)| part_check(part, state)),
        ),
        Err(fault) => checks.push(Check::fail("server", fault.what, text::SERVER_LOG_CURE)),
    }
    checks
}

fn server(client: &Client, health: &Health) -> Check {
    let ours = env!("CARGO_PKG_VERSION");
    let what = text::server_answers(client.base(), &health.version);
    if health.version == ours {
        Check::ok("server", what)
    } else {
        Check::warn("server", what, text::other_version(ours))
    }
}

fn part_check(part: &str, state: &str) -> Option<Check> {
    let name = match part {
        // The database itself was looked at by the doctor before.
        "database" => "server db",
        "gateway" => "gateway",
        "driver" => "driver",
        _ => return None,
    };
    Some(match state {
        "ok" => Check::ok(name, text::PART_READY),
        broken => Check::fail(name, broken, text::SERVER_LOG_CURE),
    })
}
