//! Saving, changing and removing rows.

use chrono::{DateTime, Utc};
use domain::Status;
use domain::ports::StoreError;

use super::{NewRecord, Record, RecordChange, new_id, ready_row};
use crate::database::Database;
use crate::dialect::{self, DatedInsert};
use crate::error::{Fault, Ran, refused};
use crate::sql::{Builder, Query, Value, query};
use crate::text::records as text;
use crate::tx::Tx;

/// The statement that saves one row.
pub(crate) const INSERT: &str = "INSERT INTO deployments (id, name, deployment_type, framework, github_url, resources, \
    status, created_at, deployed_at, deleted_at, ip_address, vm_id, error_message, user_id, tags) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

pub(super) async fn create(db: &Database, new: NewRecord) -> Ran<Record> {
    let id = new.id.unwrap_or_else(|| new_id(db));
    let mut record = planned(&new, id.to_string());
    let dated = dialect::dated_insert(db.dialect());
    let moment = moment(db, &new).await?;
    let values = ready_row(new, id, moment.unwrap_or(DATELESS))?;
    record.take_times(&values);
    let saved = match (dated, moment) {
        (Some(dated), None) => dated_by_server(db, &dated, values).await,
        _ => save(db, values).await.map(|()| record.created_at),
    };
    match saved {
        Ok(created_at) => {
            db.totals().wrote();
            Ok(Record {
                created_at,
                ..record
            })
        }
        Err(Fault::Sql(error)) if dialect::is_duplicate(&error) => {
            refused(text::id_taken(&record.id))
        }
        Err(fault) => Err(fault),
    }
}

/// Stands where the server's time is put.
const DATELESS: DateTime<Utc> = match DateTime::from_timestamp(0, 0) {
    Some(at) => at,
    None => panic!("a moment of the calendar"),
};

/// When the row was made; none when the server says it while it saves.
async fn moment(db: &Database, new: &NewRecord) -> Ran<Option<DateTime<Utc>>> {
    let deleted_now = new.status == Status::Deleted && new.deleted_at.is_none();
    match new.created_at {
        Some(at) => Ok(Some(at)),
        None if deleted_now || !db.is_dated_by_server() => Ok(Some(db.now().await?)),
        None => Ok(None),
    }
}

async fn save(db: &Database, values: [Value; 15]) -> Ran<()> {
    if let Some(batches) = db.batches() {
        return batches.save(values).await;
    }
    // One statement is a transaction by itself.
    let mut connection = db.autocommit().await?;
    insert(values).execute(connection.link()).await?;
    Ok(())
}

pub(super) fn insert(values: [Value; 15]) -> Query {
    values.into_iter().fold(query(INSERT), Query::bind)
}

/// Rows of one statement: a multiple of the columns below what every database takes as values (SQLite: 32,766).
pub(crate) const MOST_AT_ONCE: usize = 500;

/// One statement that saves many rows.
pub(crate) fn insert_many(rows: Vec<[Value; 15]>) -> Query {
    const ROW: &str = ", (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut text = String::with_capacity(INSERT.len() + rows.len() * ROW.len());
    text.push_str(INSERT);
    for _ in 1..rows.len() {
        text.push_str(ROW);
    }
    rows.into_iter().flatten().fold(query(text), Query::bind)
}

/// Gives when the row was made.
async fn dated_by_server(
    db: &Database,
    dated: &DatedInsert,
    values: [Value; 15],
) -> Ran<Option<DateTime<Utc>>> {
    let mut connection = db.autocommit().await?;
    let id = values[0].clone();
    let (before, after) = (values[..CREATED_AT].iter(), values[CREATED_AT + 1..].iter());
    let insert = before
        .chain(after)
        .cloned()
        .fold(query(dated.statement), Query::bind);
    let row = if dated.answers {
        insert.fetch_one(connection.link()).await?
    } else {
        insert.execute(connection.link()).await?;
        query("SELECT created_at FROM deployments WHERE id = ?")
            .bind(id)
            .fetch_one(connection.link())
            .await?
    };
    Ok(row.time_opt("created_at")?)
}

/// The place of `created_at` among the columns.
const CREATED_AT: usize = 7;

