//! A made-up `/etc`: what programs look up, and nothing that is secret or says much about the host.

use std::fs;
use std::path::Path;

use super::super::trouble::{On, Trouble};
use super::super::wire::INNER_ID;
use super::mounts::{self, SEALED};
use super::root;

/// Taken from the host as they are: certificates, the linker's cache, the names that Debian's alternatives give.
const FOLDERS: [&str; 6] = [
    "ssl/certs",
    "pki/ca-trust/extracted",
    "pki/tls/certs",
    "ca-certificates",
    "alternatives",
    "ld.so.conf.d",
];
const FILES: [&str; 6] = [
    "ld.so.cache",
    "ld.so.conf",
    "mime.types",
    "localtime",
    "protocols",
    "ssl/openssl.cnf",
];
/// A file larger than this is none of those that are meant.
const LARGEST: u64 = 1 << 20;

/// Makes `/etc` below the stage.
pub fn build(stage: &Path, hostname: &str) -> Result<(), Trouble> {
    let etc = stage.join("etc");
    root::folder(&etc)?;
    for (name, text) in made_up(hostname) {
        fs::write(etc.join(name), text).on(format!("write /etc/{name}"))?;
    }
    for name in FOLDERS {
        share(&Path::new("/etc").join(name), &etc.join(name))?;
    }
    for name in FILES {
        copy(&Path::new("/etc").join(name), &etc.join(name))?;
    }
    Ok(())
}

fn made_up(hostname: &str) -> [(&'static str, String); 7] {
    let id = INNER_ID;
    [
        (
            "passwd",
            format!(
                "root:x:0:0:root:/:/bin/false\napp:x:{id}:{id}:app:/tmp/home:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"
            ),
        ),
        (
            "group",
            format!("root:x:0:\napp:x:{id}:\nnogroup:x:65534:\n"),
        ),
        (
            "hosts",
            format!("127.0.0.1 localhost {hostname}\n::1 localhost ip6-localhost\n"),
        ),
        ("hostname", format!("{hostname}\n")),
        ("resolv.conf", super::super::network::resolv_conf()),
        (
            "nsswitch.conf",
            "passwd: files\ngroup: files\nhosts: files dns\n".into(),
        ),
        (
            "services",
            "http 80/tcp\nhttps 443/tcp\ndomain 53/tcp\ndomain 53/udp\n".into(),
        ),
    ]
}

fn share(host: &Path, at: &Path) -> Result<(), Trouble> {
    if !host.is_dir() {
        return Ok(());
    }
    root::folder(at)?;
    mounts::bind(host, at)?;
    mounts::restrict(at, SEALED, true)
}

/// Copied with links followed: `localtime` is one. What cannot be read is left out.
fn copy(host: &Path, at: &Path) -> Result<(), Trouble> {
    let small = fs::metadata(host).is_ok_and(|meta| meta.is_file() && meta.len() <= LARGEST);
    let Some(bytes) = small.then(|| fs::read(host).ok()).flatten() else {
        return Ok(());
    };
    if let Some(parent) = at.parent() {
        root::folder(parent)?;
    }
    fs::write(at, bytes).on(format!("write {}", at.display()))
}
