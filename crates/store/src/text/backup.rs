//! What is said about backups.

use std::io;
use std::path::Path;

use super::said;

pub(crate) const NOT_A_BACKUP: &str = "this is not a backup that Havre wrote. A copy of an SQLite file is put back by \
    copying it (with the server stopped), an SQL dump with the database's own client.";

pub(crate) fn unreadable(error: &io::Error) -> String {
    format!("the backup cannot be read: {error}")
}

pub(crate) fn newer_format(format: u32) -> String {
    format!(
        "this backup has format {format}, and this program reads format {}. Run the newer Havre that wrote it.",
        crate::portable::FORMAT
    )
}

pub(crate) fn cut(at: u64) -> String {
    format!(
        "the backup is cut off: it is whole up to byte {at}, and its end is missing. Copy it again from where it was \
         made, or use another backup."
    )
}

pub(crate) fn damaged(at: u64, why: &str) -> String {
    format!(
        "the backup is damaged in the part that begins at byte {at}: {why}. Copy it again from where it was made, or \
         use another backup."
    )
}

pub(crate) const CHECKSUM: &str = "its checksum does not match";
pub(crate) const NOT_A_MEMBER: &str = "what stands there is not part of a backup";
pub(crate) const NOT_DEFLATE: &str = "it cannot be decompressed";
pub(crate) const BLOCK_TOO_BIG: &str = "it is larger than any part of a backup";
pub(crate) const NO_LINE: &str = "a line is missing";
pub(crate) const MORE_LINES: &str = "there are more rows than it says";
pub(crate) const SECOND_HEADER: &str = "a second backup begins there";
pub(crate) const APPENDED: &str = "something follows the end of the backup";
pub(crate) const TOO_MANY_NAMES: &str = "more names than a backup may have";

pub(crate) fn wrong_place(table: &str) -> String {
    format!("rows of table `{table}` stand where they do not belong")
}

pub(crate) fn rows_missing(table: &str, announced: u64, came: u64) -> String {
    format!("table `{table}` has {announced} rows, and {came} are there")
}

pub(crate) fn no_columns(table: &str) -> String {
    format!("table `{table}` has no columns")
}

pub(crate) fn bad_name(what: &str, name: &str) -> String {
    format!(
        "{:?} is not the name of a {what}",
        name.chars().take(60).collect::<String>()
    )
}

pub(crate) fn twice(what: &str, name: &str) -> String {
    format!("the {what} `{name}` is there twice")
}

pub(crate) fn unwritable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full: the backup was not finished, and nothing of it was left behind. Make room, or give a \
             file on another disk."
                .to_owned()
        }
        _ => format!("the backup cannot be written: {error}"),
    }
}

pub(crate) fn row_too_big(table: &str, row: &str) -> String {
    format!(
        "the row `{row}` of table `{table}` is larger than {} MiB, which is more than a backup takes for one row. Look \
         what is in it; Havre writes no such row.",
        crate::portable::MAX_ROW >> 20
    )
}

pub(crate) fn miscounted(table: &str, announced: u64, came: u64) -> String {
    format!(
        "table `{table}` was counted at {announced} rows, and {came} came: a fault of Havre. The backup was not made."
    )
}

pub(crate) fn bad_header(why: &str) -> String {
    format!("the backup cannot describe this database: {why}. It was not made.")
}

pub(crate) const BYTES: &str = "it holds bytes where text or a number belongs";
pub(crate) const NOT_UTF8: &str = "its text is not UTF-8";
pub(crate) const HAS_NUL: &str = "its text holds a NUL character, which PostgreSQL does not take";
pub(crate) const TOO_LARGE_A_NUMBER: &str = "its number has more than 32 bits";
pub(crate) const NOT_JSON: &str = "it is not JSON";
pub(crate) const NOT_A_TIME: &str = "it is not a time";
pub(crate) const TOO_FINE_A_TIME: &str = "it is a time finer than microseconds, or a leap second";
pub(crate) const YEAR_OUT_OF_RANGE: &str = "its year is out of this database's range";

pub(crate) fn other_type(kind: &str) -> String {
    format!("it is not of the type {kind}")
}

pub(crate) fn too_long(characters: usize, most: u32) -> String {
    format!("it has {characters} characters, and {most} are taken")
}

pub(crate) fn too_many_bytes(bytes: usize, most: usize) -> String {
    format!("it has {bytes} bytes, and {most} are taken")
}

pub(crate) const NOTHING_TO_SAVE: &str = "there is nothing of Havre's in this database, so there is nothing to save. \
    Look whether DATABASE_URL names the right one; `havre db init` makes a new one.";
pub(crate) const STOPPED: &str =
    "the backup was stopped before it was whole. Nothing of it was left behind.";

pub(crate) fn exists(path: &Path) -> String {
    format!(
        "{} is there already, and a backup never takes the place of a file. Give another name, or move that file away.",
        path.display()
    )
}

