//! What the fetcher is told once.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use secrecy::SecretString;

use crate::text;

/// Which repositories of this machine (`file://`) are admitted. They are read with the server's own rights.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LocalGit {
    /// None.
    #[default]
    Denied,
    /// Any.
    Any,
    /// Those below these folders, links resolved.
    Roots(Vec<PathBuf>),
}

impl FromStr for LocalGit {
    type Err = String;

    /// Empty or `0`: none; `1`: any; else absolute folders, separated by `:`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" | "0" | "false" => return Ok(Self::Denied),
            "1" | "true" => return Ok(Self::Any),
            _ => {}
        }
        let roots: Vec<PathBuf> = text
            .split(':')
            .filter(|root| !root.is_empty())
            .map(PathBuf::from)
            .collect();
        match roots.iter().find(|root| !root.is_absolute()) {
            Some(root) => Err(text::relative_root(root)),
            None => Ok(Self::Roots(roots)),
        }
    }
}

/// The bounds of one fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Bytes of the tree; what git transfers and keeps meanwhile may take twice as much.
    pub bytes: u64,
    /// Files and links of the tree.
    pub files: usize,
    /// Bytes of one file.
    pub file_bytes: u64,
}

impl Default for Caps {
    /// 1 GiB, 100,000 files, 256 MiB each.
    fn default() -> Self {
        Self {
            bytes: 1 << 30,
            files: 100_000,
            file_bytes: 256 << 20,
        }
    }
}

/// The settings of this machine that git needs to reach the network: proxies and certificates, nothing else.
#[derive(Clone, Default)]
pub struct HostEnv(BTreeMap<String, String>);

/// What is taken over from the server's environment.
const PASSED: [&str; 12] = [
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
];

impl HostEnv {
    /// Takes what is allowed out of an environment, such as `std::env::vars()`.
    pub fn allowed(vars: impl IntoIterator<Item = (String, String)>) -> Self {
        let allowed =
            |(name, value): &(String, String)| PASSED.contains(&name.as_str()) && !value.is_empty();
        let mut env: BTreeMap<_, _> = vars.into_iter().filter(allowed).collect();
        // libcurl as git uses it does not know SSL_CERT_FILE everywhere; git's own name works with each.
        if let (Some(file), false) = (
            env.get("SSL_CERT_FILE").cloned(),
            env.contains_key("GIT_SSL_CAINFO"),
        ) {
            env.insert("GIT_SSL_CAINFO".into(), file);
        }
        Self(env)
    }

    /// Files and folders of certificates.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = PathBuf> {
        let holds = |name: &str| {
            name.contains("CERT") || name.contains("CA_BUNDLE") || name.contains("SSL_CA")
        };
        self.iter()
            .filter(move |(name, _)| holds(name))
            .map(|(_, value)| PathBuf::from(value))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Names only: a proxy's value can hold a password.
impl fmt::Debug for HostEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What [`crate::GitSource`] is told once.
#[derive(Debug, Clone)]
pub struct GitConfig {
    /// Which `file://` URLs are admitted.
    pub local: LocalGit,
    /// Sent to `https://github.com` and nowhere else.
    pub github_token: Option<SecretString>,
    /// The private key for SSH URLs.
    pub deploy_key: Option<PathBuf>,
    /// Where host keys seen for the first time are kept; a host that shows another one later is refused.
    pub known_hosts: PathBuf,
    /// Bounds.
    pub caps: Caps,
    /// The git program: a path, or a name looked up in the usual folders.
    pub git: PathBuf,
    /// The SSH client: a name looked up in the usual folders, or an absolute path.
    pub ssh: PathBuf,
    /// Proxies and certificates.
    pub host_env: HostEnv,
    /// A folder of the fetcher's own for what is under way, made when needed. It must be on the file system of the
    /// folders that are fetched into.
    pub scratch: PathBuf,
}

impl GitConfig {
    /// Nothing local, no credentials, the default bounds; what must be kept goes below this folder.
    pub fn below(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self {
            local: LocalGit::Denied,
            github_token: None,
            deploy_key: None,
            known_hosts: folder.join("known_hosts"),
            caps: Caps::default(),
            git: "git".into(),
            ssh: "ssh".into(),
            host_env: HostEnv::default(),
            scratch: folder.join("fetching"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_repositories_are_admitted_by_one_word_or_a_list() {
        assert_eq!("".parse(), Ok(LocalGit::Denied));
        assert_eq!("1".parse(), Ok(LocalGit::Any));
        assert_eq!(
            "/srv/git:/home/me".parse(),
            Ok(LocalGit::Roots(vec!["/srv/git".into(), "/home/me".into()]))
        );
        assert!("yes".parse::<LocalGit>().is_err());
    }

    #[test]
    fn only_network_settings_pass_and_their_values_do_not_show() {
        let vars = [
            ("https_proxy", "http://u:secret@proxy"),
            ("SSL_CERT_FILE", "/ca.pem"),
            ("GIT_SSH_COMMAND", "touch /tmp/x"),
            ("LD_PRELOAD", "/x.so"),
            ("no_proxy", ""),
        ];
        let env = HostEnv::allowed(vars.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let names: Vec<_> = env.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["GIT_SSL_CAINFO", "SSL_CERT_FILE", "https_proxy"]);
        assert!(!format!("{env:?}").contains("secret"));
    }
}
