//! Whether a cluster is fit for what was chosen: for the set-up's end, `--check` and `havre doctor`.

use std::collections::{BTreeMap, BTreeSet};

use drivers::proxmox::ClusterSettings;
use drivers::proxmox::privileges::{self, Lacking, Need};
use pve::{Client, Kind};
use secrecy::SecretString;
use serde_json::json;

use super::notebook::{look, settings_of};
use super::setup::told;
use super::survey::{self, Survey};
use crate::config::{DotEnv, Layers, Settings, World};
use crate::doctor::{Check, State, shown};
use crate::exit::{Exit, Fault, Outcome};
use crate::screen::Screen;
use crate::text;

/// The oldest and the newest version that Havre was written for.
const VERSIONS: std::ops::RangeInclusive<u32> = 8..=9;

/// `havre proxmox setup --check`: 0 when deploys would work, else 4.
pub async fn run(screen: Screen) -> Outcome {
    let world = World::of_this_process();
    let layers = Layers::read(&world, &[], DotEnv::Read)?;
    let settings = Settings::from_layers(&layers, &world)?;
    let (client, cluster) = stored(&settings).await?.ok_or_else(|| {
        Fault::new(Exit::NotFound, text::PVE_NOT_SET_UP).cure(text::PVE_SETUP_FIRST)
    })?;
    let checks = of(&client, &cluster, None).await;
    tell(screen, &client, &cluster, &checks).await
}

/// For `havre doctor`: nothing where no cluster is set up.
pub async fn checks(settings: &Settings) -> Vec<Check> {
    match stored(settings).await {
        Ok(None) => Vec::new(),
        Ok(Some((client, cluster))) => of(&client, &cluster, None).await,
        Err(fault) => vec![Check::fail("proxmox", fault.what, text::PVE_SETUP_AGAIN)],
    }
}

/// The cluster of the last set-up, with a client for it.
async fn stored(settings: &Settings) -> Result<Option<(Client, ClusterSettings)>, Fault> {
    let Some(row) = look(settings).await? else {
        return Ok(None);
    };
    let cluster = settings_of(&row)?;
    let secret = row.secret.unwrap_or_else(|| SecretString::from(""));
    let endpoint = cluster
        .endpoint(&secret, 0)
        .map_err(|bad| Fault::new(Exit::BadInput, bad.to_string()))?;
    Ok(Some((Client::new(endpoint).map_err(told)?, cluster)))
}

/// Looks at everything that a deploy needs of the cluster.
pub async fn of(client: &Client, settings: &ClusterSettings, seen: Option<&Survey>) -> Vec<Check> {
    let looked = match seen {
        Some(_) => None,
        None => match survey::look(client).await {
            Ok(survey) => Some(survey),
            Err(error) => return vec![unreachable(&error)],
        },
    };
    let Some(seen) = seen.or(looked.as_ref()) else {
        return Vec::new();
    };
    let mut checks = vec![version(settings, seen)];
    let warnings = client.warnings().iter();
    checks.extend(warnings.map(|warning| Check::warn("trust", *warning, text::PVE_TRUST_CURE)));
    checks.push(quorum(seen));
    checks.push(nodes(settings, seen));
    checks.push(disks(settings, seen));
    checks.push(template(settings, seen));
    checks.push(bridge(settings, seen));
    checks.extend(rights(client, settings, seen).await);
    checks
}

/// Prints the checks, and the commands that give the missing privileges.
pub async fn tell(
    screen: Screen,
    client: &Client,
    settings: &ClusterSettings,
    checks: &[Check],
) -> Outcome {
    let failed = checks.iter().any(|check| check.state == State::Fail);
    let lacks = checks
        .iter()
        .any(|check| check.name == RIGHTS && check.state != State::Ok);
    let commands = match lacks {
        true => {
            let major = client.version().await.map_or(9, |version| version.major());
            privileges::commands(settings, major)
        }
        false => Vec::new(),
    };
    if screen.json {
        let body = json!({"success": !failed, "checks": checks, "commands": commands});
        screen.out(&format!("{body:#}"))?;
    } else {
        for check in checks {
            screen.out(&shown(check))?;
        }
        if !commands.is_empty() {
            screen.say(text::PVE_COMMANDS);
            for line in &commands {
                screen.out(line)?;
            }
        }
        screen.say(if failed {
            text::PVE_NOT_READY
        } else {
            text::PVE_READY
        });
    }
    Ok(if failed { Exit::Refused } else { Exit::Done })
}

fn unreachable(error: &pve::Error) -> Check {
    let cure = match error.kind() {
        Kind::Credentials => text::PVE_CREDENTIALS_CURE,
        Kind::Untrusted { .. } => text::PVE_UNTRUSTED_CURE,
        _ => text::PVE_UNREACHABLE_CURE,
    };
    Check::fail("proxmox", error.to_string(), cure)
}

fn version(settings: &ClusterSettings, seen: &Survey) -> Check {
    let what = text::pve_version(&seen.version.version, &settings.url);
    match VERSIONS.contains(&seen.version.major()) {
        true => Check::ok("proxmox", what),
        false => Check::fail("proxmox", what, text::PVE_VERSION_CURE),
    }
}