/// The row as it will be read back, before its times are known.
fn planned(new: &NewRecord, id: String) -> Record {
    Record {
        id,
        name: new.name.clone(),
        deployment_type: new.kind.map(|kind| kind.as_str().to_owned()),
        framework: new.framework.clone(),
        github_url: new.github_url.clone(),
        resources: new.resources.clone(),
        status: Some(new.status),
        status_text: new.status.as_str().to_owned(),
        created_at: None,
        deployed_at: None,
        deleted_at: None,
        ip_address: new.ip_address.clone(),
        vm_id: new.vm_id.map(i64::from),
        error_message: new.error_message.clone(),
        user_id: new.user_id.clone(),
        tags: new.tags.clone(),
        unreadable: Vec::new(),
    }
}

impl Record {
    /// The times that are saved.
    fn take_times(&mut self, values: &[Value; 15]) {
        let time = |value: &Value| match value {
            Value::Time(at) => *at,
            _ => None,
        };
        self.created_at = time(&values[CREATED_AT]);
        self.deployed_at = time(&values[CREATED_AT + 1]);
        self.deleted_at = time(&values[CREATED_AT + 2]);
    }
}

pub(super) async fn update(
    db: &Database,
    id: &str,
    read: Option<&Record>,
    change: &RecordChange,
) -> Ran<Record> {
    let set = change.ready()?;
    let mut tx = db.write().await?;
    let before = own(&mut tx, id, "change").await?;
    if read.is_some_and(|read| *read != before) {
        return refused(text::changed_since(&before.name));
    }
    if !before.is_live() {
        return refused(text::is_deleted(&before.name));
    }
    if set.is_empty() {
        return Ok(before);
    }
    write(&mut tx, id, set).await?;
    let after = row(&mut tx, id).await?;
    tx.commit().await?;
    Ok(after)
}

pub(super) async fn delete(db: &Database, id: &str) -> Ran<Record> {
    let mut tx = db.write().await?;
    let before = own(&mut tx, id, "delete").await?;
    if before.deleted_at.is_some() {
        return Ok(before);
    }
    let now = tx.seed_now();
    let set = vec![("status", "deleted".into()), ("deleted_at", now.into())];
    write(&mut tx, id, set).await?;
    let after = row(&mut tx, id).await?;
    tx.commit().await?;
    Ok(after)
}

pub(super) async fn purge(db: &Database, id: &str) -> Ran<()> {
    let mut tx = db.write().await?;
    own(&mut tx, id, "purge").await?;
    query("DELETE FROM deployments WHERE id = ?")
        .bind(id)
        .execute(tx.link())
        .await?;
    tx.commit().await
}

async fn write(tx: &mut Tx<'_>, id: &str, set: Vec<(&'static str, Value)>) -> Ran<()> {
    let mut update = Builder::new("UPDATE deployments SET ");
    for (number, (column, value)) in set.into_iter().enumerate() {
        if number > 0 {
            update.push(", ");
        }
        update.push(column).push(" = ").push_bind(value);
    }
    update.push(" WHERE id = ").push_bind(id);
    update.build().execute(tx.link()).await?;
    Ok(())
}

/// A row that is nobody's but its writer's. It is held until the transaction ends, also against programs that know nothing
/// of our lock.
async fn own(tx: &mut Tx<'_>, id: &str, verb: &str) -> Ran<Record> {
    let record = row(tx, id).await?;
    let managed = query("SELECT 1 FROM managed WHERE deployment_id = ?")
        .bind(id)
        .fetch_optional(tx.link())
        .await?;
    match managed {
        Some(_) => refused(text::is_managed(&record.name, verb)),
        None => Ok(record),
    }
}

async fn row(tx: &mut Tx<'_>, id: &str) -> Ran<Record> {
    if id.contains('\0') {
        return Err(StoreError::NotFound.into());
    }
    let hold = dialect::hold(tx.link().dialect());
    let found = query(format!("{}{hold}", super::BY_ID))
        .bind(id)
        .fetch_optional(tx.link())
        .await?;
    let found = found.ok_or(StoreError::NotFound)?;
    Ok(Record::read(&found))
}
