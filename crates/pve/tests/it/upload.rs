//! A file on its way up.

use std::io::Write as _;

use pve::{Checksum, Kind, Uploadable};

use crate::fake::{Came, Fake, Reply, data};

const UPID: &str = "\"UPID:pve1:0001A2B3:1234ABCD:65F0A1B2:imgcopy::havre@pve!deploy:\"";

fn file(size: usize) -> (tempfile::NamedTempFile, Vec<u8>) {
    let bytes: Vec<u8> = (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    (file, bytes)
}

async fn sent(fake: &Fake, size: usize) -> (Came, Vec<u8>) {
    let (file, bytes) = file(size);
    let sum = (Checksum::Sha256, "AB".repeat(32));
    let (node, storage, name) = (
        "pve1".parse().unwrap(),
        "local".parse().unwrap(),
        "base.tar.zst".parse().unwrap(),
    );
    let sending = fake.client();
    sending
        .upload(
            &node,
            &storage,
            file.path(),
            &name,
            Uploadable::Vztmpl,
            Some(&sum),
        )
        .await
        .unwrap();
    (fake.came()[0].clone(), bytes)
}

#[tokio::test]
async fn a_file_goes_up_with_a_length_and_last() {
    for size in [0, 1, 300_000] {
        let fake = Fake::start(|_, _| data(UPID)).await;
        let (came, bytes) = sent(&fake, size).await;
        assert_eq!(came.line(), "POST /nodes/pve1/storage/local/upload");
        assert!(came.header("transfer-encoding").is_none());
        let boundary = came
            .header("content-type")
            .unwrap()
            .strip_prefix("multipart/form-data; boundary=")
            .unwrap();
        let field = |name: &str, value: &str| {
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
        };
        let mut wanted = field("content", "vztmpl");
        wanted += &field("checksum-algorithm", "sha256");
        wanted += &field("checksum", &"ab".repeat(32));
        wanted += &format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"filename\"; filename=\"base.tar.zst\"\r\n"
        );
        wanted += "Content-Type: application/octet-stream\r\n\r\n";
        let mut wanted = wanted.into_bytes();
        wanted.extend_from_slice(&bytes);
        wanted.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        assert!(came.body == wanted, "{size}");
    }
}

#[tokio::test]
async fn an_upload_that_broke_off_is_ambiguous_and_not_sent_again() {
    let fake = Fake::start(|_, _| Reply::Cut(Vec::new())).await;
    let (file, _) = file(1000);
    let (node, storage, name) = (
        "pve1".parse().unwrap(),
        "local".parse().unwrap(),
        "base.tar.zst".parse().unwrap(),
    );
    let error = fake
        .client()
        .upload(
            &node,
            &storage,
            file.path(),
            &name,
            Uploadable::Vztmpl,
            None,
        )
        .await
        .unwrap_err();
    assert!(error.is_ambiguous() && fake.came().len() == 1);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_told_before_anything_is_sent() {
    let fake = Fake::start(|_, _| data(UPID)).await;
    let (node, storage, name) = (
        "pve1".parse().unwrap(),
        "local".parse().unwrap(),
        "base.tar.zst".parse().unwrap(),
    );
    let path = std::path::Path::new("/does/not/exist");
    let error = fake
        .client()
        .upload(&node, &storage, path, &name, Uploadable::Vztmpl, None)
        .await
        .unwrap_err();
    assert!(error.nothing_done() && error.to_string().contains("/does/not/exist"));
    let sum = (Checksum::Sha256, "not hex".to_owned());
    let error = fake
        .client()
        .upload(&node, &storage, path, &name, Uploadable::Vztmpl, Some(&sum))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &Kind::BadParameters);
    assert!(fake.came().is_empty());
}
