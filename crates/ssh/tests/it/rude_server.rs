//! Servers that do not behave: one that speaks SSH and does what the command's name says, and ones that say a few bytes.

use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use russh::keys::{Algorithm, EcdsaCurve, PrivateKey};
use russh::server::{Auth, ChannelOpenHandle, Config, Handle, Handler, Msg, Session, run_stream};
use russh::{Channel, ChannelId, Sig};
use secrecy::ExposeSecret;
use ssh::{HostKey, Target, Trust};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use crate::support::{host_pair, target};

/// What a server does besides what commands ask for.
#[derive(Clone, Default)]
pub struct Ways {
    /// A text before the login.
    pub banner: String,
    /// Channels are refused.
    pub no_channels: bool,
    /// Channels are neither opened nor refused.
    pub mute: bool,
    /// It has no ed25519 key.
    pub ecdsa: bool,
}

/// Starts one; it lasts as long as the runtime.
pub async fn rude(ways: Ways) -> Target {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(Config {
        keys: vec![key(ways.ecdsa)],
        auth_rejection_time: Duration::ZERO,
        auth_rejection_time_initial: Some(Duration::ZERO),
        ..Config::default()
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&config), ways.clone()));
        }
    });
    let mut target = target(port, "x", Trust::Pinned(host_key()));
    target.timeouts.connect = Duration::from_secs(2);
    target.timeouts.dead = Duration::from_millis(1500);
    target
}

fn host_key() -> HostKey {
    host_pair(300).public().clone()
}

fn key(ecdsa: bool) -> PrivateKey {
    let curve = EcdsaCurve::NistP256;
    if ecdsa {
        return PrivateKey::random(&mut StdRng::seed_from_u64(1), Algorithm::Ecdsa { curve })
            .unwrap();
    }
    let text = host_pair(300).private_openssh().unwrap();
    PrivateKey::from_openssh(text.expose_secret()).unwrap()
}

async fn serve(stream: TcpStream, config: Arc<Config>, ways: Ways) {
    // The way to cut the connection: whoever copies between it and the server is aborted.
    let (mut near, far) = tokio::io::duplex(256 * 1024);
    let mut stream = stream;
    let copying = tokio::spawn(async move {
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut near).await;
    });
    let server = Rude {
        ways,
        held: Vec::new(),
        connection: copying.abort_handle(),
    };
    if let Ok(running) = run_stream(config, far, server).await {
        let _ = running.await;
    }
}

struct Rude {
    ways: Ways,
    held: Vec<ChannelOpenHandle>,
    connection: AbortHandle,
}

impl Handler for Rude {
    type Error = russh::Error;

    async fn authentication_banner(&mut self) -> Result<Option<String>, Self::Error> {
        Ok(Some(self.ways.banner.clone()).filter(|text| !text.is_empty()))
    }

    async fn auth_publickey(
        &mut self,
        _: &str,
        _: russh::server::VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.ways.mute {
            self.held.push(reply);
        } else if !self.ways.no_channels {
            reply.accept().await;
        }
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        line: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let name = String::from_utf8_lossy(line).replace("exec ", "");
        if name == "deny" {
            return session.channel_failure(channel);
        }
        if name != "no-answer" {
            session.channel_success(channel)?;
        }
        let (handle, connection) = (session.handle(), self.connection.clone());
        tokio::spawn(async move { act(&name, channel, handle, connection).await });
        Ok(())
    }
}

/// Failures mean that the client has gone.
async fn act(
    name: &str,
    channel: ChannelId,
    handle: Handle,
    connection: AbortHandle,
) -> Option<()> {
    match name {
        "flood" => loop {
            handle.data(channel, vec![b'y'; 30_000]).await.ok()?;
        },
        "flood-stderr" => loop {
            handle
                .extended_data(channel, 1, vec![b'e'; 30_000])
                .await
                .ok()?;
        },
        "flood-other" => loop {
            handle
                .extended_data(channel, 77, vec![b'o'; 30_000])
                .await
                .ok()?;
        },
        "cut" => {
            handle.data(channel, b"half".to_vec()).await.ok()?;
            connection.abort();
        }
        "cut-after-exit" => {
            handle.data(channel, b"whole".to_vec()).await.ok()?;
            handle.exit_status_request(channel, 0).await.ok()?;
            // Gone through once the reply to this has.
            handle.close(channel).await.ok()?;
        }
        "no-status" => handle.close(channel).await.ok()?,
        "silent-end" => handle.exit_status_request(channel, 5).await.ok()?,
        "odd-signal" => {
            let odd = Sig::Custom(format!("\u{1b}[31m{}", "X".repeat(10_000)));
            let message = "m".repeat(10_000);
            handle
                .exit_signal_request(channel, odd, false, message, String::new())
                .await
                .ok()?;
            handle.close(channel).await.ok()?;
        }
        "again" => {
            for code in [1, 2, 3] {
                handle.exit_status_request(channel, code).await.ok()?;
            }
            handle.eof(channel).await.ok()?;
            handle.data(channel, b"after eof".to_vec()).await.ok()?;
            handle.close(channel).await.ok()?;
        }
        "call-back" => {
            let asked = handle.channel_open_forwarded_tcpip("h", 1, "h", 2).await;
            let agent = handle.channel_open_agent().await;
            let said = format!("{} {}", asked.is_err(), agent.is_err());
            handle.data(channel, said.into_bytes()).await.ok()?;
            handle.exit_status_request(channel, 0).await.ok()?;
            handle.close(channel).await.ok()?;
        }
        "bye" => {
            let words = format!("go away \u{7}{}", "!".repeat(5000));
            let _ = handle
                .disconnect(russh::Disconnect::ByApplication, words, String::new())
                .await;
        }
        _ => {}
    }
    Some(())
}

/// A port that says this to everybody, again and again if it must, and then closes or stays.
pub async fn says(text: &'static [u8], again: bool, stays: bool) -> Target {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            while stream.write_all(text).await.is_ok() && again {}
            if stays {
                kept.push(stream);
            }
        }
    });
    let mut target = target(port, "x", Trust::Learn);
    target.timeouts.connect = Duration::from_millis(1000);
    target
}
