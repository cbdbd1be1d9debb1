//! A real sshd of our own: on loopback, on a spare port, with its own key and configuration, never as root.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, chown, geteuid};
use secrecy::ExposeSecret;
use ssh::{HostKeyPair, Target, Trust};
use tempfile::TempDir;

use crate::support::{client_key, host_pair, target};

const PROGRAM: &str = "/usr/sbin/sshd";

pub struct Sshd {
    pub port: u16,
    pub user: String,
    pub home: TempDir,
    pub pair: HostKeyPair,
    owner: User,
    extra: String,
    child: Option<Child>,
    log: Arc<Mutex<String>>,
}

/// Who runs it, and logs in: us, or as root somebody who has a shell.
fn owner() -> Option<User> {
    if !geteuid().is_root() {
        return User::from_uid(geteuid()).ok().flatten();
    }
    let passwd = fs::read_to_string("/etc/passwd").ok()?;
    let names = passwd.lines().filter_map(|line| line.split(':').next());
    names
        .filter_map(|name| User::from_name(name).ok().flatten())
        .find(|user| !user.uid.is_root() && user.shell.ends_with("bash"))
}

impl Sshd {
    /// Starts one; none, with a word, where that cannot be.
    pub fn start(test: &str) -> Option<Self> {
        Self::start_with(test, 100, "")
    }

    /// One with this key, and these lines in its configuration.
    pub fn start_with(test: &str, seed: u64, extra: &str) -> Option<Self> {
        if !Path::new(PROGRAM).exists() {
            println!("SKIPPED: {test}: {PROGRAM} is not installed");
            return None;
        }
        let Some(owner) = owner() else {
            println!("SKIPPED: {test}: there is no ordinary user with a shell");
            return None;
        };
        let mut sshd = Self {
            port: 0,
            user: owner.name.clone(),
            home: tempfile::tempdir().unwrap(),
            pair: host_pair(seed),
            owner,
            extra: extra.to_owned(),
            child: None,
            log: Arc::default(),
        };
        sshd.furnish();
        sshd.up();
        Some(sshd)
    }

    fn furnish(&self) {
        let path = self.home.path();
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
        let key = self.pair.private_openssh().unwrap();
        self.write("host_key", key.expose_secret());
        self.write("authorized", &format!("{}\n", client_key(1).public_line()));
        chown(path, Some(self.owner.uid), Some(self.owner.gid)).unwrap();
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        chown(&path, Some(self.owner.uid), Some(self.owner.gid)).unwrap();
        path
    }

    fn config(&self, port: u16) -> String {
        let home = self.home.path().display();
        let extra = &self.extra;
        format!(
            "{extra}\nPort {port}\nListenAddress 127.0.0.1\nHostKey {home}/host_key\nAuthorizedKeysFile {home}/authorized\n\
             PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             MaxStartups 200\nLogLevel VERBOSE\n"
        )
    }

    /// Starts it, on the port that it had before if it had one.
    pub fn up(&mut self) {
        for _ in 0..20 {
            let port = match self.port {
                0 => spare_port(),
                port => port,
            };
            if self.try_up(port) {
                self.port = port;
                return;
            }
        }
        panic!("sshd does not start: {}", self.log());
    }

    fn try_up(&mut self, port: u16) -> bool {
        let config = self.write("config", &self.config(port));
        let mut child = Command::new(PROGRAM)
            .args(["-D", "-e", "-f"])
            .arg(config)
            .current_dir("/")
            .uid(self.owner.uid.as_raw())
            .gid(self.owner.gid.as_raw())
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let listens = follow(lines.map_while(Result::ok), Arc::clone(&self.log));
        self.child = Some(child);
        let up = listens.recv().unwrap_or(false);
        if !up {
            self.kill();
        }
        up
    }

    /// Ends it and all its connections at once.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            for pid in family(&child) {
                // Some have ended by themselves.
                let _ = kill(pid, Signal::SIGKILL);
            }
            child.wait().unwrap();
        }
    }

    /// Sends this to it and all its connections.
    pub fn signal(&self, signal: Signal) {
        for pid in family(self.child.as_ref().unwrap()) {
            let _ = kill(pid, signal);
        }
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// How many connections were let in so far.
    pub fn logins(&self) -> usize {
        self.log().matches("Accepted publickey").count()
    }

    /// How to reach it, its key pinned.
    pub fn target(&self) -> Target {
        target(
            self.port,
            &self.user,
            Trust::Pinned(self.pair.public().clone()),
        )
    }

    /// A path in its home, for commands.
    pub fn path(&self, name: &str) -> String {
        self.home.path().join(name).display().to_string()
    }
}

/// It and all its descendants: each connection has a session of its own, so a process group does not hold them.
fn family(child: &Child) -> Vec<Pid> {
    let mut family = vec![child.id()];
    let processes = processes();
    let mut next = 0;
    while next < family.len() {
        let parent = family[next];
        let children = processes.iter().filter(|(_, of)| *of == parent);
        family.extend(children.map(|(pid, _)| *pid));
        next += 1;
    }
    let pid = |pid: u32| Pid::from_raw(pid.try_into().unwrap());
    family.into_iter().map(pid).collect()
}

/// All processes with their parents.
fn processes() -> Vec<(u32, u32)> {
    let parent = |stat: &str| stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok();
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            Some((pid, parent(&stat)?))
        })
        .collect()
}

fn spare_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Keeps the log, and tells when it says that it listens (true) or ends without (false).
fn follow(
    lines: impl Iterator<Item = String> + Send + 'static,
    log: Arc<Mutex<String>>,
) -> std::sync::mpsc::Receiver<bool> {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in lines {
            if line.contains("Server listening on") {
                let _ = tell.send(true);
            }
            let mut log = log.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
        let _ = tell.send(false);
    });
    told
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            println!("sshd said:\n{}", self.log());
        }
    }
}
