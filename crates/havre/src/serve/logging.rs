//! Logs go to stderr; the service manager keeps them.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging at this level or filter (`info`, `havre=debug,warn`). A filter that cannot be read means `info`: a
/// server that starts with more words is better than one that does not start.
pub fn start(filter: &str) {
    let filter = EnvFilter::try_new(known(filter)).unwrap_or_else(|_| EnvFilter::new("info"));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && console::colors_enabled_stderr())
        .with_target(false)
        .try_init();
    // Only the first call in a process counts; the demo may come after another role.
    drop(started);
}

/// The original's levels are Python's.
fn known(filter: &str) -> String {
    match filter.trim().to_ascii_lowercase().as_str() {
        "warning" => "warn".to_owned(),
        "critical" | "fatal" => "error".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_levels_of_python_are_known() {
        assert_eq!(known("WARNING"), "warn");
        assert_eq!(known("CRITICAL"), "error");
        assert_eq!(known("INFO"), "info");
        assert!(EnvFilter::try_new(known("havre=debug,warn")).is_ok());
    }
}
