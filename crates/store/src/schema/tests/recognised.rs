//! What is read of a live database, in the words of the model; and what a difference leaves alone.

use std::collections::BTreeSet;

use rstest::rstest;

use crate::dialect::Dialect;
use crate::schema::build::{big_int, datetime, integer, table, text, varchar};
use crate::schema::{
    Column, ColumnType, DiffError, ForeignKey, Migrations, Op, Schema, Table, diff, migration,
    model, recognise,
};

fn ours() -> BTreeSet<String> {
    Migrations::embedded().unwrap().tables()
}

fn change(table: &str, change: impl FnOnce(&mut Table)) -> Schema {
    let mut live = model();
    change(live.tables.get_mut(table).unwrap());
    live
}

/// What has to be done so that a live SQLite is as the model says.
fn missing(live: &Schema) -> Vec<String> {
    let known = recognise(live, &model(), &ours(), Dialect::Sqlite);
    let ops = diff(&known, &model()).unwrap();
    ops.iter().map(Op::sentence).collect()
}

#[test]
fn tables_of_others_are_left_alone() {
    let mut live = model();
    for name in ["alembic_version", "users"] {
        let foreign = table(name, &["id"], [integer("id")]);
        live.tables.insert(name.into(), foreign);
    }
    assert_eq!(missing(&live), [""; 0]);
}

/// One that an earlier version of Havre made is Havre's, and goes.
#[test]
fn a_table_that_was_once_ours_is_dropped() {
    let mut live = model();
    let old = table("old_queue", &["id"], [integer("id")]);
    live.tables.insert("old_queue".into(), old);
    let mut ours = ours();
    ours.insert("old_queue".into());
    let known = recognise(&live, &model(), &ours, Dialect::Sqlite);
    let ops = diff(&known, &model()).unwrap();
    assert_eq!(
        ops,
        [Op::DropTable {
            table: "old_queue".into()
        }]
    );
}

#[rstest]
#[case::long_text(Dialect::Sqlite, true)]
#[case::long_text(Dialect::Postgres, true)]
#[case::long_text(Dialect::MySql, false)]
#[case::long_text(Dialect::MariaDb, false)]
fn what_a_database_cannot_tell_is_not_a_difference(#[case] dialect: Dialect, #[case] same: bool) {
    let live = change("releases", |releases| {
        for column in &mut releases.columns {
            if column.kind == ColumnType::LongText {
                column.kind = ColumnType::Text;
            }
        }
    });
    let known = recognise(&live, &model(), &ours(), dialect);
    assert_eq!(diff(&known, &model()).unwrap().is_empty(), same);
}

/// Databases in the field have keys without names on SQLite.
#[test]
fn a_foreign_key_is_known_by_what_it_does() {
    let live = change("names", |names| {
        for key in &mut names.foreign_keys {
            key.name = "another_name".into();
        }
    });
    assert_eq!(missing(&live), [""; 0]);
    let name = ForeignKey::name_of("names", &["deployment_id".into()]);
    assert!(model().table("names").unwrap().foreign_key(&name).is_some());
}

#[test]
fn drift_is_named() {
    let mut live = change("guests", |guests| {
        guests.columns.retain(|column| column.name != "base");
        guests.columns.push(varchar("colour", 9).nullable());
        guests
            .indexes
            .retain(|index| index.name != "ix_guests_driver");
    });
    live.tables.remove("secrets");
    assert_eq!(
        missing(&live),
        [
            "drop column colour of guests",
            "add column base varchar(128) not null to guests",
            "create index ix_guests_driver on guests (driver, id)",
            "create table secrets",
        ]
    );
}

/// It would be lost in a file that all databases read, so none is written.
#[test]
fn what_only_one_database_knows_is_not_written_down() {
    let live = change("guests", |guests| {
        guests.columns.push(Column {
            kind: ColumnType::Other("GEOMETRY".into()),
            ..text("place").nullable()
        });
    });
    let error = migration(&live, &model()).unwrap_err();
    assert!(matches!(&error, DiffError::NotNeutral { column, .. } if column == "place"));
    assert!(
        error
            .to_string()
            .contains("`guests.place` in the database is `GEOMETRY`"),
        "{error}"
    );
}

#[test]
fn another_primary_key_is_refused() {
    let live = change("guests", |guests| {
        guests.primary_key = vec!["driver".into()]
    });
    let error = diff(&live, &model()).unwrap_err();
    assert_eq!(error, DiffError::PrimaryKey("guests".into()));
}

/// Together they would be too long for MySQL at no moment.
#[test]
fn what_shrinks_goes_before_what_grows() {
    let sizes = |a, b| -> Schema {
        let columns = [
            integer("id"),
            varchar("a", a).nullable(),
            varchar("b", b).nullable(),
        ];
        let wide = table("wide", &["id"], columns).indexed("ix_wide", &["a", "b"]);
        [wide].into_iter().collect()
    };
    let (one, other) = (sizes(700, 10), sizes(10, 700));
    assert!(migration(&one, &other).is_ok());
    assert!(migration(&other, &one).is_ok());
}

/// Values that cannot come along: the column goes and comes anew, and so does what stands on it.
#[test]
fn a_column_of_another_sort_is_replaced() {
    let with = |column| -> Schema {
        let columns = [integer("id"), column];
        let things = table("things", &["id"], columns).indexed("ix_things", &["a"]);
        [things].into_iter().collect()
    };
    let number = with(integer("a").nullable());
    let time = with(datetime("a").nullable());
    let ops = diff(&number, &time).unwrap();
    let words: Vec<String> = ops.iter().map(Op::sentence).collect();
    assert_eq!(
        words,
        [
            "drop index ix_things of things",
            "drop column a of things",
            "add column a datetime to things",
            "create index ix_things on things (a)",
        ]
    );
    assert!(
        !diff(&with(integer("a")), &with(big_int("a")))
            .unwrap()
            .iter()
            .any(Op::is_destructive)
    );
}
