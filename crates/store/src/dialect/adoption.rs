//! What taking over the original's table needs of each database.

use super::Dialect;
use crate::sql::{Link, query};

/// The columns of text of the seed's table.
const TEXTS: [&str; 9] = [
    "id",
    "name",
    "deployment_type",
    "framework",
    "github_url",
    "status",
    "ip_address",
    "error_message",
    "user_id",
];

/// What a row without `created_at` gets when it has no `deployed_at` either: the beginning of time, so that it stands last
/// in lists. Spelled as each database holds it.
fn no_time(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite | Dialect::MySql | Dialect::MariaDb => "'1970-01-01 00:00:00.000000'",
        Dialect::Postgres => "TIMESTAMP '1970-01-01 00:00:00'",
    }
}

/// A name, quoted.
pub(crate) fn quoted(dialect: Dialect, name: &str) -> String {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
        Dialect::MySql | Dialect::MariaDb => format!("`{}`", name.replace('`', "``")),
    }
}

/// What hangs on the `deployments` table, in words: triggers, views, and other tables' foreign keys. Some databases would
/// lose it with the old table, some leave it pointing there, some take it along: so that all three do the same, nothing of
/// it may be there.
pub(crate) async fn hindrances(link: &mut Link<'_>) -> Result<Vec<String>, sqlx::Error> {
    let statement = match link.dialect() {
        Dialect::Sqlite => {
            "SELECT type AS kind, name, sql AS text, 'the ' || type || ' ' || name AS what FROM sqlite_master \
             WHERE type = 'view' OR (type = 'trigger' AND tbl_name = 'deployments' COLLATE NOCASE) \
             UNION ALL SELECT DISTINCT 'key', m.name, NULL, 'a foreign key of the table ' || m.name \
             FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) k \
             WHERE m.type = 'table' AND m.name <> 'deployments' COLLATE NOCASE AND k.\"table\" = 'deployments' COLLATE NOCASE"
        }
        Dialect::Postgres => {
            "SELECT 'the trigger ' || t.tgname AS what FROM pg_catalog.pg_trigger t \
             WHERE t.tgrelid = CAST('deployments' AS regclass) AND NOT t.tgisinternal \
             UNION ALL SELECT 'the foreign key ' || k.conname || ' of another table' FROM pg_catalog.pg_constraint k \
             WHERE k.confrelid = CAST('deployments' AS regclass) AND k.contype = 'f' \
             UNION ALL SELECT DISTINCT 'the view ' || v.relname FROM pg_catalog.pg_depend d \
             JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid JOIN pg_catalog.pg_class v ON v.oid = r.ev_class \
             WHERE d.refobjid = CAST('deployments' AS regclass) AND d.classid = CAST('pg_rewrite' AS regclass) \
             AND v.oid <> d.refobjid"
        }
        Dialect::MySql | Dialect::MariaDb => {
            "SELECT CAST(CONCAT('the trigger ', trigger_name) AS CHAR) AS what FROM information_schema.triggers \
             WHERE event_object_schema = DATABASE() AND event_object_table = 'deployments' \
             UNION ALL SELECT CAST(CONCAT('the foreign key ', constraint_name, ' of another table') AS CHAR) \
             FROM information_schema.referential_constraints \
             WHERE constraint_schema = DATABASE() AND referenced_table_name = 'deployments' AND table_name <> 'deployments' \
             UNION ALL SELECT CAST(CONCAT('the view ', table_name) AS CHAR) FROM information_schema.views \
             WHERE table_schema = DATABASE() AND view_definition LIKE CONCAT('%`', DATABASE(), '`.`deployments`%')"
        }
    };
    let rows = query(statement).fetch_all(link.again()).await?;
    let mut hindering = Vec::new();
    for row in &rows {
        // SQLite knows only the text of a view.
        let is_view =
            link.dialect() == Dialect::Sqlite && row.text_opt("kind")?.as_deref() == Some("view");
        if !is_view || names_deployments(&row.text_opt("text")?.unwrap_or_default()) {
            hindering.extend(row.text_opt("what")?);
        }
    }
    Ok(hindering)
}

/// True when the text of a view has our table's name as a word.
fn names_deployments(text: &str) -> bool {
    let mut words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words.any(|word| word.eq_ignore_ascii_case("deployments"))
}

