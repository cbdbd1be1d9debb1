//! A live database for one test, and what is done to it.

use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection, SqliteConnection};

use crate::dialect::Dialect;
use crate::dialect::introspect::read_schema;
use crate::schema::{Column, ColumnType, Op, Schema, Table};
use crate::sql::{Owned, Row, query};

/// How many rows each table is given.
pub(super) const ROWS: i64 = 3;

pub(super) struct Live(Owned);

impl Live {
    /// A database in memory as the migrations see it: foreign keys are looked at behind the changes.
    pub(super) async fn sqlite() -> Self {
        let connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let mut live = Self(Owned::Sqlite(connection));
        live.run("PRAGMA foreign_keys = OFF").await;
        live
    }

    /// The server that a variable names, in an empty database of this name; none, with a word, where there is no server.
    pub(super) async fn on_server(variable: &str, test: &str) -> Option<Self> {
        let Ok(url) = std::env::var(variable) else {
            println!("SKIPPED: {test}: {variable} is not set (scripts/test/databases sets it)");
            return None;
        };
        let name = format!("havre_ddl_{}_{test}", std::process::id());
        let server: Vec<&str> = url.split('/').take(3).collect();
        let own = format!("{}/{name}", server.join("/"));
        let make = format!("DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}");
        let mut live = if url.starts_with("postgres") {
            let mut admin = PgConnection::connect(&url).await.unwrap();
            for sql in make.split("; ") {
                sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
                    .execute(&mut admin)
                    .await
                    .unwrap();
            }
            Self(Owned::Postgres(PgConnection::connect(&own).await.unwrap()))
        } else {
            let mut admin = MySqlConnection::connect(&url).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(make))
                .execute(&mut admin)
                .await
                .unwrap();
            let connection = MySqlConnection::connect(&own).await.unwrap();
            Self(Owned::MySql(connection, Dialect::MariaDb))
        };
        if live.dialect() == Dialect::MariaDb {
            live.run("SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE'")
                .await;
        }
        Some(live)
    }

    pub(super) fn dialect(&mut self) -> Dialect {
        self.0.link().dialect()
    }

    pub(super) async fn run(&mut self, sql: &str) {
        let ran = self.0.link().run_script(sql).await;
        ran.unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }

    pub(super) async fn rows(&mut self, sql: &str) -> Vec<Row> {
        // What PostgreSQL prepared before a column changed cannot be used behind that.
        if let Owned::Postgres(connection) = &mut self.0 {
            connection.clear_cached_statements().await.unwrap();
        }
        let rows = query(sql.to_owned()).fetch_all(self.0.link()).await;
        rows.unwrap_or_else(|error| panic!("{error}\n{sql}"))
    }

    /// The column `it` of all rows.
    async fn texts(&mut self, sql: &str) -> Vec<String> {
        let rows = self.rows(sql).await;
        rows.iter()
            .map(|row| row.text_opt("it").unwrap().unwrap())
            .collect()
    }

    /// False when rows are in the way of an operation; those before it are done.
    pub(super) async fn migrate(&mut self, ops: &[Op], schema: &mut Schema) -> bool {
        let dialect = self.dialect();
        for op in ops {
            for check in dialect.checks(op, schema) {
                let count = self.rows(&check.count).await[0]
                    .int_opt("count")
                    .unwrap()
                    .unwrap();
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
            for statement in dialect.render(op, schema) {
                self.run(&statement).await;
            }
            op.apply(schema).unwrap();
        }
        true
    }

    /// How many rows are in the way of an operation.
    pub(super) async fn in_the_way(&mut self, op: &Op, schema: &Schema) -> i64 {
        let mut all = 0;
        for check in self.dialect().checks(op, schema) {
            let rows = self.rows(&check.count).await;
            all += rows[0].int_opt("count").unwrap().unwrap();
        }
        all
    }

    /// The values of a column of a table whose key is `seq`, in its order, as text.
    pub(super) async fn values(&mut self, table: &str, column: &str) -> Vec<Option<String>> {
        let text = self.text();
        let sql = format!("SELECT CAST({column} AS {text}) AS it FROM {table} ORDER BY seq");
        let rows = self.rows(&sql).await;
        rows.iter().map(|row| row.text_opt("it").unwrap()).collect()
    }

    /// What a cast to text is called.
    fn text(&mut self) -> &'static str {
        match self.dialect() {
            Dialect::MariaDb => "CHAR",
            _ => "TEXT",
        }
    }

    /// What the database says that it is.
    pub(super) async fn schema(&mut self) -> Schema {
        read_schema(&mut self.0.link()).await.unwrap()
    }

    /// Everything that SQLite knows of its schema, in an order that does not depend on how it came to be.
    pub(super) async fn looks(&mut self) -> Vec<String> {
        let columns = "SELECT m.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || \
            coalesce(c.dflt_value, '-') || ' ' || c.pk AS it FROM sqlite_master m JOIN pragma_table_info(m.name) c \
            WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";
        let indexes = "SELECT m.name || ' ' || i.name || ' ' || i.\"unique\" || ' ' || x.seqno || ' ' || \
            coalesce(x.name, '-') || ' ' || x.coll AS it FROM sqlite_master m JOIN pragma_index_list(m.name) i \
            JOIN pragma_index_xinfo(i.name) x WHERE m.type = 'table' AND x.key = 1 AND i.origin = 'c'";
        let keys = "SELECT m.name || ' ' || f.\"from\" || ' -> ' || f.\"table\" || '.' || f.\"to\" || ' ' || \
            f.on_delete || f.on_update AS it FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f \
            WHERE m.type = 'table'";
        let mut looks = Vec::new();
        for sql in [columns, indexes, keys] {
            looks.extend(self.texts(sql).await);
        }
        looks.sort();
        looks
    }

    /// Some rows into every table; columns of foreign keys stay empty, all others differ from row to row.
    pub(super) async fn fill(&mut self, schema: &Schema) {
        let quote = if self.dialect() == Dialect::MariaDb {
            '`'
        } else {
            '"'
        };
        for table in schema.tables.values() {
            for row in 1..=ROWS {
                let there = |it: &&Column| !it.nullable || row > 1 || it.name.starts_with("to_");
                let columns: Vec<&Column> = table.columns.iter().filter(there).collect();
                let names: Vec<String> = columns
                    .iter()
                    .map(|it| format!("{quote}{}{quote}", it.name))
                    .collect();
                let values: Vec<String> = columns.iter().map(|it| value(it, row)).collect();
                let sql = format!(
                    "INSERT INTO {quote}{}{quote} ({}) VALUES ({})",
                    table.name,
                    names.join(", "),
                    values.join(", ")
                );
                self.run(&sql).await;
            }
        }
    }

    /// The keys of a table, in order: which rows are there.
    pub(super) async fn ids(&mut self, table: &Table) -> Vec<String> {
        let text = self.text();
        let quote = if self.dialect() == Dialect::MariaDb {
            '`'
        } else {
            '"'
        };
        let table = &table.name;
        self.texts(&format!(
            "SELECT CAST(id AS {text}) AS it FROM {quote}{table}{quote} ORDER BY id"
        ))
        .await
    }

    /// Says goodbye, and leaves no database behind on a server.
    pub(super) async fn end(mut self, test: &str) {
        let name = format!("havre_ddl_{}_{test}", std::process::id());
        match self.dialect() {
            Dialect::MariaDb => self.run(&format!("DROP DATABASE {name}")).await,
            Dialect::Postgres => {
                let url = std::env::var("HAVRE_TEST_POSTGRES").unwrap();
                self.0.close().await.unwrap();
                let mut admin = Self(Owned::Postgres(PgConnection::connect(&url).await.unwrap()));
                admin.run(&format!("DROP DATABASE {name}")).await;
            }
            _ => {}
        }
    }
}

fn value(column: &Column, row: i64) -> String {
    match column.kind {
        _ if column.name.starts_with("to_") => "NULL".into(),
        ColumnType::Integer => (row * 1000).to_string(),
        // In some columns too large for an integer.
        ColumnType::BigInt if column.name == "size" => (row * 3_000_000_000).to_string(),
        ColumnType::BigInt => (row * 7).to_string(),
        ColumnType::DateTime => format!("'2026-11-23 00:00:0{row}.000000'"),
        ColumnType::Json => format!("'{{\"a\": {row}}}'"),
        // In some columns not a number, in some too long for others.
        ColumnType::Text if column.name == "when" => format!("'{row} and a few words more'"),
        _ => format!("'{row}'"),
    }
}
