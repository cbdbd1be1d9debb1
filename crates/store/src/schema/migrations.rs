//! All migrations that there are: those in the binary, and those of a folder that a command names.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::migration::{FileError, MOST_VERSIONS, file_name};
use super::{Migration, Op, Schema};
use crate::text::schema as text;

/// Name and content of a file in the folder of migrations.
macro_rules! embedded {
    ($name:literal) => {
        ($name, include_str!(concat!("../../migrations/", $name)))
    };
}

/// The op files in the binary. A new one is added here; a test finds those that were forgotten.
const EMBEDDED: &[(&str, &str)] = &[
    embedded!("0001_first_light.toml"),
    embedded!("0002_places.toml"),
    embedded!("0003_lists.toml"),
    embedded!("0004_cluster.toml"),
];

/// The largest op file, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// Why migrations could not be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MigrationsError {
    /// A file is wrong.
    #[error(transparent)]
    File(#[from] FileError),
    /// One is missing, or there twice; or a file or folder cannot be read.
    #[error("{0}")]
    Told(String),
}

/// Migrations 1, 2, 3 and so on, each tried in memory: it goes up from the one before, and down again.
#[derive(Debug, Clone)]
pub struct Migrations {
    all: Vec<Migration>,
    /// The schema at each version; the first one is empty.
    schemas: Vec<Schema>,
}

impl Migrations {
    /// Those in the binary.
    ///
    /// # Errors
    /// Never in a program whose tests ran.
    pub fn embedded() -> Result<Self, MigrationsError> {
        Self::of(EMBEDDED.iter().copied())
    }

    /// Those in the binary, then those of a folder. The folder may hold the very files that are in the binary, too.
    ///
    /// # Errors
    /// The folder or a file of it cannot be read, or is not a migration, or a version is missing or there twice.
    pub fn with_dir(dir: &Path) -> Result<Self, MigrationsError> {
        let found = read_dir(dir)?;
        let mut files: Vec<(&str, &str)> = EMBEDDED.to_vec();
        for (file, content) in &found {
            let same = |known: &&(&str, &str)| known.0 == file && same_lines(known.1, content);
            if !EMBEDDED.iter().any(|known| same(&known)) {
                files.push((file, content));
            }
        }
        Self::of(files.into_iter())
    }

    /// From names and contents of files, in any order.
    ///
    /// # Errors
    /// As for [`Self::with_dir`].
    pub fn of<'a>(
        files: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, MigrationsError> {
        let mut files: Vec<(&str, &str)> = files.collect();
        files.sort_unstable();
        let mut migrations = Self {
            all: Vec::new(),
            schemas: vec![Schema::default()],
        };
        for (file, content) in files {
            let migration = Migration::parse(file, content, migrations.newest_schema());
            migrations.follows(file)?;
            migrations.push(migration?)?;
        }
        Ok(migrations)
    }

    fn follows(&self, file: &str) -> Result<(), MigrationsError> {
        let Some((version, _)) = file_name(file) else {
            return Ok(());
        };
        let wanted = self.newest() + 1;
        if let Some(taken) = self.get(version) {
            let why = text::twice(version, &taken.file_name(), file);
            return Err(MigrationsError::Told(why));
        }
        if version != wanted {
            let why = text::missing_version(wanted, version);
            return Err(MigrationsError::Told(why));
        }
        Ok(())
    }

    fn push(&mut self, migration: Migration) -> Result<(), MigrationsError> {
        let mut schema = self.newest_schema().clone();
        for op in &migration.up {
            op.apply(&mut schema)
                .map_err(|error| MigrationsError::Told(error.to_string()))?;
        }
        self.schemas.push(schema);
        self.all.push(migration);
        Ok(())
    }

    /// All of them, from version 1.
    pub fn all(&self) -> &[Migration] {
        &self.all
    }

    /// The one that leads to this version.
    pub fn get(&self, version: u32) -> Option<&Migration> {
        self.all.get(usize::try_from(version).ok()?.checked_sub(1)?)
    }

    /// The newest version; 0 when there is none.
    pub fn newest(&self) -> u32 {
        self.all.last().map_or(0, |migration| migration.version)
    }

    /// The schema at a version; 0 is the empty one.
    ///
    /// # Errors
    /// There is no such version; in words.
    pub fn schema_at(&self, version: u32) -> Result<&Schema, String> {
        let at = usize::try_from(version).ok();
        at.and_then(|at| self.schemas.get(at))
            .ok_or_else(|| text::no_such_version(version, self.newest()))
    }

    /// The schema at the newest version.
    pub fn newest_schema(&self) -> &Schema {
        // There is always the empty one.
        self.schemas.last().unwrap_or(const { &Schema::EMPTY })
    }

    /// Every table that any migration ever made: what Havre may change or drop. No other table is ever touched.
    pub fn tables(&self) -> BTreeSet<String> {
        let ops = self.all.iter().flat_map(|migration| &migration.up);
        ops.filter_map(|op| match op {
            Op::CreateTable { table } => Some(table.name.clone()),
            _ => None,
        })
        .collect()
    }
}

/// Name and content of every `.toml` file of a folder.
fn read_dir(dir: &Path) -> Result<Vec<(String, String)>, MigrationsError> {
    let failed = |path: &Path, why: &dyn std::fmt::Display| {
        MigrationsError::Told(text::cannot_read(path, &why.to_string()))
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(|error| failed(dir, &error))? {
        let entry = entry.map_err(|error| failed(dir, &error))?;
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        if found.len() > MOST_VERSIONS as usize {
            return Err(MigrationsError::Told(text::too_many_files(dir)));
        }
        let meta = fs::metadata(&path).map_err(|error| failed(&path, &error))?;
        if !meta.is_file() || meta.len() > MOST_BYTES {
            return Err(MigrationsError::Told(text::file_too_large(
                &path, MOST_BYTES,
            )));
        }
        let content = fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
        found.push((entry.file_name().to_string_lossy().into_owned(), content));
    }
    Ok(found)
}

fn same_lines(one: &str, other: &str) -> bool {
    one.lines().eq(other.lines())
}
