//! A PostgreSQL of one test, for what a shared one must not be turned to: TLS, few connections, other rules of admission.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};
use tempfile::TempDir;

/// How many connections it takes.
pub const CONNECTIONS: usize = 4;

/// The server; stopped and erased when dropped.
pub struct OwnPostgres {
    home: TempDir,
    port: u16,
    child: Child,
    _log: Log,
}

type Log = BufReader<ChildStderr>;

/// Where a program of PostgreSQL is.
fn programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut found: Vec<PathBuf> = debian.flatten().map(|it| it.path().join("bin")).collect();
    found.sort();
    found
        .into_iter()
        .rev()
        .find(|bin| bin.join("initdb").exists())
}

/// PostgreSQL refuses to be root; Debian made a user for it.
fn as_user(program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some(user) = other_user() {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn other_user() -> Option<User> {
    let user = || User::from_name("postgres").ok().flatten();
    geteuid().is_root().then(user).flatten()
}

impl OwnPostgres {
    /// Starts one with TLS, its certificate for `localhost` signed by an authority of its own; none, with a word, where
    /// that cannot be.
    #[expect(clippy::print_stdout, reason = "a test that cannot run says so")]
    pub fn start(test: &str) -> Option<Self> {
        let Some(bin) = programs() else {
            println!("SKIPPED: {test}: PostgreSQL is not installed");
            return None;
        };
        let home = tempfile::tempdir().unwrap();
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let data = home.path().join("data");
        let password = home.path().join("password");
        fs::write(&password, "top-secret").unwrap();
        if !certify(home.path()) {
            println!("SKIPPED: {test}: openssl is not installed");
            return None;
        }
        fs::create_dir(&data).unwrap();
        own(&data);
        fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
        let mut initdb = as_user(&bin.join("initdb"));
        let made = initdb
            .arg("-D")
            .arg(&data)
            .arg("--pwfile")
            .arg(&password)
            .args([
                "-U",
                "havre",
                "-A",
                "scram-sha-256",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
            ]);
        assert!(made.status().unwrap().success(), "initdb");
        let port = free_port();
        let (child, log) = launch(&bin, home.path(), port);
        Some(Self {
            home,
            port,
            child,
            _log: log,
        })
    }

    /// A file of its home: `ca.pem`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A URL of the superuser.
    pub fn url(&self, host: &str, rest: &str) -> String {
        format!("postgresql://havre:top-secret@{host}:{}/{rest}", self.port)
    }

    /// Puts other rules of admission in the place of its own.
    pub fn admit(&self, rules: &str) {
        fs::write(self.file("data/pg_hba.conf"), rules).unwrap();
        self.signal(Signal::SIGHUP);
    }

    /// Ends it at once.
    pub fn stop(&mut self) {
        self.signal(Signal::SIGQUIT);
        self.child.wait().unwrap();
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.stop();
        }
    }
}

fn own(path: &Path) {
    if let Some(user) = other_user() {
        chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
    }
}

/// Makes an authority and a certificate of it for `localhost`. False without openssl.
fn certify(home: &Path) -> bool {
    fs::write(home.join("names"), "subjectAltName=DNS:localhost").unwrap();
    let steps = [
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=Test",
        "req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile names",
    ];
    let done = steps.iter().all(|step| {
        let mut openssl = Command::new("openssl");
        let ran = openssl.current_dir(home).args(step.split(' ')).output();
        ran.is_ok_and(|ran| ran.status.success())
    });
    if done {
        let key = home.join("server.key");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        own(&key);
    }
    done
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The server, once it is ready, and the rest of its log, which must stay open.
fn launch(bin: &Path, home: &Path, port: u16) -> (Child, Log) {
    let mut server = as_user(&bin.join("postgres"));
    server.arg("-D").arg(home.join("data"));
    let settings = [
        ("port", port.to_string()),
        ("listen_addresses", "127.0.0.1".to_owned()),
        ("unix_socket_directories", String::new()),
        ("max_connections", CONNECTIONS.to_string()),
        ("superuser_reserved_connections", "0".to_owned()),
        ("max_wal_senders", "0".to_owned()),
        ("fsync", "off".to_owned()),
        ("ssl", "on".to_owned()),
        (
            "ssl_cert_file",
            home.join("server.pem").display().to_string(),
        ),
        (
            "ssl_key_file",
            home.join("server.key").display().to_string(),
        ),
    ];
    for (name, value) in settings {
        server.arg("-c").arg(format!("{name}={value}"));
    }
    let mut child = server.stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    // A server that fails says why and closes its log.
    let mut said = String::new();
    while !said.contains("ready to accept connections") {
        let line = log.read_line(&mut said).unwrap();
        assert!(line > 0, "PostgreSQL does not start: {said}");
    }
    (child, log)
}
