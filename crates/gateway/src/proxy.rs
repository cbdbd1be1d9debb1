//! One request: refuse what has no clear meaning, forward the rest, answer a page where that cannot be.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use crate::body::ResponseBody;
use crate::client::{Client, Known};
use crate::forward::Job;
use crate::headers;
use crate::host::{self, BadHost};
use crate::pages::{self, Page};
use crate::text;

/// Answers one request of a client.
pub async fn answer(client: Arc<Client>, request: Request<Incoming>) -> Response<ResponseBody> {
    let busy = client.watch.busy();
    client.shared.metrics.requests.up();
    let html = pages::wants_html(request.headers());
    let checked = check(&client, &request);
    let clear = checked.is_ok();
    let mut response = match checked {
        Ok(known) => match Job::new(&client, known, request).run(&client).await {
            Ok(response) => response,
            Err(page) => page.answer(html),
        },
        Err(page) => {
            client.shared.metrics.bad_requests.up();
            page.answer(html)
        }
    };
    if !clear {
        // Where such a request ends is anyone's guess.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response.body_mut().hold(busy);
    response
}

/// Refuses what has no clear meaning; what is left has one host.
fn check(client: &Client, request: &Request<Incoming>) -> Result<Arc<Known>, Page> {
    let bad = |words| Page::new(StatusCode::BAD_REQUEST, words);
    if request.method() == Method::CONNECT {
        let words = text::bad_method();
        return Err(Page::new(StatusCode::METHOD_NOT_ALLOWED, words));
    }
    if client.watch.is_ambiguous() || !headers::is_plainly_framed(request.headers()) {
        return Err(bad(text::bad_framing()));
    }
    host::raw_host(request)
        .and_then(|raw| client.known(raw))
        .map_err(|BadHost| bad(text::bad_host()))
}
