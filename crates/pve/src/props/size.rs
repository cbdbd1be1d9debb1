//! Sizes of disks.

use std::fmt;
use std::str::FromStr;

use super::BadOption;

const UNITS: [(char, u64); 4] = [
    ('T', 1 << 40),
    ('G', 1 << 30),
    ('M', 1 << 20),
    ('K', 1 << 10),
];

/// The size of a disk in bytes, as `8G` in options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DiskSize(u64);

impl DiskSize {
    /// So many GiB.
    #[must_use]
    pub fn gib(gib: u32) -> DiskSize {
        DiskSize(u64::from(gib) << 30)
    }

    /// So many bytes, rounded up to whole KiB.
    #[must_use]
    pub fn bytes(bytes: u64) -> DiskSize {
        DiskSize(bytes.div_ceil(1024).saturating_mul(1024))
    }

    /// In bytes.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for DiskSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS
            .iter()
            .skip(1)
            .find(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size));
        match unit {
            Some((letter, size)) => write!(f, "{}{letter}", self.0 / size),
            None if self.0 == 0 => f.write_str("0T"),
            None => write!(f, "{}", self.0),
        }
    }
}

impl FromStr for DiskSize {
    type Err = BadOption;

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "checked to be in range"
    )]
    fn from_str(text: &str) -> Result<DiskSize, BadOption> {
        let bad = || BadOption::new("size", "not a number with K, M, G or T");
        let unit = UNITS.iter().find(|(letter, _)| text.ends_with(*letter));
        let number = text.strip_suffix(|c| "KMGT".contains(c)).unwrap_or(text);
        let factor = unit.map_or(1, |(_, size)| *size);
        if number.is_empty() || !number.chars().all(|c| c.is_ascii_digit() || c == '.') {
            return Err(bad());
        }
        if let Ok(whole) = number.parse::<u64>() {
            return whole.checked_mul(factor).map(DiskSize).ok_or_else(bad);
        }
        let bytes = number.parse::<f64>().map_err(|_| bad())? * factor as f64;
        if bytes < 9.0e15 {
            Ok(DiskSize(bytes.ceil() as u64))
        } else {
            Err(bad())
        }
    }
}

/// How a disk grows. It never shrinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resize {
    /// To this size; the size it has already is an error.
    To(DiskSize),
    /// By this much.
    By(DiskSize),
}

impl fmt::Display for Resize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Resize::To(size) => size.fmt(f),
            Resize::By(size) => write!(f, "+{size}"),
        }
    }
}
