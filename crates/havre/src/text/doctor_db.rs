//! What the doctor says of the database.

use std::path::Path;

pub const DB_NOT_SET: &str = "Correct it, or remove it to use DATA_DIR/deployments.db.";
pub const DB_WRITABLE: &str = "takes writes";
pub const DB_READ_ONLY: &str = "The database takes no writes: nothing can be deployed.";
pub const DB_READ_ONLY_CURE: &str = "Name the primary if this is a standby or replica; else end its read-only mode. For a \
    file: make it, its folder and its file system writable.";
pub const DB_CAN_CREATE: &str = "the user may make tables";
pub const DB_CANNOT_CREATE: &str =
    "The user may not make tables there, so `havre db upgrade` will fail.";
pub const DB_CANNOT_CREATE_CURE: &str = "PostgreSQL: `GRANT CREATE ON SCHEMA public TO USER`, or make the user the owner of \
    the database. MySQL: `GRANT ALL ON DATABASE.* TO USER`.";
pub const DB_PLAIN: &str = "The connection crosses the network without TLS: passwords, data and keys can be read on the way.";
pub const DB_PLAIN_CURE: &str = "Give the server a certificate and add ?sslmode=verify-full (MySQL: ?ssl_ca=/FILE) to DATABASE_URL.";
pub const DB_CLOCK_CURE: &str =
    "Set both machines by NTP (`timedatectl set-ntp true`): leases go by the database's clock.";
pub const DB_NETWORK_CURE: &str = "Keep it on a local disk, or use PostgreSQL or MySQL: over a network SQLite is slower, \
    and its locks may not hold.";
pub const DB_IN_USE: &str =
    "A process on this machine holds the database, and no Havre answers at the address of the API.";
pub const DB_IN_USE_CURE: &str = "It may be a server with another HAVRE_LISTEN, or `havre db`: `fuser -v FILE.lock` names \
    it. A second server on one SQLite file is refused.";
pub const DB_FREE: &str = "no server holds the file";
pub const DB_OURS: &str = "held by the server that answers";
pub const DB_DISK_CURE: &str =
    "Make room on the disk of the database: with none left it takes no writes.";
pub const DB_UPGRADE_CURE: &str = "`havre db upgrade` brings it up to date, after a backup; `havre db current` shows where it is.";

pub fn db_named(target: &str, origin: &str) -> String {
    format!("{target} (from: {origin})")
}

pub fn db_answers(server: &str, encrypted: bool, is_file: bool, exists: bool) -> String {
    match (is_file, exists, encrypted) {
        (true, true, _) => format!("{server} can use the file"),
        (true, false, _) => format!("{server} can make the file; it is not there yet"),
        (false, _, true) => format!("{server} answers, over TLS"),
        (false, _, false) => format!("{server} answers"),
    }
}

pub fn db_clock(milliseconds: i64) -> String {
    format!("differs by {milliseconds} ms from this machine's")
}

pub fn db_network(kind: &str) -> String {
    format!("The file is on a network file system ({kind}), so it gets no write-ahead log.")
}

pub fn env_file_open(path: &Path) -> String {
    format!(
        "{} holds the database's password, and every user of this machine can read it.",
        path.display()
    )
}

pub fn env_file_cure(path: &Path) -> String {
    format!("chmod 600 {}", path.display())
}

pub const DB_EMPTY: &str =
    "nothing is in it yet; `havre db init` or `havre serve` makes the tables";
pub const DB_SCHEMA_CURE: &str = "`havre db current` shows what is there; point DATABASE_URL at another database if it is not Havre's.";

pub fn db_current(version: u32) -> String {
    format!("at version {version}, the newest")
}

pub fn db_behind(version: u32, newest: u32) -> String {
    format!(
        "The schema is at version {version}, and this program brings {newest}. `havre serve` upgrades it by itself."
    )
}

pub fn db_shared_by(servers: &[String]) -> String {
    format!("used by: {}", servers.join(", "))
}

pub fn db_original(model: &str) -> String {
    format!(
        "The tables are the original platform's ({model}); Havre does not adopt them by itself."
    )
}
