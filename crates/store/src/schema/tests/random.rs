//! Random schemas that keep the rules, with reserved words as names.

use proptest::prelude::*;
use proptest::sample::{Index as Pick, subsequence};

use crate::schema::{
    Column, ColumnType, Default, ForeignKey, Index, IndexColumn, Op, Schema, Table,
};

const TABLES: &[&str] = &["order", "select", "plain", "group"];
const COLUMNS: &[&str] = &["key", "from", "colour", "size", "when", "index"];

/// A schema. All schemas give a table of the same name the same primary key, since that cannot be changed.
pub(crate) fn schema() -> impl Strategy<Value = Schema> {
    let tables = subsequence(TABLES, 0..=TABLES.len());
    let parts = proptest::collection::vec(part(), TABLES.len());
    (
        tables,
        parts,
        proptest::collection::vec(any::<(Pick, Pick, u8)>(), 0..5),
    )
        .prop_map(|(names, parts, keys)| {
            let tables = names.into_iter().zip(parts);
            let mut schema: Schema = tables.map(|(name, part)| table(name, part)).collect();
            for (from, to, chance) in keys {
                add_key(&mut schema, from, to, chance % 4 == 0);
            }
            schema
        })
}

type Part = (Vec<Column>, Vec<(Vec<usize>, bool, bool)>);

fn part() -> impl Strategy<Value = Part> {
    let columns = subsequence(COLUMNS, 0..=COLUMNS.len())
        .prop_flat_map(|names| names.into_iter().map(column).collect::<Vec<_>>());
    let index = (
        subsequence(vec![0usize, 1, 2, 3], 1..3),
        any::<bool>(),
        any::<bool>(),
    );
    (columns, proptest::collection::vec(index, 0..4))
}

/// A column of any kind.
pub(crate) fn column(name: &'static str) -> impl Strategy<Value = Column> {
    use ColumnType::{BigInt, DateTime, Integer, Json, LongText, Text, Varchar};
    let kind = prop_oneof![
        (1u32..40).prop_map(Varchar),
        Just(Text),
        Just(LongText),
        Just(Integer),
        Just(BigInt),
        Just(DateTime),
        Just(Json),
    ];
    let rest = (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        -5i64..5,
        "[a-z'\"`%; ]{0,8}",
    );
    (kind, rest).prop_map(
        move |(kind, (nullable, with_default, any_case, number, text))| {
            let default = match &kind {
                Varchar(length) => {
                    let text = text.chars().take(*length as usize).collect();
                    Some(Default::Text(text))
                }
                Integer | BigInt => Some(Default::Number(number)),
                DateTime => Some(Default::Now),
                _ => None,
            };
            Column {
                name: name.to_owned(),
                any_case: any_case && matches!(kind, Varchar(_)),
                kind,
                nullable,
                default: default.filter(|_| with_default),
                auto: false,
            }
        },
    )
}

fn key_of(table: &str) -> Column {
    let counts = table == "plain";
    Column {
        name: "id".into(),
        kind: if counts {
            ColumnType::BigInt
        } else {
            ColumnType::Varchar(36)
        },
        nullable: false,
        default: None,
        any_case: false,
        auto: counts,
    }
}

fn table(name: &str, (columns, indexes): Part) -> Table {
    let columns = std::iter::once(key_of(name)).chain(columns).collect();
    let mut table = Table {
        name: name.into(),
        columns,
        primary_key: vec!["id".into()],
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
    };
    for (at, (columns, unique, any_case)) in indexes.into_iter().enumerate() {
        add_index(&mut table, at, &columns, unique, any_case);
    }
    table.sort();
    table
}

fn add_index(table: &mut Table, at: usize, columns: &[usize], unique: bool, any_case: bool) {
    let part = |at: &usize| {
        let column = table.columns.get(*at)?;
        let any_case = any_case && matches!(column.kind, ColumnType::Varchar(_));
        Some(IndexColumn {
            name: column.name.clone(),
            any_case,
        })
    };
    let index = Index {
        name: format!("ix_{}_{at}", table.name),
        columns: columns.iter().filter_map(part).collect(),
        unique,
    };
    try_op(table, |name| Op::CreateIndex { table: name, index });
}

/// Does it to the table if it keeps the rules.
fn try_op(table: &mut Table, op: impl FnOnce(String) -> Op) {
    let mut schema: Schema = [table.clone()].into_iter().collect();
    if op(table.name.clone()).apply(&mut schema).is_ok() {
        *table = schema.tables.remove(&table.name).unwrap();
    }
}

/// A foreign key from a column of its own, with an index under it.
fn add_key(schema: &mut Schema, from: Pick, to: Pick, with_default: bool) {
    let names: Vec<String> = schema.tables.keys().cloned().collect();
    if names.is_empty() {
        return;
    }
    let (from, to) = (from.get(&names), to.get(&names));
    let name = format!("to_{to}");
    let column = Column {
        name: name.clone(),
        nullable: true,
        auto: false,
        default: with_default.then(|| match to.as_str() {
            "plain" => Default::Number(0),
            _ => Default::Text("none".into()),
        }),
        ..key_of(to)
    };
    let part = IndexColumn {
        name: name.clone(),
        any_case: false,
    };
    let index = Index {
        name: format!("ix_{from}_{name}"),
        columns: vec![part],
        unique: false,
    };
    let foreign_key = ForeignKey {
        name: format!("fk_{from}_{name}"),
        columns: vec![name],
        table: to.clone(),
        references: vec!["id".into()],
    };
    let table = from.clone();
    let ops = [
        Op::AddColumn {
            table: table.clone(),
            column,
            fill: None,
        },
        Op::CreateIndex {
            table: table.clone(),
            index,
        },
        Op::AddForeignKey { table, foreign_key },
    ];
    for op in ops {
        // The same key may have been drawn before.
        if op.apply(schema).is_err() {
            return;
        }
    }
}
