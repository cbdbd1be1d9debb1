//! What the static server is told: two flags by the driver, the address by the environment that every app gets.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// What the static server is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticArgs {
    /// The folder that is served.
    pub dir: PathBuf,
    /// Unknown paths answer `index.html`.
    pub spa: bool,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Names the release in ETags: files of two releases may have the same size and time.
    pub release: String,
}

impl StaticArgs {
    /// Reads the arguments after `__static`, and `HOST`, `PORT`, `HAVRE_RELEASE` of the environment.
    pub fn read(
        args: impl Iterator<Item = OsString>,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let (mut dir, mut spa) = (None, false);
        let mut args = args;
        while let Some(arg) = args.next() {
            match arg.to_str() {
                Some("--dir") => dir = args.next().map(PathBuf::from),
                Some("--spa") => spa = true,
                _ => return Err(format!("unknown argument {arg:?}")),
            }
        }
        let host = env("HOST").unwrap_or_else(|| Ipv4Addr::UNSPECIFIED.to_string());
        let host: IpAddr = host
            .parse()
            .map_err(|_| format!("HOST={host} is not an address"))?;
        let port = env("PORT").unwrap_or_default();
        let port: u16 = port
            .parse()
            .map_err(|_| format!("PORT={port} is not a port"))?;
        Ok(Self {
            dir: dir.ok_or("--dir is missing")?,
            spa,
            listen: SocketAddr::new(host, port),
            release: env("HAVRE_RELEASE").unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str], port: &str) -> Result<StaticArgs, String> {
        let env = |name: &str| (name == "PORT").then(|| port.to_owned());
        StaticArgs::read(args.iter().map(OsString::from), env)
    }

    #[test]
    fn the_address_comes_from_the_environment() {
        let args = read(&["--dir", "dist", "--spa"], "8000").unwrap();
        assert_eq!(args.listen.to_string(), "0.0.0.0:8000");
        assert!(args.spa);
    }

    #[test]
    fn what_is_missing_or_odd_is_told() {
        assert!(read(&["--dir", "x"], "").is_err());
        assert!(read(&["--spa"], "1").is_err());
        assert!(read(&["--dir", "x", "--list"], "1").is_err());
    }
}
