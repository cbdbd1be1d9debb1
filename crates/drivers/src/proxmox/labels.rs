//! Names and tags of machines, for people who look at the cluster.

use domain::GuestId;
use domain::guest::GuestSpec;
use pve::{HostName, Tag, Tags};

/// The tag of every machine of ours.
pub const OURS: &str = "havre";
/// The tag of bases.
const BASE: &str = "havre-base";
/// The longest label of a host name.
const LONGEST: usize = 63;
/// Tags of one machine; more are left out.
const MOST_TAGS: usize = 20;

/// The host name of a guest: the deployment's label and the guest's id, so that the list of the cluster shows both.
pub fn host_name(spec: &GuestSpec) -> Option<HostName> {
    name_of(spec.label.as_str(), spec.id.as_str())
}

/// The host name of a base: what it is, and its nonce.
pub fn base_host_name(name: &str, nonce: &str) -> Option<HostName> {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    name_of(&format!("havre-base-{plain}"), nonce)
}

fn name_of(label: &str, id: &str) -> Option<HostName> {
    let room = LONGEST.checked_sub(id.len() + 1)?;
    let label: String = label.chars().take(room).collect();
    format!("{}-{id}", label.trim_end_matches('-')).parse().ok()
}

/// Whether a machine of this name is the guest, as far as a name can tell.
pub fn is_named_after(name: Option<&str>, id: &GuestId) -> bool {
    name.is_some_and(|name| name.ends_with(id.as_str()))
}

/// The tags of a guest: ours, the deployment's label, and what the engine wants.
pub fn tags(spec: &GuestSpec) -> Tags {
    let words = [OURS, spec.label.as_str()]
        .into_iter()
        .chain(spec.tags.iter().map(String::as_str));
    words.filter_map(Tag::nearest).take(MOST_TAGS).collect()
}

/// The tags of a base.
pub fn base_tags() -> Tags {
    [OURS, BASE].into_iter().filter_map(Tag::nearest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(label: &str, tags: &[&str]) -> GuestSpec {
        serde_json::from_value(serde_json::json!({
            "id": "g0123456789ab", "deployment": "550e8400-e29b-41d4-a716-446655440000",
            "release": "550e8400-e29b-41d4-a716-44665544aaaa", "label": label, "slot": 1, "role": "serve",
            "tags": tags, "base": "lxc-debian12-plain_r1", "artifact": null,
            "resources": {"cores": 1, "memory": 256, "disk": 5}, "persist": []
        }))
        .unwrap()
    }

    #[test]
    fn a_guest_is_named_after_its_app_and_its_id() {
        let name = |label: &str| host_name(&spec(label, &[])).unwrap().to_string();
        assert_eq!(name("my-app"), "my-app-g0123456789ab");
        let long = name(&"a".repeat(63));
        assert!(
            long.len() == 63 && long.ends_with("-g0123456789ab"),
            "{long}"
        );
        let id = "g0123456789ab".parse().unwrap();
        assert!(is_named_after(Some(&long), &id) && !is_named_after(Some("other"), &id));
        let base =
            base_host_name("lxc-ubuntu24.04-python-3.12_node-18_r1", "b0123456789ab").unwrap();
        assert!(
            base.as_str()
                .starts_with("havre-base-lxc-ubuntu24-04-python"),
            "{base}"
        );
    }

    #[test]
    fn tags_are_what_the_cluster_takes() {
        let tags = tags(&spec("my-app", &["Flask", "prod env", "ä", "flask"])).to_string();
        assert_eq!(tags, "flask;havre;my-app;prod-env");
    }
}