/// Keeps everybody else from the table, where the transaction does not do that yet.
pub(crate) fn hold(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::Postgres => Some("LOCK TABLE deployments IN ACCESS EXCLUSIVE MODE"),
        _ => None,
    }
}

/// The statements that give the table another name and free the names of its indexes.
pub(crate) async fn rename(link: &mut Link<'_>, to: &str) -> Result<Vec<String>, sqlx::Error> {
    let dialect = link.dialect();
    let new = quoted(dialect, to);
    let mut statements = vec![match dialect {
        Dialect::MySql | Dialect::MariaDb => format!("RENAME TABLE deployments TO {new}"),
        _ => format!("ALTER TABLE deployments RENAME TO {new}"),
    }];
    for (number, index) in named_indexes(link).await?.iter().enumerate() {
        let index = quoted(dialect, index);
        statements.push(match dialect {
            Dialect::Postgres => format!(
                "ALTER INDEX {index} RENAME TO {}",
                quoted(dialect, &format!("{to}_{number}"))
            ),
            _ => format!("DROP INDEX {index}"),
        });
    }
    Ok(statements)
}

/// Indexes whose names nobody else may have. On MySQL each table has its own.
async fn named_indexes(link: &mut Link<'_>) -> Result<Vec<String>, sqlx::Error> {
    let statement = match link.dialect() {
        Dialect::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'deployments' AND sql IS NOT NULL"
        }
        Dialect::Postgres => {
            "SELECT CAST(n.relname AS TEXT) AS name FROM pg_catalog.pg_index i \
             JOIN pg_catalog.pg_class n ON n.oid = i.indexrelid WHERE i.indrelid = CAST('deployments' AS regclass)"
        }
        Dialect::MySql | Dialect::MariaDb => return Ok(Vec::new()),
    };
    let rows = query(statement).fetch_all(link.again()).await?;
    rows.iter()
        .filter_map(|row| row.text_opt("name").transpose())
        .collect()
}

/// JSON out of a column of text: what is none becomes a JSON string of it. On SQLite any text is kept as it is.
struct FromText {
    before: Option<&'static str>,
    value: &'static str,
    after: Option<&'static str>,
}

fn from_text(dialect: Dialect) -> FromText {
    match dialect {
        Dialect::Sqlite => FromText {
            before: None,
            value: "resources_json",
            after: None,
        },
        Dialect::Postgres => FromText {
            before: Some(
                "CREATE FUNCTION pg_temp.havre_json(value TEXT) RETURNS JSON LANGUAGE plpgsql AS $$ \
                 BEGIN RETURN CAST(value AS JSON); EXCEPTION WHEN OTHERS THEN RETURN to_json(value); END $$",
            ),
            value: "pg_temp.havre_json(resources_json)",
            after: Some("DROP FUNCTION pg_temp.havre_json(TEXT)"),
        },
        Dialect::MySql | Dialect::MariaDb => FromText {
            before: None,
            value: "CASE WHEN JSON_VALID(resources_json) THEN CONVERT(resources_json USING utf8mb4) \
                ELSE JSON_QUOTE(CONVERT(resources_json USING utf8mb4)) END",
            after: None,
        },
    }
}

/// The statements that copy every row of the old table into the new one; `is_live` of the original's two models.
pub(crate) fn copy(dialect: Dialect, old: &str, is_live: bool) -> Vec<String> {
    let json = from_text(dialect);
    let (resources, user, tags) = match is_live {
        true => (json.value, "NULL", "NULL"),
        false => ("resources", "user_id", "tags"),
    };
    let order = match dialect {
        Dialect::Sqlite => "rowid",
        _ => "created_at, id",
    };
    let copy = format!(
        "INSERT INTO deployments (id, name, deployment_type, framework, github_url, resources, status, created_at, \
         deployed_at, deleted_at, ip_address, vm_id, error_message, user_id, tags) \
         SELECT id, name, deployment_type, framework, github_url, {resources}, COALESCE(status, ''), \
         COALESCE(created_at, deployed_at, {}), deployed_at, deleted_at, ip_address, vm_id, error_message, {user}, {tags} \
         FROM {} ORDER BY {order}",
        no_time(dialect),
        quoted(dialect, old)
    );
    let helpers =
        |statement: Option<&'static str>| statement.filter(|_| is_live).map(str::to_owned);
    helpers(json.before)
        .into_iter()
        .chain([copy])
        .chain(helpers(json.after))
        .chain(unnumber(dialect, old).filter(|_| is_live))
        .collect()
}

