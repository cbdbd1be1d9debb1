//! Requests to the server. Paths are built from parsed segments, never from text glued together.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, Url};
use serde::Serialize;

use crate::client::Answer;
use crate::exit::{Exit, Fault};
use crate::text;

/// No query.
pub const NO_QUERY: &[(&str, String)] = &[];
/// No body.
pub const NO_BODY: Option<&()> = None;

/// How long connecting may take: the server is near.
const CONNECT: Duration = Duration::from_secs(3);
/// How long the server may say nothing: the heart of a stream beats far more often.
const SILENCE: Duration = Duration::from_secs(75);
/// The same for a change, which may be answered only when it is over: the server itself waits ten minutes at most.
const PATIENCE: Duration = Duration::from_secs(660);

/// A client of one server.
#[derive(Clone)]
pub struct Client {
    asks: reqwest::Client,
    changes: reqwest::Client,
    base: Url,
}

impl Client {
    /// A client of the server at this URL.
    pub fn new(url: &str) -> Result<Self, Fault> {
        let base = Url::parse(url).map_err(|_| bad_url(url))?;
        if base.scheme() != "http" || base.host().is_none() {
            return Err(bad_url(url));
        }
        Ok(Self {
            asks: with_silence(SILENCE)?,
            changes: with_silence(PATIENCE)?,
            base,
        })
    }

    /// The URL of the server.
    pub fn base(&self) -> &str {
        self.base.as_str()
    }

    /// `GET`.
    pub async fn get(&self, path: &[&str], query: &[(&str, String)]) -> Result<Answer, Fault> {
        self.send(Method::GET, path, query, NO_BODY).await
    }

    /// Any method, with a JSON body or none.
    pub async fn send<B: Serialize>(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
        body: Option<&B>,
    ) -> Result<Answer, Fault> {
        let mut request = self.request(method, path, query)?;
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|e| self.unreachable(&e))?;
        Answer::read(response)
            .await
            .map_err(|e| self.unreachable(&e))
    }

    /// `GET` of a stream of events, resumed after `last_id`.
    pub async fn events(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        last_id: Option<&str>,
    ) -> Result<Response, Fault> {
        let mut request = self
            .request(Method::GET, path, query)?
            .header("accept", "text/event-stream");
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.map_err(|e| self.unreachable(&e))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let answer = Answer::read(response)
            .await
            .map_err(|e| self.unreachable(&e))?;
        Err(answer.fault())
    }

    fn request(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<RequestBuilder, Fault> {
        let mut url = self.base.clone();
        // `push` would drop these two and ask for another resource.
        if let Some(odd) = path.iter().find(|part| matches!(**part, "" | "." | "..")) {
            return Err(Fault::new(Exit::BadInput, text::bad_key(odd)));
        }
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let http = if method == Method::GET {
            &self.asks
        } else {
            &self.changes
        };
        Ok(http.request(method, url))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Fault {
        Fault::new(Exit::Unreachable, text::unreachable(self.base()))
            .why(text::unreachable_why(error))
            .cure(text::UNREACHABLE_CURE)
    }
}

fn with_silence(silence: Duration) -> Result<reqwest::Client, Fault> {
    plain_http()?
        .connect_timeout(CONNECT)
        .read_timeout(silence)
        .user_agent(concat!("havre/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| Fault::new(Exit::Platform, text::client_broken(&error.to_string())))
}

/// For what speaks plain HTTP on this machine: no proxy, and no TLS, for which reqwest would read all certificates of the
/// system first.
pub fn plain_http() -> Result<reqwest::ClientBuilder, Fault> {
    Ok(reqwest::Client::builder()
        .no_proxy()
        .tls_backend_preconfigured(unused_tls()?))
}

fn unused_tls() -> Result<rustls::ClientConfig, Fault> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map(|builder| {
            builder
                .with_root_certificates(rustls::RootCertStore::empty())
                .with_no_client_auth()
        })
        .map_err(|error| Fault::new(Exit::Platform, text::client_broken(&error.to_string())))
}

fn bad_url(url: &str) -> Fault {
    Fault::new(Exit::BadInput, text::bad_server_url(url)).cure(text::BAD_SERVER_URL_CURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_of(parts: &[&str], query: &[(&str, String)]) -> Result<String, Exit> {
        let client = Client::new("http://127.0.0.1:5000").unwrap();
        let request = client
            .request(Method::GET, parts, query)
            .map_err(|fault| fault.exit)?
            .build()
            .unwrap();
        let url = request.url();
        Ok(url[url::Position::BeforePath..].to_owned())
    }

    #[test]
    fn a_name_stays_one_segment_whatever_it_holds() {
        assert_eq!(
            path_of(&["api", "deployments", "a/../b?c#d"], NO_QUERY).unwrap(),
            "/api/deployments/a%2F..%2Fb%3Fc%23d"
        );
        assert_eq!(path_of(&["api", ".."], NO_QUERY), Err(Exit::BadInput));
        assert_eq!(path_of(&["api", ""], NO_QUERY), Err(Exit::BadInput));
    }

    #[test]
    fn a_query_is_encoded() {
        assert_eq!(
            path_of(&["x"], &[("since", "a&b=c".to_owned())]).unwrap(),
            "/x?since=a%26b%3Dc"
        );
    }

    #[test]
    fn only_http_urls_name_a_server() {
        for url in ["https://a", "ftp://a", "a", "file:///etc/passwd", "http://"] {
            assert_eq!(
                Client::new(url).map(|_| ()).unwrap_err().exit,
                Exit::BadInput,
                "{url}"
            );
        }
    }
}
