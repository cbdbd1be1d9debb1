//! What is said about migrating and adopting.

use std::path::Path;

/// `0002_add_colour`, as files are named.
pub(crate) fn revision(version: u32, name: &str) -> String {
    format!("{version:04}_{name}")
}

pub(crate) fn not_adopted(model: &str) -> String {
    format!(
        "the database holds the `deployments` table of {model}, and it was not touched. Run `havre db upgrade` once: it \
         makes a backup, then takes the table over without losing a value. Or point DATABASE_URL at another database."
    )
}

pub(crate) fn foreign_tables(table: &str) -> String {
    format!(
        "the database holds a table `{table}` that is not Havre's, and it was not touched. Point DATABASE_URL at a \
         database of its own."
    )
}

/// So many statements of a cure are shown; more is a case for a backup.
const MOST_STATEMENTS: usize = 40;

/// One statement a line, ready for the database's own shell; nothing for none.
fn listed(before: &str, statements: &[String]) -> String {
    if statements.is_empty() || statements.len() > MOST_STATEMENTS {
        return String::new();
    }
    let lines = statements
        .iter()
        .map(|statement| format!("\n  {};", statement.trim_end().trim_end_matches(';')));
    format!("{before}{}", lines.collect::<String>())
}

pub(crate) fn no_ledger(version: Option<u32>, stamp: &[String]) -> String {
    let other = match version {
        Some(version) => format!(" Its tables are those of schema {version}, to the last index."),
        None => {
            " Its tables are those of no schema that this program knows, so only a backup helps."
                .to_owned()
        }
    };
    let stamp = listed(
        " Or, if you are sure that nothing else was changed, write the record anew in the database's own shell:",
        stamp,
    );
    format!(
        "the database holds Havre's own tables, and the record of their version (the table `havre_schema`) is gone: somebody \
         removed it. Nothing was touched.{other} Restore the last backup (`havre db restore FILE`).{stamp}"
    )
}

