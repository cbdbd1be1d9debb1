//! Random changes of random schemas on a live SQLite: every statement runs, the schema is the one that was wanted, and rows
//! stay.

use proptest::prelude::*;
use sqlx::{Connection, Row, SqliteConnection};
use tokio::runtime::Builder;

use crate::dialect::Dialect;
use crate::schema::tests::random;
use crate::schema::{Column, ColumnType, Op, Schema, Table, diff};

const SQLITE: Dialect = Dialect::Sqlite;
const ROWS: i64 = 3;

/// A database in memory as the migrations see it: foreign keys are looked at behind the changes.
pub(super) struct Live(SqliteConnection);

impl Live {
    pub(super) async fn new() -> Self {
        let mut live = Self(SqliteConnection::connect("sqlite::memory:").await.unwrap());
        live.run("PRAGMA foreign_keys = OFF").await;
        live
    }

    pub(super) async fn run(&mut self, sql: &str) {
        let ran = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
            .execute(&mut self.0)
            .await;
        ran.unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }

    async fn numbers(&mut self, sql: &str) -> Vec<i64> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).fetch_all(&mut self.0);
        let rows = rows.await.unwrap_or_else(|error| panic!("{error}\n{sql}"));
        rows.iter().map(|row| row.get(0)).collect()
    }

    async fn texts(&mut self, sql: &str) -> Vec<String> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).fetch_all(&mut self.0);
        let rows = rows.await.unwrap_or_else(|error| panic!("{error}\n{sql}"));
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// False when rows are in the way of an operation; those before it are done.
    pub(super) async fn migrate(&mut self, ops: &[Op], schema: &mut Schema) -> bool {
        for op in ops {
            for check in SQLITE.checks(op, schema) {
                let count = self.numbers(&check.count).await[0];
                assert_eq!(
                    count > 0,
                    !self.rows(&check.find).await.is_empty(),
                    "{check:?}"
                );
                if count > 0 {
                    assert!(check.refusal(count).contains("Nothing was changed"));
                    return false;
                }
            }
            for statement in SQLITE.render(op, schema) {
                self.run(&statement).await;
            }
            op.apply(schema).unwrap();
        }
        true
    }

    async fn rows(&mut self, sql: &str) -> Vec<sqlx::sqlite::SqliteRow> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).fetch_all(&mut self.0);
        rows.await.unwrap_or_else(|error| panic!("{error}\n{sql}"))
    }

    /// Everything that SQLite knows of its schema, in an order that does not depend on how it came to be.
    pub(super) async fn looks(&mut self) -> Vec<String> {
        let columns = "SELECT m.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || \
            coalesce(c.dflt_value, '-') || ' ' || c.pk FROM sqlite_master m JOIN pragma_table_info(m.name) c \
            WHERE m.type = 'table'";
        let indexes = "SELECT m.name || ' ' || i.name || ' ' || i.\"unique\" || ' ' || x.seqno || ' ' || \
            coalesce(x.name, '-') || ' ' || x.coll FROM sqlite_master m JOIN pragma_index_list(m.name) i \
            JOIN pragma_index_xinfo(i.name) x WHERE m.type = 'table' AND x.key = 1 AND i.origin = 'c'";
        let keys = "SELECT m.name || ' ' || f.\"from\" || ' -> ' || f.\"table\" || '.' || f.\"to\" || ' ' || \
            f.on_delete || f.on_update FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'";
        let mut looks = Vec::new();
        for sql in [columns, indexes, keys] {
            looks.extend(self.texts(sql).await);
        }
        looks.sort();
        looks
    }

    /// So many rows into every table; foreign keys stay empty, and unique columns differ.
    async fn fill(&mut self, schema: &Schema) {
        for table in schema.tables.values() {
            for row in 1..=ROWS {
                let columns: Vec<&Column> = table
                    .columns
                    .iter()
                    .filter(|it| !it.nullable || row > 1)
                    .collect();
                let columns: Vec<&Column> = columns
                    .into_iter()
                    .filter(|it| !it.name.starts_with("to_"))
                    .collect();
                let names: Vec<String> = columns
                    .iter()
                    .map(|it| format!("\"{}\"", it.name))
                    .collect();
                let values: Vec<String> = columns.iter().map(|it| value(it, row)).collect();
                let sql = format!(
                    "INSERT INTO \"{}\" ({}) VALUES ({})",
                    table.name,
                    names.join(", "),
                    values.join(", ")
                );
                self.run(&sql).await;
            }
        }
    }

    /// The keys of a table, in order: rows that are there.
    async fn ids(&mut self, table: &Table) -> Vec<String> {
        self.texts(&format!(
            "SELECT CAST(id AS TEXT) FROM \"{}\" ORDER BY id",
            table.name
        ))
        .await
    }
}

fn value(column: &Column, row: i64) -> String {
    match column.kind {
        ColumnType::Integer => (row * 1000).to_string(),
        ColumnType::BigInt => (row * 3_000_000_000).to_string(),
        ColumnType::DateTime => format!("'2026-11-23 00:00:0{row}.000000'"),
        ColumnType::Json => format!("'{{\"a\": {row}}}'"),
        _ => format!("'{row}'"),
    }
}

async fn change(one: Schema, other: Schema) {
    let mut live = Live::new().await;
    let mut schema = Schema::default();
    assert!(
        live.migrate(&diff(&schema, &one).unwrap(), &mut schema)
            .await
    );
    live.fill(&one).await;
    let kept: Vec<&Table> = one
        .tables
        .values()
        .filter(|it| other.table(&it.name).is_some())
        .collect();
    let up = diff(&one, &other).unwrap();
    if !live.migrate(&up, &mut schema).await {
        return;
    }
    for table in kept {
        assert_eq!(
            live.ids(table).await.len() as i64,
            ROWS,
            "rows of {}",
            table.name
        );
    }
    assert_eq!(live.rows("PRAGMA foreign_key_check").await.len(), 0);
    let mut fresh = Live::new().await;
    assert!(
        fresh
            .migrate(
                &diff(&Schema::EMPTY, &other).unwrap(),
                &mut Schema::default()
            )
            .await
    );
    assert_eq!(live.looks().await, fresh.looks().await);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn any_change_runs_and_keeps_rows((one, other) in (random::schema(), random::schema())) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(change(one, other));
    }
}
