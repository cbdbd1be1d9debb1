//! Before anything is changed: is the backup whole, of a schema that is known, made of rows that this database can hold, and
//! can its secrets be read?

use std::collections::BTreeSet;
use std::path::Path;

use super::RestoreError;
use crate::admin::backup::Progress;
use crate::admin::keys::{self, CHECK, SEALED};
use crate::admin::verify::Opened;
use crate::dialect::{Dialect, bulk};
use crate::portable::{Block, Header, PortableTable, Value, Written};
use crate::schema::{Migrations, Schema};
use crate::text::backup as text;

/// How many rows or deployments are named.
const NAMED: usize = 20;

/// A backup that can be restored.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    pub(super) header: Header,
    pub(super) written: Written,
    /// The version of its schema.
    pub(super) version: u32,
    /// Sealed values that the key at hand does not open.
    pub(super) sealed: Sealed,
}

/// Sealed values that the key at hand does not open.
#[derive(Debug, Clone, Default)]
pub(super) struct Sealed {
    pub(super) values: u64,
    /// The keys that they name.
    pub(super) keys: BTreeSet<String>,
    /// The database itself asks for another key.
    pub(super) whole: bool,
    /// Ids of the first deployments that they belong to.
    ids: BTreeSet<String>,
}

impl Sealed {
    pub(super) fn is_none(&self) -> bool {
        self.values == 0 && !self.whole
    }
}

/// What is looked for.
pub(super) struct Asked<'a> {
    pub(super) dialect: Dialect,
    pub(super) migrations: &'a Migrations,
    /// The id of the key at hand.
    pub(super) key: Option<&'a str>,
}

/// Reads it all. Blocks.
pub(super) fn check(
    path: &Path,
    asked: &Asked<'_>,
    tell: &dyn Fn(Progress),
) -> Result<Checked, RestoreError> {
    let mut backup = Opened::open(path)?;
    let header = backup.reader.header().clone();
    let version = version(&header, asked.migrations)?;
    let mut unfit = Unfit::default();
    let mut sealed = Sealed::default();
    while let Some(block) = backup.next_block()? {
        tell(backup.progress());
        let table = &header.tables[block.table];
        sealed.look(table, &block, asked.key);
        unfit.look(table, block, asked.dialect);
    }
    unfit.end()?;
    Ok(Checked {
        written: backup.written()?,
        header,
        version,
        sealed,
    })
}

/// The version of the backup's schema, when it is the one that this program knows by that number.
fn version(header: &Header, migrations: &Migrations) -> Result<u32, RestoreError> {
    let known = migrations.newest();
    for (migration, version) in header.schema.iter().zip(1..) {
        let Some(ours) = migrations.get(version) else {
            return Err(RestoreError::Newer {
                made_by: header.made_by.clone(),
                found: header.schema.last().map_or(0, |last| last.version),
                known,
            });
        };
        if migration.version != i64::from(version) || !ours.accepts(&migration.checksum) {
            return Err(RestoreError::OtherSchema(ours.to_string()));
        }
    }
    let version = u32::try_from(header.schema.len()).unwrap_or(u32::MAX);
    let schema = migrations.schema_at(version);
    let schema = schema.map_err(RestoreError::OtherSchema)?;
    match differs(header, schema) {
        Some(table) => Err(RestoreError::OtherSchema(table)),
        None => Ok(version),
    }
}

/// The first table that is not as the schema has it.
fn differs(header: &Header, schema: &Schema) -> Option<String> {
    let same = |table: &PortableTable| {
        schema.table(&table.name).is_some_and(|known| {
            known.columns.len() == table.columns.len()
                && table.columns.iter().all(|column| {
                    known
                        .column(&column.name)
                        .is_some_and(|known| known.kind == column.kind)
                })
        })
    };
    let missing = schema
        .tables
        .keys()
        .find(|name| !header.tables.iter().any(|table| table.name == **name));
    let strange = header.tables.iter().find(|table| !same(table));
    missing
        .or(strange.map(|table| &table.name))
        .map(|name| format!("table {name}"))
}

#[derive(Default)]
struct Unfit {
    examples: Vec<String>,
    count: u64,
}

impl Unfit {
    fn look(&mut self, table: &PortableTable, mut block: Block, to: Dialect) {
        let first = block.first;
        for (number, row) in block.values.chunks_mut(block.width).enumerate() {
            let place = (
                first + number as u64 + 1,
                row.first().map(ToString::to_string),
            );
            for (value, column) in row.iter_mut().zip(&table.columns) {
                if let Err(why) = bulk::carry(to, &column.kind, value) {
                    self.count += 1;
                    if self.examples.len() < NAMED {
                        let (number, key) = &place;
                        let key = key.as_deref().unwrap_or_default();
                        let words =
                            text::unfit_value(&table.name, *number, key, &column.name, &why);
                        self.examples.push(words);
                    }
                }
            }
        }
    }

    fn end(self) -> Result<(), RestoreError> {
        match self.count {
            0 => Ok(()),
            count => Err(RestoreError::Unfit {
                examples: self.examples,
                count,
            }),
        }
    }
}

impl Sealed {
    fn look(&mut self, table: &PortableTable, block: &Block, key: Option<&str>) {
        let at = |name: &str| table.columns.iter().position(|column| column.name == name);
        for (_, column, owner) in SEALED.iter().filter(|sealed| sealed.0 == table.name) {
            let (Some(column), Some(owner)) = (at(column), at(owner)) else {
                continue;
            };
            for row in block.rows() {
                self.value(&row[column], &row[owner], key);
            }
        }
        if table.name == CHECK.0
            && let (Some(name), Some(value)) = (at(CHECK.1), at(CHECK.3))
        {
            let row = block.rows().find(|row| is_check(&row[name]));
            let named = row.and_then(|row| keys::key_of_value(&row[value]));
            if let Some(named) = named.filter(|named| key != Some(named)) {
                self.whole = true;
                self.keys.insert(named.to_owned());
            }
        }
    }

    fn value(&mut self, sealed: &Value, owner: &Value, key: Option<&str>) {
        let Some(named) = keys::key_of_value(sealed).filter(|named| key != Some(named)) else {
            return;
        };
        self.values += 1;
        if self.keys.len() < NAMED {
            self.keys.insert(named.to_owned());
        }
        if self.ids.len() < NAMED {
            self.ids.insert(owner.to_string());
        }
    }

    /// The names of the first deployments whose values cannot be read; of one without a row, its id. Reads the backup once
    /// more. Blocks.
    pub(super) fn names(&self, path: &Path) -> Result<Vec<String>, RestoreError> {
        let mut backup = Opened::open(path)?;
        let mut names: Vec<String> = Vec::new();
        let mut left = self.ids.clone();
        while let Some(block) = backup.next_block()? {
            let table = &backup.reader.header().tables[block.table];
            let at = |name: &str| table.columns.iter().position(|column| column.name == name);
            if table.name != "deployments" {
                continue;
            }
            if let (Some(id), Some(name)) = (at("id"), at("name")) {
                let found = block.rows().filter(|row| left.remove(&row[id].to_string()));
                names.extend(found.map(|row| row[name].to_string()));
            }
        }
        names.extend(left);
        Ok(names)
    }
}

/// True for the key of the row by which a database knows its key.
pub(super) fn is_check(name: &Value) -> bool {
    matches!(name, Value::Text(name) if name == CHECK.2)
}
