//! Asks an app for its page as a browser would: over the gateway, by the name of its host. The connection goes to the
//! gateway's address, since not every resolver knows `*.localhost`.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Url;

use crate::client::plain_http;

const PATIENCE: Duration = Duration::from_secs(30);

/// The HTTP status of a URL, or why there was none.
pub async fn status(url: &str, gateway: SocketAddr) -> Result<u16, String> {
    let parsed = Url::parse(url).map_err(|error| error.to_string())?;
    let host = parsed.host_str().ok_or("the URL has no host")?;
    let client = plain_http()
        .map_err(|fault| fault.what)?
        .timeout(PATIENCE)
        .resolve(host, gateway)
        .build()
        .map_err(|error| error.to_string())?;
    let answer = client
        .get(parsed)
        .send()
        .await
        .map_err(|error| error.to_string())?;
    Ok(answer.status().as_u16())
}
