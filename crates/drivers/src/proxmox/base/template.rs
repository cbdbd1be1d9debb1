//! What bases are made from: templates of containers and cloud images on the cluster's storages.

use domain::DeploymentKind;
use domain::ports::DriverError;
use pve::{Content, NodeName, Volid, VolumeRow};

use super::os::Os;
use crate::proxmox::fault::During;
use crate::proxmox::patience::task;
use crate::proxmox::site::Site;
use crate::text::proxmox as text;

/// A template or an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The system in it.
    pub os: Os,
    /// Its volume.
    pub volume: Volid,
}

/// The templates that a node has, the preferred one first, then the newest systems.
pub async fn on(
    site: &Site,
    kind: DeploymentKind,
    node: &NodeName,
) -> Result<Vec<Template>, DriverError> {
    let settings = site.settings();
    let (storage, content, preferred) = match kind {
        DeploymentKind::Lxc => (&settings.templates, Content::Vztmpl, &settings.template),
        DeploymentKind::Vm => (settings.image_storage(), Content::Import, &settings.image),
    };
    let rows = site.client.content(node, storage, Some(content)).await;
    Ok(sorted(rows.during(text::LOOK)?, preferred.as_deref()))
}

/// One per system: the latest of its files.
fn sorted(mut rows: Vec<VolumeRow>, preferred: Option<&str>) -> Vec<Template> {
    let likes = |row: &VolumeRow| {
        preferred.is_some_and(|wanted| {
            row.volid.to_string() == wanted || row.volid.file().contains(wanted)
        })
    };
    rows.sort_by_cached_key(|row| {
        let age = Os::of_file(row.volid.file()).map_or(0, Os::age);
        let numbers = numbers(row.volid.file());
        std::cmp::Reverse((likes(row), age, numbers))
    });
    let mut found: Vec<Template> = Vec::new();
    for row in rows {
        let Some(os) = Os::of_file(row.volid.file()) else {
            continue;
        };
        if !found.iter().any(|one| one.os == os) {
            found.push(Template {
                os,
                volume: row.volid,
            });
        }
    }
    found
}

/// The numbers in a name, so that 12.10 comes after 12.7.
fn numbers(name: &str) -> Vec<u64> {
    name.split(|c: char| !c.is_ascii_digit())
        .filter_map(|part| part.parse().ok())
        .collect()
}

/// What the catalogue of a node offers for containers: systems, Debian's first.
pub async fn offered(site: &Site, node: &NodeName) -> Vec<(Os, pve::FileName)> {
    let offered = match site.client.appliances(node).await {
        Ok(offered) => offered,
        Err(error) => {
            tracing::info!(%error, "the catalogue of templates");
            return Vec::new();
        }
    };
    let systems = offered.into_iter().filter_map(|one| {
        let os = Os::of_file(one.template.as_str())?;
        one.template
            .as_str()
            .starts_with(&os.template())
            .then_some((os, one.template))
    });
    let mut systems: Vec<_> = systems.collect();
    systems.sort_by_key(|(os, file)| {
        let is_debian = os.to_string().starts_with("debian");
        std::cmp::Reverse((is_debian, os.age(), numbers(file.as_str())))
    });
    systems
}

/// Downloads a template of the catalogue.
pub async fn download(
    site: &Site,
    node: &NodeName,
    os: Os,
    file: &pve::FileName,
) -> Result<Template, DriverError> {
    let storage = &site.settings().templates;
    let _turn = site.client.storage_turn(storage).await.during(text::LOOK)?;
    let done = task(site, || site.client.download_appliance(node, storage, file)).await;
    done.during(&text::downloading(file.as_str()))?;
    let volume = Volid::new(storage.clone(), &format!("vztmpl/{file}"))
        .map_err(|bad| DriverError::other("name a template", bad))?;
    Ok(Template { os, volume })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(files: &[&str]) -> Vec<VolumeRow> {
        let row = |file: &&str| {
            let volid = format!("local:vztmpl/{file}");
            serde_json::from_value(serde_json::json!({ "volid": volid })).unwrap()
        };
        files.iter().map(row).collect()
    }

    fn names(rows: Vec<VolumeRow>, preferred: Option<&str>) -> Vec<String> {
        let sorted = sorted(rows, preferred);
        sorted
            .iter()
            .map(|one| one.volume.file().to_owned())
            .collect()
    }

    #[test]
    fn the_newest_system_comes_first_and_each_once() {
        let files = [
            "alpine-3.20-default_20240908_amd64.tar.xz",
            "debian-12-standard_12.7-1_amd64.tar.zst",
            "debian-12-standard_12.12-1_amd64.tar.zst",
            "ubuntu-24.04-standard_24.04-2_amd64.tar.zst",
            "debian-13-standard_13.1-2_amd64.tar.zst",
        ];
        let all = [files[4], files[3], files[2]];
        assert_eq!(names(rows(&files), None), all);
        assert_eq!(names(rows(&files), Some("debian-12"))[0], files[2]);
        let exact = format!("local:vztmpl/{}", files[1]);
        assert_eq!(names(rows(&files), Some(&exact))[0], files[1]);
        assert!(names(rows(&files[..1]), None).is_empty());
    }
}
