//! How the app ended, as a unit's last command is told: `exit-code exited 7`, `signal killed SEGV`. Pure.

use std::str::FromStr;

use nix::sys::signal::Signal;

use crate::local::shared::End;

/// Reads it.
pub fn read(words: &str) -> Option<End> {
    let mut words = words.split_ascii_whitespace();
    let (result, code, status) = (words.next()?, words.next()?, words.next()?);
    match code {
        _ if result == "oom-kill" => Some(End::OutOfMemory),
        "exited" => status.parse().ok().map(End::Code),
        "killed" | "dumped" => signal(status).map(End::Signal),
        _ => None,
    }
}

fn signal(name: &str) -> Option<i32> {
    let known = Signal::from_str(&format!("SIG{name}")).map(|signal| signal as i32);
    known.ok().or_else(|| real_time(name))
}

/// `RTMIN+3`, and numbers of what has no name.
fn real_time(name: &str) -> Option<i32> {
    match name.strip_prefix("RTMIN") {
        Some("") => Some(libc::SIGRTMIN()),
        Some(more) => Some(libc::SIGRTMIN() + more.strip_prefix('+')?.parse::<i32>().ok()?),
        None => name.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("exit-code exited 7", Some(End::Code(7)))]
    #[case("success exited 0", Some(End::Code(0)))]
    #[case("signal killed SEGV", Some(End::Signal(11)))]
    #[case("success killed TERM", Some(End::Signal(15)))]
    #[case("core-dump dumped ABRT", Some(End::Signal(6)))]
    #[case("signal killed RTMIN+2", Some(End::Signal(libc::SIGRTMIN() + 2)))]
    #[case("oom-kill killed KILL", Some(End::OutOfMemory))]
    #[case("", None)]
    #[case("signal killed", None)]
    #[case("signal killed WHAT", None)]
    fn an_end_is_read(#[case] words: &str, #[case] end: Option<End>) {
        assert_eq!(read(words), end);
    }
}