fn quorum(seen: &Survey) -> Check {
    match seen.quorate {
        Some(true) => Check::ok("quorum", text::PVE_QUORATE),
        Some(false) => Check::fail("quorum", text::PVE_NOT_QUORATE, text::PVE_QUORUM_CURE),
        None => Check::warn(
            "quorum",
            text::PVE_QUORUM_UNSEEN,
            text::PVE_QUORUM_UNSEEN_CURE,
        ),
    }
}

fn nodes(settings: &ClusterSettings, seen: &Survey) -> Check {
    let allowed: Vec<_> = seen
        .nodes
        .iter()
        .filter(|row| settings.allows(&row.node))
        .collect();
    let online = allowed.iter().filter(|row| row.is_online()).count();
    let what = text::pve_nodes(online, allowed.len(), seen.nodes.len());
    match online {
        0 => Check::fail("nodes", what, text::PVE_NODES_CURE),
        some if some < allowed.len() => Check::warn("nodes", what, text::PVE_NODE_AWAY_CURE),
        _ => Check::ok("nodes", what),
    }
}

fn disks(settings: &ClusterSettings, seen: &Survey) -> Check {
    let found = seen
        .storages
        .iter()
        .find(|storage| storage.row.storage == settings.disks);
    let Some(storage) = found else {
        let what = text::pve_no_storage(settings.disks.as_str());
        return Check::fail("disks", what, text::PVE_STORAGE_CURE);
    };
    let what = super::show::storage(storage);
    match storage.row.active {
        false => Check::fail("disks", what, text::PVE_STORAGE_DOWN_CURE),
        true if !storage.can().clone => Check::warn("disks", what, text::PVE_FULL_CLONES),
        true => Check::ok("disks", what),
    }
}

fn template(settings: &ClusterSettings, seen: &Survey) -> Check {
    let fits = |file: &str| match &settings.template {
        Some(wanted) => file.contains(wanted.as_str()),
        None => drivers::proxmox::is_known_template(file),
    };
    let here: Vec<&str> = seen
        .templates
        .iter()
        .filter(|volume| volume.volid.storage() == &settings.templates)
        .map(|volume| volume.volid.file())
        .filter(|file| fits(file))
        .collect();
    match here.as_slice() {
        [] => Check::warn(
            "template",
            text::pve_no_template(settings.templates.as_str()),
            text::PVE_TEMPLATE_CURE,
        ),
        some => Check::ok("template", text::pve_templates(some)),
    }
}

fn bridge(settings: &ClusterSettings, seen: &Survey) -> Check {
    let name = &settings.network.bridge;
    match seen.bridges.iter().find(|row| &row.iface == name) {
        Some(row) if row.active == Some(false) => Check::warn(
            "network",
            super::show::bridge(row),
            text::PVE_BRIDGE_DOWN_CURE,
        ),
        Some(row) => Check::ok("network", super::show::bridge(row)),
        None => Check::fail(
            "network",
            text::pve_no_bridge(name.as_str()),
            text::PVE_BRIDGE_CURE,
        ),
    }
}

const RIGHTS: &str = "privileges";

/// One line for each path where something is missing.
async fn rights(client: &Client, settings: &ClusterSettings, seen: &Survey) -> Vec<Check> {
    let needs = privileges::needs(settings, seen.version.major());
    let granted = match granted(client, &needs).await {
        Ok(granted) => granted,
        Err(error) => {
            return vec![Check::fail(
                RIGHTS,
                error.to_string(),
                text::PVE_RIGHTS_CURE,
            )];
        }
    };
    let holds = |path: &str, privilege: &str| {
        granted
            .get(path)
            .is_some_and(|held| held.contains(privilege))
    };
    let lacking = privileges::lacking(&needs, holds);
    if lacking.is_empty() {
        return vec![Check::ok(RIGHTS, text::PVE_RIGHTS)];
    }
    lacking.iter().map(missing).collect()
}

fn missing(lacking: &Lacking) -> Check {
    let Lacking { need, missing } = lacking;
    let what = text::pve_lacks(&missing.join(", "), &need.path, need.why);
    match need.optional {
        true => Check::warn(RIGHTS, what, text::PVE_RIGHTS_CURE),
        false => Check::fail(RIGHTS, what, text::PVE_RIGHTS_CURE),
    }
}

/// What the token has on each path that matters.
async fn granted(
    client: &Client,
    needs: &[Need],
) -> pve::Result<BTreeMap<String, BTreeSet<String>>> {
    let mut granted = BTreeMap::new();
    for need in needs {
        if granted.contains_key(&need.path) {
            continue;
        }
        let told = client.permissions(Some(&need.path)).await?;
        let on_path = told
            .iter()
            .filter(|(path, _)| *path == need.path)
            .flat_map(|(_, held)| held.iter().cloned())
            .collect();
        granted.insert(need.path.clone(), on_path);
    }
    Ok(granted)
}
