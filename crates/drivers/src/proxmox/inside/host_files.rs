//! The host's files that builds need to reach package registries: certificates, pip.conf, folders of wheels. They are shown
//! to a guest at the path that they have here.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use domain::ports::DriverError;
use sha2::{Digest, Sha256};

use super::enter::SHORT;
use super::files::done;
use super::pipe;
use super::shell::Shell;
use crate::local::shared::blocking;
use crate::local::toolchain::RegistrySettings;

const SHOW: &str = include_str!("scripts/show.sh");

/// The certificates that this machine believes, as Debian and its children keep them. What the administrator added here is
/// needed to get through the same proxies there.
const BELIEVED: &str = "/etc/ssl/certs/ca-certificates.crt";

/// More than this is no setting but a mirror.
const MOST: u64 = 256 << 20;

/// Makes the guest see them; done once per guest and content.
pub async fn show(shell: &dyn Shell, registries: &RegistrySettings) -> Result<(), DriverError> {
    let paths = paths(registries);
    let (mark, files) = blocking(move || Ok(collect(&paths))).await?;
    if files.is_empty() {
        return Ok(());
    }
    let seen = shell
        .run(
            &["/bin/sh", "-c", SHOW, "havre-show", &mark, "look"],
            b"",
            SHORT,
        )
        .await?;
    if seen.is_success() {
        return Ok(());
    }
    let argv = ["/bin/sh", "-c", SHOW, "havre-show", &mark, "take"];
    let said = pipe::upload(shell, &argv, move |out| pack(&files, out)).await?;
    done("show the host's registry settings", said).map(drop)
}

/// Everything that the settings lead to.
fn paths(registries: &RegistrySettings) -> BTreeSet<PathBuf> {
    let named = registries
        .env
        .values()
        .flat_map(|value| value.split([' ', ',']));
    let named = named
        .filter(|word| word.starts_with('/'))
        .map(PathBuf::from);
    let binds = registries.binds.iter().cloned();
    let believed = std::iter::once(PathBuf::from(BELIEVED));
    named.chain(binds).chain(believed).collect()
}

/// The files below these paths, links followed, and a text that changes when they do.
fn collect(paths: &BTreeSet<PathBuf>) -> (String, Vec<PathBuf>) {
    let mut hasher = Sha256::new();
    let mut files = Vec::new();
    let mut sum = 0;
    let all = paths.iter().flat_map(|path| {
        walkdir::WalkDir::new(path)
            .follow_links(true)
            .sort_by_file_name()
    });
    for entry in all.flatten().filter(|entry| entry.file_type().is_file()) {
        let Ok(meta) = entry.metadata() else { continue };
        sum += meta.len();
        if sum > MOST {
            tracing::warn!(path = %entry.path().display(), "more than 256 MB of registry files: the rest is left out");
            break;
        }
        let changed = meta
            .modified()
            .ok()
            .and_then(|at| at.elapsed().ok().map(|_| at));
        hasher.update(format!(
            "{}\0{}\0{changed:?}\0",
            entry.path().display(),
            meta.len()
        ));
        files.push(entry.into_path());
    }
    (hex::encode(&hasher.finalize()[..12]), files)
}

fn pack(files: &[PathBuf], out: &mut dyn Write) -> io::Result<()> {
    let mut archive = tar::Builder::new(out);
    for path in files {
        let content = match std::fs::read(path) {
            Ok(content) => content,
            // Gone meanwhile, or not for us to read: whoever needs it says so.
            Err(_) => continue,
        };
        let executable =
            std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o100 != 0);
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(content.len() as u64);
        header.set_mode(if executable { 0o755 } else { 0o644 });
        let inside = path.strip_prefix("/").unwrap_or(path);
        archive.append_data(&mut header, inside, content.as_slice())?;
    }
    archive.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn names(packed: &[u8]) -> Vec<String> {
        let mut archive = tar::Archive::new(packed);
        let entries = archive.entries().unwrap();
        entries
            .map(|entry| {
                entry
                    .unwrap()
                    .path()
                    .unwrap()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect()
    }

    #[test]
    fn what_settings_name_is_packed_at_its_own_path() {
        let host = tempfile::tempdir().unwrap();
        let wheels = host.path().join("wheels");
        std::fs::create_dir(&wheels).unwrap();
        std::fs::write(wheels.join("a.whl"), "x").unwrap();
        std::fs::write(host.path().join("ca.pem"), "y").unwrap();
        let mut registries = RegistrySettings::default();
        registries.env.insert(
            "PIP_CERT".into(),
            host.path().join("ca.pem").display().to_string(),
        );
        registries
            .env
            .insert("PIP_INDEX_URL".into(), "https://a/b".into());
        registries.binds.push(wheels.clone());
        let named: BTreeSet<PathBuf> = paths(&registries)
            .into_iter()
            .filter(|path| path != Path::new(BELIEVED))
            .collect();
        let (mark, files) = collect(&named);
        assert_eq!(files, [host.path().join("ca.pem"), wheels.join("a.whl")]);
        let mut packed = Vec::new();
        pack(&files, &mut packed).unwrap();
        let inside = |path: &Path| path.strip_prefix("/").unwrap().display().to_string();
        assert_eq!(
            names(&packed),
            files.iter().map(|path| inside(path)).collect::<Vec<_>>()
        );
        std::fs::write(wheels.join("b.whl"), "z").unwrap();
        assert_ne!(collect(&named).0, mark, "another content is shown again");
    }
}
