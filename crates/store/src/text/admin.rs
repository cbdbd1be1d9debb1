//! What `havre db seed`, `stats`, `check` and `reset` say.

pub(crate) const BUSY: &str = "the database is busy: another program holds it, and does not let go. Nothing was changed; \
    try again, or stop the other program.";

pub(crate) fn failed(why: &str) -> String {
    format!("the database failed: {why}")
}
