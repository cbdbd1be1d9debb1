//! The configuration of a guest, as it is: plain texts by key, with readers for what the driver asks for.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::lenient;
use crate::names::Tags;
use crate::props::{BadOption, Disk, LxcNet, MountPoint, QemuNet};

/// A guest's configuration. Keys that this client does not know are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GuestConfig(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for GuestConfig {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<GuestConfig, D::Error> {
        Ok(GuestConfig(lenient::texts(&Value::deserialize(input)?)))
    }
}

impl GuestConfig {
    /// One value as it is.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// One value, read.
    ///
    /// # Errors
    /// When it does not read as it should.
    pub fn value<T: FromStr<Err: Display>>(&self, key: &str) -> Result<Option<T>, BadOption> {
        self.text(key)
            .map(|text| text.parse().map_err(|why| BadOption::new(key, why)))
            .transpose()
    }

    /// Whether a flag is set.
    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        self.text(key).is_some_and(lenient::word_is_true)
    }

    /// The notes; our nonce stands there.
    #[must_use]
    pub fn description(&self) -> &str {
        self.text("description").unwrap_or_default()
    }

    /// The task that has locked the guest: `create` means that it is not finished.
    #[must_use]
    pub fn lock(&self) -> Option<&str> {
        self.text("lock")
    }

    /// The sum of the configuration, for changes that must not meet another one.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.text("digest")
    }

    /// A container's host name or a VM's name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text("hostname").or_else(|| self.text("name"))
    }

    /// Whether it is a template.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.flag("template")
    }

    /// Whether it is protected from being destroyed.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.flag("protection")
    }

    /// Its tags.
    #[must_use]
    pub fn tags(&self) -> Tags {
        Tags::of_config(self.text("tags").unwrap_or_default())
    }

    /// A container's card.
    ///
    /// # Errors
    /// When it does not read as it should.
    pub fn lxc_net(&self, n: u8) -> Result<Option<LxcNet>, BadOption> {
        self.value(&format!("net{n}"))
    }

    /// A VM's card.
    ///
    /// # Errors
    /// When it does not read as it should.
    pub fn qemu_net(&self, n: u8) -> Result<Option<QemuNet>, BadOption> {
        self.value(&format!("net{n}"))
    }

    /// A container's root.
    ///
    /// # Errors
    /// When it does not read as it should.
    pub fn rootfs(&self) -> Result<Option<MountPoint>, BadOption> {
        self.value("rootfs")
    }

    /// A VM's disk, as `scsi0`.
    ///
    /// # Errors
    /// When it does not read as it should.
    pub fn disk(&self, key: &str) -> Result<Option<Disk>, BadOption> {
        self.value(key)
    }

    /// Every key with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// An option with a change that waits for the guest's next start.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PendingRow {
    /// The option's key.
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    pub key: String,
    /// The value it has.
    #[serde(default, deserialize_with = "lenient::text")]
    pub value: Option<String>,
    /// The value it will have.
    #[serde(default, deserialize_with = "lenient::text")]
    pub pending: Option<String>,
    /// Whether it will be taken away.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub delete: bool,
}

impl PendingRow {
    /// Whether something waits.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.pending.is_some() || self.delete
    }
}
