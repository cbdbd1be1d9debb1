//! What is said to each database, operation by operation.

use insta::assert_snapshot;
use rstest::rstest;

use crate::dialect::Dialect;
use crate::schema::{Column, ColumnType, Default, Migrations, Op, Schema, diff};

fn base() -> Schema {
    Migrations::embedded()
        .unwrap()
        .schema_at(1)
        .unwrap()
        .clone()
}

/// One of each kind, and the awkward ones of each kind.
fn ops() -> Vec<Op> {
    let was = base();
    let mut is = was.clone();
    is.tables.remove("secrets");
    let deployments = is.tables.get_mut("deployments").unwrap();
    let column = |name: &str, kind| Column {
        name: name.into(),
        kind,
        nullable: false,
        default: None,
        any_case: false,
        auto: false,
    };
    deployments.columns.push(Column {
        default: Some(Default::Text("it's".into())),
        ..column("order", ColumnType::Varchar(20))
    });
    deployments
        .columns
        .push(column("notes", ColumnType::LongText));
    deployments.columns.push(Column {
        default: Some(Default::Now),
        ..column("seen_at", ColumnType::DateTime)
    });
    deployments
        .columns
        .retain(|column| column.name != "ip_address");
    for column in &mut deployments.columns {
        match column.name.as_str() {
            "vm_id" => column.kind = ColumnType::BigInt,
            "framework" => column.kind = ColumnType::Varchar(40),
            "tags" => column.nullable = false,
            "user_id" => column.any_case = true,
            "error_message" => {
                column.kind = ColumnType::BigInt;
                column.nullable = false;
            }
            _ => {}
        }
    }
    let releases = is.tables.get_mut("releases").unwrap();
    releases
        .indexes
        .retain(|index| index.name != "ix_releases_artifact");
    releases.indexes[0].unique = true;
    diff(&was, &is).unwrap()
}

#[rstest]
fn every_operation(
    #[values(Dialect::Sqlite, Dialect::Postgres, Dialect::MySql, Dialect::MariaDb)]
    dialect: Dialect,
) {
    let mut said = String::new();
    let mut schema = base();
    for op in ops() {
        said.push_str(&format!("-- {}\n", op.sentence()));
        for check in dialect.checks(&op, &schema) {
            said.push_str(&format!("{}; -- must be 0\n", check.count));
        }
        for statement in dialect.render(&op, &schema) {
            said.push_str(&format!("{statement};\n"));
        }
        op.apply(&mut schema).unwrap();
    }
    assert_snapshot!(format!("every_operation_{dialect:?}"), said);
}

#[rstest]
fn the_first_migration(
    #[values(Dialect::Postgres, Dialect::MySql, Dialect::MariaDb)] dialect: Dialect,
) {
    let mut schema = Schema::default();
    let mut said = String::new();
    for op in &Migrations::embedded().unwrap().get(1).unwrap().up {
        for statement in dialect.render(op, &schema) {
            said.push_str(&format!("{statement};\n"));
        }
        op.apply(&mut schema).unwrap();
    }
    assert_snapshot!(format!("the_first_migration_{dialect:?}"), said);
}

#[test]
fn an_operation_that_does_not_fit_says_nothing() {
    let op = Op::DropTable {
        table: "nothing".into(),
    };
    assert!(Dialect::Sqlite.render(&op, &base()).is_empty());
}

/// What a database cannot tell apart is the same to it.
#[test]
fn columns_are_compared_as_each_database_sees_them() {
    let text = base()
        .table("deployments")
        .unwrap()
        .column("error_message")
        .unwrap()
        .clone();
    let long = Column {
        kind: ColumnType::LongText,
        ..text.clone()
    };
    assert!(
        Dialect::Sqlite.same_column(&text, &long) && Dialect::Postgres.same_column(&text, &long)
    );
    assert!(
        !Dialect::MySql.same_column(&text, &long) && !Dialect::MariaDb.same_column(&text, &long)
    );
    let status = base()
        .table("deployments")
        .unwrap()
        .column("status")
        .unwrap()
        .clone();
    let bytewise = Column {
        any_case: false,
        ..status.clone()
    };
    assert!(Dialect::Postgres.same_column(&status, &bytewise));
    assert!(!Dialect::MariaDb.same_column(&status, &bytewise));
}
