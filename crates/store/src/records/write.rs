//! Saving, changing and removing rows.

use chrono::{DateTime, Utc};
use domain::Status;
use domain::ports::StoreError;

use super::{NewRecord, Record, RecordChange, new_id, ready_row};
use crate::database::Database;
use crate::dialect::{self, Adding, Dialect};
use crate::error::{Fault, Ran, refused};
use crate::sql::{Builder, Query, Value, query};
use crate::text::records as text;
use crate::tx::Tx;

pub(super) async fn create(db: &Database, new: NewRecord) -> Ran<Record> {
    let id = new.id.unwrap_or_else(|| new_id(db));
    let mut record = planned(&new, id.to_string());
    let moment = moment(db, &new).await?;
    let values = ready_row(new, id, moment.unwrap_or(DATELESS))?;
    record.take_times(&values);
    let adding = match moment {
        Some(_) => Adding::All,
        None => Adding::Dated,
    };
    match db.batches().save(values, adding).await {
        Ok(dated) => {
            db.totals().wrote();
            Ok(Record {
                created_at: dated.or(record.created_at),
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

/// The values of a row, in the order of the columns.
pub(crate) type Row = [Value; 15];

/// Rows of one statement: their values are below what every database takes (SQLite: 32,766).
pub(crate) const MOST_AT_ONCE: usize = 500;

/// One statement that adds these rows.
pub(crate) fn insert<'a>(
    dialect: Dialect,
    adding: Adding,
    rows: impl ExactSizeIterator<Item = &'a Row>,
) -> Query {
    let text = dialect::insert(dialect, adding, rows.len());
    let left_out = (adding == Adding::Dated).then_some(CREATED_AT);
    let values = rows.flat_map(|row| row.iter().enumerate());
    let values = values.filter(|(place, _)| Some(*place) != left_out);
    values.fold(query(text), |query, (_, value)| query.bind(value.clone()))
}

/// The place of `created_at` among the columns.
pub(crate) const CREATED_AT: usize = 7;

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
    fn take_times(&mut self, values: &Row) {
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
