//! What is said about backups.

use std::io;

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
