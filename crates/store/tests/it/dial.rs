//! Dialing: what is in the way is told apart, on real servers and on fakes that behave as servers do which are not here.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use store::{DatabaseTarget, DialError, DialKind, Dialect, Server as Found, probe};

use crate::servers::{Server, TestDatabase, on};

const PATIENCE: Duration = Duration::from_secs(5);
const PASSWORD: &str = "s3cret/@%+ é";
/// [`PASSWORD`] as a URL has it.
const ENCODED: &str = "s3cret%2F%40%25%2B%20%C3%A9";

async fn dial(url: &str) -> Result<Found, DialError> {
    let target: DatabaseTarget = url.parse().unwrap();
    let begun = Instant::now();
    let dialed = probe(&target, PATIENCE).await;
    assert!(begun.elapsed() < PATIENCE + Duration::from_secs(2));
    dialed
}

/// What is in the way; and that it is told in two sentences without the password.
async fn refused(url: &str) -> DialKind {
    let error = dial(url).await.expect_err(url);
    let shown = format!("{error} {error:?}");
    for secret in [PASSWORD, ENCODED, "wrong-password"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(
        error.what().len() > 20 && error.cure().len() > 20,
        "{error}"
    );
    error.kind().clone()
}

/// A user of this test alone, as what the URL names of it.
struct User<'a> {
    database: &'a TestDatabase,
    name: String,
}

