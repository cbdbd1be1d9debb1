//! What is in a base: the runtimes' packages, the app's user, one host key that Havre knows.

use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use domain::DeploymentKind;
use domain::plan::Runtime;
use domain::ports::{DriverError, LineSink, OutLine};
use domain::version::Release;
use pve::{Guest, MountPoint, Vmid, lxc};

use super::answer::MAKER_MEMORY;
use super::make::{machine, mark, say, size_of};
use super::name::BaseName;
use super::template::Template;
use crate::proxmox::details::{BaseDetails, BaseStage};
use crate::proxmox::fault::{During, fault};
use crate::proxmox::guest::{destroy, power};
use crate::proxmox::inside::Inside;
use crate::proxmox::labels;
use crate::proxmox::look::Spot;
use crate::proxmox::notebook::BaseNote;
use crate::proxmox::params::{self, Fixed};
use crate::proxmox::patience::{patiently, task};
use crate::proxmox::reach;
use crate::proxmox::settings::AddressPlan;
use crate::proxmox::site::Site;
use crate::text::proxmox as text;

/// Numbers that may turn out to be taken.
const TRIES: usize = 50;
/// Asking a runtime for its version.
const ASK: Duration = Duration::from_secs(30);
/// A machine has this long to shut down.
const DOWN: Duration = Duration::from_secs(60);
const CORES: u32 = 2;

/// Packages of every base.
const COMMON: [&str; 4] = ["ca-certificates", "git", "tar", "zstd"];
/// What builds of Python packages want.
const PYTHON: [&str; 6] = [
    "python3",
    "python3-venv",
    "python3-pip",
    "python3-dev",
    "build-essential",
    "pkg-config",
];
/// What Node's native modules want is the compiler and Python.
const NODE: [&str; 4] = ["nodejs", "npm", "build-essential", "python3"];

/// Makes the machine, fills it and shuts it down.
pub async fn fill(
    site: &Site,
    note: &mut BaseNote,
    template: &Template,
    sink: LineSink<'_>,
) -> Result<(), DriverError> {
    let name: BaseName = note
        .details
        .name
        .parse()
        .map_err(|bad| DriverError::other("read the note of a base", bad))?;
    let fixed = address(site, &note.owner).await?;
    create(site, note, &name, template, fixed).await?;
    let machine = machine(site, note)?;
    say(sink, text::BASE_STARTS.to_owned());
    power::on(site, &machine).await?;
    let inside = meet(site, note, &machine, fixed).await?;
    let (key, versions) = furnish(site, &inside, &name, sink).await?;
    power::off(site, &machine, DOWN).await?;
    let change = |details: &mut BaseDetails| {
        details.host_key = Some(key.clone());
        details.versions = versions.clone();
        details.stage = BaseStage::Filled;
    };
    site.notebook.change(note, change).await
}

/// The address of the machine while it is filled.
async fn address(site: &Site, owner: &str) -> Result<Fixed, DriverError> {
    match &site.settings().network.addresses {
        AddressPlan::Range(range) => Ok(Some(site.notebook.address(owner, range, &[]).await?)),
        AddressPlan::Dhcp => Ok(None),
    }
}

/// A fresh machine from the template. What an earlier, cut making left is removed.
async fn create(
    site: &Site,
    note: &mut BaseNote,
    name: &BaseName,
    template: &Template,
    fixed: Fixed,
) -> Result<(), DriverError> {
    for _ in 0..TRIES {
        let spot = Spot {
            kind: name.kind,
            node: &note.details.node,
            vmid: note.vmid,
            source: None,
        };
        destroy::machine_at(site, spot, &mark(note)).await?;
        match ask(site, note, name, template, fixed).await {
            Ok(()) => return tag(site, note).await,
            Err(error) if error.is_taken() => another_number(site, note).await?,
            // Removed and made again: nobody has used it.
            Err(error) if error.is_ambiguous() => {}
            Err(error) => return Err(fault(&text::making(&note.details.name), error)),
        }
    }
    Err(text::no_numbers(site.settings().vmids))
}

async fn another_number(site: &Site, note: &mut BaseNote) -> Result<(), DriverError> {
    let given_up = note.vmid;
    let change = |details: &mut BaseDetails| {
        if !details.abandoned.contains(&given_up) {
            details.abandoned.push(given_up);
        }
    };
    site.notebook.change(note, change).await?;
    let avoid = note.details.abandoned.clone();
    *note = site
        .notebook
        .claim(&note.owner, &note.details, &avoid)
        .await?;
    Ok(())
}

async fn ask(
    site: &Site,
    note: &BaseNote,
    name: &BaseName,
    template: &Template,
    fixed: Fixed,
) -> Result<(), pve::Error> {
    let details = &note.details;
    if name.kind == DeploymentKind::Vm {
        return super::vm::create(site, note, template, fixed).await;
    }
    let gib = u32::try_from(size_of(site, name.kind) >> 30).unwrap_or(u32::MAX);
    let root = MountPoint::root(details.storage.clone(), gib);
    let mut create = lxc::Create::new(Vmid::new(note.vmid)?, template.volume.clone(), root);
    create.pool = site.settings().pool.clone();
    create.ssh_keys = site.public_keys()?;
    create.settings = lxc::Settings {
        hostname: labels::base_host_name(&details.name, &details.nonce),
        cores: Some(CORES),
        memory: Some(MAKER_MEMORY),
        swap: Some(512),
        features: Some(params::nesting()),
        nameservers: params::name_servers(&site.settings().network),
        onboot: Some(false),
        description: Some(mark(note).description()),
        nets: params::lxc_net(&site.settings().network, fixed)
            .map(|net| (0, net))
            .into_iter()
            .collect(),
        ..lxc::Settings::default()
    };
    let _turn = site.client.storage_turn(&details.storage).await?;
    task(site, || site.client.create_lxc(&details.node, &create)).await
}

