//! Settings of the host that builds need to reach package registries: an allow-list, nothing else passes.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

use super::host::HostEnv;
use super::rewrite::Files;
use crate::text::toolchain as text;

/// Variables whose value is the path of a file or folder.
const PATHS: [&str; 9] = [
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
    "PIP_CONFIG_FILE",
    "PIP_CONSTRAINT",
];

/// Settings of pip about the package sources; the rest (targets, caches, logs) would change what a build does.
const PIP: [&str; 14] = [
    "INDEX_URL",
    "EXTRA_INDEX_URL",
    "FIND_LINKS",
    "NO_INDEX",
    "TRUSTED_HOST",
    "CERT",
    "CONFIG_FILE",
    "CONSTRAINT",
    "PROXY",
    "TIMEOUT",
    "DEFAULT_TIMEOUT",
    "RETRIES",
    "PREFER_BINARY",
    "DISABLE_PIP_VERSION_CHECK",
];

/// Settings of npm about the registry, and harmless ones. Never anything that proves who somebody is.
const NPM: [&str; 18] = [
    "registry",
    "cafile",
    "ca",
    "strict_ssl",
    "proxy",
    "https_proxy",
    "noproxy",
    "nodedir",
    "fund",
    "audit",
    "update_notifier",
    "omit_lockfile_registry_resolved",
    "replace_registry_host",
    "maxsockets",
    "fetch_retries",
    "fetch_retry_mintimeout",
    "fetch_retry_maxtimeout",
    "fetch_timeout",
];

/// Settings of the host for pip, uv and npm in builds.
#[derive(Clone, Default)]
pub struct RegistrySettings {
    /// Variables for builds. Values may hold credentials.
    pub env: BTreeMap<String, String>,
    /// Files and folders to show read-only at the same path.
    pub binds: Vec<PathBuf>,
    /// What was left out and why, without secrets.
    pub warnings: Vec<String>,
    masked: Vec<String>,
}

/// Names only: values may be secrets.
impl fmt::Debug for RegistrySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.env.keys().collect();
        f.debug_struct("RegistrySettings")
            .field("env", &names)
            .field("binds", &self.binds)
            .finish_non_exhaustive()
    }
}

impl RegistrySettings {
    /// Texts that must not be seen in any output: the credentials in the URLs above.
    pub fn masked(&self) -> &[String] {
        &self.masked
    }

    /// Collects what this environment and its files say. Copies of files that lie in a home go below `state_dir`.
    pub(super) fn collect(host: &HostEnv, state_dir: &Path) -> Self {
        let mut files = Files::new(host.home(), state_dir.join("registry"));
        let mut found = Self::default();
        found.read_variables(host, &mut files);
        found.read_pip_files(host, &mut files);
        found.read_npmrc(host, &mut files);
        found.binds = files.binds;
        found.masked.sort();
        found.masked.dedup();
        found
    }

    fn read_variables(&mut self, host: &HostEnv, files: &mut Files) {
        for (name, value) in host
            .vars()
            .filter(|(name, value)| passes(name) && !value.is_empty())
        {
            self.set(name, value, files);
        }
    }

    /// The machine's own pip.conf is shown as it is; what it refers to must be there as well. The user's is read.
    fn read_pip_files(&mut self, host: &HostEnv, files: &mut Files) {
        let machine = host.etc().join("pip.conf");
        if let Ok(content) = std::fs::read_to_string(&machine) {
            files.show(&machine);
            self.follow_pip_conf(&content, files);
        }
        if let Some(content) = self
            .env
            .get("PIP_CONFIG_FILE")
            .and_then(|path| std::fs::read_to_string(path).ok())
        {
            self.follow_pip_conf(&content, files);
        }
        let config = host
            .folder("XDG_CONFIG_HOME")
            .or_else(|| host.in_home(".config"));
        let own = [
            config.map(|config| config.join("pip/pip.conf")),
            host.in_home(".pip/pip.conf"),
        ];
        let content = own
            .into_iter()
            .flatten()
            .find_map(|path| std::fs::read_to_string(path).ok());
        for (key, value) in settings(content.as_deref().unwrap_or_default()) {
            let name = format!("PIP_{}", key.to_ascii_uppercase().replace('-', "_"));
            if passes(&name) && !self.env.contains_key(&name) {
                self.set(&name, &value, files);
            }
        }
    }

    fn follow_pip_conf(&mut self, content: &str, files: &mut Files) {
        for (key, value) in settings(content) {
            match key.as_str() {
                "cert" | "find-links" | "constraint" => {
                    for word in value
                        .split_whitespace()
                        .filter(|word| word.starts_with('/'))
                    {
                        files.show(Path::new(word));
                    }
                }
                _ => self.mask(&value),
            }
        }
    }

