//! What is said first on each new connection (`after_connect` of a pool).

use crate::dialect::Dialect;

/// Statements to run as one script.
///
/// Two limits keep a frozen or vanished Havre from holding up the others, since every writer waits for one lock: a
/// transaction that does nothing for 10 seconds is undone by the server, so that the leases of the others (30 seconds,
/// renewed every 10) survive it, and nobody waits for a lock beyond 20. MySQL has no such limit for idle transactions; there
/// the server's keep-alive must notice.
///
/// PostgreSQL takes a page out of order for four times as dear as the next one, as on a disk that turns: it would read whole
/// tables where a list has an index. On what databases live on today it is nearly the same. And it takes rows that have no
/// `deleted_at` for few, whatever it counted, when it sorts within equal values of it: it would sort all live rows.
pub(crate) fn session(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres => {
            "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED; \
             SET lock_timeout = '20s'; \
             SET idle_in_transaction_session_timeout = '10s'; \
             SET random_page_cost = 1.1; SET enable_incremental_sort = off; \
             SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"
        }
        Dialect::MySql => {
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
             SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,\
             NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT', innodb_lock_wait_timeout = 20, lock_wait_timeout = 60"
        }
        Dialect::MariaDb => {
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
             SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,\
             NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT', innodb_lock_wait_timeout = 20, lock_wait_timeout = 60, \
             idle_transaction_timeout = 10"
        }
    }
}
