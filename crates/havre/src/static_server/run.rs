//! Serves until SIGTERM.

use std::process::ExitCode;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tower_http::services::{ServeDir, ServeFile};

use super::args::StaticArgs;
use super::{cache, paths};
use crate::exit::Exit;
use crate::screen::Screen;
use crate::text;

/// The whole role: reads its arguments and serves.
pub fn run() -> ExitCode {
    let served = StaticArgs::read(std::env::args_os().skip(2), |name| std::env::var(name).ok())
        .and_then(|args| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_io()
                .enable_time()
                // Files are read on these threads; a handful is plenty, and each costs memory.
                .max_blocking_threads(4)
                .build()
                .map_err(|error| error.to_string())?;
            runtime
                .block_on(serve(args))
                .map_err(|error| error.to_string())
        });
    match served {
        Ok(()) => Exit::Done.into(),
        Err(why) => {
            Screen { json: false }.say(&text::static_failed(&why));
            Exit::Platform.into()
        }
    }
}

async fn serve(args: StaticArgs) -> std::io::Result<()> {
    let mut ended = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind(args.listen).await?;
    Screen { json: false }.say(&text::static_serves(&args.dir, args.listen));
    axum::serve(listener, router(&args))
        .with_graceful_shutdown(async move {
            ended.recv().await;
        })
        .await
}

/// Everything that the static server does with a request.
pub fn router(args: &StaticArgs) -> Router {
    let files = ServeDir::new(&args.dir)
        .append_index_html_on_directories(true)
        .precompressed_gzip();
    let router = if args.spa {
        let page = ServeFile::new(args.dir.join("index.html")).precompressed_gzip();
        Router::new().fallback_service(files.fallback(page))
    } else if args.dir.join("404.html").is_file() {
        let page = ServeFile::new(args.dir.join("404.html")).precompressed_gzip();
        Router::new().fallback_service(files.not_found_service(page))
    } else {
        let nothing =
            Router::new().fallback(async || (StatusCode::NOT_FOUND, text::STATIC_NOT_FOUND));
        Router::new().fallback_service(files.fallback(nothing))
    };
    router
        .layer(from_fn_with_state(args.release.clone(), cache::headers))
        .layer(from_fn(paths::guard))
}
