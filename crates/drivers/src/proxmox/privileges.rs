//! What the token must be allowed, where, and why: the whole list, and nothing that is not used. Paths and names are those
//! of Proxmox VE's access control (`pveum`); 8 and 9 differ in one privilege.

use std::collections::BTreeSet;

use super::settings::{AuthId, ClusterSettings};
use crate::text::privileges as text;

/// Privileges that are needed on one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The path of the ACL, as `/pool/havre`.
    pub path: String,
    /// The role that [`commands`] makes of them.
    pub role: &'static str,
    /// All of these.
    pub privileges: Vec<&'static str>,
    /// What for, a fragment.
    pub why: &'static str,
    /// Without it something is left out, and Havre says so; the rest works.
    pub optional: bool,
}

/// Privileges that the token lacks on one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// What is needed there.
    pub need: Need,
    /// Which of it is not there.
    pub missing: Vec<&'static str>,
}

/// Guests and bases are made, changed, started, and removed; nothing else of ours is on this path.
const GUESTS: [&str; 12] = [
    "Pool.Audit",
    "VM.Allocate",
    "VM.Audit",
    "VM.Clone",
    "VM.Config.CDROM",
    "VM.Config.CPU",
    "VM.Config.Cloudinit",
    "VM.Config.Disk",
    "VM.Config.HWType",
    "VM.Config.Memory",
    "VM.Config.Network",
    "VM.Config.Options",
];

/// The ACL path of everything where no pool was chosen.
const ALL_GUESTS: &str = "/vms";

/// The zone of all bridges; a vnet has another.
pub const BRIDGES: &str = "localnetwork";

/// What is needed on a cluster of this major version, where the network that was chosen is in `zone`.
pub fn needs(settings: &ClusterSettings, major: u32, zone: &str) -> Vec<Need> {
    let mut needs = vec![
        guests(settings, major),
        Need {
            path: format!("/storage/{}", settings.disks),
            role: "HavreDisks",
            privileges: vec!["Datastore.AllocateSpace", "Datastore.Audit"],
            why: text::DISKS,
            optional: false,
        },
    ];
    needs.extend(sources(settings));
    needs.extend(users_template(settings));
    needs.push(Need {
        path: format!("/sdn/zones/{zone}/{}", settings.network.bridge),
        role: "HavreNetwork",
        privileges: vec!["SDN.Use"],
        why: text::NETWORK,
        optional: false,
    });
    needs.push(Need {
        path: "/".to_owned(),
        role: "HavreLook",
        privileges: vec!["Sys.Audit"],
        why: text::LOOK,
        optional: false,
    });
    needs
}

fn guests(settings: &ClusterSettings, major: u32) -> Need {
    let (path, why) = match &settings.pool {
        Some(pool) => (format!("/pool/{pool}"), text::GUESTS),
        None => (ALL_GUESTS.to_owned(), text::ALL_GUESTS),
    };
    // The privilege of the guest agent's read-only commands: VM.Monitor went away in 9.
    let agent = match major {
        0..=8 => "VM.Monitor",
        _ => "VM.GuestAgent.Audit",
    };
    let mut privileges = GUESTS.to_vec();
    privileges.extend(["VM.PowerMgmt", agent]);
    if settings.pool.is_none() {
        privileges.retain(|privilege| !privilege.starts_with("Pool."));
    }
    Need {
        path,
        role: "HavreGuests",
        privileges,
        why,
        optional: false,
    }
}

/// The user's own VM template, which is not in our pool.
fn users_template(settings: &ClusterSettings) -> Option<Need> {
    let vmid: u32 = settings.image.as_deref()?.parse().ok()?;
    settings.pool.as_ref()?;
    Some(Need {
        path: format!("/vms/{vmid}"),
        role: "HavreImage",
        privileges: vec!["VM.Audit", "VM.Clone"],
        why: text::IMAGE,
        optional: false,
    })
}

/// Where templates and images are: reading is needed, downloading is a comfort.
fn sources(settings: &ClusterSettings) -> Vec<Need> {
    let storages = BTreeSet::from([&settings.templates, settings.image_storage()]);
    let one = |storage: &&pve::StorageId| {
        let path = format!("/storage/{storage}");
        let read = Need {
            path: path.clone(),
            role: "HavreSources",
            privileges: vec!["Datastore.Audit"],
            why: text::SOURCES,
            optional: false,
        };
        let download = Need {
            path,
            role: "HavreDownloads",
            privileges: vec!["Datastore.AllocateTemplate"],
            why: text::DOWNLOADS,
            optional: true,
        };
        [read, download]
    };
    storages.iter().flat_map(one).collect()
}

/// What of it is not granted; `holds` tells whether the token has a privilege on a path.
pub fn lacking(needs: &[Need], holds: impl Fn(&str, &str) -> bool) -> Vec<Lacking> {
    let missing = |need: &Need| -> Vec<&'static str> {
        let lacks = |privilege: &&&'static str| !holds(&need.path, privilege);
        need.privileges.iter().filter(lacks).copied().collect()
    };
    needs
        .iter()
        .map(|need| Lacking {
            missing: missing(need),
            need: need.clone(),
        })
        .filter(|lacking| !lacking.missing.is_empty())
        .collect()
}

