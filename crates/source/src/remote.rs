//! How each kind of URL is reached: the protocol that git may speak, and the credentials that it is given.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::GitUrl;
use domain::git::Scheme;
use domain::ports::SourceError;
use secrecy::{ExposeSecret, SecretString};

use crate::config::GitConfig;
use crate::{local, text};

/// Where git is sent, and with what. Holds secrets: no `Debug`.
pub(crate) struct Remote {
    pub url: GitUrl,
    /// The URL as git gets it.
    pub address: String,
    /// The only protocol that git may speak.
    pub protocol: &'static str,
    /// Git settings that name credentials: passed by environment, never by argument.
    pub settings: Vec<(String, SecretString)>,
    /// A repository of this machine may belong to anybody.
    pub any_owner: bool,
    /// A file that must be written to beside the work folder.
    pub writes: Option<PathBuf>,
    /// What must be read beside the system's own files.
    pub reads: Vec<PathBuf>,
    /// What to do when it is private.
    pub private_cure: Option<&'static str>,
}

impl Remote {
    pub fn of(config: &GitConfig, url: &GitUrl) -> Result<Self, SourceError> {
        let plain = |protocol| Self {
            url: url.clone(),
            address: url.to_string(),
            protocol,
            settings: Vec::new(),
            any_owner: false,
            writes: None,
            reads: Vec::new(),
            private_cure: None,
        };
        match url.scheme() {
            Scheme::Https => Ok(with_token(plain("https"), config.github_token.as_ref())),
            Scheme::Http => Ok(Self {
                private_cure: Some(text::CURE_OTHER_HOST),
                ..plain("http")
            }),
            Scheme::Ssh => with_key(plain("ssh"), config),
            Scheme::File => {
                let (address, reads) = local::address(&config.local, url)?;
                Ok(Self {
                    address,
                    reads,
                    any_owner: true,
                    ..plain("file")
                })
            }
        }
    }
}

/// Exactly this host: neither `github.com.evil.example` nor another port.
fn is_github(url: &GitUrl) -> bool {
    let rest = url.as_str().get("https://".len()..).unwrap_or_default();
    let host = rest.split('/').next().unwrap_or_default();
    host.eq_ignore_ascii_case("github.com")
}

fn with_token(remote: Remote, token: Option<&SecretString>) -> Remote {
    let private_cure = match (is_github(&remote.url), token) {
        (false, _) => {
            return Remote {
                private_cure: Some(text::CURE_OTHER_HOST),
                ..remote
            };
        }
        (true, None) => {
            return Remote {
                private_cure: Some(text::CURE_TOKEN),
                ..remote
            };
        }
        (true, Some(_)) => Some(text::CURE_TOKEN_REFUSED),
    };
    let pair = format!(
        "x-access-token:{}",
        token.map_or("", |token| token.expose_secret().trim())
    );
    let header = format!("Authorization: Basic {}", STANDARD.encode(pair));
    let settings = vec![(
        "http.https://github.com/.extraHeader".to_owned(),
        header.into(),
    )];
    Remote {
        settings,
        private_cure,
        ..remote
    }
}

/// Git hands `core.sshCommand` to a shell, so it is made of our own words and of paths that mean nothing to a shell.
fn with_key(remote: Remote, config: &GitConfig) -> Result<Remote, SourceError> {
    let key = config
        .deploy_key
        .as_ref()
        .ok_or_else(|| text::no_deploy_key(&remote.url))?;
    let key_file = key.clone();
    let (key, known_hosts) = (shell_safe(key)?, shell_safe(&config.known_hosts)?);
    let ssh = match config.ssh.to_str() {
        Some("ssh") => "ssh",
        _ => shell_safe(&config.ssh)?,
    };
    let command = format!(
        "{ssh} -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile={known_hosts} \
         -o HashKnownHosts=no -o UpdateHostKeys=no -o IdentitiesOnly=yes -o IdentityAgent=none -o ForwardAgent=no \
         -o ClearAllForwardings=yes -o PermitLocalCommand=no -o ControlMaster=no -o ControlPath=none \
         -o ConnectTimeout=20 -o ServerAliveInterval=15 -o ServerAliveCountMax=3 -i {key}"
    );
    let settings = vec![
        ("core.sshCommand".to_owned(), command.into()),
        ("ssh.variant".to_owned(), "ssh".to_owned().into()),
    ];
    let (writes, reads) = (Some(config.known_hosts.clone()), vec![key_file]);
    Ok(Remote {
        settings,
        writes,
        reads,
        private_cure: Some(text::CURE_KEY),
        ..remote
    })
}

fn shell_safe(path: &Path) -> Result<&str, SourceError> {
    let legal = |text: &&str| {
        text.starts_with('/')
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b))
    };
    path.to_str()
        .filter(legal)
        .ok_or_else(|| SourceError::Other {
            what: format!("use {} for SSH", path.display()),
            source: "the path must be absolute and made of letters, digits and / . _ -".into(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn config() -> GitConfig {
        GitConfig {
            github_token: Some("ghp_hunter2".to_owned().into()),
            deploy_key: Some("/etc/havre/key".into()),
            ..GitConfig::below("/var/lib/havre")
        }
    }

    fn remote(url: &str) -> Remote {
        Remote::of(&config(), &url.parse().unwrap()).unwrap_or_else(|error| panic!("{error}"))
    }

    #[rstest]
    #[case("https://github.com/a/b", true)]
    #[case("https://GitHub.com/a/b", true)]
    #[case("https://github.com.evil.example/a/b", false)]
    #[case("https://github.com:8443/a/b", false)]
    #[case("https://gitlab.com/github.com/b", false)]
    #[case("http://github.com/a/b", false)]
    fn the_token_goes_to_github_over_https_only(#[case] url: &str, #[case] sent: bool) {
        assert_eq!(!remote(url).settings.is_empty(), sent);
    }

    #[test]
    fn the_token_is_in_no_address() {
        let remote = remote("https://github.com/a/b");
        assert_eq!(remote.address, "https://github.com/a/b");
        let header = remote.settings[0].1.expose_secret();
        assert_eq!(
            header,
            format!(
                "Authorization: Basic {}",
                STANDARD.encode("x-access-token:ghp_hunter2")
            )
        );
    }

    #[rstest]
    #[case("/etc/my key")]
    #[case("/etc/$(touch x)")]
    #[case("key")]
    fn a_key_whose_path_a_shell_could_misread_is_refused(#[case] path: &str) {
        let config = GitConfig {
            deploy_key: Some(path.into()),
            ..config()
        };
        assert!(Remote::of(&config, &"git@host:a/b".parse().unwrap()).is_err());
    }

    #[test]
    fn ssh_takes_only_the_given_key() {
        let remote = remote("git@host:a/b");
        let command = remote.settings[0].1.expose_secret();
        assert!(command.ends_with("-i /etc/havre/key") && command.contains("-F /dev/null"));
        assert!(!command.contains("  "));
        assert_eq!(remote.protocol, "ssh");
    }
}
