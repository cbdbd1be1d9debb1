//! The number of a guest.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::BadName;
use crate::lenient;

/// The number of a guest in a cluster, 100 to 999 999 999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Vmid(u32);

impl Vmid {
    /// The lowest number a guest can have.
    pub const MIN: Vmid = Vmid(100);
    /// The highest number a guest can have.
    pub const MAX: Vmid = Vmid(999_999_999);

    /// A guest's number.
    ///
    /// # Errors
    /// When it is out of range.
    pub fn new(number: u32) -> Result<Vmid, BadName> {
        if (Vmid::MIN.0..=Vmid::MAX.0).contains(&number) {
            Ok(Vmid(number))
        } else {
            Err(BadName::new(
                "guest number",
                &number.to_string(),
                "100 to 999999999",
            ))
        }
    }

    /// The plain number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

impl FromStr for Vmid {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Vmid, BadName> {
        let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        let number = text.parse().ok().filter(|_| plain);
        number
            .and_then(|n| Vmid::new(n).ok())
            .ok_or_else(|| BadName::new("guest number", text, "100 to 999999999"))
    }
}

impl fmt::Display for Vmid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Vmid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

impl<'de> Deserialize<'de> for Vmid {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Vmid, D::Error> {
        lenient::name(input)
    }
}
