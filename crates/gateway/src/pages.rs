//! The pages that the gateway answers itself: small, in HTML or plain text as the client prefers, without internals.

use bytes::Bytes;
use hyper::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue,
    RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};

use crate::body::ResponseBody;
use crate::text::Words;

/// A page that the gateway answers itself.
pub struct Page {
    /// The status.
    pub status: StatusCode,
    /// The sentences.
    pub words: Words,
    /// Seconds after which asking again makes sense.
    pub retry_after: Option<u16>,
}

impl Page {
    /// A page after which asking again by itself does not help.
    pub fn new(status: StatusCode, words: Words) -> Self {
        Self {
            status,
            words,
            retry_after: None,
        }
    }

    /// A page of something that passes.
    pub fn passing(status: StatusCode, words: Words, retry_after: u16) -> Self {
        Self {
            status,
            words,
            retry_after: Some(retry_after),
        }
    }

    /// The answer, in the form that a client with this preference reads.
    pub fn answer(&self, html: bool) -> Response<ResponseBody> {
        let (kind, text) = if html {
            ("text/html; charset=utf-8", self.html())
        } else {
            ("text/plain; charset=utf-8", self.plain())
        };
        let mut response = Response::new(ResponseBody::full(Bytes::from(text)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
        );
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    fn plain(&self) -> String {
        format!(
            "{} {}\n\n{}\n",
            self.status.as_u16(),
            self.words.title,
            self.words.body
        )
    }

    fn html(&self) -> String {
        let refresh = self.retry_after.map_or_else(String::new, |seconds| {
            format!("<meta http-equiv=\"refresh\" content=\"{seconds}\">")
        });
        let title = escape(&self.words.title);
        let body = code(&escape(&self.words.body));
        let status = self.status.as_u16();
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\">{refresh}<title>{title}</title>\
             <style>{STYLE}</style></head><body><main><p>{status}</p><h1>{title}</h1><p>{body}</p></main></body></html>\n"
        )
    }
}

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;color-scheme:light dark;margin:15vh auto;max-width:36rem;\
padding:0 1rem}h1{font-size:1.5rem}p:first-child{opacity:.6}code{font-family:ui-monospace,monospace}";

/// True when the client says that it reads HTML.
pub fn wants_html(headers: &HeaderMap) -> bool {
    let html = |value: &HeaderValue| {
        let value = value.as_bytes();
        value
            .windows(b"text/html".len())
            .any(|part| part.eq_ignore_ascii_case(b"text/html"))
    };
    headers.get_all(ACCEPT).iter().any(html)
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// Turns pairs of backquotes in escaped text into `code` elements.
fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for (index, part) in text.split('`').enumerate() {
        match index {
            0 => {}
            odd if odd % 2 == 1 => out.push_str("<code>"),
            _ => out.push_str("</code>"),
        }
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    #[test]
    fn names_are_escaped() {
        let page = Page::new(
            StatusCode::NOT_FOUND,
            text::stopped("<script>alert('x')</script>"),
        );
        let html = page.html();
        assert!(!html.contains("<script>") && html.contains("&lt;script&gt;"));
        assert!(html.contains("<code>havre start"));
        assert!(page.plain().starts_with("404 "));
    }
}
