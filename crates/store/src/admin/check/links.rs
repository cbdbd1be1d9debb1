//! What refers to rows that are not there, and who holds which label.

use super::findings::{Findings, shown};
use crate::admin::AdminError;
use crate::dialect::bulk::quoted;
use crate::dialect::{as_text, not_deleted};
use crate::schema::{Table, model};
use crate::sql::{Link, query};
use crate::text::admin as text;

/// References that no foreign key holds, since rows of the seed's table are anybody's and guests outlive what they are of:
/// table, its key, column, the table it means, the column there.
const LOOSE: [(&str, &str, &str, &str, &str); 5] = [
    (
        "managed",
        "deployment_id",
        "deployment_id",
        "deployments",
        "id",
    ),
    (
        "managed",
        "deployment_id",
        "newest_release_id",
        "releases",
        "id",
    ),
    (
        "managed",
        "deployment_id",
        "serving_release_id",
        "releases",
        "id",
    ),
    ("guests", "id", "deployment_id", "managed", "deployment_id"),
    ("guests", "id", "release_id", "releases", "id"),
];

/// Foreign keys of the model, by joins of our own, and the loose ones.
pub(super) async fn references(
    link: &mut Link<'_>,
    findings: &mut Findings,
) -> Result<(), AdminError> {
    let model = model();
    for table in model.tables.values() {
        for key in &table.foreign_keys {
            let pairs = key.columns.iter().zip(&key.references);
            if let [(column, references)] = pairs.collect::<Vec<_>>()[..] {
                let row = key_of(link, table);
                let there = (key.table.as_str(), references.as_str());
                broken(link, findings, (&table.name, &row, column), there).await?;
            }
        }
    }
    for (table, row, column, of, references) in LOOSE {
        let row = as_text(link.dialect(), &format!("c.{row}"));
        broken(link, findings, (table, &row, column), (of, references)).await?;
    }
    Ok(())
}

/// What names a row of a table: its key, as text.
fn key_of(link: &Link<'_>, table: &Table) -> String {
    let dialect = link.dialect();
    let column = table.primary_key.last().map_or("", String::as_str);
    as_text(dialect, &format!("c.{}", quoted(dialect, column)))
}

async fn broken(
    link: &mut Link<'_>,
    findings: &mut Findings,
    (table, row, column): (&str, &str, &str),
    (of, references): (&str, &str),
) -> Result<(), AdminError> {
    let from = format!(
        "FROM {table} c LEFT JOIN {of} p ON p.{references} = c.{column} \
         WHERE c.{column} IS NOT NULL AND p.{references} IS NULL"
    );
    let problem = |meant: &str| text::dangling(of, &shown(meant));
    let select = format!("SELECT {row} AS named, c.{column} AS meant {from} LIMIT ?");
    let listed = query(select)
        .bind(findings.room() as i64)
        .fetch_all(link.again())
        .await?;
    for found in &listed {
        let meant = found.text_opt("meant")?.unwrap_or_default();
        let named = found.text_opt("named")?;
        findings.error(Some(table), named, Some(column), problem(&meant));
    }
    let all = query(format!("SELECT COUNT(*) AS n {from}"))
        .fetch_one(link.again())
        .await?;
    let all = u64::try_from(all.int_opt("n")?.unwrap_or_default()).unwrap_or_default();
    findings.more_errors(all.saturating_sub(listed.len() as u64));
    Ok(())
}

/// A name is held exactly while its deployment is live and managed, by one.
pub(super) async fn labels(link: &mut Link<'_>, findings: &mut Findings) -> Result<(), AdminError> {
    let live = format!("d.deleted_at IS NULL AND {}", not_deleted(link.dialect()));
    let of_the_dead = format!(
        "SELECT n.label AS label, n.deployment_id AS named FROM names n \
         LEFT JOIN deployments d ON d.id = n.deployment_id AND {live} WHERE d.id IS NULL LIMIT ?"
    );
    let unclaimed = format!(
        "SELECT m.label AS label, m.deployment_id AS named FROM managed m \
         JOIN deployments d ON d.id = m.deployment_id AND {live} \
         LEFT JOIN names n ON n.deployment_id = m.deployment_id WHERE n.label IS NULL LIMIT ?"
    );
    let another = "SELECT n.label AS label, n.deployment_id AS named FROM names n \
        JOIN managed m ON m.deployment_id = n.deployment_id WHERE m.label <> n.label LIMIT ?";
    let kinds: [(&str, String, Words); 3] = [
        ("names", of_the_dead, text::label_of_the_dead),
        ("managed", unclaimed, text::label_unclaimed),
        ("names", another.to_owned(), text::label_another),
    ];
    for (table, statement, words) in kinds {
        // Rows that are counted beyond the list are bounded by it: a label is a row of its own.
        let found = query(statement)
            .bind(MOST_LABELS)
            .fetch_all(link.again())
            .await?;
        for row in &found {
            let label = row.text_opt("label")?.unwrap_or_default();
            let named = row.text_opt("named")?;
            findings.error(Some(table), named, Some("label"), words(&shown(&label)));
        }
    }
    doubles(link, &live, findings).await
}

/// Says what is wrong with a label.
type Words = fn(&str) -> String;

/// Findings of one kind that are looked for.
const MOST_LABELS: i64 = 10_000;

/// Live rows that would have the same label. Only one can be managed; the others are records, which is no error.
async fn doubles(
    link: &mut Link<'_>,
    live: &str,
    findings: &mut Findings,
) -> Result<(), AdminError> {
    let doubles = query(format!(
        "SELECT label, n FROM (SELECT REPLACE(LOWER(d.name), '_', '-') AS label, COUNT(*) AS n FROM deployments d \
         WHERE {live} GROUP BY REPLACE(LOWER(d.name), '_', '-')) g WHERE n > 1 ORDER BY label LIMIT ?"
    ))
    .bind(MOST_LABELS)
    .fetch_all(link.again())
    .await?;
    for row in &doubles {
        let label = row.text_opt("label")?.unwrap_or_default();
        let times = row.int_opt("n")?.unwrap_or_default();
        let words = text::label_shared(&shown(&label), times);
        findings.warning(Some("deployments"), None, Some("name"), words);
    }
    Ok(())
}
