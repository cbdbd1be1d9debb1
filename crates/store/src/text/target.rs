//! What is said of a `DATABASE_URL`.

pub(crate) const APPLICATION: &str = "havre";

pub(crate) const TARGET_EMPTY: &str = "DATABASE_URL is set, but to nothing. Remove it to use DATA_DIR/deployments.db, or \
    give it a URL such as sqlite:///deployments.db or postgresql://USER:PASSWORD@HOST/DATABASE.";
pub(crate) const TARGET_SHAPE: &str = "DATABASE_URL is not a database URL. Use sqlite:///relative.db, \
    sqlite:////absolute.db, postgresql://USER:PASSWORD@HOST/DATABASE or mysql://USER:PASSWORD@HOST/DATABASE, or leave it \
    unset for DATA_DIR/deployments.db.";
pub(crate) const TARGET_ENCODING: &str = "DATABASE_URL holds an @ where none can be, so its password was probably cut in \
    two. Percent-encode user and password: @ is %40, / is %2F, : is %3A, ? is %3F, % is %25.";
pub(crate) const TARGET_PORT: &str = "the port of DATABASE_URL is not a number from 1 to 65535. What stands between : and \
    / is the port; a password stands before the @, as in USER:PASSWORD@HOST:PORT.";
pub(crate) const TARGET_HOST: &str = "the host of DATABASE_URL is not a name or an address. Give one server, an IPv6 \
    address in brackets; a PostgreSQL socket goes into ?host=/FOLDER, a MySQL socket into ?unix_socket=/FILE.";
pub(crate) const TARGET_NO_DATABASE: &str = "DATABASE_URL names a server but no database. Put its name at the end: mysql://USER:PASSWORD@HOST/DATABASE.";
pub(crate) const TARGET_SQLITE_HOST: &str = "DATABASE_URL gives SQLite a host. Three slashes come before a relative path, \
    four before an absolute one: sqlite:///deployments.db, sqlite:////var/lib/havre/deployments.db.";
pub(crate) const TARGET_SQLITE_URI: &str = "DATABASE_URL uses SQLite's own URI form (file:, uri=, mode=, cache=), which \
    Havre does not take, since it can make a database read-only or unsafe. Write sqlite:///PATH.";

pub(crate) const A_VALUE: &str = "it must have a value; leave it out otherwise";
pub(crate) const A_FLAG: &str = "it must be true or false";
pub(crate) const SECONDS: &str = "it must be a number of seconds, from 1 to 600";
pub(crate) const UTF8: &str = "Havre always speaks utf8";
pub(crate) const UTF8MB4: &str =
    "Havre always speaks utf8mb4, which holds every letter; others would lose some";
pub(crate) const READ_WRITE: &str =
    "Havre needs a server that takes writes: any, read-write or primary";
pub(crate) const OPTIONS: &str = "it must be a list of `-c name=value`";
pub(crate) const SSLMODE: &str =
    "it must be disable, allow, prefer, require, verify-ca or verify-full";
pub(crate) const SSLMODE_SYSTEM: &str = "it must be verify-full with sslrootcert=system";
pub(crate) const MYSQL_SSL_MODE: &str =
    "it must be DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY";
pub(crate) const TLS_BOTH: &str = "TLS is both switched off and asked for";
pub(crate) const TLS_PAIR: &str = "certificate and key come together";

pub(crate) fn target_unknown(scheme: &str) -> String {
    format!(
        "DATABASE_URL names `{scheme}`, which is not a database that Havre knows. It knows sqlite, postgresql, mysql and \
         mariadb."
    )
}

pub(crate) fn target_characters(what: &str) -> String {
    format!(
        "the {what} in DATABASE_URL is not UTF-8 or holds control characters. Percent-encode its bytes as UTF-8."
    )
}

pub(crate) fn target_key(key: &str, known: &[&str]) -> String {
    format!(
        "DATABASE_URL has a parameter `{key}` that Havre does not know, and it ignores none. It knows: {}.",
        known.join(", ")
    )
}

pub(crate) fn target_twice(key: &str) -> String {
    format!("DATABASE_URL gives the parameter `{key}` twice. Give it once; Havre uses one server.")
}

pub(crate) fn target_value(key: &str, expected: &str) -> String {
    format!("the parameter `{key}` of DATABASE_URL is not taken: {expected}.")
}
