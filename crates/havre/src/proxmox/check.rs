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
            privileges::commands(settings, major, &zone(client, settings).await)
        }
        false => Vec::new(),
    };
    if screen.json {
        let body = json!({"success": !failed, "checks": checks, "commands": commands});
        screen.out(&format!("{body:#}"))?;
    } else {
        for check in checks {
            let mut check = check.clone();
            if check.name == RIGHTS && check.state != State::Ok && !commands.is_empty() {
                check.cure = Some(text::PVE_RIGHTS_BELOW.to_owned());
            }
            screen.out(&shown(&check))?;
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
    let what = match error.kind() {
        Kind::Ambiguous => text::pve_silent(error.reason()),
        _ => error.to_string(),
    };
    Check::fail("proxmox", what, cure)
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
    if allowed.is_empty() && !settings.nodes.is_empty() {
        let names: Vec<&str> = settings.nodes.iter().map(pve::NodeName::as_str).collect();
        let what = text::pve_no_nodes(&names.join(", "));
        return Check::fail("nodes", what, text::PVE_NODES_CURE);
    }
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
    match (here.as_slice(), &settings.template) {
        ([], Some(wanted)) => Check::fail(
            "template",
            text::pve_no_such_template(wanted, settings.templates.as_str()),
            text::PVE_OTHER_TEMPLATE,
        ),
        ([], None) => Check::warn(
            "template",
            text::pve_no_template(settings.templates.as_str()),
            text::PVE_TEMPLATE_CURE,
        ),
        (some, _) => Check::ok("template", text::pve_templates(some)),
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
    let zone = zone(client, settings).await;
    let needs = privileges::needs(settings, seen.version.major(), &zone);
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
    let mut checks: Vec<Check> = pool(settings, seen, holds).into_iter().collect();
    let lacking = privileges::lacking(&needs, holds);
    if lacking.is_empty() {
        checks.push(Check::ok(RIGHTS, text::PVE_RIGHTS));
    }
    checks.extend(lacking.iter().map(missing));
    checks
}

/// A pool that is not there, as far as the token would see it. Rights are granted on paths of what does not exist, too.
fn pool(
    settings: &ClusterSettings,
    seen: &Survey,
    holds: impl Fn(&str, &str) -> bool,
) -> Option<Check> {
    let pool = settings.pool.as_ref()?;
    let there = seen.pools.iter().any(|row| &row.poolid == pool);
    let would_see = holds(&format!("/pool/{pool}"), "Pool.Audit");
    (would_see && !there).then(|| {
        let name = pool.as_str();
        Check::fail("pool", text::pve_no_pool(name), text::pve_pool_cure(name))
    })
}

/// The zone of the network that was chosen: that of all bridges, unless the token has rights on a vnet of this name, or in
/// another zone only. Who may only use a vnet is not told its zone otherwise.
async fn zone(client: &Client, settings: &ClusterSettings) -> String {
    let held = client.permissions(None).await.unwrap_or_default();
    let usable = held.iter().filter(|(_, held)| held.contains("SDN.Use"));
    let paths: Vec<&str> = usable.map(|(path, _)| path).collect();
    zone_in(&paths, settings.network.bridge.as_str()).to_owned()
}

fn zone_in<'a>(usable: &[&'a str], name: &str) -> &'a str {
    let parts = |path: &&'a str| -> Option<(&'a str, Option<&'a str>)> {
        let mut parts = path.strip_prefix("/sdn/zones/")?.split('/');
        Some((parts.next()?, parts.next()))
    };
    let zones: Vec<_> = usable.iter().filter_map(parts).collect();
    let exact = zones.iter().find(|(_, vnet)| *vnet == Some(name));
    let whole = zones.iter().find(|(_, vnet)| vnet.is_none());
    exact
        .or(whole)
        .map_or(privileges::BRIDGES, |(zone, _)| zone)
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
            .filter(|(path, _)| reaches(path, &need.path))
            .flat_map(|(_, held)| held.iter().cloned())
            .collect();
        granted.insert(need.path.clone(), on_path);
    }
    Ok(granted)
}

/// Rights are inherited. Proxmox VE answers with what holds on the path itself; others tell the paths above it as they are.
fn reaches(granted: &str, path: &str) -> bool {
    granted == "/"
        || path
            .strip_prefix(granted)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{reaches, zone_in};

    #[test]
    fn a_vnet_is_found_in_the_zone_where_it_may_be_used() {
        let zone = |paths: &[&'static str]| zone_in(paths, "web");
        assert_eq!(zone(&[]), "localnetwork");
        assert_eq!(
            zone(&["/", "/sdn", "/sdn/zones/localnetwork/vmbr0"]),
            "localnetwork"
        );
        assert_eq!(zone(&["/sdn/zones/apps"]), "apps");
        assert_eq!(zone(&["/sdn/zones/a", "/sdn/zones/b/web"]), "b");
        assert_eq!(zone(&["/sdn/zones/b/other"]), "localnetwork");
    }

    #[test]
    fn rights_reach_down_and_no_further() {
        for above in ["/", "/storage", "/storage/local"] {
            assert!(reaches(above, "/storage/local"), "{above}");
        }
        for aside in ["/storage/loc", "/storage/local/x", "/pool"] {
            assert!(!reaches(aside, "/storage/local"), "{aside}");
        }
    }
}
