//! From one version to another, as a list of migrations to go through.

use super::MigrateError;
use super::ledger::{Cut, Way};
use crate::schema::{Migration, Migrations, Op, Schema};
use crate::text::migrate as text;

/// One migration, one way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Move<'m> {
    pub(crate) migration: &'m Migration,
    /// Up or down.
    pub(crate) way: Way,
}

impl<'m> Move<'m> {
    /// Its steps, in order.
    pub(crate) fn ops(&self) -> &'m [Op] {
        match self.way {
            Way::Down => &self.migration.down,
            Way::Up | Way::Adopt => &self.migration.up,
        }
    }

    /// The schema that it begins with, when nothing but migrations changed it.
    pub(crate) fn before<'a>(
        &self,
        migrations: &'a Migrations,
    ) -> Result<&'a Schema, MigrateError> {
        let version = match self.way {
            Way::Down => self.migration.version,
            Way::Up | Way::Adopt => self.migration.version.saturating_sub(1),
        };
        migrations.schema_at(version).map_err(MigrateError::Refused)
    }

    /// The version that the database is at behind it.
    pub(crate) fn leads_to(&self) -> u32 {
        match self.way {
            Way::Down => self.migration.version.saturating_sub(1),
            Way::Up | Way::Adopt => self.migration.version,
        }
    }
}

/// What lies between two versions.
pub(crate) fn between(
    migrations: &Migrations,
    from: u32,
    to: u32,
) -> Result<Vec<Move<'_>>, MigrateError> {
    let newest = migrations.newest();
    if to > newest {
        return Err(MigrateError::Refused(text::no_such_version(to, newest)));
    }
    let (way, versions): (Way, Vec<u32>) = if from <= to {
        (Way::Up, (from + 1..=to).collect())
    } else {
        (Way::Down, (to + 1..=from).rev().collect())
    };
    let get = |version| migrations.get(version);
    let found = versions.into_iter().filter_map(get);
    Ok(found.map(|migration| Move { migration, way }).collect())
}

/// How a migration that was cut is ended on the way to a version.
pub(crate) enum Rest<'m> {
    /// The way it went, from this step on.
    On(Move<'m>, usize),
    /// Back to where it began: what it did is undone, from this step on. The move is the one that was cut.
    Back(Move<'m>, usize),
}

impl<'m> Rest<'m> {
    /// Of a migration that was cut, for someone who wants to get to a version.
    pub(crate) fn of(migrations: &'m Migrations, cut: &Cut, to: u32) -> Result<Self, MigrateError> {
        let Some(migration) = migrations.get(cut.version) else {
            return Err(cut.error());
        };
        let way = cut.way;
        let step = Move { migration, way };
        let wanted = if to >= cut.version {
            Way::Up
        } else {
            Way::Down
        };
        let first = (cut.done as usize).min(step.ops().len());
        Ok(match way == wanted {
            true => Self::On(step, first),
            false => Self::Back(step, first),
        })
    }

    /// The version that the database is at behind it.
    pub(crate) fn leads_to(&self) -> u32 {
        match self {
            Self::On(step, _) => step.leads_to(),
            Self::Back(step, _) if step.way == Way::Down => step.migration.version,
            Self::Back(step, _) => step.migration.version.saturating_sub(1),
        }
    }
}
