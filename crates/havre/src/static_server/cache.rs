//! Cache headers. An artifact's files may all carry the same time, so size and time alone do not tell two releases apart:
//! the release is part of every ETag, and `If-Modified-Since` alone proves nothing.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// Puts the release into ETags, and says how long an answer may be kept.
pub async fn headers(State(release): State<String>, mut request: Request, next: Next) -> Response {
    let fingerprinted = is_fingerprinted(request.uri().path());
    unmark(request.headers_mut(), &release);
    let mut response = next.run(request).await;
    let is_file = response.headers().contains_key(header::ETAG);
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let headers = response.headers_mut();
    mark(headers, &release);
    // The fallback page of an SPA may stand under the name of an asset that is gone.
    let keep = if fingerprinted && is_file && !is_page {
        IMMUTABLE
    } else {
        ASK_AGAIN
    };
    headers.insert(header::CACHE_CONTROL, keep);
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// `"x"` becomes `"RELEASE-x"`.
fn mark(headers: &mut HeaderMap, release: &str) {
    let marked = headers
        .get(header::ETAG)
        .and_then(|etag| etag.to_str().ok())
        .map(|etag| etag.replacen('"', &format!("\"{release}-"), 1))
        .and_then(|etag| HeaderValue::from_str(&etag).ok());
    if let Some(etag) = marked {
        headers.insert(header::ETAG, etag);
    }
}

/// Gives the file service its own ETags back, and drops conditions that speak of another release.
fn unmark(headers: &mut HeaderMap, release: &str) {
    let prefix = format!("\"{release}-");
    for name in [header::IF_NONE_MATCH, header::IF_MATCH, header::IF_RANGE] {
        let Some(value) = headers.get(&name) else {
            continue;
        };
        let own = value
            .to_str()
            .ok()
            .filter(|text| text.contains(&prefix))
            .and_then(|text| HeaderValue::from_str(&text.replace(&prefix, "\"")).ok());
        match own {
            Some(own) => drop(headers.insert(name, own)),
            None if name == header::IF_RANGE => {
                headers.remove(header::IF_RANGE);
                headers.remove(header::RANGE);
            }
            None => drop(headers.remove(name)),
        }
    }
    headers.remove(header::IF_MODIFIED_SINCE);
}

/// True for names that a bundler made from the content: `index-4f9a1c2b.js`, `main.0a1b2c3d.chunk.css`.
fn is_fingerprinted(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or_default();
    let Some((stem, _)) = file.rsplit_once('.') else {
        return false;
    };
    stem.split(['.', '-', '_']).skip(1).any(|part| {
        part.len() >= 8
            && part.bytes().all(|b| b.is_ascii_alphanumeric())
            && part.bytes().any(|b| b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::is_fingerprinted;

    #[test]
    fn only_names_made_from_content_are_kept_for_ever() {
        for path in [
            "/assets/index-4f9a1c2b.js",
            "/static/js/main.0a1b2c3d.chunk.js",
            "/a/b-DiwrgTda9.css",
        ] {
            assert!(is_fingerprinted(path), "{path}");
        }
        for path in [
            "/index.html",
            "/app.js",
            "/jquery-3.7.1.min.js",
            "/",
            "/my-component.js",
            "/a.b/c",
        ] {
            assert!(!is_fingerprinted(path), "{path}");
        }
    }
}
