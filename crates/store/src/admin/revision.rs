//! How people name a version of the schema.

use std::str::FromStr;

use crate::migrate::MigrateError;
use crate::schema::Migrations;
use crate::text::migrate as text;

/// A version of the schema, as it is given to `upgrade` and `downgrade`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revision {
    /// `base`: no tables at all.
    Base,
    /// `head`: the newest that is known.
    Head,
    /// `2`, `0002`.
    Version(u32),
    /// `0002_add_colour`: number and name must belong together.
    Named(u32, String),
}

impl FromStr for Revision {
    type Err = MigrateError;

    fn from_str(given: &str) -> Result<Self, MigrateError> {
        let bad = || MigrateError::Refused(text::bad_revision(given));
        let number = |digits: &str| digits.parse().map_err(|_| bad());
        match given {
            "base" => Ok(Self::Base),
            "head" => Ok(Self::Head),
            _ => match given.trim_end_matches(".toml").split_once('_') {
                Some((digits, name)) => Ok(Self::Named(number(digits)?, name.to_owned())),
                None => Ok(Self::Version(number(given)?)),
            },
        }
    }
}

impl Revision {
    /// Its number, among the migrations at hand.
    pub(super) fn find(&self, migrations: &Migrations) -> Result<u32, MigrateError> {
        let newest = migrations.newest();
        let version = match self {
            Self::Base => return Ok(0),
            Self::Head => return Ok(newest),
            Self::Version(version) => *version,
            Self::Named(version, name) => {
                let found = migrations.get(*version);
                if found.is_none_or(|found| found.name != *name) {
                    let given = text::revision(*version, name);
                    return Err(MigrateError::Refused(text::bad_revision(&given)));
                }
                *version
            }
        };
        if version > newest {
            let words = text::no_such_version(version, newest);
            return Err(MigrateError::Refused(words));
        }
        Ok(version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_read_in_all_forms() {
        let read = |text: &str| text.parse::<Revision>();
        assert_eq!(read("base").unwrap(), Revision::Base);
        assert_eq!(read("0002").unwrap(), Revision::Version(2));
        assert_eq!(
            read("0002_add_colour.toml").unwrap(),
            Revision::Named(2, "add_colour".into())
        );
        for wrong in ["", "-1", "two", "x_1", "99999999999"] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("not a revision"), "{error}");
        }
    }
}
