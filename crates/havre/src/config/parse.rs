//! Texts of settings as values. Errors are fragments: the caller says which setting and where it came from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::LocalGit;
use crate::text;

/// `127.0.0.1:5000`, `[::1]:5000` or `localhost:5000`.
pub fn address(input: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = input.parse() {
        return Ok(address);
    }
    let port = input
        .strip_prefix("localhost:")
        .and_then(|port| port.parse().ok());
    port.map(|port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))
        .ok_or_else(|| text::NOT_AN_ADDRESS.to_owned())
}

/// A number of at least one.
pub fn count(input: &str) -> Result<usize, String> {
    match input.parse::<usize>() {
        Ok(number) if (1..=1000).contains(&number) => Ok(number),
        _ => Err(text::NOT_A_COUNT.to_owned()),
    }
}

/// A size or number of cores: at least one.
pub fn amount(input: &str) -> Result<u32, String> {
    match input.parse::<u32>() {
        Ok(number) if number >= 1 => Ok(number),
        _ => Err(text::NOT_AN_AMOUNT.to_owned()),
    }
}

/// Whole seconds, at most a year.
pub fn seconds(input: &str) -> Result<Duration, String> {
    match input.parse::<u64>() {
        Ok(number) if number <= 31_536_000 => Ok(Duration::from_secs(number)),
        _ => Err(text::NOT_SECONDS.to_owned()),
    }
}

/// `1`, `true`, `yes` or `0`, `false`, `no`.
pub fn flag(input: &str) -> Result<bool, String> {
    match input {
        "1" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" => Ok(false),
        _ => Err(text::NOT_A_FLAG.to_owned()),
    }
}

/// `1` for any folder, `0` for none, else absolute folders separated by `:`.
pub fn local_git(input: &str) -> Result<LocalGit, String> {
    match input {
        "0" | "false" | "no" => return Ok(LocalGit::None),
        "1" | "true" | "yes" => return Ok(LocalGit::Any),
        _ => {}
    }
    let roots: Vec<PathBuf> = input.split(':').map(PathBuf::from).collect();
    if roots.iter().all(|root| root.is_absolute()) {
        Ok(LocalGit::Below(roots))
    } else {
        Err(text::NOT_ROOTS.to_owned())
    }
}

/// A DNS name in lower case.
pub fn domain(input: &str) -> Result<String, String> {
    let label = |label: &str| label.parse::<domain::HostLabel>().is_ok();
    let lower = input.to_ascii_lowercase();
    if lower.len() <= 190 && lower.split('.').all(label) {
        Ok(lower)
    } else {
        Err(text::NOT_A_DOMAIN.to_owned())
    }
}

/// An absolute folder or file.
pub fn path(input: &str) -> Result<PathBuf, String> {
    std::path::absolute(input).map_err(|_| text::NOT_A_PATH.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_git_is_all_none_or_roots() {
        assert_eq!(local_git("1"), Ok(LocalGit::Any));
        assert_eq!(local_git("0"), Ok(LocalGit::None));
        assert_eq!(
            local_git("/a:/b"),
            Ok(LocalGit::Below(vec!["/a".into(), "/b".into()]))
        );
        assert!(local_git("a:/b").is_err());
    }

    #[test]
    fn addresses_have_a_port() {
        assert_eq!(address("localhost:1").unwrap().to_string(), "127.0.0.1:1");
        assert!(address("127.0.0.1").is_err() && address("example.com:80").is_err());
    }

    #[test]
    fn a_domain_cannot_carry_a_port_or_a_slash() {
        assert_eq!(
            domain("Apps.Example.COM").as_deref(),
            Ok("apps.example.com")
        );
        for bad in ["", "a..b", "a:80", "a/b", "-a", "a b"] {
            assert!(domain(bad).is_err(), "{bad}");
        }
    }
}
