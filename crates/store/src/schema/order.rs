//! In which order tables are made and removed: each after those that its foreign keys point at, or before them. Where
//! tables point at each other in a circle, the keys are made last and removed first.

use super::{ForeignKey, Op, Table};

/// The operations that make tables, and those that make the foreign keys which had to wait.
pub(super) fn creates(tables: &[&Table]) -> (Vec<Op>, Vec<Op>) {
    let (ordered, tied) = sorted(tables);
    let mut late = Vec::new();
    let mut create = Vec::new();
    for table in ordered {
        create.push(Op::CreateTable {
            table: table.clone(),
        });
    }
    for table in tied {
        let mut bare = table.clone();
        bare.foreign_keys.clear();
        create.push(Op::CreateTable { table: bare });
        late.extend(
            table
                .foreign_keys
                .iter()
                .map(|key| add_key(&table.name, key)),
        );
    }
    (create, late)
}

/// The operations that remove foreign keys which are in the way, and those that remove tables.
pub(super) fn drops(tables: &[&Table]) -> (Vec<Op>, Vec<Op>) {
    let (ordered, tied) = sorted(tables);
    let keys = tied.iter().flat_map(|table| {
        table
            .foreign_keys
            .iter()
            .map(|key| drop_key(&table.name, key))
    });
    let drop = |table: &&Table| Op::DropTable {
        table: table.name.clone(),
    };
    let all = tied.iter().chain(ordered.iter().rev()).map(drop);
    (keys.collect(), all.collect())
}

pub(super) fn drop_key(table: &str, key: &ForeignKey) -> Op {
    Op::DropForeignKey {
        table: table.to_owned(),
        foreign_key: key.name.clone(),
    }
}

pub(super) fn add_key(table: &str, key: &ForeignKey) -> Op {
    Op::AddForeignKey {
        table: table.to_owned(),
        foreign_key: key.clone(),
    }
}

/// Tables that point only at earlier ones, at themselves or at tables that are not in question; and the rest, which
/// stands on a circle.
fn sorted<'a>(tables: &[&'a Table]) -> (Vec<&'a Table>, Vec<&'a Table>) {
    let mut waiting = tables.to_vec();
    let mut ordered = Vec::new();
    loop {
        let waits = |key: &ForeignKey, table: &Table| {
            key.table != table.name && waiting.iter().any(|other| other.name == key.table)
        };
        let (stay, go): (Vec<&Table>, Vec<&Table>) = waiting
            .iter()
            .partition(|table| table.foreign_keys.iter().any(|key| waits(key, table)));
        if go.is_empty() {
            return (ordered, stay);
        }
        ordered.extend(go);
        waiting = stay;
    }
}
