//! What the seed's calls say.

pub(crate) fn nul(column: &str) -> String {
    format!("`{column}` holds a NUL character, which PostgreSQL cannot store. Leave it out.")
}

pub(crate) fn too_long(column: &str, characters: usize, most: usize) -> String {
    format!("`{column}` is {characters} characters long; its column holds {most}. Shorten it.")
}

pub(crate) fn too_many_bytes(column: &str, bytes: usize, most: usize) -> String {
    format!("`{column}` is {bytes} bytes long; its column holds {most}. Shorten it.")
}

pub(crate) fn too_deep(column: &str, most: usize) -> String {
    format!("`{column}` is JSON nested deeper than {most} levels. Make it flatter.")
}

pub(crate) fn out_of_calendar(column: &str) -> String {
    format!("`{column}` is no time between the years 1000 and 9999.")
}

pub(crate) const NO_NAME: &str = "a record needs a name: its `name` is empty.";

pub(crate) fn id_taken(id: &str) -> String {
    format!(
        "a row with the id {id} is there already, and it was not touched. Give another id, or none."
    )
}

pub(crate) fn is_managed(name: &str, what: &str) -> String {
    format!(
        "`{name}` has a release, so Havre manages it: a record call cannot {what} it. Use `havre deploy`, `havre env`, \
         `havre tags` or `havre destroy`."
    )
}

pub(crate) fn is_deleted(name: &str) -> String {
    format!(
        "`{name}` is deleted, and a deleted record is not changed. Purge it, or create another one."
    )
}

pub(crate) const DELETE_INSTEAD: &str = "the status `deleted` is not set by a change: delete the record, which sets its `deleted_at` too.";

pub(crate) fn changed_since(name: &str) -> String {
    format!("`{name}` was changed since it was read, and nothing was written. Read it again.")
}

pub(crate) const SHUT: &str = "the database was closed before the record was saved";

pub(crate) fn too_many_guests(there: usize, most: usize) -> String {
    format!("{there} guests at once are too many; the bound is {most}")
}