    fn read_npmrc(&mut self, host: &HostEnv, files: &mut Files) {
        let path = host.in_home(".npmrc");
        let content = path
            .and_then(|path| std::fs::read_to_string(path).ok())
            .unwrap_or_default();
        for (key, value) in settings(&content) {
            let name = format!("npm_config_{}", key.replace('-', "_"));
            let set_already = self
                .env
                .keys()
                .any(|other| other.eq_ignore_ascii_case(&name));
            // `${TOKEN}` stands for a variable that does not pass.
            if passes(&name) && !set_already && !value.contains("${") {
                self.set(&name, &value, files);
            }
        }
    }

    fn set(&mut self, name: &str, value: &str, files: &mut Files) {
        self.mask(value);
        if name.ends_with("_PASSWORD") {
            self.masked.push(value.to_owned());
        }
        if leads_to_loopback(value)
            && !name.to_ascii_lowercase().contains("no_proxy")
            && !name.ends_with("noproxy")
        {
            self.warnings.push(text::loopback_setting(name));
        }
        let is_path = PATHS.contains(&name) || name.eq_ignore_ascii_case("npm_config_cafile");
        let rewritten = if is_path {
            files
                .pass(Path::new(value))
                .map(|path| path.to_string_lossy().into_owned())
        } else if name.ends_with("FIND_LINKS") {
            Some(self.pass_links(value, files)).filter(|links| !links.is_empty())
        } else {
            Some(value.to_owned())
        };
        match rewritten {
            Some(value) => {
                self.env.insert(name.to_owned(), value);
            }
            None => self
                .warnings
                .push(text::setting_left_out(name, Path::new(value))),
        }
    }

    /// URLs and folders, separated by spaces (pip) or commas (uv).
    fn pass_links(&mut self, value: &str, files: &mut Files) -> String {
        let separator = if value.contains(',') { "," } else { " " };
        let pass = |link: &str| match link.starts_with('/') {
            true => files
                .pass(Path::new(link))
                .map(|path| path.to_string_lossy().into_owned()),
            false => Some(link.to_owned()),
        };
        let links: Vec<String> = value
            .split([',', ' '])
            .filter(|link| !link.is_empty())
            .filter_map(pass)
            .collect();
        links.join(separator)
    }

    /// Remembers the credentials in every URL of a value, as written and decoded.
    fn mask(&mut self, value: &str) {
        for word in value.split([' ', ',', '\t']) {
            let Ok(url) = word.parse::<Url>() else {
                continue;
            };
            let secret = url.password().unwrap_or_else(|| url.username());
            let decoded = percent_decoded(secret);
            for text in [secret.to_owned(), decoded] {
                if text.len() >= 4 {
                    self.masked.push(text);
                }
            }
        }
    }
}

/// True for a variable that builds get.
fn passes(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if let Some(setting) = lower.strip_prefix("npm_config_") {
        return NPM.contains(&setting.replace('-', "_").as_str());
    }
    if let Some(setting) = name.strip_prefix("PIP_") {
        return PIP.contains(&setting);
    }
    let proxies = [
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
        "ftp_proxy",
    ];
    let uv = [
        "UV_DEFAULT_INDEX",
        "UV_EXTRA_INDEX_URL",
        "UV_FIND_LINKS",
        "UV_NATIVE_TLS",
        "UV_SYSTEM_CERTS",
        "UV_HTTP_TIMEOUT",
    ];
    proxies.contains(&lower.as_str())
        || uv.contains(&name)
        || name == "UV_INDEX"
        || name.starts_with("UV_INDEX_")
        || PATHS.contains(&name)
}

/// The `key = value` lines of an ini file, values over several lines joined; sections do not matter for what is read here.
fn settings(content: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in content.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';', '[']) {
            continue;
        }
        match (
            line.starts_with([' ', '\t']),
            found.last_mut(),
            trimmed.split_once('='),
        ) {
            (true, Some((_, value)), _) => *value = format!("{value} {trimmed}").trim().to_owned(),
            (_, _, Some((key, value))) => {
                found.push((
                    key.trim().to_owned(),
                    value.trim().trim_matches('"').to_owned(),
                ));
            }
            _ => {}
        }
    }
    found
}

fn leads_to_loopback(value: &str) -> bool {
    value
        .split([' ', ','])
        .filter_map(|word| word.parse::<Url>().ok())
        .any(|url| match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        })
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .filter(|_| first == b'%')
            .and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