pub(crate) fn being_written(path: &Path) -> String {
    format!(
        "another backup is being written to {}. Wait for it, or give another name.",
        path.display()
    )
}

pub(crate) fn cannot_make(path: &Path, error: &io::Error) -> String {
    format!(
        "{} cannot be made: {error}. Its folder must be there, and you must be allowed to write in it.",
        path.display()
    )
}

pub(crate) fn not_saved(error: &sqlx::Error) -> String {
    format!(
        "the database could not be read to its end: {}. No backup was made, and the database is as it was; try \
         again.",
        said(error)
    )
}

pub(crate) fn about_keys(keys: &[String]) -> Option<String> {
    let named = match keys {
        [] => return None,
        [key] => format!("key {key}"),
        keys => format!("keys {}", keys.join(", ")),
    };
    Some(format!(
        "Environments and secrets in it are encrypted with {named}, which is NOT in the backup. Keep a copy of the key \
         file (DATA_DIR/secret.key, or what HAVRE_SECRET_KEY_FILE names) somewhere else: without it they cannot be read."
    ))
}

pub(crate) const NOT_A_FILE: &str = "it is not a file";

pub(crate) fn cannot_open(path: &Path, error: &io::Error) -> String {
    format!("the backup {} cannot be read: {error}", path.display())
}

pub(crate) fn newer_backup(made_by: &str, found: i64, known: u32) -> String {
    format!(
        "this backup was made by Havre {made_by} with schema {found}, and this program knows schemas up to {known}. \
         Nothing was changed: restore it with that Havre or a newer one."
    )
}

pub(crate) fn other_schema(what: &str) -> String {
    format!(
        "the backup's schema is not the one that this program knows ({what} differs). Nothing was changed: restore it \
         with the Havre that made it; if a migration of your own did this, name its folder with --dir."
    )
}

pub(crate) fn unfit_value(table: &str, number: u64, key: &str, column: &str, why: &str) -> String {
    format!("{table}, row {number} (`{key}`), column {column}: {why}")
}

pub(crate) fn unfit(examples: &[String], count: u64) -> String {
    let more = count.saturating_sub(examples.len() as u64);
    let more = if more > 0 {
        format!("\n  and {more} more")
    } else {
        String::new()
    };
    format!(
        "this database cannot hold {count} values of the backup as they are, and nothing was changed:\n  {}{more}\n\
         Correct them where the backup was made (`havre db check` names them too) and make another backup; or restore \
         into SQLite, which holds everything.",
        examples.join("\n  ")
    )
}

pub(crate) fn unreadable_values(
    wanted: &[String],
    found: Option<&str>,
    deployments: &[String],
    values: u64,
) -> String {
    let hand = match found {
        Some(found) => format!("the key at hand is {found}"),
        None => "there is no key at hand".to_owned(),
    };
    let etc = if deployments.len() < 20 {
        ""
    } else {
        " and others"
    };
    format!(
        "{values} environments and secrets of {}{etc} are encrypted with key {}, and {hand}: they could not be read. \
         Nothing was changed. Put that key file in its place (DATA_DIR/secret.key, or let HAVRE_SECRET_KEY_FILE name \
         it) and try again; with --without-key they are restored as they are and must be set anew.",
        deployments.join(", "),
        wanted.join(", ")
    )
}

pub(crate) const FILE_CHANGED: &str = "the backup changed while it was being restored, so nothing was restored. Leave \
    the file alone and try again.";
pub(crate) const RESTORE_STOPPED: &str =
    "the restore was stopped before its end, and nothing was changed.";

pub(crate) fn dangling(table: &str, parent: &str, rows: i64) -> String {
    format!(
        "{rows} rows of table `{table}` point at rows of `{parent}` that are not in the backup, which this database \
         does not take. Nothing was changed. Another program left them behind; remove them where the backup was made \
         and make another one."
    )
}

pub(crate) fn dangles(table: &str, parent: &str, rows: i64) -> String {
    format!("{table} -> {parent} ({rows} rows)")
}

pub(crate) fn rows_refused(table: &str, first: u64, last: u64, error: &sqlx::Error) -> String {
    format!(
        "the database refused rows {first} to {last} of table `{table}`: {}. Nothing was changed.",
        said(error)
    )
}

pub(crate) fn not_restored(error: &sqlx::Error) -> String {
    format!(
        "the backup was not restored: {}. Nothing was changed.",
        said(error)
    )
}

pub(crate) fn not_finished(error: &crate::migrate::MigrateError) -> String {
    format!(
        "the backup is restored, but a last step failed: {error}. Run `havre db upgrade`, which does what is left."
    )
}

pub(crate) const CUT_RESTORE: &str = "a restore was cut in its last step. Every row is there, and foreign keys may be \
    missing: run `havre db upgrade`, which makes them. Until then nothing else uses the database.";
