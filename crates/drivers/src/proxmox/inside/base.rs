//! What makes a fresh machine a base, and a clone a guest of its own.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use domain::ports::{DriverError, LineSink};

use super::enter::{self, SHORT};
use super::files::done;
use super::guest::Boot;
use super::launch::Launch;
use super::lines::Lines;
use super::shell::{Exit, Shell};
use crate::local::toolchain::RegistrySettings;
use crate::text::inside as text;

const PREPARE: &str = include_str!("scripts/prepare.sh");
const CLEAN: &str = include_str!("scripts/clean.sh");
const INSTALL: &str = include_str!("scripts/install.sh");
const HOST_KEY: &str = include_str!("scripts/host_key.sh");
/// Three lines: the kernel's life, this system's within it, the seconds since then.
const BOOT: &str = "cat /proc/sys/kernel/random/boot_id
systemctl show --property=UserspaceTimestampMonotonic --value
now=$(date +%s) began=$(systemctl show --timestamp=unix --property=UserspaceTimestamp --value)
echo $((now - ${began#@}))";

/// Installing packages takes less than this on any network that works.
const INSTALLING: Duration = Duration::from_secs(1800);

/// Settings of the host that lead to a package mirror; all that apt understands of them.
const PROXIES: [&str; 6] = [
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
];

/// Makes a fresh machine what this module needs.
pub async fn prepare(shell: &dyn Shell, sink: LineSink<'_>) -> Result<(), DriverError> {
    run(shell, &["/bin/sh", "-c", PREPARE], SHORT * 3, sink).await?;
    enter::install(shell).await
}

/// Installs packages.
pub async fn install(
    shell: &dyn Shell,
    packages: &[&str],
    registries: Option<&RegistrySettings>,
    sink: LineSink<'_>,
) -> Result<(), DriverError> {
    let known = registries.map(|registries| &registries.env);
    let proxies = known.into_iter().flatten();
    let proxies = proxies.filter(|(name, _)| PROXIES.contains(&name.as_str()));
    let mut env: BTreeMap<String, String> = proxies
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    for (name, value) in [
        ("DEBIAN_FRONTEND", "noninteractive"),
        ("LANG", "C.UTF-8"),
        ("PATH", path),
    ] {
        env.insert(name.into(), value.into());
    }
    let mut argv = ["/bin/sh", "-c", INSTALL, "havre-install"]
        .map(str::to_owned)
        .to_vec();
    argv.extend(packages.iter().map(|package| (*package).to_owned()));
    let folder = "/".into();
    let launch = Launch { argv, env, folder }.encode()?;
    enter::install(shell).await?;
    let mask = registries.map_or(&[][..], RegistrySettings::masked);
    let heard = hear(shell, &[enter::path(), "-"], launch, INSTALLING, mask, sink).await?;
    match heard.exit {
        Exit::Code(0) => Ok(()),
        _ => Err(text::not_installed(packages, &heard.last)),
    }
}

/// Runs a command of root's.
pub async fn run(
    shell: &dyn Shell,
    argv: &[&str],
    bound: Duration,
    sink: LineSink<'_>,
) -> Result<(), DriverError> {
    let heard = hear(shell, argv, Vec::new(), bound, &[], sink).await?;
    let name = argv.first().copied().unwrap_or_default();
    match heard.exit {
        Exit::Code(0) => Ok(()),
        _ => Err(text::failed(&format!("run {name}"), &heard.last)),
    }
}

struct Heard {
    exit: Exit,
    last: String,
}

async fn hear(
    shell: &dyn Shell,
    argv: &[&str],
    input: Vec<u8>,
    bound: Duration,
    mask: &[String],
    sink: LineSink<'_>,
) -> Result<Heard, DriverError> {
    let last = std::sync::Mutex::new(VecDeque::new());
    let keep = |line: domain::ports::OutLine| {
        let mut last = last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        last.push_back(line.text.clone());
        if last.len() > 8 {
            last.pop_front();
        }
        drop(last);
        sink(line);
    };
    // One cleaner each: half a line of the one is not half a line of the other.
    let (mut out, mut err) = (Lines::new(mask, &keep), Lines::new(mask, &keep));
    let mut on_out = |bytes: &[u8]| out.push(bytes);
    let mut on_err = |bytes: &[u8]| err.push(bytes);
    let ran = shell.stream(argv, input, &mut on_out, &mut on_err);
    let exit = match tokio::time::timeout(bound, ran).await {
        Ok(exit) => exit?,
        Err(_) => return Err(DriverError::Transient(text::takes_too_long(bound))),
    };
    out.end();
    err.end();
    let last = last
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let last: Vec<String> = last.into();
    Ok(Heard {
        exit,
        last: last.join("\n"),
    })
}

/// Removes what must not be in two machines.
pub async fn clean(shell: &dyn Shell) -> Result<(), DriverError> {
    let said = shell.run(&["/bin/sh", "-c", CLEAN], b"", SHORT * 3).await?;
    done("clean the base", said).map(drop)
}

/// Waits until systemd is up.
pub async fn ready(shell: &dyn Shell, bound: Duration) -> Result<(), DriverError> {
    let argv = ["systemctl", "is-system-running", "--wait"];
    let said = shell.run(&argv, b"", bound).await?;
    match said.stdout.trim() {
        "running" | "degraded" => Ok(()),
        state => Err(DriverError::Transient(text::not_ready(state))),
    }
}

/// Which life this is.
pub async fn boot(shell: &dyn Shell) -> Result<Boot, DriverError> {
    let said = done(
        "look at the start of the guest",
        shell.run(&["/bin/sh", "-c", BOOT], b"", SHORT).await?,
    )?;
    let lines: Vec<&str> = said.lines().map(str::trim).collect();
    let [kernel, system, seconds] = lines[..] else {
        return Err(text::odd_answer("look at the start", &said));
    };
    let seconds = seconds
        .parse::<i64>()
        .map_err(|_| text::odd_answer("look at the start", &said))?;
    Ok(Boot {
        id: format!("{kernel}-{system}"),
        uptime: Duration::from_secs(seconds.max(0).unsigned_abs()),
    })
}

/// A new host key.
pub async fn new_host_key(shell: &dyn Shell) -> Result<ssh::HostKey, DriverError> {
    let said = shell
        .run(&["/bin/sh", "-c", HOST_KEY, "havre-key", "new"], b"", SHORT)
        .await?;
    let said = done("make a host key", said)?;
    said.parse()
        .map_err(|_| text::odd_answer("make a host key", &said))
}

/// Uses it.
pub async fn switch_host_key(shell: &dyn Shell) -> Result<(), DriverError> {
    let said = shell
        .run(
            &["/bin/sh", "-c", HOST_KEY, "havre-key", "switch"],
            b"",
            SHORT,
        )
        .await?;
    done("use the new host key", said).map(drop)
}
