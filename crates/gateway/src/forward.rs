//! Forwarding one request to the guest that serves its host, and a second time where that is safe.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::RouteState;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::header::EXPECT;
use hyper::http::request::Parts;
use hyper::http::uri::{PathAndQuery, Uri};
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode, Version};
use tokio::time::timeout;

use crate::body::{RequestBody, ResponseBody, UploadFault, UploadWatch};
use crate::client::{Client, Known};
use crate::headers::{self, Asked};
use crate::pages::Page;
use crate::routes::Target;
use crate::splice;
use crate::text;
use crate::upstream::{Connection, DialError, InFlight, SendFailure, dial};

/// Times that a request may find its guest just replaced before something must be wrong.
const MOST_MOVES: u32 = 64;
/// Most bytes of an unwanted body that are read before its page is answered, and for how long.
const DISCARDED: usize = 1024 * 1024;
const DISCARD: Duration = Duration::from_secs(1);

/// A request that is being forwarded.
pub struct Job {
    known: Arc<Known>,
    asked: Asked,
    request: Request<RequestBody>,
    upload: Option<Arc<UploadWatch>>,
    on_upgrade: Option<OnUpgrade>,
    /// The head again, where the whole request may be sent twice.
    replay: Option<Parts>,
    retries: u32,
    /// The client waits for a word before it sends its body.
    expects: bool,
}

/// What became of one try.
enum Tried {
    /// An answer.
    Answer(Response<ResponseBody>),
    /// The guest was replaced before anything was sent: take the new one.
    Moved(Request<RequestBody>),
    /// It failed and may be tried once more; otherwise this page.
    Again(Request<RequestBody>, Page),
    /// It failed.
    Failed(Page),
}

impl Job {
    /// Makes the request for the guest out of the one of the client.
    pub fn new(client: &Client, known: Arc<Known>, mut request: Request<Incoming>) -> Self {
        let stream = request.body().size_hint().exact().is_none();
        let bodiless = request.body().is_end_stream();
        let expects = request.headers().contains_key(EXPECT);
        let from = headers::Client {
            address: &client.address_value,
            forwarded: &known.forwarded,
        };
        let mut asked = headers::to_guest(request.headers_mut(), &known.host, &from, stream);
        if !bodiless && asked.upgrade.take().is_some() {
            headers::no_switch(request.headers_mut());
        }
        let on_upgrade = asked
            .upgrade
            .is_some()
            .then(|| hyper::upgrade::on(&mut request));
        let (mut head, body) = request.into_parts();
        head.version = Version::HTTP_11;
        head.extensions.clear();
        if head.uri.authority().is_some() {
            head.uri = origin_form(&head.uri);
        }
        let safe = bodiless && matches!(head.method, Method::GET | Method::HEAD);
        let replay = safe.then(|| head.clone());
        let (body, upload) = RequestBody::of(body, client.shared.limits.client_stall);
        Self {
            known,
            asked,
            request: Request::from_parts(head, body),
            upload,
            on_upgrade,
            replay,
            retries: 0,
            expects,
        }
    }

    /// Forwards to the guest that serves now, once more where that is safe, and then to the one that serves then. The
    /// error is the page to answer.
    pub async fn run(mut self, client: &Arc<Client>) -> Result<Response<ResponseBody>, Page> {
        let answer = self.forward(client).await;
        if answer.is_err() && !self.expects {
            discard(self.request.into_body()).await;
        }
        answer
    }

    async fn forward(&mut self, client: &Arc<Client>) -> Result<Response<ResponseBody>, Page> {
        for _ in 0..MOST_MOVES {
            let target = self.target(client)?;
            let Some(in_flight) = target.backend().and_then(|backend| backend.enter()) else {
                // Replaced between the look at the table and now.
                continue;
            };
            let request = std::mem::replace(&mut self.request, Request::new(RequestBody::Empty));
            match self.attempt(client, &target, in_flight, request).await {
                Tried::Answer(response) => return Ok(response),
                Tried::Moved(request) => self.request = request,
                Tried::Again(request, _) if self.retries == 0 => {
                    client.shared.metrics.retries.up();
                    self.retries += 1;
                    self.request = request;
                }
                Tried::Again(_, page) | Tried::Failed(page) => {
                    count(client, page.status);
                    return Err(page);
                }
            }
        }
        client.shared.metrics.bad_gateway.up();
        let words = text::replaced(self.known.host.name());
        Err(Page::passing(StatusCode::SERVICE_UNAVAILABLE, words, 1))
    }

    /// The target that serves, or the page of why none does.
    fn target(&self, client: &Client) -> Result<Arc<Target>, Page> {
        let shared = &client.shared;
        let host = &self.known.host;
        let found = host
            .label(&shared.base_domain)
            .and_then(|label| shared.routes.find(label));
        let Some(target) = found else {
            shared.metrics.unknown_hosts.up();
            let words = text::unknown(host.name(), &shared.base_domain);
            return Err(Page::new(StatusCode::NOT_FOUND, words));
        };
        let name = target.name();
        let busy = StatusCode::SERVICE_UNAVAILABLE;
        let page = match target.state() {
            RouteState::Serving { .. } => return Ok(target),
            RouteState::Deploying => Page::passing(busy, text::deploying(name), 5),
            RouteState::Stopped => Page::new(busy, text::stopped(name)),
            RouteState::Failed => Page::new(busy, text::failed(name)),
        };
        shared.metrics.unavailable.up();
        Err(page)
    }

