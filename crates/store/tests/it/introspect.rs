//! Databases of other people are read without falling over, and nothing of theirs is taken for ours.

use store::admin;
use store::schema::{ColumnType, Default as Value, Table};

use crate::ground::Ground;
use crate::servers::Server;

fn strange(ground: &Ground<'_>) -> &'static str {
    match ground.server() {
        None => {
            "CREATE TABLE \"Strange \"\"one\"\"\" (a, b BLOB, c NUMERIC(10,2) DEFAULT 1.5, d TEXT COLLATE NOCASE, \
             e TEXT GENERATED ALWAYS AS (upper(d)) STORED, f INTEGER DEFAULT (abs(-1)), \"select\" VARCHAR (5), \
             PRIMARY KEY (b, a)) WITHOUT ROWID; \
             CREATE INDEX part ON \"Strange \"\"one\"\"\" (d) WHERE d > 'a'; \
             CREATE INDEX expression ON \"Strange \"\"one\"\"\" (upper(d), c DESC); \
             CREATE TABLE keyless (a INTEGER, UNIQUE (a)); \
             CREATE TABLE child (id INTEGER PRIMARY KEY, k REFERENCES child ON DELETE CASCADE, \
             CONSTRAINT \"the key\" FOREIGN KEY (id, k) REFERENCES gone (x, y)); \
             CREATE VIEW seen AS SELECT * FROM keyless; CREATE VIRTUAL TABLE search USING fts5 (t); \
             CREATE TEMP TABLE hidden (a)"
        }
        Some(Server::Postgres) => {
            "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN whole AS INTEGER CHECK (VALUE > 0); \
             CREATE TABLE \"Strange \"\"one\"\"\" (a mood, b BYTEA, c NUMERIC(10,2) DEFAULT 1.5, d TEXT, \
             e TEXT GENERATED ALWAYS AS (upper(d)) STORED, f whole[], \"select\" VARCHAR, g TIMESTAMPTZ DEFAULT now(), \
             h JSONB, i SERIAL, j UUID DEFAULT gen_random_uuid(), PRIMARY KEY (b, i)); \
             CREATE INDEX part ON \"Strange \"\"one\"\"\" (d) WHERE d > 'a'; \
             CREATE INDEX expression ON \"Strange \"\"one\"\"\" (upper(d), c DESC) INCLUDE (b); \
             CREATE INDEX gin ON \"Strange \"\"one\"\"\" USING gin (h); \
             CREATE TABLE keyless (a INTEGER UNIQUE NULLS NOT DISTINCT); \
             CREATE TABLE child (id INTEGER PRIMARY KEY, k INTEGER CONSTRAINT \"the key\" REFERENCES child ON DELETE CASCADE); \
             CREATE TABLE parts (a INTEGER) PARTITION BY RANGE (a); CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (1) TO (9); \
             CREATE VIEW seen AS SELECT * FROM keyless; CREATE MATERIALIZED VIEW kept AS SELECT 1 AS a; \
             CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.hidden (a INTEGER)"
        }
        Some(Server::MariaDb) => {
            "CREATE TABLE `Strange \"one\"` (a ENUM('x','y'), b VARBINARY(9), c DECIMAL(10,2) DEFAULT 1.5, \
             d VARCHAR(50) CHARACTER SET latin1, e VARCHAR(50) GENERATED ALWAYS AS (upper(d)) STORED, f INT UNSIGNED, \
             `select` TINYINT(1) DEFAULT (1 + 1), g TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, \
             h POINT NOT NULL, i DATETIME, j TEXT, PRIMARY KEY (b, f)); \
             CREATE INDEX part ON `Strange \"one\"` (j(5)); CREATE FULLTEXT INDEX words ON `Strange \"one\"` (j); \
             CREATE SPATIAL INDEX place ON `Strange \"one\"` (h); \
             CREATE TABLE keyless (a INTEGER, UNIQUE (a)); \
             CREATE TABLE child (id INTEGER PRIMARY KEY, k INTEGER, CONSTRAINT `the key` FOREIGN KEY (k) REFERENCES child (id) \
             ON DELETE CASCADE); CREATE VIEW seen AS SELECT * FROM keyless; CREATE SEQUENCE counts; \
             CREATE TABLE memory (a INTEGER) ENGINE=MEMORY"
        }
    }
}

fn is_odd(table: &Table, index: &str) -> bool {
    let found = table.index(index).unwrap_or_else(|| panic!("no {index}"));
    found
        .columns
        .iter()
        .any(|column| table.column(&column.name).is_none())
}

grounds! {
    async fn strange_tables_are_read_and_not_taken_for_ours(ground) {
        let mut other = ground.other().await;
        other.run(strange(&ground)).await;
        let mut admin = ground.admin().await;
        let schema = admin::live_schema(&mut admin).await.unwrap();
        admin.close().await.unwrap();
        for gone in ["seen", "hidden", "counts", "kept"] {
            assert!(schema.table(gone).is_none(), "{gone}");
        }
        let table = schema.table("Strange \"one\"").unwrap_or_else(|| panic!("{:?}", schema.tables.keys()));
        for column in ["a", "b", "c", "e", "f"] {
            if ground.is_sqlite() && column == "f" { continue }
            let kind = &table.column(column).unwrap().kind;
            assert!(matches!(kind, ColumnType::Other(_)), "{column} {kind:?}");
        }
        assert!(matches!(table.column("c").unwrap().default, Some(Value::Other(_))));
        assert_eq!((table.primary_key.len(), table.primary_key[0].as_str()), (2, "b"));
        assert!(is_odd(table, "part"));
        assert_eq!(schema.table("keyless").unwrap().primary_key, Vec::<String>::new());
        let child = schema.table("child").unwrap();
        assert!(child.foreign_keys.iter().any(|key| key.name == "the key"), "{child:?}");
        assert!(child.foreign_keys.iter().any(|key| key.table == "child ON DELETE CASCADE"), "{child:?}");
        other.close().await;
    }

    async fn sizes_are_told(ground) {
        ground.upgrade().await.unwrap();
        let mut admin = ground.admin().await;
        let size = admin::size(&mut admin).await.unwrap();
        assert!(size.bytes > 4096, "{size:?}");
        assert!(size.tables.iter().any(|table| table.name == "deployments"));
        admin.close().await.unwrap();
    }
}
