//! The visit: looks at everything, prints it, and says whether something must be mended.

use console::Style;
use serde_json::json;

use super::check::{Check, State};
use super::{database, disk, network, sandbox, server, tools};
use crate::client::Client;
use crate::config::{DotEnv, Layers, Settings, World};
use crate::exit::{Exit, Outcome};
use crate::screen::Screen;
use crate::serve;
use crate::text;

/// Looks at everything. 0 when nothing must be mended, else 4: deploys would be refused.
pub async fn run(screen: Screen, url: Option<String>) -> Outcome {
    let world = World::of_this_process();
    let layers = Layers::read(&world, &[("url", url)], DotEnv::Read)?;
    let settings = Settings::from_layers(&layers, &world)?;
    let client = Client::new(&settings.url)?;
    let checks = look(&settings, &world, &client).await;
    let failed = checks.iter().any(|check| check.state == State::Fail);
    if screen.json {
        let body = json!({"success": !failed, "checks": checks});
        screen.out(&format!("{body:#}"))?;
    } else {
        for check in &checks {
            screen.out(&shown(check))?;
        }
        screen.say(if failed {
            text::DOCTOR_BAD
        } else {
            text::DOCTOR_GOOD
        });
    }
    Ok(if failed { Exit::Refused } else { Exit::Done })
}

async fn look(settings: &Settings, world: &World, client: &Client) -> Vec<Check> {
    let health = server::answers(client).await;
    let ours = health.is_some();
    let mut checks = tools::checks();
    checks.extend(sandbox::checks().await);
    checks.push(disk::check(&settings.data_dir));
    checks.extend(database::checks(settings, world, ours, serve::system_clock()).await);
    checks.extend(crate::proxmox::checks(settings).await);
    checks.push(network::port(
        "API port",
        settings.listen,
        ours,
        "HAVRE_LISTEN",
    ));
    checks.push(network::port(
        "gateway port",
        settings.gateway,
        ours,
        "HAVRE_GATEWAY",
    ));
    checks.push(network::resolver(&settings.base_domain));
    checks.extend(server::checks(client, health.as_ref()).await);
    checks
}

/// A check as it is printed.
pub fn shown(check: &Check) -> String {
    let (word, style) = match check.state {
        State::Ok => (text::DOCTOR_OK, Style::new().green()),
        State::Warn => (text::DOCTOR_WARN, Style::new().yellow()),
        State::Fail => (text::DOCTOR_FAIL, Style::new().red().bold()),
    };
    let head = format!(
        "{} {:<13} {}",
        style.apply_to(format!("{word:<4}")),
        check.name,
        check.what
    );
    match &check.cure {
        Some(cure) => format!("{head}\n{:19}{cure}", ""),
        None => head,
    }
}