    async fn attempt(
        &mut self,
        client: &Arc<Client>,
        target: &Target,
        in_flight: InFlight,
        request: Request<RequestBody>,
    ) -> Tried {
        let limits = &client.shared.limits;
        let mut connection = match self.connect(client, &in_flight).await {
            Ok(connection) => connection,
            Err(_) if in_flight.backend().is_retired() => return Tried::Moved(request),
            Err(error) => return Tried::Again(request, dial_page(&error, target.name())),
        };
        if in_flight.backend().is_retired() {
            return Tried::Moved(request);
        }
        let upload = self.upload.clone();
        match connection.send(request, limits.response, upload).await {
            Ok(response) => {
                self.pass_on(client, target, in_flight, connection, response)
                    .await
            }
            Err(failure) => self.failed(client, target, failure),
        }
    }

    /// An idle connection, or on a second try always a new one: the idle ones may all be as dead as the first.
    async fn connect(
        &self,
        client: &Client,
        in_flight: &InFlight,
    ) -> Result<Box<Connection>, DialError> {
        let backend = in_flight.backend();
        let limits = &client.shared.limits;
        while self.retries == 0
            && let Some(mut connection) = backend.idle_connection()
        {
            let fit = match self.replay {
                Some(_) => connection.is_reusable(),
                None => connection.is_surely_reusable(),
            };
            if fit {
                return Ok(connection);
            }
        }
        let stream = dial(backend.upstream(), limits.connect).await?;
        Ok(Connection::open(stream, backend, limits.buffer_bytes).await?)
    }

    fn failed(&mut self, client: &Client, target: &Target, failure: SendFailure) -> Tried {
        let name = target.name();
        if let Some(fault) = self.upload.as_ref().and_then(|upload| upload.fault()) {
            return Tried::Failed(match fault {
                UploadFault::Stalled => Page::new(StatusCode::REQUEST_TIMEOUT, text::slow_client()),
                UploadFault::Broken => Page::new(StatusCode::BAD_REQUEST, text::broken_body()),
            });
        }
        let broken = Page::passing(StatusCode::BAD_GATEWAY, text::unreachable(name), 5);
        match failure {
            SendFailure::Unsent(request) => Tried::Again(*request, broken),
            SendFailure::Silent => match self.replay.clone() {
                Some(head) => Tried::Again(Request::from_parts(head, RequestBody::Empty), broken),
                None => Tried::Failed(broken),
            },
            SendFailure::Garbled => Tried::Failed(broken),
            SendFailure::TimedOut => {
                Tried::Failed(Page::new(StatusCode::GATEWAY_TIMEOUT, text::too_slow(name)))
            }
            SendFailure::Cut { heard } => {
                client.shared.metrics.cut.up();
                let page = Page::passing(StatusCode::SERVICE_UNAVAILABLE, text::replaced(name), 1);
                match self.replay.clone() {
                    // The guest that replaced it can still answer.
                    Some(head) if !heard => {
                        Tried::Again(Request::from_parts(head, RequestBody::Empty), page)
                    }
                    _ => Tried::Failed(page),
                }
            }
        }
    }

    async fn pass_on(
        &mut self,
        client: &Arc<Client>,
        target: &Target,
        in_flight: InFlight,
        connection: Box<Connection>,
        response: Response<Incoming>,
    ) -> Tried {
        let (mut head, body) = response.into_parts();
        if !headers::is_plainly_framed(&head.headers) {
            // A coding that only this connection knows of: nobody behind could read it.
            return self.failed(client, target, SendFailure::Garbled);
        }
        head.extensions.clear();
        head.version = Version::HTTP_11;
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            let (Some(protocol), Some(on_upgrade)) =
                (self.asked.upgrade.take(), self.on_upgrade.take())
            else {
                // Nobody asked for it.
                let words = text::unreachable(target.name());
                return Tried::Failed(Page::passing(StatusCode::BAD_GATEWAY, words, 5));
            };
            headers::to_client(&mut head.headers, None, false);
            headers::switch(&mut head.headers, protocol);
            splice::start(Arc::clone(client), on_upgrade, connection, in_flight);
            return Tried::Answer(Response::from_parts(head, ResponseBody::empty()));
        }
        headers::to_client(
            &mut head.headers,
            body.size_hint().exact(),
            self.asked.trailers,
        );
        let body = if body.is_end_stream() {
            in_flight.backend().give_back(connection);
            ResponseBody::empty()
        } else {
            let metrics = Arc::clone(&client.shared.metrics);
            let idle = client.shared.limits.stream_idle;
            ResponseBody::guest(body, connection, in_flight, metrics, idle)
        };
        Tried::Answer(Response::from_parts(head, body))
    }
}

/// Reads what the client still sends, within bounds: closing on it would reset the connection, and the page be lost.
async fn discard(mut body: RequestBody) {
    let read = async {
        let mut left = DISCARDED;
        while let Some(Ok(frame)) = body.frame().await
            && left > 0
        {
            left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len()));
        }
    };
    // A client that sends on and on has to live with the reset.
    let _ = timeout(DISCARD, read).await;
}

fn dial_page(error: &DialError, name: &str) -> Page {
    match error {
        DialError::TimedOut => Page::new(StatusCode::GATEWAY_TIMEOUT, text::too_slow(name)),
        DialError::Refused | DialError::Unreachable(_) => {
            Page::passing(StatusCode::BAD_GATEWAY, text::unreachable(name), 5)
        }
    }
}

fn count(client: &Client, status: StatusCode) {
    let metrics = &client.shared.metrics;
    match status {
        StatusCode::GATEWAY_TIMEOUT => metrics.gateway_timeouts.up(),
        StatusCode::BAD_GATEWAY => metrics.bad_gateway.up(),
        StatusCode::BAD_REQUEST | StatusCode::REQUEST_TIMEOUT => metrics.bad_requests.up(),
        _ => {}
    }
}

/// The target without scheme and host, as an origin server reads it.
fn origin_form(uri: &Uri) -> Uri {
    let path = uri.path_and_query().cloned();
    Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")))
}
