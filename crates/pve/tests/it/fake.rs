//! A server of a few lines: it reads requests as they come, keeps them, and answers what the test says, byte for byte.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pve::{Auth, Client, Endpoint, Fingerprint, Limits, SecretString, Tls};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

pub const SECRET: &str = "5d0c3c4e-6f1b-4a57-9a5e-3f8f4a1d2b3c";

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Came {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Came {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn line(&self) -> String {
        format!(
            "{} {}",
            self.method,
            self.target.trim_start_matches("/api2/json")
        )
    }
}

/// What happens then.
pub enum Reply {
    /// These bytes; the connection stays.
    Bytes(Vec<u8>),
    /// These bytes, perhaps none; then the connection is cut.
    Cut(Vec<u8>),
    /// These bytes, then nothing for as long as the client waits.
    Stall(Vec<u8>),
    /// Nothing at all, for as long as the client waits.
    Silence,
    /// These bytes once [`Fake::let_through`] allows it.
    Held(Vec<u8>),
}

/// `{"data": …}`.
pub fn data(json: &str) -> Reply {
    Reply::Bytes(answer(200, "OK", &format!("{{\"data\":{json}}}")))
}

/// A refusal in the way of an older server: the words in the reason phrase only.
pub fn refusal(status: u16, phrase: &str) -> Reply {
    Reply::Bytes(answer(status, phrase, "{\"data\":null}"))
}

pub fn answer(status: u16, phrase: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let kind = "Content-Type: application/json;charset=UTF-8";
    format!("HTTP/1.1 {status} {phrase}\r\n{kind}\r\nContent-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

type Script = dyn Fn(&Came, usize) -> Reply + Send + Sync;

/// The server. It ends with the test.
pub struct Fake {
    pub url: String,
    pub fingerprint: Fingerprint,
    pub pem: String,
    state: Arc<State>,
    listening: JoinHandle<()>,
}

struct State {
    script: Box<Script>,
    came: Mutex<Vec<Came>>,
    held: Semaphore,
    at_once: AtomicUsize,
    most: AtomicUsize,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Fake {
    /// Over TLS with a certificate made for this test. The script is given each request and how many came before it.
    pub async fn start(script: impl Fn(&Came, usize) -> Reply + Send + Sync + 'static) -> Fake {
        let made =
            rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()])
                .unwrap();
        Fake::with(
            Some((made.cert.der().clone(), made.signing_key.serialize_der())),
            made.cert.pem(),
            script,
        )
        .await
    }

    /// Without TLS.
    pub async fn plain(script: impl Fn(&Came, usize) -> Reply + Send + Sync + 'static) -> Fake {
        Fake::with(None, String::new(), script).await
    }

    /// Shows a certificate of which it does not have the key.
    pub async fn impostor() -> Fake {
        let names = ["127.0.0.1".to_owned()];
        let shown = rcgen::generate_simple_self_signed(names.clone()).unwrap();
        let own = rcgen::generate_simple_self_signed(names).unwrap();
        Fake::with(
            Some((shown.cert.der().clone(), own.signing_key.serialize_der())),
            shown.cert.pem(),
            |_, _| data("1"),
        )
        .await
    }

    async fn with(
        identity: Option<(CertificateDer<'static>, Vec<u8>)>,
        pem: String,
        script: impl Fn(&Came, usize) -> Reply + Send + Sync + 'static,
    ) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let fingerprint = Fingerprint::of(
            identity
                .as_ref()
                .map(|(leaf, _)| leaf.as_ref())
                .unwrap_or_default(),
        );
        let scheme = if identity.is_some() { "https" } else { "http" };
        let acceptor = identity.map(|(leaf, key)| acceptor(leaf, key));
        let state = Arc::new(State {
            script: Box::new(script),
            came: Mutex::default(),
            held: Semaphore::new(0),
            at_once: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let listening = tokio::spawn(listen(listener, acceptor, Arc::clone(&state)));
        Fake {
            url: format!("{scheme}://127.0.0.1:{port}"),
            fingerprint,
            pem,
            state,
            listening,
        }
    }

    /// Every request so far.
    pub fn came(&self) -> Vec<Came> {
        self.state.came.lock().unwrap().clone()
    }

    pub fn lines(&self) -> Vec<String> {
        self.came().iter().map(Came::line).collect()
    }

    pub fn let_through(&self, answers: usize) {
        self.state.held.add_permits(answers);
    }

    pub fn at_once(&self) -> usize {
        self.state.at_once.load(Ordering::SeqCst)
    }

    pub fn most_at_once(&self) -> usize {
        self.state.most.load(Ordering::SeqCst)
    }

    /// A client with a token that trusts this server, with short bounds.
    pub fn client(&self) -> Client {
        Client::new(self.endpoint()).unwrap()
    }

    pub fn endpoint(&self) -> Endpoint {
        Endpoint {
            url: self.url.parse().unwrap(),
            auth: Auth::Token {
                id: "havre@pve!deploy".parse().unwrap(),
                secret: SecretString::from(SECRET),
            },
            tls: Tls::Fingerprints(vec![self.fingerprint]),
            limits: short(),
            seed: 7,
        }
    }
}

/// Bounds for tests.
pub fn short() -> Limits {
    Limits {
        connect: Duration::from_secs(5),
        request: Duration::from_secs(5),
        attempts: 3,
        pause: Duration::from_millis(2),
        answer: 256 << 10,
        ..Limits::default()
    }
}

/// Waits for a condition, at most five seconds.
pub async fn until(what: &str, holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    assert!(
        tokio::time::timeout(Duration::from_secs(5), waiting)
            .await
            .is_ok(),
        "never: {what}"
    );
}

/// Gives its key with whatever certificate, which rustls' own would refuse to pair.
#[derive(Debug)]
struct Pair(Arc<CertifiedKey>);

impl ResolvesServerCert for Pair {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn acceptor(leaf: CertificateDer<'static>, key: Vec<u8>) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = provider
        .key_provider
        .load_private_key(PrivateKeyDer::Pkcs8(key.into()))
        .unwrap();
    let pair = Arc::new(Pair(Arc::new(CertifiedKey::new(vec![leaf], key))));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    TlsAcceptor::from(Arc::new(
        config.with_no_client_auth().with_cert_resolver(pair),
    ))
}

async fn listen(listener: TcpListener, acceptor: Option<TlsAcceptor>, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, state) = (acceptor.clone(), Arc::clone(&state));
        tokio::spawn(async move {
            match acceptor {
                None => serve(stream, &state).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, &state).await;
                    }
                }
            }
        });
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, state: &State) {
    while let Some(came) = read(&mut stream).await {
        let before = {
            let mut all = state.came.lock().unwrap();
            all.push(came.clone());
            all.len() - 1
        };
        let now = state.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        state.most.fetch_max(now, Ordering::SeqCst);
        let stays = reply(&mut stream, state, (state.script)(&came, before)).await;
        state.at_once.fetch_sub(1, Ordering::SeqCst);
        if !stays {
            return;
        }
    }
}

async fn reply(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    state: &State,
    reply: Reply,
) -> bool {
    match reply {
        Reply::Bytes(bytes) => {
            stream.write_all(&bytes).await.is_ok() && stream.flush().await.is_ok()
        }
        Reply::Cut(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.flush().await;
            false
        }
        Reply::Stall(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.flush().await;
            let _ = stream.read(&mut [0; 1]).await;
            false
        }
        Reply::Silence => {
            // Until the client gives up and closes.
            let _ = stream.read(&mut [0; 1]).await;
            false
        }
        Reply::Held(bytes) => {
            state.held.acquire().await.unwrap().forget();
            stream.write_all(&bytes).await.is_ok() && stream.flush().await.is_ok()
        }
    }
}

/// One request: its head, then as many bytes as it tells.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Came> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut came = Came {
        method,
        target,
        headers,
        body: Vec::new(),
    };
    let length = came
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    came.body = vec![0; length];
    stream.read_exact(&mut came.body).await.ok()?;
    Some(came)
}