/// The commands that make roles, pool, user and token, and grant what is needed, to be run as root on a node; running them
/// twice does no harm. Rights are given to the user and to the token: with `--privsep 1` a token has only what both have.
pub fn commands(settings: &ClusterSettings, major: u32, zone: &str) -> Vec<String> {
    let needs = needs(settings, major, zone);
    let mut lines = Vec::new();
    let mut roles = BTreeSet::new();
    for need in &needs {
        if roles.insert(need.role) {
            let (role, privileges) = (need.role, need.privileges.join(","));
            lines.push(format!(
                "pveum role add {role} --privs {privileges} || pveum role modify {role} --privs {privileges}"
            ));
        }
    }
    if let Some(pool) = &settings.pool {
        lines.push(format!("pveum pool add {pool}"));
    }
    let (user, token) = names(&settings.auth);
    let whole = format!("--tokens '{user}!{token}'");
    // What root has cannot be taken away from a token that shares its rights, so one of root's has rights of its own only.
    let who = match user.as_str() {
        ROOT => {
            lines.push(format!("pveum user token add {user} {token} --privsep 1"));
            whole
        }
        _ => {
            lines.push(format!("pveum user add {user}"));
            lines.push(format!("pveum user token add {user} {token} --privsep 0"));
            format!("--users {user} {whole}")
        }
    };
    for need in &needs {
        let (path, role) = (&need.path, need.role);
        lines.push(format!("pveum acl modify {path} {who} --roles {role}"));
    }
    lines
}

/// Who may do everything.
const ROOT: &str = "root@pam";

/// User and name of the token that the commands make.
fn names(auth: &AuthId) -> (String, String) {
    match auth {
        AuthId::Token(id) => {
            let text = id.to_string();
            let (user, token) = text.split_once('!').unwrap_or((&text, "deploy"));
            (user.to_owned(), token.to_owned())
        }
        AuthId::User(_) => ("havre@pve".to_owned(), "deploy".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> ClusterSettings {
        serde_json::from_value(serde_json::json!({
            "url": "https://pve1:8006",
            "auth": {"token": "havre@pve!deploy"},
            "tls": {"fingerprints": ["AA"]},
            "pool": "havre",
            "disks": "local-zfs",
            "templates": "local",
            "network": {"bridge": "vmbr0", "addresses": "dhcp"}
        }))
        .unwrap()
    }

    #[test]
    fn nine_knows_no_monitor_and_eight_no_agent() {
        let all = |major| -> Vec<&str> {
            needs(&settings(), major, BRIDGES)
                .into_iter()
                .flat_map(|need| need.privileges)
                .collect()
        };
        assert!(all(8).contains(&"VM.Monitor") && !all(9).contains(&"VM.Monitor"));
        assert!(all(9).contains(&"VM.GuestAgent.Audit"));
    }

    #[test]
    fn what_is_missing_is_named_with_its_path() {
        let needs = needs(&settings(), 9, BRIDGES);
        assert!(lacking(&needs, |_, _| true).is_empty());
        let lacking = lacking(&needs, |path, privilege| {
            !(path == "/pool/havre" && privilege == "VM.Clone")
        });
        assert_eq!(lacking.len(), 1);
        assert_eq!(lacking[0].need.path, "/pool/havre");
        assert_eq!(lacking[0].missing, ["VM.Clone"]);
    }

    #[test]
    fn without_a_pool_the_rights_are_on_all_guests() {
        let settings = ClusterSettings {
            pool: None,
            ..settings()
        };
        let needs = needs(&settings, 9, BRIDGES);
        assert_eq!(needs[0].path, "/vms");
        assert!(!needs[0].privileges.contains(&"Pool.Audit"));
    }

    #[test]
    fn the_commands_make_each_role_once_and_grant_each_need() {
        let lines = commands(&settings(), 9, BRIDGES);
        let roles = |line: &&String| line.starts_with("pveum role add");
        assert_eq!(lines.iter().filter(roles).count(), 6);
        assert!(lines.contains(&"pveum pool add havre".to_owned()));
        let look =
            "pveum acl modify / --users havre@pve --tokens 'havre@pve!deploy' --roles HavreLook";
        assert_eq!(lines.last().unwrap(), look);
        let place = |wanted: &str| lines.iter().position(|line| line == wanted).unwrap();
        let token = place("pveum user token add havre@pve deploy --privsep 0");
        assert!(token > place("pveum user add havre@pve") && token < place(look));
    }

    #[test]
    fn a_token_of_root_gets_rights_of_its_own_and_not_those_of_root() {
        let mut settings = settings();
        settings.auth =
            serde_json::from_value(serde_json::json!({"token": "root@pam!paas"})).unwrap();
        let lines = commands(&settings, 9, BRIDGES);
        assert!(lines.contains(&"pveum user token add root@pam paas --privsep 1".to_owned()));
        assert!(
            !lines
                .iter()
                .any(|line| line.contains("--users") || line.contains("user add"))
        );
    }

    #[test]
    fn a_vnet_is_in_its_zone_and_a_template_of_the_user_is_cloned() {
        let mut settings = settings();
        settings.image = Some("9000".to_owned());
        let paths = |settings: &ClusterSettings| -> Vec<String> {
            let needs = needs(settings, 9, "apps");
            needs.into_iter().map(|need| need.path).collect()
        };
        assert!(paths(&settings).contains(&"/sdn/zones/apps/vmbr0".to_owned()));
        assert!(paths(&settings).contains(&"/vms/9000".to_owned()));
        settings.pool = None;
        assert!(
            !paths(&settings).contains(&"/vms/9000".to_owned()),
            "/vms gives it"
        );
    }
}
