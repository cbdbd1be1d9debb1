//! Which paths are served at all.

use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses methods that change something, and dotfiles: `.git`, `.env` and the like are never content.
pub async fn guard(request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (
            StatusCode::METHOD_NOT_ALLOWED,
            [(header::ALLOW, "GET, HEAD")],
        )
            .into_response();
    }
    if is_hidden(request.uri().path()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    next.run(request).await
}

/// True when a part of the path begins with a dot, encoded or not (`/.well-known/` at the top is content), and for the
/// files at the top that tell Havre how to serve: they may hold an environment.
pub fn is_hidden(path: &str) -> bool {
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    decoded.split(['/', '\\']).enumerate().any(|(place, part)| {
        let dotfile = part.starts_with('.') && !(place == 1 && part == ".well-known");
        dotfile || (place == 1 && OWN_FILES.contains(&part))
    })
}

const OWN_FILES: [&str; 2] = ["havre.toml", "Procfile"];

#[cfg(test)]
mod tests {
    use super::is_hidden;

    #[test]
    fn dotfiles_are_hidden_in_any_spelling() {
        for path in [
            "/.git/config",
            "/a/.env",
            "/%2egit/config",
            "/a/..%2f..%2fetc",
            "/a%2f.env",
            "/.",
            "/a/.well-known/x",
            "/%2e%2e/x",
            "/havre.toml",
            "/%68avre.toml",
            "/Procfile",
        ] {
            assert!(is_hidden(path), "{path}");
        }
        for path in [
            "/",
            "/a.txt",
            "/.well-known/acme",
            "/a/b.c/d",
            "/docs/Procfile",
        ] {
            assert!(!is_hidden(path), "{path}");
        }
    }
}
