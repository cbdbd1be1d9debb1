//! The model, and the migrations that lead to it.

use std::fs;
use std::path::Path;

use crate::schema::{Migrations, Op, Schema, diff, migration, model};

#[test]
fn the_migrations_lead_to_the_model() {
    let migrations = Migrations::embedded().unwrap();
    let (there, wanted) = (migrations.newest_schema(), model());
    let missing = diff(there, &wanted).unwrap();
    let sentences: Vec<String> = missing.iter().map(Op::sentence).collect();
    assert!(
        sentences.is_empty(),
        "the model changed and no migration says so; `havre db migrate -m \"...\"` writes one: {sentences:#?}"
    );
    assert_eq!(there.sorted(), wanted.sorted());
}

#[test]
fn every_file_in_the_folder_is_embedded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let from_folder = Migrations::with_dir(&folder).unwrap();
    let embedded = Migrations::embedded().unwrap();
    let names = |migrations: &Migrations| -> Vec<String> {
        migrations.all().iter().map(|it| it.file_name()).collect()
    };
    assert_eq!(
        names(&from_folder),
        names(&embedded),
        "add the new file to EMBEDDED in schema/migrations.rs"
    );
    let files = fs::read_dir(&folder).unwrap();
    let files = files.filter(|entry| {
        let path = entry.as_ref().unwrap().path();
        path.extension().is_some_and(|it| it == "toml")
    });
    assert_eq!(files.count(), embedded.all().len());
}

/// Databases in the field have this one recorded under the checksum of the file that it was written in first.
#[test]
fn the_first_migration_is_accepted_under_its_old_checksum() {
    let migrations = Migrations::embedded().unwrap();
    let first = migrations.get(1).unwrap();
    let old = "efb99835cf96e277efd61bd704e743bf06bae65fd05fc17c435976553b63ee03";
    assert_eq!(first.to_string(), "0001_first_light");
    assert!(first.accepts(old));
    assert!(first.accepts(first.checksum()));
    assert!(!first.accepts(&old.replace('a', "b")));
}

#[test]
fn the_first_migration_is_what_would_be_written_today() {
    let migrations = Migrations::embedded().unwrap();
    let first = migrations.get(1).unwrap();
    let (up, down) = migration(&Schema::EMPTY, migrations.schema_at(1).unwrap()).unwrap();
    assert_eq!((&first.up, &first.down), (&up, &down));
    assert!(first.is_destructive_back() && !first.is_destructive());
}

#[test]
fn havre_knows_its_tables() {
    let ours = Migrations::embedded().unwrap().tables();
    assert!(model().tables.keys().all(|table| ours.contains(table)));
    assert!(!ours.contains("alembic_version"));
}
