//! In which order a difference is brought about: nothing is taken away that something else stands on.

use crate::schema::build::{big_int, integer, table, varchar};
use crate::schema::{Column, Op, Schema, Table, diff, migration};

fn schema(tables: impl IntoIterator<Item = Table>) -> Schema {
    tables.into_iter().collect()
}

/// The steps there, in words. There and back again both can be done.
fn steps(from: &Schema, to: &Schema) -> Vec<String> {
    let (up, _) = migration(from, to).unwrap();
    up.iter().map(Op::sentence).collect()
}

fn people() -> Table {
    let columns = [varchar("id", 36), varchar("name", 50)];
    table("people", &["id"], columns).unique("ix_people_name", &["name"])
}

fn pets(owner: Column) -> Table {
    table("pets", &["id"], [integer("id"), owner])
        .indexed("ix_pets_owner", &["owner"])
        .points_at("owner", "people", "id")
}

#[test]
fn a_foreign_key_goes_while_its_column_changes() {
    let nullable = schema([people(), pets(varchar("owner", 36).nullable())]);
    let needed = schema([people(), pets(varchar("owner", 36))]);
    assert_eq!(
        steps(&nullable, &needed),
        [
            "drop foreign key fk_pets_owner of pets",
            "change column owner of pets from varchar(36) to varchar(36) not null",
            "add foreign key fk_pets_owner from pets to people",
        ]
    );
}

#[test]
fn a_foreign_key_goes_while_what_it_points_at_changes() {
    let longer = table("people", &["id"], [varchar("id", 40), varchar("name", 50)]);
    let longer = longer.unique("ix_people_name", &["name"]);
    let from = schema([people(), pets(varchar("owner", 36))]);
    let to = schema([longer, pets(varchar("owner", 36))]);
    assert_eq!(
        steps(&from, &to),
        [
            "drop foreign key fk_pets_owner of pets",
            "change column id of people from varchar(36) not null to varchar(40) not null",
            "add foreign key fk_pets_owner from pets to people",
        ]
    );
}

/// A default does not matter to a key.
#[test]
fn a_foreign_key_stays_while_a_default_changes() {
    let none = crate::schema::Default::Text("none".into());
    let from = schema([people(), pets(varchar("owner", 36))]);
    let to = schema([people(), pets(varchar("owner", 36).default(none))]);
    assert_eq!(steps(&from, &to).len(), 1);
}

#[test]
fn a_foreign_key_goes_while_its_index_is_made_anew() {
    let owner = || varchar("owner", 36);
    let wider = table("pets", &["id"], [integer("id"), owner()])
        .indexed("ix_pets_owner", &["owner", "id"])
        .points_at("owner", "people", "id");
    let from = schema([people(), pets(owner())]);
    assert_eq!(
        steps(&from, &schema([people(), wider])),
        [
            "drop foreign key fk_pets_owner of pets",
            "drop index ix_pets_owner of pets",
            "create index ix_pets_owner on pets (owner, id)",
            "add foreign key fk_pets_owner from pets to people",
        ]
    );
    let spare = pets(owner()).indexed("ix_pets_spare", &["owner", "id"]);
    let without = table("pets", &["id"], [integer("id"), owner()])
        .indexed("ix_pets_spare", &["owner", "id"])
        .points_at("owner", "people", "id");
    assert_eq!(
        steps(&schema([people(), spare]), &schema([people(), without])),
        ["drop index ix_pets_owner of pets"],
        "another index carries the key"
    );
}

#[test]
fn a_table_goes_before_the_index_that_it_points_at() {
    let fans = table("fans", &["id"], [integer("id"), varchar("of", 50)])
        .indexed("ix_fans_of", &["of"])
        .points_at("of", "people", "name");
    let plain = table("people", &["id"], [varchar("id", 36), varchar("name", 50)]);
    assert_eq!(
        steps(&schema([people(), fans]), &schema([plain])),
        ["drop table fans", "drop index ix_people_name of people"]
    );
}

#[test]
fn tables_that_point_at_each_other_come_and_go() {
    let one = table("hens", &["id"], [big_int("id"), big_int("egg").nullable()])
        .indexed("ix_hens_egg", &["egg"])
        .points_at("egg", "eggs", "id");
    let other = table("eggs", &["id"], [big_int("id"), big_int("hen").nullable()])
        .indexed("ix_eggs_hen", &["hen"])
        .points_at("hen", "hens", "id");
    let both = schema([one, other]);
    assert_eq!(
        steps(&Schema::EMPTY, &both),
        [
            "create table eggs",
            "create table hens",
            "add foreign key fk_eggs_hen from eggs to hens",
            "add foreign key fk_hens_egg from hens to eggs",
        ]
    );
    assert_eq!(diff(&both, &Schema::EMPTY).unwrap().len(), 4);
}
