//! What is refused, so that it is refused on every database alike; and what is said to lose something.

use rstest::rstest;

use crate::schema::build::{
    big_int, counting, datetime, integer, json, long_text, table, text, varchar,
};
use crate::schema::{Column, Default, ForeignKey, Index, IndexColumn, Op, Schema};

fn schema() -> Schema {
    let people = [
        varchar("id", 36),
        varchar("name", 50),
        text("note").nullable(),
        integer("age").nullable(),
    ];
    let pets = [
        counting("seq"),
        varchar("owner", 36),
        varchar("kind", 20).any_case(),
        varchar("friend", 36).nullable(),
    ];
    [
        table("people", &["id"], people).unique("ix_people_name", &["name"]),
        table("pets", &["seq"], pets)
            .indexed("ix_pets_owner", &["owner"])
            .points_at("owner", "people", "id"),
    ]
    .into_iter()
    .collect()
}

fn add(column: Column) -> Op {
    Op::AddColumn {
        table: "people".into(),
        column,
        fill: None,
    }
}

fn alter(table: &str, column: &str, change: impl FnOnce(&mut Column)) -> Op {
    let from = schema()
        .table(table)
        .unwrap()
        .column(column)
        .unwrap()
        .clone();
    let mut to = from.clone();
    change(&mut to);
    Op::AlterColumn {
        table: table.into(),
        from,
        to,
        fill: None,
    }
}

fn index(table: &str, columns: &[(&str, bool)], unique: bool) -> Op {
    let part = |part: &(&str, bool)| IndexColumn {
        name: part.0.into(),
        any_case: part.1,
    };
    let index = Index {
        name: "ix_new".into(),
        columns: columns.iter().map(part).collect(),
        unique,
    };
    Op::CreateIndex {
        table: table.into(),
        index,
    }
}

fn points(table: &str, column: &str, to: (&str, &str)) -> Op {
    let foreign_key = ForeignKey {
        name: "fk_new".into(),
        columns: vec![column.into()],
        table: to.0.into(),
        references: vec![to.1.into()],
    };
    Op::AddForeignKey {
        table: table.into(),
        foreign_key,
    }
}

fn drop_column(table: &str, column: &str) -> Op {
    Op::DropColumn {
        table: table.into(),
        column: column.into(),
    }
}

