//! Connections to MySQL out of a pool. Their driver counts the answers it waits for, and loses count when a statement is
//! dropped half-way, as a client that goes away does: the connection then waits for ever, or takes the answer of one
//! statement for that of another. So it is told what is under way, and such a connection is closed instead of given back.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{MySql, MySqlConnection};
use tokio::runtime::Handle;

/// A connection of a pool.
#[derive(Debug)]
pub(crate) struct MySqlConn {
    /// None once it went.
    connection: Option<PoolConnection<MySql>>,
    under_way: bool,
    /// In a transaction that nobody ended yet.
    open: bool,
}

impl MySqlConn {
    pub(crate) fn new(connection: PoolConnection<MySql>) -> Self {
        Self {
            connection: Some(connection),
            under_way: false,
            open: false,
        }
    }

    /// Begins a transaction, which is undone when this is dropped before [`MySqlConn::commit`].
    pub(crate) async fn begin(connection: PoolConnection<MySql>) -> Result<Self, sqlx::Error> {
        let mut this = Self::new(connection);
        this.run("BEGIN").await?;
        this.open = true;
        Ok(this)
    }

    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.run("COMMIT").await?;
        self.open = false;
        Ok(())
    }

    async fn run(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        let (connection, mut under_way) = self.wire().begin();
        let done = sqlx::raw_sql(statement).execute(connection).await;
        under_way.over();
        done.map(drop)
    }

    pub(super) fn wire(&mut self) -> Wire<'_> {
        Wire {
            connection: self.connection.as_mut().expect("only the drop takes it"),
            under_way: Some(&mut self.under_way),
        }
    }
}

impl Drop for MySqlConn {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        match (self.under_way, self.open, Handle::try_current()) {
            (false, false, _) => {}
            (false, true, Ok(runtime)) => drop(runtime.spawn(undo(connection))),
            _ => connection.close_on_drop(),
        }
    }
}

/// Gives the connection back once its transaction is undone.
async fn undo(mut connection: PoolConnection<MySql>) {
    let undone = sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await;
    if undone.is_err() {
        connection.close_on_drop();
    }
}

/// A connection to MySQL, borrowed.
#[derive(Debug)]
pub(crate) struct Wire<'c> {
    connection: &'c mut MySqlConnection,
    /// None where the connection is nobody else's afterwards.
    under_way: Option<&'c mut bool>,
}

impl<'c> Wire<'c> {
    /// A connection of one's own.
    pub(super) fn owned(connection: &'c mut MySqlConnection) -> Self {
        Self {
            connection,
            under_way: None,
        }
    }

    pub(super) fn again(&mut self) -> Wire<'_> {
        Wire {
            connection: self.connection,
            under_way: self.under_way.as_deref_mut(),
        }
    }

    /// To run a statement on, which is under way until [`UnderWay::over`].
    pub(crate) fn begin(self) -> (&'c mut MySqlConnection, UnderWay<'c>) {
        let mut under_way = UnderWay(self.under_way);
        under_way.set(true);
        (self.connection, under_way)
    }
}

impl Deref for Wire<'_> {
    type Target = MySqlConnection;

    fn deref(&self) -> &MySqlConnection {
        self.connection
    }
}

impl DerefMut for Wire<'_> {
    fn deref_mut(&mut self) -> &mut MySqlConnection {
        self.connection
    }
}

/// A statement that began.
pub(crate) struct UnderWay<'c>(Option<&'c mut bool>);

impl UnderWay<'_> {
    fn set(&mut self, under_way: bool) {
        if let Some(told) = &mut self.0 {
            **told = under_way;
        }
    }

    /// The driver has given its answer, or its error.
    pub(crate) fn over(&mut self) {
        self.set(false);
    }
}
