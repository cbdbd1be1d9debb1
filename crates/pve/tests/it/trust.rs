//! Which server is trusted, and that nothing is sent to another one.

use std::io::Write as _;
use std::time::Duration;

use pve::{Client, Fingerprint, Kind, Tls, fingerprint_of};

use crate::fake::{Fake, data};

fn client(fake: &Fake, tls: Tls) -> Client {
    let mut endpoint = fake.endpoint();
    endpoint.tls = tls;
    Client::new(endpoint).unwrap()
}

async fn server() -> Fake {
    Fake::start(|_, _| data("[]")).await
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[tokio::test]
async fn the_pinned_server_is_asked() {
    let fake = server().await;
    let other = Fingerprint::of(b"another node");
    client(&fake, Tls::Fingerprints(vec![other, fake.fingerprint]))
        .nodes()
        .await
        .unwrap();
    assert!(
        client(&fake, Tls::Fingerprints(vec![fake.fingerprint]))
            .warnings()
            .is_empty()
    );
}

#[tokio::test]
async fn another_certificate_is_refused_and_shown() {
    let fake = server().await;
    let error = client(&fake, Tls::Fingerprints(vec![Fingerprint::of(b"old")]))
        .nodes()
        .await
        .unwrap_err();
    assert_eq!(
        error.kind(),
        &Kind::Untrusted {
            seen: Some(fake.fingerprint)
        }
    );
    assert!(
        error.nothing_done() && error.to_string().contains(&fake.fingerprint.to_string()),
        "{error}"
    );
    assert!(fake.came().is_empty());
}

#[tokio::test]
async fn the_pinned_certificate_without_its_key_is_refused() {
    let fake = Fake::impostor().await;
    for tls in [Tls::Fingerprints(vec![fake.fingerprint]), Tls::AcceptAny] {
        client(&fake, tls).nodes().await.unwrap_err();
    }
    assert!(fake.came().is_empty());
}

#[tokio::test]
async fn a_ca_file_vouches_for_its_server_only() {
    let (fake, other) = (server().await, server().await);
    let pem = file(&fake.pem);
    client(&fake, Tls::CaFile(pem.path().to_owned()))
        .nodes()
        .await
        .unwrap();
    let error = client(&other, Tls::CaFile(pem.path().to_owned()))
        .nodes()
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), Kind::Untrusted { .. }) && other.came().is_empty());
    assert!(!error.to_string().contains("NotPinned"), "{error}");
}

#[tokio::test]
async fn a_ca_file_without_a_certificate_says_so() {
    let fake = server().await;
    for path in [file("nothing").path().to_owned(), "/does/not/exist".into()] {
        let mut endpoint = fake.endpoint();
        endpoint.tls = Tls::CaFile(path.clone());
        let error = Client::new(endpoint).unwrap_err();
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
    }
}

#[tokio::test]
async fn the_system_does_not_vouch_for_a_stranger() {
    let fake = server().await;
    let error = client(&fake, Tls::System).nodes().await.unwrap_err();
    assert!(matches!(error.kind(), Kind::Untrusted { .. }), "{error:?}");
    assert!(fake.came().is_empty());
}

#[tokio::test]
async fn any_certificate_is_taken_with_a_warning_only() {
    let fake = server().await;
    let client = client(&fake, Tls::AcceptAny);
    client.nodes().await.unwrap();
    assert!(client.warnings()[0].contains("not checked"));
}

#[tokio::test]
async fn a_fingerprint_is_read_without_sending_anything() {
    let fake = server().await;
    let seen = fingerprint_of(&fake.url.parse().unwrap(), Duration::from_secs(5))
        .await
        .unwrap();
    assert_eq!(seen, fake.fingerprint);
    assert!(fake.came().is_empty());
}

#[tokio::test]
async fn a_fingerprint_of_nobody_or_of_no_tls_is_none() {
    let plain = Fake::plain(|_, _| data("[]")).await;
    let limit = Duration::from_secs(5);
    let error = fingerprint_of(&plain.url.parse().unwrap(), limit)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &Kind::BadAnswer);
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let error = fingerprint_of(
        &format!("https://{address}").parse().unwrap(),
        Duration::from_millis(200),
    )
    .await
    .unwrap_err();
    assert_eq!(error.kind(), &Kind::Unreachable);
    drop(silent);
    let error = fingerprint_of(&format!("https://{address}").parse().unwrap(), limit)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &Kind::Unreachable);
}

#[tokio::test]
async fn a_plain_connection_is_warned_of() {
    let plain = Fake::plain(|_, _| data("[]")).await;
    let client = plain.client();
    client.nodes().await.unwrap();
    assert!(client.warnings()[0].contains("not encrypted"));
}
