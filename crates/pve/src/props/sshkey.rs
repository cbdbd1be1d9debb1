//! Public keys that go into a guest.

use std::fmt;
use std::str::FromStr;

use crate::call::encoded;
use crate::names::BadName;

/// One public key on one line, as `ssh-ed25519 AAAA… comment`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshKey(String);

impl SshKey {
    /// The line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SshKey {
    type Err = BadName;

    fn from_str(text: &str) -> Result<SshKey, BadName> {
        let line = text.trim();
        let mut parts = line.splitn(3, ' ');
        let kind = parts.next().unwrap_or_default();
        let body = parts.next().unwrap_or_default();
        let sound = line.len() <= 16_384
            && !line.chars().any(char::is_control)
            && ["ssh-", "ecdsa-", "sk-"]
                .iter()
                .any(|start| kind.starts_with(start))
            && kind
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-@.".contains(c))
            && body.len() >= 32
            && body
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c));
        if sound {
            Ok(SshKey(line.to_owned()))
        } else {
            Err(BadName::new(
                "public key",
                text,
                "one line `TYPE BASE64 COMMENT`",
            ))
        }
    }
}

impl fmt::Display for SshKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The public keys of a guest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SshKeys(pub Vec<SshKey>);

impl SshKeys {
    /// One key per line, as a container's `ssh-public-keys` takes them.
    pub(crate) fn lines(&self) -> String {
        let lines: Vec<&str> = self.0.iter().map(SshKey::as_str).collect();
        lines.join("\n")
    }

    /// A VM's `sshkeys` wants the value itself percent-encoded, before the form encodes it once more.
    pub(crate) fn encoded(&self) -> String {
        encoded(&self.lines())
    }
}
