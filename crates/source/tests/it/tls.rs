//! Over TLS, with an authority that only this test knows.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use domain::ports::SourceError;
use source::HostEnv;

use crate::support::Fetcher;

/// A server that is ended with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn openssl(folder: &std::path::Path, args: &str) -> Command {
    let mut command = Command::new("openssl");
    command
        .current_dir(folder)
        .args(args.split(' '))
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    command
}

#[tokio::test]
async fn an_unknown_authority_is_refused_and_a_given_one_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out cert -days 2 \
                -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1";
    if !openssl(folder.path(), make)
        .status()
        .is_ok_and(|status| status.success())
    {
        println!(
            "SKIPPED: an_unknown_authority_is_refused_and_a_given_one_is_trusted: there is no openssl"
        );
        return;
    }
    let serve = "s_server -accept 127.0.0.1:0 -cert cert -key key -WWW";
    let mut server = Server(
        openssl(folder.path(), serve)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut lines = BufReader::new(server.0.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let port = lines
        .find_map(|line| {
            line.strip_prefix("ACCEPT ")?
                .rsplit(':')
                .next()
                .map(str::to_owned)
        })
        .unwrap();
    let url = format!("https://127.0.0.1:{port}/a").parse().unwrap();

    let says = Fetcher::default().refusal(&url, None).await;
    assert!(
        says.contains("certificate") && says.contains("SSL_CERT_FILE"),
        "{says}"
    );

    let cert = folder.path().join("cert").display().to_string();
    let trusting = Fetcher::with(|config| {
        config.host_env = HostEnv::allowed([("SSL_CERT_FILE".into(), cert)])
    });
    match trusting.fetch(&url, None).await {
        Err(SourceError::Refused { what, .. }) => {
            assert!(what.contains("no Git repository"), "{what}")
        }
        other => panic!("{other:?}"),
    }
}
