//! Saving what was taken out of the queue.

use chrono::{DateTime, Utc};
use domain::ports::StoreError;

use super::queue::Waiting;
use crate::dialect::{self, Adding, Answer, Trouble};
use crate::records::{Row, insert};
use crate::sql::{Builder, Conn, Link, Value};

/// Saves all rows, or as many as can be: of those that fail together each half is tried by itself, so that one bad row
/// fails alone.
pub(super) async fn all(connection: &mut Conn, rows: Vec<Waiting>) {
    let mut parts = vec![rows];
    while let Some(mut part) = parts.pop() {
        let error = match together(connection.link(), &part).await {
            Ok(dated) => {
                tell(part, &dated);
                continue;
            }
            Err(error) => error,
        };
        let may_be_one = dialect::may_be_one_row(&error);
        if may_be_one && part.len() > 1 {
            let rest = part.split_off(part.len() / 2);
            parts.extend([rest, part]);
            continue;
        }
        if !may_be_one {
            part.extend(parts.drain(..).flatten());
        }
        fail(part, error);
    }
}

/// Rows of a server's time, by their ids.
type Dated = Vec<(String, Option<DateTime<Utc>>)>;

/// All of them, or none: a statement by itself.
async fn together(mut link: Link<'_>, part: &[Waiting]) -> Result<Dated, sqlx::Error> {
    let dialect = link.dialect();
    let adding = part.first().map_or(Adding::All, |first| first.adding);
    let insert = insert(dialect, adding, part.iter().map(|waiting| &waiting.row));
    let found = match (adding, dialect::answer(dialect)) {
        (Adding::Dated, Answer::Itself) => insert.fetch_all(link).await?,
        (Adding::Dated, Answer::ReadAgain) => {
            insert.execute(link.again()).await?;
            times(part).build().fetch_all(link).await?
        }
        (Adding::All | Adding::New, _) => {
            insert.execute(link).await?;
            Vec::new()
        }
    };
    let dated = found.iter().map(|row| {
        let id = row.text_opt("id")?.unwrap_or_default();
        Ok((id, row.time_opt("created_at")?))
    });
    dated.collect()
}

fn times(part: &[Waiting]) -> Builder {
    let mut select = Builder::new("SELECT id, created_at FROM deployments WHERE id IN (");
    for (number, waiting) in part.iter().enumerate() {
        select.push(if number == 0 { "" } else { ", " });
        select.push_bind(id_of(&waiting.row));
    }
    select.push(")");
    select
}

fn id_of(row: &Row) -> Value {
    row[0].clone()
}

/// Who went away hears nothing.
fn tell(part: Vec<Waiting>, dated: &Dated) {
    for Waiting { row, answer, .. } in part {
        let of_row =
            |(id, _): &&(String, _)| matches!(&row[0], Value::Text(Some(own)) if own == id);
        let at = dated.iter().find(of_row).and_then(|(_, at)| *at);
        drop(answer.send(Ok(at)));
    }
}

/// One hears the error itself; of several each hears what it means.
pub(super) fn fail(mut rows: Vec<Waiting>, error: sqlx::Error) {
    let last = rows.pop();
    for waiting in rows {
        drop(waiting.answer.send(Err(meant(&error).into())));
    }
    if let Some(waiting) = last {
        drop(waiting.answer.send(Err(error.into())));
    }
}

fn meant(error: &sqlx::Error) -> StoreError {
    match dialect::trouble(error) {
        Trouble::DiskFull => StoreError::DiskFull,
        Trouble::Unavailable | Trouble::Other => StoreError::Unavailable(error.to_string()),
    }
}