#[rstest]
#[case::not_null_without_value(add(integer("size")), "say in `fill` what rows")]
#[case::text_default(add(text("a").default(Default::Text("x".into()))), "no defaults on MySQL")]
#[case::json_default(add(json("a").default(Default::Text("{}".into()))), "no defaults on MySQL")]
#[case::default_of_another_type(add(integer("a").default(Default::Text("x".into()))), "not a value of integer")]
#[case::default_out_of_range(add(integer("a").default(Default::Number(1 << 40))), "not a value of integer")]
#[case::default_too_long(add(varchar("a", 2).default(Default::Text("abc".into()))), "not a value of varchar(2)")]
#[case::backslash(add(varchar("a", 9).default(Default::Text("a\\b".into()))), "backslashes")]
#[case::upper_case_name(add(integer("Size").nullable()), "cannot be a name on every database")]
#[case::quote_in_name(add(integer("a\"b").nullable()), "cannot be a name on every database")]
#[case::name_too_long(add(integer(&"a".repeat(64)).nullable()), "cannot be a name")]
#[case::system_column(add(integer("xmin").nullable()), "cannot be a name")]
#[case::there_already(add(integer("age").nullable()), "there is a column `age` already")]
#[case::longer_than_mysql_takes(add(varchar("a", 16_384).nullable()), "Use text")]
#[case::row_too_long(add(varchar("a", 16_383).nullable()), "a row of `people`")]
#[case::any_case_number(add(Column { any_case: true, ..integer("a").nullable() }), "only a varchar")]
#[case::counting_beside_the_key(add(counting("a")), "counts up by itself")]
#[case::no_such_table(Op::DropTable { table: "cats".into() }, "no table `cats`")]
#[case::table_pointed_at(Op::DropTable { table: "people".into() }, "fk_pets_owner")]
#[case::key_column(drop_column("people", "id"), "the primary key")]
#[case::indexed_column(drop_column("people", "name"), "ix_people_name")]
#[case::no_such_column(drop_column("people", "colour"), "no column `colour`")]
#[case::index_under_a_key(Op::DropIndex { table: "pets".into(), index: "ix_pets_owner".into() }, "fk_pets_owner")]
#[case::index_on_text(index("people", &[("note", false)], false), "MySQL cannot index")]
#[case::index_twice_the_column(index("people", &[("age", false), ("age", false)], false), "twice")]
#[case::index_without_columns(index("people", &[], false), "no columns")]
#[case::number_in_any_case(index("people", &[("age", true)], false), "only a varchar")]
#[case::unique_in_any_case(index("pets", &[("kind", false)], true), "not the same on every database")]
#[case::key_to_another_type(points("pets", "seq", ("people", "id")), "same type on both sides")]
#[case::key_to_what_is_not_unique(points("pets", "owner", ("pets", "owner")), "must point at the primary key")]
#[case::key_without_index(points("pets", "friend", ("people", "id")), "needs an index that begins with its columns")]
#[case::rename(alter("people", "age", |to| to.name = "years".into()), "cannot be renamed")]
#[case::no_conversion(alter("people", "age", |to| to.kind = datetime("x").kind), "Drop the column and add it anew")]
#[case::null_without_value(alter("people", "age", |to| to.nullable = false), "say in `fill`")]
#[case::indexed_column_to_text(alter("people", "name", |to| to.kind = text("x").kind), "MySQL cannot index")]
#[case::side_of_a_key(alter("pets", "owner", |to| to.nullable = true), "fk_pets_owner")]
#[case::counting_changed(alter("pets", "seq", |to| to.auto = false), "cannot be changed")]
fn is_refused(#[case] op: Op, #[case] why: &str) {
    let mut after = schema();
    let error = op.apply(&mut after).unwrap_err();
    assert!(error.to_string().contains(why), "{error}");
    assert_eq!(after, schema(), "nothing is half done");
}

#[test]
fn a_key_longer_than_mysql_takes_is_refused() {
    let wide = table(
        "wide",
        &["id"],
        [big_int("id"), varchar("a", 700), varchar("b", 100)],
    );
    let fits = wide.clone().indexed("ix_a", &["a"]);
    let too_long = wide.indexed("ix_ab", &["a", "b"]);
    let create = |table| Op::CreateTable { table };
    assert!(create(fits).apply(&mut Schema::default()).is_ok());
    let error = create(too_long).apply(&mut Schema::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("3200 bytes long, and MySQL takes 3072"),
        "{error}"
    );
}

#[rstest]
#[case(Op::DropTable { table: "people".into() }, Some("all rows of people are lost"))]
#[case(
    drop_column("people", "note"),
    Some("all values of people.note are lost")
)]
#[case(alter("people", "name", |to| to.kind = varchar("x", 10).kind), Some("does not fit stops it"))]
#[case(alter("people", "age", |to| to.nullable = false), Some("are given a value"))]
#[case(alter("people", "note", |to| to.kind = long_text("x").kind), None)]
#[case(alter("people", "name", |to| to.kind = varchar("x", 60).kind), None)]
#[case(alter("people", "name", |to| to.nullable = true), None)]
#[case(add(integer("size").nullable()), None)]
fn says_what_it_loses(#[case] op: Op, #[case] loss: Option<&str>) {
    assert_eq!(op.is_destructive(), loss.is_some());
    let said = op.loses().unwrap_or_default();
    assert!(said.contains(loss.unwrap_or_default()), "{said}");
}

#[test]
fn steps_say_what_they_do() {
    let colour = varchar("colour", 20).default(Default::Text("red".into()));
    assert_eq!(
        add(colour).sentence(),
        "add column colour varchar(20) not null default \"red\" to people"
    );
    assert_eq!(
        alter("people", "age", |to| to.kind = big_int("x").kind).sentence(),
        "change column age of people from integer to big_int"
    );
}
