//! A password that no text can show.

use secrecy::{ExposeSecret, SecretString};

/// A password: `Debug` hides it, and there is no `Display`.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    /// The password itself, for the one place that hands it to the driver.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(hidden)")
    }
}

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Password {}
