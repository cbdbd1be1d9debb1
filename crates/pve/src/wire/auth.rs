//! Who asks: the token's header, or a ticket that is asked for and renewed.

use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{Payload, Wire};
use crate::call::Call;
use crate::endpoint::Auth;
use crate::error::{Error, Kind, Result};
use crate::routes;

/// What cannot stand in a cookie. The server decodes the value, but a ticket is usually sent as it is.
const NO_COOKIE: &AsciiSet = &CONTROLS
    .add(b'%')
    .add(b';')
    .add(b',')
    .add(b'"')
    .add(b'\\')
    .add(b' ');

/// A ticket lives two hours.
const RENEW: Duration = Duration::from_secs(60 * 60);

/// The one who asks, with the ticket of the last login.
pub(crate) struct Identity {
    auth: Auth,
    ticket: Mutex<Option<Ticket>>,
}

#[derive(Clone)]
struct Ticket {
    cookie: HeaderValue,
    csrf: HeaderValue,
    since: Instant,
}

#[derive(Deserialize)]
struct Login {
    ticket: Option<SecretString>,
    #[serde(rename = "CSRFPreventionToken")]
    csrf: Option<SecretString>,
}

impl Identity {
    pub(crate) fn new(auth: Auth) -> Identity {
        Identity {
            auth,
            ticket: Mutex::new(None),
        }
    }

    /// The headers of a request.
    pub(crate) async fn headers(&self, wire: &Wire) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        match &self.auth {
            Auth::Token { id, secret } => {
                headers.insert(
                    AUTHORIZATION,
                    hidden(&format!("PVEAPIToken={id}={}", secret.expose_secret()))?,
                );
            }
            Auth::Password { user, password } => {
                let ticket = self.ticket(wire, user.as_str(), password).await?;
                headers.insert(COOKIE, ticket.cookie);
                headers.insert(HeaderName::from_static("csrfpreventiontoken"), ticket.csrf);
            }
        }
        Ok(headers)
    }

    /// Forgets a ticket that was refused. Whether asking again can help.
    pub(crate) async fn forget(&self) -> bool {
        self.ticket.lock().await.take().is_some()
    }

    /// Whether a text holds the secret.
    pub(crate) fn knows(&self, text: &str) -> bool {
        let (Auth::Token { secret, .. }
        | Auth::Password {
            password: secret, ..
        }) = &self.auth;
        let secret = secret.expose_secret();
        secret.len() >= 4 && text.contains(secret)
    }

    /// One login at a time: whoever waits finds the new ticket.
    async fn ticket(&self, wire: &Wire, user: &str, password: &SecretString) -> Result<Ticket> {
        let mut kept = self.ticket.lock().await;
        if let Some(ticket) = kept
            .as_ref()
            .filter(|ticket| ticket.since.elapsed() < RENEW)
        {
            return Ok(ticket.clone());
        }
        let call = Call::new(&routes::LOGIN)
            .set("username", user)
            .set("password", password.expose_secret());
        call.check()?;
        let data = wire
            .exchange(&call, Payload::Form(call.form()), HeaderMap::new())
            .await?;
        let login: Login = serde_json::from_value(data).map_err(|_| no_ticket())?;
        let (Some(ticket), Some(csrf)) = (login.ticket, login.csrf) else {
            return Err(no_ticket());
        };
        let made = Ticket {
            cookie: hidden(&format!(
                "PVEAuthCookie={}",
                utf8_percent_encode(ticket.expose_secret(), NO_COOKIE)
            ))?,
            csrf: hidden(csrf.expose_secret())?,
            since: Instant::now(),
        };
        *kept = Some(made.clone());
        Ok(made)
    }
}

fn no_ticket() -> Error {
    Error::new(
        Kind::Credentials,
        "the login gave no ticket (a second factor is not supported)",
    )
    .with_nothing_done(true)
}

/// A header that is never shown.
fn hidden(value: &str) -> Result<HeaderValue> {
    let bad = |_| {
        Error::new(
            Kind::Credentials,
            "the secret holds characters that no header can carry",
        )
        .with_nothing_done(true)
    };
    let mut value = HeaderValue::from_str(value).map_err(bad)?;
    value.set_sensitive(true);
    Ok(value)
}