/// A column of type JSON makes a number of what looks like one on SQLite: text that would not read back the same stays, as
/// a JSON string.
fn unnumber(dialect: Dialect, old: &str) -> Option<String> {
    if dialect != Dialect::Sqlite {
        return None;
    }
    let was = format!(
        "(SELECT o.resources_json FROM {} o WHERE o.id = deployments.id)",
        quoted(dialect, old)
    );
    Some(format!(
        "UPDATE deployments SET resources = json_quote({was}) \
         WHERE typeof(resources) IN ('integer', 'real') AND CAST(resources AS TEXT) IS NOT {was}"
    ))
}

/// Counts rows of the old table that are not the same in the new one, as `count`.
pub(crate) fn differing(dialect: Dialect, old: &str, is_live: bool) -> String {
    let differs = |column: &str| match dialect {
        Dialect::Sqlite => format!("n.{column} IS NOT o.{column}"),
        Dialect::Postgres => format!("n.{column} IS DISTINCT FROM o.{column}"),
        Dialect::MySql | Dialect::MariaDb if TEXTS.contains(&column) || column == "tags" => {
            format!(
                "NOT (CAST(n.{column} AS BINARY) <=> CAST(CONVERT(o.{column} USING utf8mb4) AS BINARY))"
            )
        }
        Dialect::MySql | Dialect::MariaDb => format!("NOT (n.{column} <=> o.{column})"),
    };
    let same_id = match dialect {
        Dialect::MySql | Dialect::MariaDb => "n.id = CONVERT(o.id USING utf8mb4)",
        _ => "n.id = o.id",
    };
    let columns = [
        "name",
        "deployment_type",
        "framework",
        "github_url",
        "deployed_at",
        "deleted_at",
        "ip_address",
        "vm_id",
        "error_message",
    ];
    let mut wrong: Vec<String> = columns.iter().map(|column| differs(column)).collect();
    let kept = ["status", "created_at"];
    wrong.extend(kept.map(|column| format!("(o.{column} IS NOT NULL AND {})", differs(column))));
    if !is_live {
        wrong.extend(["user_id", "tags"].map(differs));
    }
    let resources = if is_live {
        "resources_json"
    } else {
        "resources"
    };
    wrong.push(format!("(n.resources IS NULL) <> (o.{resources} IS NULL)"));
    format!(
        "SELECT COUNT(*) AS count FROM {} o LEFT JOIN deployments n ON {same_id} WHERE n.id IS NULL OR {}",
        quoted(dialect, old),
        wrong.join(" OR ")
    )
}

/// The statement that ends the old table, where a backup of the whole database stands beside it.
pub(crate) fn put_away(dialect: Dialect, old: &str) -> Option<String> {
    match dialect {
        Dialect::Sqlite => Some(format!("DROP TABLE {}", quoted(dialect, old))),
        _ => None,
    }
}

/// Counts the rows whose JSON is none, and were made a JSON string or kept broken, as `count`.
pub(crate) fn broken_json(dialect: Dialect, old: &str) -> String {
    let old = quoted(dialect, old);
    match dialect {
        Dialect::Sqlite => format!(
            "SELECT COUNT(*) AS count FROM {old} WHERE resources_json IS NOT NULL AND NOT json_valid(resources_json)"
        ),
        Dialect::Postgres => format!(
            "SELECT COUNT(*) AS count FROM {old} o JOIN deployments n ON n.id = o.id \
             WHERE json_typeof(n.resources) = 'string' AND n.resources #>> '{{}}' = o.resources_json"
        ),
        Dialect::MySql | Dialect::MariaDb => format!(
            "SELECT COUNT(*) AS count FROM {old} WHERE resources_json IS NOT NULL AND NOT JSON_VALID(resources_json)"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_of_the_table_is_told_from_one_of_another() {
        assert!(names_deployments(
            "CREATE VIEW v AS SELECT id FROM Deployments"
        ));
        assert!(names_deployments(
            "CREATE VIEW v AS SELECT d.id FROM \"deployments\" d"
        ));
        assert!(names_deployments(
            "CREATE VIEW v AS SELECT id FROM main.deployments;"
        ));
        assert!(!names_deployments(
            "CREATE VIEW v AS SELECT id FROM my_deployments"
        ));
        assert!(!names_deployments(
            "CREATE VIEW deployments_2 AS SELECT id FROM deployments_old"
        ));
    }
}
