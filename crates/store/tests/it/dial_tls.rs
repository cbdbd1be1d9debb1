//! Dialing a PostgreSQL that has TLS, few connections and rules: what only a server of one's own can be asked.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use store::{DialError, DialKind, Server, probe};

use crate::own_postgres::{CONNECTIONS, OwnPostgres};

async fn dial(url: &str) -> Result<Server, DialError> {
    probe(&url.parse().unwrap(), Duration::from_secs(10)).await
}

async fn refused(url: &str) -> DialKind {
    dial(url).await.unwrap_err().kind().clone()
}

async fn connect(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().unwrap();
    options.connect().await.unwrap()
}

#[tokio::test]
async fn tls_admission_connections_and_a_server_that_goes() {
    let test = "tls_admission_connections_and_a_server_that_goes";
    let Some(mut server) = OwnPostgres::start(test) else {
        return;
    };
    certificates(&server).await;
    encodings(&server).await;
    too_many(&server).await;
    admission(&server).await;
    let url = server.url("127.0.0.1", "postgres");
    server.stop();
    assert_eq!(refused(&url).await, DialKind::Refused);
    assert!(refused(&url).await.is_passing());
}

async fn certificates(server: &OwnPostgres) {
    let ca = server.file("ca.pem");
    let ca = ca.display();
    let good = |host: &str, query: String| server.url(host, &format!("postgres?{query}"));
    assert!(
        dial(&server.url("localhost", "postgres"))
            .await
            .unwrap()
            .tls
    );
    assert!(
        !dial(&good("localhost", "sslmode=disable".into()))
            .await
            .unwrap()
            .tls
    );
    let full = dial(&good(
        "localhost",
        format!("sslmode=verify-full&sslrootcert={ca}"),
    ))
    .await;
    assert!(full.unwrap().tls);
    let nobody = refused(&good("localhost", "sslmode=verify-full".into())).await;
    assert_eq!(nobody, DialKind::BadCertificate);
    let other_name = good("127.0.0.1", format!("sslmode=verify-full&sslrootcert={ca}"));
    assert_eq!(refused(&other_name).await, DialKind::BadCertificate);
    let any_name = good("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={ca}"));
    assert!(dial(&any_name).await.unwrap().tls);
}

async fn encodings(server: &OwnPostgres) {
    let mut link = connect(&server.url("127.0.0.1", "postgres")).await;
    let make = "CREATE DATABASE old ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'";
    sqlx::raw_sql(make).execute(&mut link).await.unwrap();
    let kind = refused(&server.url("127.0.0.1", "old")).await;
    assert_eq!(kind, DialKind::Encoding("SQL_ASCII".into()));
    let _ = sqlx::Connection::close(link).await;
}

/// The server lets go of ended connections in its own time.
async fn too_many(server: &OwnPostgres) {
    let url = server.url("127.0.0.1", "postgres");
    let mut held = Vec::new();
    let begun = std::time::Instant::now();
    while held.len() < CONNECTIONS {
        assert!(begun.elapsed() < Duration::from_secs(10));
        let options: PgConnectOptions = url.parse().unwrap();
        held.extend(options.connect().await.ok());
    }
    assert_eq!(refused(&url).await, DialKind::TooManyConnections);
    for link in held {
        let _ = sqlx::Connection::close(link).await;
    }
}

async fn admission(server: &OwnPostgres) {
    let url = server.url("127.0.0.1", "postgres");
    server.admit("hostssl all all all scram-sha-256\n");
    let plain = format!("{url}?sslmode=disable");
    let begun = std::time::Instant::now();
    // The rules are read again when the server finds the time.
    while !matches!(dial(&plain).await, Err(error) if *error.kind() == DialKind::NotAdmitted) {
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
    assert!(dial(&format!("{url}?sslmode=allow")).await.unwrap().tls);
    server.admit("hostnossl all all all scram-sha-256\n");
    let begun = std::time::Instant::now();
    while !matches!(dial(&url).await, Ok(found) if !found.tls) {
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
    assert_eq!(
        refused(&format!("{url}?sslmode=require")).await,
        DialKind::NotAdmitted
    );
}