/// Tags come after the creation: on creation they are checked without the pool.
async fn tag(site: &Site, note: &BaseNote) -> Result<(), DriverError> {
    let machine = machine(site, note)?;
    let done = match machine.kind() {
        pve::GuestKind::Lxc => {
            let settings = lxc::Settings {
                tags: Some(labels::base_tags()),
                ..lxc::Settings::default()
            };
            let update = lxc::Update {
                settings,
                ..lxc::Update::default()
            };
            patiently(site, || machine.set_lxc(&update)).await
        }
        pve::GuestKind::Qemu => super::vm::tag(site, &machine).await,
    };
    done.during(&text::making(&note.details.name))
}

/// The first meeting. The key is not known yet, so nothing secret is ever sent to this machine: the key that its clones
/// show is made in it.
async fn meet(
    site: &Site,
    note: &BaseNote,
    machine: &Guest,
    fixed: Fixed,
) -> Result<Inside, DriverError> {
    let addresses = reach::addresses(site, machine, fixed.map(IpAddr::V4)).await?;
    let id = note.details.nonce.replacen('b', "g", 1);
    let id = id
        .parse()
        .map_err(|bad| DriverError::other("name a base", bad))?;
    let user = match machine.kind() {
        pve::GuestKind::Lxc => "root",
        pve::GuestKind::Qemu => super::vm::USER,
    };
    let (address, shown) = reach::knock(site, &addresses, user, &[]).await?;
    if user != "root" {
        super::vm::let_root_in(site, address, &shown).await?;
    }
    let inside = Inside::new(site.doors.shell(address, &shown), id);
    inside.ready(site.limits().boot).await?;
    Ok(inside)
}

/// Everything inside: the key that clones show, and the versions found.
async fn furnish(
    site: &Site,
    inside: &Inside,
    name: &BaseName,
    sink: LineSink<'_>,
) -> Result<(String, Vec<String>), DriverError> {
    inside.prepare(sink).await?;
    say(sink, text::BASE_INSTALLS.to_owned());
    let registries = site.registries().await?;
    let packages = packages(name);
    inside.install(&packages, Some(&registries), sink).await?;
    if name.kind == DeploymentKind::Vm {
        super::vm::settle_cloud_init(inside).await?;
    }
    let mut versions = Vec::new();
    for runtime in name.runtimes() {
        let found = version(inside, *runtime).await?;
        let found = found.ok_or_else(|| text::incomplete_base(*runtime, name.os))?;
        versions.push(format!("{runtime} {found}"));
    }
    let key = inside.new_host_key().await?;
    inside.switch_host_key().await?;
    inside.clean().await?;
    Ok((key.to_string(), versions))
}

/// The packages of a base, each once.
fn packages(name: &BaseName) -> Vec<&'static str> {
    let mut packages: Vec<&'static str> = COMMON.to_vec();
    for runtime in name.runtimes() {
        packages.extend::<&[&str]>(match runtime {
            Runtime::Python => &PYTHON,
            Runtime::Node => &NODE,
            Runtime::Static | Runtime::Shell => &[],
        });
    }
    if name.kind == DeploymentKind::Vm {
        packages.push(super::vm::AGENT);
    }
    packages.sort_unstable();
    packages.dedup();
    packages
}

/// What a runtime says its version is.
async fn version(inside: &Inside, runtime: Runtime) -> Result<Option<Release>, DriverError> {
    let argv = match runtime {
        Runtime::Python => ["python3", "--version"],
        Runtime::Node => ["node", "--version"],
        Runtime::Static | Runtime::Shell => return Ok(None),
    };
    let said = Mutex::new(String::new());
    let hear = |line: OutLine| {
        let mut said = said
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        said.push_str(&line.text);
        said.push(' ');
    };
    inside.run(&argv, ASK, &hear).await?;
    let said = said
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok(read_version(&said))
}

fn read_version(said: &str) -> Option<Release> {
    let mut words = said.split_whitespace();
    words.find_map(|word| Release::parse(word.trim_start_matches('v').trim_end_matches('+')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_tells_its_version() {
        assert_eq!(read_version("Python 3.11.2 "), Some(Release(3, 11, 2)));
        assert_eq!(read_version("v18.20.4"), Some(Release(18, 20, 4)));
        assert_eq!(read_version("Python 3.13.0+"), Some(Release(3, 13, 0)));
        assert_eq!(read_version("command not found"), None);
    }

    #[test]
    fn packages_are_those_of_the_runtimes() {
        let of = |text: &str| packages(&text.parse().unwrap());
        assert_eq!(
            of("lxc-debian12-plain_r1"),
            ["ca-certificates", "git", "tar", "zstd"]
        );
        let both = of("lxc-debian12-python-3.11_node-18_r1");
        assert_eq!(
            both.iter()
                .filter(|name| **name == "build-essential")
                .count(),
            1
        );
        assert!(both.contains(&"nodejs") && both.contains(&"python3-venv"));
    }
}