pub(crate) fn not_whole(missing: &[String], cure: &[String]) -> String {
    let shown: Vec<&str> = missing.iter().take(10).map(String::as_str).collect();
    let more = match missing.len().saturating_sub(shown.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let cure = listed(
        " Or put them back, empty, in the database's own shell:",
        cure,
    );
    format!(
        "the database lacks what its schema has: {}{more}. Somebody removed it by hand. Nothing was touched. `havre db check` \
         looks through all of it; restore the last backup (`havre db restore FILE`).{cure}",
        shown.join(", ")
    )
}

pub(crate) fn drifted(steps: &[String], cure: &[String]) -> String {
    let steps: Vec<&str> = steps.iter().take(10).map(String::as_str).collect();
    let cure = listed(" In its own shell, after a backup:", cure);
    format!(
        "somebody changed the schema of this database by hand, and a migration that starts from there would fit no other \
         database. No file was written. First bring this one back to what its migrations made: {}. Then run `havre db \
         migrate` again.{cure}",
        steps.join("; ")
    )
}

pub(crate) fn newer(found: u32, known: u32) -> String {
    format!(
        "the database has schema {found}, and this program knows schemas up to {known}. It was not touched. Run the newer \
         Havre that wrote it; or, if a migration of your own did, name its folder with --dir."
    )
}

pub(crate) fn changed(version: u32, recorded: &str, known: &str) -> String {
    format!(
        "migration {version} of the database is `{recorded}`, and this program's is `{known}` or has other contents, so \
         the schema is not known. It was not touched: run the Havre that wrote it, or put the file back as it was."
    )
}

pub(crate) fn gap(version: u32) -> String {
    format!(
        "the database's record of migrations does not hold migration {version}, but a later one. Somebody changed \
         `havre_schema`; restore a backup. Nothing was touched."
    )
}

pub(crate) fn cut(what: &str, done: u32, total: u32) -> String {
    format!(
        "{what} was cut after {done} of {total} steps, and this database cannot undo them by itself. No step was lost: run \
         `havre db upgrade`, which goes on where it ended. Until then nothing else uses the database."
    )
}

pub(crate) fn cut_migration(revision: &str, upward: bool) -> String {
    let way = if upward { "upgrade to" } else { "downgrade of" };
    format!("the {way} {revision}")
}

pub(crate) const CUT_ADOPTION: &str = "the adoption of the original's table";

pub(crate) const LOCKED: &str = "another program is migrating this database or holds it locked, and did not finish in time. \
    Nothing was changed. Wait for it, stop other programs that use the database, then try again.";

pub(crate) fn failed(why: &str) -> String {
    format!(
        "the database failed while its schema was looked at or changed: {why}. See `havre db current` for what is done."
    )
}

pub(crate) fn no_such_version(version: u32, newest: u32) -> String {
    format!("there is no migration {version}; the newest is {newest}. See `havre db history`.")
}

pub(crate) fn bad_revision(text: &str) -> String {
    format!(
        "`{text}` is not a revision. Give its number (2), its name (0002_add_colour), `base` for none or `head` for the newest."
    )
}

pub(crate) fn wrong_way(to: u32, current: u32, command: &str) -> String {
    format!(
        "the database is at {current}, so it cannot go to {to} that way. Use `havre db {command}`."
    )
}

pub(crate) const NOTHING_BELOW: &str = "the database has no migration that could be undone.";

pub(crate) fn drift(revision: &str, why: &str) -> String {
    format!(
        "migration {revision} does not fit the database as it is: {why}. Somebody changed its schema by hand. Nothing was \
         changed; see `havre db check`."
    )
}

pub(crate) fn broken_references(which: &str) -> String {
    format!(
        "rows would point at rows that are not there ({which}), so nothing was changed. Find them with \
         `havre db check`, put them right, then try again."
    )
}

pub(crate) fn step_failed(revision: &str, step: &str, why: &str) -> String {
    format!("migration {revision} could not {step}: {why}")
}

pub(crate) const UNDONE: &str = "Nothing was changed.";

pub(crate) const STOPPED_BETWEEN: &str = "The steps before it are done and recorded: put the cause right, then run `havre db \
    upgrade`, which goes on from there.";

pub(crate) fn table_in_the_way(table: &str) -> String {
    format!(
        "the database holds a table `{table}` that is not Havre's, under a name that Havre needs. Nothing was changed. \
         Rename it, or give Havre a database of its own."
    )
}

// Backups before a migration.

pub(crate) fn backup_failed(path: &Path, why: &str) -> String {
    format!(
        "the backup {} could not be made: {why}. Nothing was changed. Make room there, then try again.",
        path.display()
    )
}

pub(crate) const NOT_TEXT: &str = "its name is not text (UTF-8), which SQLite needs";

// Adoption.

pub(crate) const LIVE_MODEL: &str = "the original's app";
pub(crate) const SEED_MODEL: &str = "the original's documented model";

pub(crate) const ASIDE: &str = "the old table steps aside";
pub(crate) const COPY: &str = "every row is copied";

pub(crate) fn unknown_columns(unknown: &[String], missing: &[String]) -> String {
    let part = |words: &str, names: &[String]| match names {
        [] => String::new(),
        names => format!(" {words} `{}`.", names.join("`, `")),
    };
    format!(
        "the database holds a `deployments` table that neither Havre nor the original made.{}{} It was not touched, since \
         values would be lost. Move what is yours to a table of its own, or point DATABASE_URL at another database.",
        part("It has unknown columns:", unknown),
        part("It has no", missing)
    )
}

pub(crate) fn hindered(by: &[String]) -> String {
    format!(
        "the `deployments` table has {} that Havre does not know and cannot move. It was not touched. Drop them first, and \
         make them again afterwards.",
        by.join(", ")
    )
}

pub(crate) fn rows_without(column: &str, count: i64) -> String {
    format!(
        "{count} row(s) of `deployments` have no `{column}`, which Havre needs. Nothing was changed. Give them one, or \
         delete them, then try again."
    )
}

pub(crate) fn not_all_copied(count: i64) -> String {
    format!(
        "{count} row(s) were not the same after they were copied, so nothing was changed. This is a fault of Havre: please \
         report it."
    )
}

// Writing migrations.

pub(crate) const NO_FOLDER: &str = "the folder of migrations is part of Havre's source, and this is not a checkout of it. Name a \
    folder of your own with --dir DIR, here and with `havre db upgrade --dir DIR`.";

pub(crate) fn not_at_newest(current: u32, newest: u32) -> String {
    format!(
        "the database is at migration {current}, and the newest is {newest}: what is compared must be up to date. Run \
         `havre db upgrade` first (with the same --dir)."
    )
}

pub(crate) fn cannot_write(path: &Path, why: &str) -> String {
    format!("`{}` cannot be written: {why}", path.display())
}
