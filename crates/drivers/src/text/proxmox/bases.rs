//! Sentences about bases: what they are made from, what they lack, how making them goes.

use domain::DeploymentKind;
use domain::plan::{Runtime, VersionWish};
use domain::ports::DriverError;
use domain::version::Release;
use pve::NodeName;

use crate::proxmox::base::os::Os;

fn title(runtime: Runtime) -> &'static str {
    match runtime {
        Runtime::Python => "Python",
        Runtime::Node => "Node.js",
        Runtime::Static => "a static file server",
        Runtime::Shell => "a shell",
    }
}

/// There is nothing to make a base from.
pub fn no_system(kind: DeploymentKind) -> DriverError {
    match kind {
        DeploymentKind::Lxc => DriverError::Toolchain {
            what: "The cluster has no Debian or Ubuntu container template that Havre could make a base from.".into(),
            cure: "Download one on a node: `pveam update && pveam download local debian-12-standard_12.12-1_amd64.tar.zst` \
                   (or in the web interface: storage, CT Templates, Templates), then deploy again."
                .into(),
        },
        DeploymentKind::Vm => DriverError::Toolchain {
            what: "The cluster has no Debian or Ubuntu cloud image that Havre could make a VM from.".into(),
            cure: "Download one into a storage with the content `import`, such as \
                   https://cloud.debian.org/images/cloud/bookworm/latest/debian-12-genericcloud-amd64.qcow2, then deploy again."
                .into(),
        },
    }
}

/// Another version than the one asked for is used.
pub fn other_version(runtime: Runtime, asked: &VersionWish, used: Release, os: Os) -> String {
    format!(
        "{} asks for {} {}; {used} is used, since that is what {} has.",
        asked.file,
        title(runtime),
        asked.wish,
        os.title()
    )
}

/// No system that is here has the version.
pub fn wrong_version(
    runtime: Runtime,
    asked: &VersionWish,
    systems: &[Os],
    better: Option<Os>,
) -> DriverError {
    let name = title(runtime);
    let have: Vec<String> = systems
        .iter()
        .map(|os| match os.packs(runtime) {
            Some(release) => format!("{} ({name} {release})", os.title()),
            None => os.title(),
        })
        .collect();
    let what = format!(
        "The app asks for {name} {} ({}), and the templates of the cluster are {}.",
        asked.wish,
        asked.file,
        have.join(", ")
    );
    let elsewhere = match better {
        Some(os) => format!(
            "Download the template {} ({} has it): `pveam available | grep {}`; or change",
            os.template(),
            os.title(),
            os.template()
        ),
        None => "Change".to_owned(),
    };
    DriverError::Toolchain {
        what,
        cure: format!("{elsewhere} {}, or deploy with --any-version.", asked.file),
    }
}

/// A base lacks what its system should have.
pub fn incomplete_base(runtime: Runtime, os: Os) -> DriverError {
    DriverError::Toolchain {
        what: format!(
            "{} was installed in a base of {}, and does not answer with a version.",
            title(runtime),
            os.title()
        ),
        cure: "Deploy again; if it stays so, choose another template in `havre proxmox setup`."
            .into(),
    }
}

/// The beginning of a base.
pub fn making_base(name: &str, node: &NodeName, template: &str) -> String {
    format!(
        "Making the base {name} on {node} from {template}. This is done once and takes some minutes."
    )
}

/// Another server makes the base.
pub fn base_made_elsewhere(name: &str) -> String {
    format!("The base {name} is being made by another deploy; waiting for it.")
}

/// Another server takes too long.
pub fn base_takes_long(name: &str) -> String {
    format!(
        "the base {name} is being made by another server and is not ready yet; it is waited for again"
    )
}

/// The base is done.
pub fn base_ready(name: &str, versions: &[String], linked: bool) -> String {
    let with = match versions {
        [] => String::new(),
        versions => format!(" with {}", versions.join(", ")),
    };
    let how = if linked {
        "its clones share its disk"
    } else {
        "its clones are full copies: this storage makes no linked clones"
    };
    format!("The base {name} is ready{with}; {how}.")
}

/// Progress of making a base.
pub const BASE_INSTALLS: &str = "Installing the runtime's packages";
/// Progress of making a base.
pub const BASE_STARTS: &str = "The base's machine starts";
/// Progress of making a base.
pub const BASE_CLEANS: &str = "Cleaning the base and keeping it as a template";

/// A base that a guest wants is none of ours.
pub fn foreign_base(id: &domain::BaseId) -> DriverError {
    DriverError::Toolchain {
        what: format!("the base {id} is none of a cluster: the artifact was built somewhere else"),
        cure: "Redeploy the app, so that it is built on the cluster.".into(),
    }
}
