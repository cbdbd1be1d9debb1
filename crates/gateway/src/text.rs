//! What the gateway says to people. One place, so that other languages can follow.

/// A page: a heading and one or two sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What happened.
    pub title: String,
    /// What it means and what to do.
    pub body: String,
}

fn words(title: impl Into<String>, body: impl Into<String>) -> Words {
    Words {
        title: title.into(),
        body: body.into(),
    }
}

/// The request names no host, several, or something that is none.
pub fn bad_host() -> Words {
    words(
        "The request does not name one host",
        "A request must carry exactly one well-formed Host header, the name of the app it is for.",
    )
}

/// The request says two things about where it ends, or uses a coding that is not understood.
pub fn bad_framing() -> Words {
    words(
        "The length of the request is unclear",
        "A request has either one Content-Length or `Transfer-Encoding: chunked`, and never both.",
    )
}

/// A method that a reverse proxy does not take.
pub fn bad_method() -> Words {
    words(
        "This method is not allowed",
        "CONNECT asks for an open proxy, and this is not one.",
    )
}

/// The client stopped sending in the middle of its request.
pub fn slow_client() -> Words {
    words(
        "The request did not arrive",
        "Nothing more of the request body came for a long time. Send it again.",
    )
}

/// The client's body was malformed.
pub fn broken_body() -> Words {
    words(
        "The request is malformed",
        "The body of the request could not be read. Send it again.",
    )
}

/// No app has this name.
pub fn unknown(host: &str, base_domain: &str) -> Words {
    words(
        format!("No app is served at {host}"),
        format!(
            "Apps are served at NAME.{base_domain}. Check the spelling; `havre list` shows the names and addresses of your apps."
        ),
    )
}

/// The first release is on its way.
pub fn deploying(name: &str) -> Words {
    words(
        format!("{name} is being deployed"),
        "It will be here in a moment. This page asks again by itself.",
    )
}

/// Stopped by its user.
pub fn stopped(name: &str) -> Words {
    words(
        format!("{name} is stopped"),
        format!("If this is your app: `havre start {name}` starts it again."),
    )
}

/// Failed.
pub fn failed(name: &str) -> Words {
    words(
        format!("{name} is not running"),
        format!(
            "It could not be started, or it crashed too often. If this is your app: `havre logs {name}` shows why."
        ),
    )
}

/// The app does not take connections, or does not speak HTTP.
pub fn unreachable(name: &str) -> Words {
    words(
        format!("{name} does not answer"),
        format!(
            "The app did not take the connection, or broke it off. It may just be starting again: try once more in a \
             moment. If this is your app: `havre logs {name}` shows more."
        ),
    )
}

/// The app did not answer in time.
pub fn too_slow(name: &str) -> Words {
    words(
        format!("{name} took too long"),
        format!(
            "The app took the request but did not answer in time. If this is your app: `havre logs {name}` shows more."
        ),
    )
}

/// The app was replaced while the request ran, and its time to finish is over.
pub fn replaced(name: &str) -> Words {
    words(
        format!("{name} was just replaced"),
        "This request ran on a version that has been retired. Send it again.",
    )
}

/// Too many connections.
pub const BUSY: &str = "Too many connections. Try again in a moment.\n";

/// The control socket got something that is no request.
pub fn control_garbage(why: &str) -> String {
    format!("not a request of the control protocol: {why}")
}

/// Another version of the control protocol.
pub fn control_version(theirs: u32, ours: u32) -> String {
    format!(
        "the controller speaks version {theirs} of the control protocol and this gateway version {ours}; restart the \
         gateway with the controller's version"
    )
}

/// Draining what still gets new requests.
pub fn drain_of_serving(label: &str) -> String {
    format!("the guest still serves {label}; route it elsewhere before it is drained")
}

/// The table could not be written down, so it was not taken.
pub fn not_saved(why: &str) -> String {
    format!(
        "the table could not be written to disk ({why}), so the routes stay as they were; free some space and try again"
    )
}

/// The gateway did not answer the controller in time.
pub fn control_timeout(seconds: u64) -> String {
    format!("no answer within {seconds} s")
}
