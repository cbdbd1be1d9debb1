//! What this machine allows: found by making a throw-away guest, never by reading switches.

use std::fs;
use std::path::Path;
use std::time::Duration;

use domain::GuestId;
use domain::ports::DriverError;
use serde::{Deserialize, Serialize};

use super::cgroup::{self, Placement};
use super::config::LocalConfig;
use super::ids;
use super::launch;
use super::layout::Layout;
use super::trees;
use super::trouble::{On, Trouble};
use super::wire::{AppFolder, Command, End, Event, Launch, Limits, Work};
use crate::text::place as text;

/// How well guests are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tier {
    /// Namespaces and control groups.
    L1,
    /// Namespaces and limits per process.
    L2,
}

/// A word that is no tier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no isolation tier of this driver: L1 or L2")]
pub struct BadTier(String);

impl std::str::FromStr for Tier {
    type Err = BadTier;

    fn from_str(text: &str) -> Result<Self, BadTier> {
        match text.to_ascii_uppercase().as_str() {
            "L1" => Ok(Self::L1),
            "L2" => Ok(Self::L2),
            _ => Err(BadTier(text.to_owned())),
        }
    }
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Place {
    /// Where control groups are made; none in tier L2.
    pub cgroup: Option<Placement>,
    /// An artifact can lie below what a guest writes; else it is copied.
    pub overlay: bool,
    /// Why guests have no network.
    pub no_network: Option<String>,
    /// Landlock holds.
    pub landlock: bool,
}

impl Place {
    /// The tier.
    pub fn tier(&self) -> Tier {
        if self.cgroup.is_some() {
            Tier::L1
        } else {
            Tier::L2
        }
    }
}

/// The guest id of a probe.
pub const PROBE: &str = "g000000000000";

const BOUND: Duration = Duration::from_secs(30);

/// Tries the best first. Refuses when nothing works, or not what the settings ask for.
pub async fn find(config: &LocalConfig, layout: &Layout) -> Result<Place, DriverError> {
    let placement = match config.tier {
        Some(Tier::L2) => None,
        _ => cgroup::find(&groups_name(layout)),
    };
    if config.tier == Some(Tier::L1) && placement.is_none() {
        return Err(DriverError::other(text::NO_L1, text::NO_GROUPS));
    }
    let mut first = None;
    let attempts = attempts(config.tier, placement);
    let wanted = |(_, overlay): &(_, bool)| config.overlay || !overlay;
    for (cgroup, overlay) in attempts.into_iter().filter(wanted) {
        match attempt(config, layout, cgroup, overlay).await {
            Ok(place) => return Ok(place),
            Err(trouble) => first = first.or(Some(trouble)),
        }
    }
    let trouble = first.unwrap_or_else(|| Trouble::new("make a sandbox", "nothing was tried"));
    Err(DriverError::other(
        text::no_sandbox(&trouble.to_string()),
        trouble,
    ))
}

fn attempts(tier: Option<Tier>, placement: Option<Placement>) -> Vec<(Option<Placement>, bool)> {
    let mut attempts = Vec::new();
    if let Some(placement) = placement {
        attempts.push((Some(placement.clone()), true));
        attempts.push((Some(placement), false));
    }
    if tier != Some(Tier::L1) {
        attempts.extend([(None, true), (None, false)]);
    }
    attempts
}

/// One name per data folder: two Havres on a machine do not clean up each other's groups.
pub fn groups_name(layout: &Layout) -> String {
    use sha2::{Digest, Sha256};
    let hash = hex::encode(Sha256::digest(layout.top().as_os_str().as_encoded_bytes()));
    format!("havre-{}", &hash[..12])
}

async fn attempt(
    config: &LocalConfig,
    layout: &Layout,
    cgroup: Option<Placement>,
    overlay: bool,
) -> Result<Place, Trouble> {
    let dir = layout.top().join(format!("probe-{}", std::process::id()));
    let tried = try_in(&dir, config, cgroup, overlay).await;
    let removed = trees::remove(&dir).on("remove the probe's folder");
    let place = tried?;
    removed.map(|()| place)
}

async fn try_in(
    dir: &Path,
    config: &LocalConfig,
    cgroup: Option<Placement>,
    overlay: bool,
) -> Result<Place, Trouble> {
    let launch = probe(dir, config, cgroup, overlay)?;
    let mut shim = launch::start(&config.exe, &launch).await?;
    let ready = shim.events.ready(BOUND).await?;
    let event = tokio::time::timeout(BOUND, shim.events.next()).await;
    let event = event
        .map_err(std::io::Error::other)
        .on("wait for the probe")?;
    let _ = shim.child.wait().await;
    match event.on("hear the probe")? {
        Some(Event::Ended(End::Code(0))) => Ok(Place {
            cgroup: launch.cgroup,
            overlay,
            no_network: ready.no_network,
            landlock: ready.landlock,
        }),
        other => Err(Trouble::new(
            "run a program in a sandbox",
            format!("{other:?}"),
        )),
    }
}

fn probe(
    dir: &Path,
    config: &LocalConfig,
    cgroup: Option<Placement>,
    overlay: bool,
) -> Result<Launch, Trouble> {
    trees::remove(dir).on("remove an earlier probe")?;
    let ids = ids::of(config.uid_base, 0);
    let part = |name: &str| {
        let path = dir.join(name);
        fs::create_dir_all(&path)
            .and_then(|()| std::os::unix::fs::chown(&path, Some(ids.outer.0), Some(ids.outer.1)))
            .on("make the probe's folders")
            .map(|()| path)
    };
    let app = if overlay {
        AppFolder::Overlay {
            lower: part("lower")?,
            upper: part("upper")?,
            work: part("work")?,
        }
    } else {
        AppFolder::Plain(part("app")?)
    };
    let guest: GuestId = PROBE
        .parse()
        .map_err(std::io::Error::other)
        .on("name the probe")?;
    Ok(Launch {
        guest,
        dir: dir.to_path_buf(),
        hostname: "probe".into(),
        ids,
        app,
        binds: Vec::new(),
        limits: Limits {
            memory: 64 << 20,
            cores: 1,
            pids: 32,
            disk: 64 << 20,
            background: false,
        },
        cgroup,
        network: true,
        cache: None,
        floor: 0,
        command: Command {
            // Writes where an app would, since an overlay that cannot be written is of no use.
            argv: ["/bin/sh", "-c", "echo x > /app/probe && test -s /app/probe"]
                .map(str::to_owned)
                .to_vec(),
            env: Vec::new(),
            dir: "/app".into(),
        },
        work: Work::Command,
    })
}