impl<'a> User<'a> {
    async fn create(database: &'a TestDatabase, postgres: &str, mysql: &str) -> User<'a> {
        let name = database
            .url()
            .rsplit('/')
            .next()
            .unwrap()
            .replace("test", "user");
        let user = User { database, name };
        let quoted = PASSWORD.replace('\'', "''");
        let sql = match database.server() {
            Server::Postgres => format!("CREATE ROLE {} PASSWORD '{quoted}' {postgres}", user.name),
            Server::MariaDb => {
                format!("CREATE USER {}@'%' {mysql}", user.name).replace("PASSWORD", &quoted)
            }
        };
        user.drop().await;
        database.connect().await.run(&sql).await;
        user
    }

    fn url(&self) -> String {
        self.with(ENCODED)
    }

    fn with(&self, password: &str) -> String {
        let url = self.database.url();
        let (scheme, rest) = url.split_once("://").unwrap();
        let place = rest.split_once('@').unwrap().1;
        format!("{scheme}://{}:{password}@{place}", self.name)
    }

    async fn run(&self, sql: &str) {
        let sql = sql.replace("{user}", &self.name);
        self.database.connect().await.run(&sql).await;
    }

    /// With what it owns, which is what it was granted.
    async fn drop(&self) {
        let mut admin = self.database.connect().await;
        match self.database.server() {
            Server::MariaDb => {
                admin
                    .run(&format!("DROP USER IF EXISTS {}@'%'", self.name))
                    .await
            }
            Server::Postgres => {
                let name = &self.name;
                let drop = format!(
                    "DO $$ BEGIN IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{name}') THEN \
                     DROP OWNED BY {name}; DROP ROLE {name}; END IF; END $$"
                );
                admin.run(&drop).await
            }
        };
    }
}

#[tokio::test]
async fn postgres_says_what_it_is() {
    on(
        Server::Postgres,
        "postgres_says_what_it_is",
        async |database| {
            let found = dial(&database.url()).await.unwrap();
            assert_eq!(found.dialect, Dialect::Postgres);
            assert!(found.version.major >= 15 && !found.read_only && found.can_create);
            let later = dial(&database.url()).await.unwrap().clock.unwrap();
            let passed = later - found.clock.unwrap();
            assert!((1..60_000_000).contains(&passed), "{passed}");
        },
    )
    .await;
}

#[tokio::test]
async fn mariadb_says_what_it_is() {
    on(
        Server::MariaDb,
        "mariadb_says_what_it_is",
        async |database| {
            let found = dial(&database.url()).await.unwrap();
            assert!(matches!(found.dialect, Dialect::MariaDb | Dialect::MySql));
            assert!(!found.read_only && found.can_create);
            let later = dial(&database.url()).await.unwrap().clock.unwrap();
            let passed = later - found.clock.unwrap();
            assert!((1..60_000_000).contains(&passed), "{passed}");
        },
    )
    .await;
}

#[tokio::test]
async fn postgres_tells_its_refusals_apart() {
    on(
        Server::Postgres,
        "postgres_tells_its_refusals_apart",
        async |database| {
            let user = User::create(database, "LOGIN", "").await;
            assert!(!dial(&user.url()).await.unwrap().can_create);
            assert_eq!(
                refused(&user.with("wrong-password")).await,
                DialKind::WrongPassword
            );
            assert_eq!(
                refused(&format!("{}x", user.url())).await,
                DialKind::NoSuchDatabase
            );
            assert_eq!(
                refused(&format!("{}?sslmode=require", user.url())).await,
                DialKind::NoTls
            );
            let name = database.url().rsplit('/').next().unwrap().to_owned();
            user.run("ALTER ROLE {user} CONNECTION LIMIT 0").await;
            assert_eq!(refused(&user.url()).await, DialKind::TooManyConnections);
            user.run("ALTER ROLE {user} CONNECTION LIMIT -1").await;
            user.run(&format!("REVOKE CONNECT ON DATABASE {name} FROM PUBLIC"))
                .await;
            assert_eq!(refused(&user.url()).await, DialKind::NotAllowed);
            user.run("ALTER ROLE {user} NOLOGIN").await;
            assert_eq!(refused(&user.url()).await, DialKind::NoSuchUser);
            user.drop().await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_read_only_database_of_postgres_is_seen() {
    on(
        Server::Postgres,
        "a_read_only_database_of_postgres_is_seen",
        async |database| {
            let name = database.url().rsplit('/').next().unwrap().to_owned();
            let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
            database.connect().await.run(&sql).await;
            assert!(dial(&database.url()).await.unwrap().read_only);
        },
    )
    .await;
}

#[tokio::test]
async fn mariadb_tells_its_refusals_apart() {
    on(
        Server::MariaDb,
        "mariadb_tells_its_refusals_apart",
        async |database| {
            let user = User::create(database, "", "IDENTIFIED BY 'PASSWORD'").await;
            assert_eq!(refused(&user.url()).await, DialKind::NotAllowed);
            let name = database.url().rsplit('/').next().unwrap().to_owned();
            user.run(&format!("GRANT SELECT ON {name}.* TO {{user}}@'%'"))
                .await;
            assert!(!dial(&user.url()).await.unwrap().can_create);
            user.run(&format!("GRANT ALL ON {name}.* TO {{user}}@'%'"))
                .await;
            assert!(dial(&user.url()).await.unwrap().can_create);
            assert_eq!(
                refused(&user.with("wrong-password")).await,
                DialKind::WrongPassword
            );
            assert_eq!(
                refused(&format!("{}x", database.url())).await,
                DialKind::NoSuchDatabase
            );
            assert_eq!(
                refused(&format!("{}?ssl=true", user.url())).await,
                DialKind::NoTls
            );
            user.run("ALTER USER {user}@'%' REQUIRE SSL").await;
            assert_eq!(refused(&user.url()).await, DialKind::WrongPassword);
            user.run("ALTER USER {user}@'%' REQUIRE NONE WITH MAX_USER_CONNECTIONS 1")
                .await;
            let target: sqlx::mysql::MySqlConnectOptions = user.url().parse().unwrap();
            let held = sqlx::ConnectOptions::connect(&target).await.unwrap();
            assert_eq!(refused(&user.url()).await, DialKind::TooManyConnections);
            drop(held);
            user.drop().await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_user_that_only_its_socket_knows_is_told_to_take_a_password() {
    let test = "a_user_that_only_its_socket_knows_is_told_to_take_a_password";
    on(Server::MariaDb, test, async |database| {
        let user = User::create(database, "", "IDENTIFIED VIA unix_socket").await;
        assert_eq!(refused(&user.url()).await, DialKind::AuthMethod);
        user.drop().await;
    })
    .await;
}

/// A server of one connection after the other. Ends with the test.
fn fake(serve: impl Fn(TcpStream) -> std::io::Result<()> + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // A caller that hangs up is no fault of the fake.
            let _ = stream.and_then(&serve);
        }
    });
    port
}

fn both(port: u16) -> [String; 2] {
    ["postgresql", "mysql"].map(|scheme| format!("{scheme}://u:{ENCODED}@127.0.0.1:{port}/d"))
}

#[tokio::test]
async fn nobody_listens() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    for url in both(port) {
        assert_eq!(refused(&url).await, DialKind::Refused);
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let held = std::sync::Mutex::new(Vec::new());
    let port = fake(move |stream| {
        held.lock().unwrap().push(stream);
        Ok(())
    });
    for url in both(port) {
        let begun = Instant::now();
        assert_eq!(
            refused(&format!("{url}?connect_timeout=1")).await,
            DialKind::TimedOut
        );
        assert!(begun.elapsed() < Duration::from_secs(3));
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_or_speaks_http_is_no_database() {
    let port = fake(|mut stream| {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")?;
        stream.shutdown(std::net::Shutdown::Write)?;
        stream.read(&mut [0; 64]).map(drop)
    });
    for url in both(port) {
        let kind = refused(&url).await;
        assert!(
            matches!(kind, DialKind::NotThatServer | DialKind::Dropped),
            "{kind:?}"
        );
    }
    let port = fake(|_| Ok(()));
    for url in both(port) {
        // What was sent before may be told as an answer that breaks off.
        let kind = refused(&url).await;
        assert!(
            matches!(kind, DialKind::NotThatServer | DialKind::Dropped),
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn a_host_that_no_resolver_knows() {
    // A label may have 63 letters: nobody needs to be asked.
    let host = "x".repeat(64);
    let kind = refused(&format!("postgresql://u:p@{host}/d")).await;
    assert_eq!(kind, DialKind::UnknownHost(host));
}

#[tokio::test]
async fn a_socket_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let url = format!("postgresql://u:p@/d?host={}", path.display());
    assert_eq!(refused(&url).await, DialKind::NoSocket(path.to_owned()));
    let path = path.join("my.sock");
    let url = format!("mysql://u:p@/d?unix_socket={}", path.display());
    assert_eq!(refused(&url).await, DialKind::NoSocket(path));
}

#[tokio::test]
async fn a_certificate_file_that_is_not_there() {
    let kind =
        refused("postgresql://u:p@127.0.0.1:1/d?sslmode=verify-full&sslrootcert=/no/ca.pem").await;
    assert_eq!(kind, DialKind::TlsFile("/no/ca.pem".into()));
}

/// Reads PostgreSQL's messages as far as needed and answers as a server of that version, without asking who calls.
fn old_postgres(mut stream: TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    // "Is there TLS?" - "No." Then the start-up message.
    stream.read_exact(&mut buffer[..8])?;
    stream.write_all(b"N")?;
    let _ = stream.read(&mut buffer)?;
    stream.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I")?;
    let _ = stream.read(&mut buffer)?;
    let mut answer =
        b"T\0\0\0\x1a\0\x01n\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0".to_vec();
    answer.extend(b"D\0\0\0\x10\0\x01\0\0\0\x06140012");
    answer.extend(b"C\0\0\0\x0dSELECT 1\0Z\0\0\0\x05I");
    stream.write_all(&answer)?;
    stream.read(&mut buffer).map(drop)
}

#[tokio::test]
async fn a_postgres_before_15_is_too_old() {
    let port = fake(old_postgres);
    let [url, _] = both(port);
    let kind = refused(&url).await;
    assert_eq!(
        kind,
        DialKind::TooOld("PostgreSQL 14.12".into(), "PostgreSQL 15")
    );
}

/// MySQL 8 without a certificate: it wants the password encrypted with its key, which the driver cannot do.
fn mysql_without_tls(mut stream: TcpStream) -> std::io::Result<()> {
    let packet = |number: u8, body: &[u8]| [&[body.len() as u8, 0, 0, number], body].concat();
    let mut greeting = b"\x0a8.0.40\0\x01\0\0\0abcdefgh\0".to_vec();
    // Capabilities in two halves around character set and status: protocol 41, secure connection, plugin names.
    greeting.extend(
        b"\x08\x82\xff\x02\0\x08\0\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0caching_sha2_password\0",
    );
    stream.write_all(&packet(0, &greeting))?;
    let mut buffer = [0; 4096];
    let _ = stream.read(&mut buffer)?;
    stream.write_all(&packet(2, b"\x01\x04"))?;
    let _ = stream.read(&mut buffer)?;
    stream.write_all(&packet(4, b"\x01a key"))?;
    stream.read(&mut buffer).map(drop)
}

#[tokio::test]
async fn a_mysql_that_wants_tls_for_the_password_says_so() {
    let port = fake(mysql_without_tls);
    let [_, url] = both(port);
    assert_eq!(refused(&url).await, DialKind::NeedsTls);
}
