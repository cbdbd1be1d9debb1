//! A driver on the lab's cluster, and short ways to use it.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::guest::*;
use domain::plan::{Runtime, RuntimeNeed};
use domain::ports::{Dice, Driver, DriverError, SystemClock};
use domain::{ArtifactId, DeploymentKind, GuestId, Resources};
use drivers::local::CrashPolicy;
use drivers::local::toolchain::HostEnv;
use drivers::proxmox::settings::{
    AddressPlan, AddressRange, AuthId, NetworkSettings, TlsChoice, VmidRange,
};
use drivers::proxmox::{ClusterSettings, ProxmoxConfig, ProxmoxDriver, ProxmoxLimits};
use nix::fcntl::{Flock, FlockArg};
use secrecy::SecretString;

use super::fake_machines::FakeMachines;
use crate::bed::{Said, command, deployment};

/// Waiting for a condition ends after this.
pub const BOUND: Duration = Duration::from_secs(60);

pub struct Lab {
    pub driver: Arc<ProxmoxDriver>,
    pub config: ProxmoxConfig,
    pub machines: Arc<FakeMachines>,
    _data: tempfile::TempDir,
    pub label: &'static str,
    pub kind: DeploymentKind,
    _turn: Flock<File>,
}

/// The lab, where there is one; `name` is that of the test, and names its machines.
pub fn lab(name: &'static str, vmids: std::ops::RangeInclusive<u32>) -> Option<Lab> {
    lab_with(name, vmids, |_| {})
}

/// The same with other settings.
pub fn lab_with(
    name: &'static str,
    vmids: std::ops::RangeInclusive<u32>,
    change: impl FnOnce(&mut ProxmoxConfig),
) -> Option<Lab> {
    if std::env::var_os("HAVRE_LAB").is_none() {
        println!("SKIPPED: {name}: no lab; run it by scripts/lab/run");
        return None;
    }
    let data = tempfile::Builder::new().prefix("hv").tempdir().unwrap();
    let machines = Arc::new(FakeMachines::default());
    let mut config = config(&data, vmids);
    change(&mut config);
    let driver = Arc::new(ProxmoxDriver::open(config.clone(), machines.clone()).unwrap());
    Some(Lab {
        _turn: turn(),
        kind: DeploymentKind::Lxc,
        driver,
        config,
        machines,
        _data: data,
        label: name,
    })
}

/// One test of the driver at a time: faults hit whoever asks.
fn turn() -> Flock<File> {
    let file = File::create(PathBuf::from(env("HAVRE_LAB_FOLDER")).join("driver.turn")).unwrap();
    let locked = Flock::lock(file, FlockArg::LockExclusive);
    locked.map_err(|(_, error)| error).unwrap()
}

fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("the lab did not set {name}"))
}

fn config(data: &tempfile::TempDir, vmids: std::ops::RangeInclusive<u32>) -> ProxmoxConfig {
    let seed = [u8::try_from(*vmids.start() % 251).unwrap(); 32];
    let dice = Dice::seeded(seed);
    let key = drivers::proxmox::keys::new_ssh_key(&dice).unwrap();
    ProxmoxConfig {
        cluster: "lab".into(),
        settings: settings(vmids),
        secret: SecretString::from(env("PROXMOX_TOKEN_SECRET")),
        ssh_key: key,
        data_dir: data.path().to_owned(),
        exe: PathBuf::from(env!("CARGO_BIN_EXE_havre-guest")),
        limits: ProxmoxLimits::default(),
        crash: CrashPolicy::default(),
        clock: Arc::new(SystemClock::new(tokio::time::sleep)),
        dice: Arc::new(dice),
        host: HostEnv::new(std::env::vars()),
    }
}

/// Addresses by the numbers of machines, so that tests beside each other do not meet.
fn settings(vmids: std::ops::RangeInclusive<u32>) -> ClusterSettings {
    let range = env("HAVRE_LAB_RANGE");
    let (first, last) = range.split_once('-').unwrap();
    let (first, last): (std::net::Ipv4Addr, std::net::Ipv4Addr) =
        (first.parse().unwrap(), last.parse().unwrap());
    let part = (vmids.start() / 100 % 10) * 19;
    let first = std::net::Ipv4Addr::from_bits(first.to_bits() + part);
    let last = std::net::Ipv4Addr::from_bits((first.to_bits() + 18).min(last.to_bits()));
    ClusterSettings {
        url: env("PROXMOX_URL"),
        auth: AuthId::Token(env("PROXMOX_TOKEN_ID").parse().unwrap()),
        tls: TlsChoice::Fingerprints(vec![env("PROXMOX_FINGERPRINT")]),
        pool: None,
        vmids: VmidRange {
            first: *vmids.start(),
            last: *vmids.end(),
        },
        disks: env("PROXMOX_STORAGE").parse().unwrap(),
        templates: "local".parse().unwrap(),
        images: None,
        network: NetworkSettings {
            bridge: env("PROXMOX_NETWORK_BRIDGE").parse().unwrap(),
            vlan: None,
            firewall: false,
            addresses: AddressPlan::Range(AddressRange {
                prefix: 24,
                gateway: env("HAVRE_LAB_GATEWAY").parse().unwrap(),
                dns: None,
                first,
                last,
            }),
        },
        nodes: Vec::new(),
        template: None,
        image: None,
        jump: None,
        concurrency: Default::default(),
    }
}

pub fn need(runtime: Runtime) -> RuntimeNeed {
    RuntimeNeed {
        runtime,
        version: None,
        optional: None,
    }
}

impl Lab {
    /// As after a restart of the controller, or as another server.
    pub fn reopened(&self) -> ProxmoxDriver {
        self.reopened_with(|_| {})
    }

    /// The same with other settings.
    pub fn reopened_with(&self, change: impl FnOnce(&mut ProxmoxConfig)) -> ProxmoxDriver {
        let mut config = self.config.clone();
        change(&mut config);
        config.dice = Arc::new(Dice::seeded([7; 32]));
        ProxmoxDriver::open(config, self.machines.clone()).unwrap()
    }

    pub async fn base(&self, needs: Vec<RuntimeNeed>) -> Base {
        let wish = BaseWish {
            kind: self.kind,
            node: None,
            needs,
            any_version: false,
        };
        let say = |line: domain::ports::OutLine| println!("  base: {}", line.text);
        self.driver.prepare_base(&wish, &say).await.unwrap()
    }

    pub fn spec(
        &self,
        number: u32,
        role: Role,
        base: &Base,
        artifact: Option<ArtifactId>,
    ) -> GuestSpec {
        GuestSpec {
            id: format!(
                "g{:012x}",
                u64::from(*self.vmids().start()) << 16 | u64::from(number)
            )
            .parse()
            .unwrap(),
            deployment: deployment(*self.vmids().start()),
            release: "550e8400-e29b-41d4-a716-44665544aaaa".parse().unwrap(),
            label: self
                .label
                .replace('_', "-")
                .chars()
                .take(40)
                .collect::<String>()
                .trim_end_matches('-')
                .parse()
                .unwrap(),
            slot: 7,
            role,
            kind: self.kind,
            node: None,
            tags: vec!["flask".into()],
            base: base.id.clone(),
            artifact,
            resources: Resources {
                cores: 1,
                memory: 256,
                disk: 5,
            },
            persist: Vec::new(),
        }
    }

    pub fn vmids(&self) -> std::ops::RangeInclusive<u32> {
        self.config.settings.vmids.numbers()
    }

    pub async fn sh(&self, guest: &GuestId, line: &str) -> Said {
        let mut exec = command(line);
        exec.timeout = BOUND;
        let lines = Mutex::new(Vec::new());
        let end = self
            .driver
            .exec(guest, &exec, &|line| lines.lock().unwrap().push(line.text))
            .await;
        Said {
            end,
            lines: lines.into_inner().unwrap(),
        }
    }

    pub async fn app(&self, guest: &GuestId) -> Result<AppState, Observation> {
        match self.driver.observe(guest).await {
            Observation::Present(seen) => Ok(seen.app),
            other => Err(other),
        }
    }

    /// Waits until the guest is seen as asked.
    pub async fn until(&self, guest: &GuestId, what: impl Fn(&Observation) -> bool) -> Observation {
        let started = Instant::now();
        loop {
            let seen = self.driver.observe(guest).await;
            if what(&seen) {
                return seen;
            }
            assert!(started.elapsed() < BOUND, "waited in vain: {seen:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Asks the app over HTTP until it answers.
    pub async fn get(&self, guest: &GuestId, path: &str) -> String {
        let Upstream::Tcp(address) = self.driver.address(guest).await.unwrap() else {
            panic!("not an address")
        };
        let request = format!("GET {path} HTTP/1.0\r\nHost: x\r\n\r\n");
        let started = Instant::now();
        loop {
            let request = request.clone();
            let answer = tokio::task::spawn_blocking(move || ask(address, &request));
            match answer.await.unwrap() {
                Ok(answer) => return answer,
                Err(error) => assert!(started.elapsed() < BOUND, "no answer: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What really stands in the lab, by the numbers of this test.
    pub fn really(&self) -> Vec<serde_json::Value> {
        let all = control("GET", "/guests", "");
        let all: serde_json::Value = serde_json::from_str(&all).unwrap();
        let rows = all
            .as_array()
            .cloned()
            .unwrap_or_else(|| all["guests"].as_array().cloned().unwrap());
        rows.into_iter()
            .filter(|row| {
                self.vmids()
                    .contains(&u32::try_from(row["vmid"].as_u64().unwrap()).unwrap())
            })
            .collect()
    }
}

/// Removes what a driver made, whatever the test did.
pub async fn tidy(lab: &Lab) {
    for guest in lab.driver.list().await.unwrap() {
        lab.driver.destroy(&guest.id).await.unwrap();
    }
}

pub fn is_gone(result: Result<(), DriverError>) -> bool {
    matches!(result, Err(DriverError::Gone(_)))
}

fn ask(address: SocketAddr, request: &str) -> std::io::Result<String> {
    let mut tcp = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    tcp.set_read_timeout(Some(BOUND))?;
    tcp.write_all(request.as_bytes())?;
    let mut answer = String::new();
    tcp.read_to_string(&mut answer)?;
    Ok(answer)
}

/// One call of the lab's control port; the body of the answer.
pub fn control(method: &str, path: &str, body: &str) -> String {
    let address = env("HAVRE_LAB_CONTROL");
    let address = address.strip_prefix("http://").unwrap().parse().unwrap();
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: lab\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = ask(address, &request).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains(" 200") || head.contains(" 201"),
        "{method} {path}: {head}: {body}"
    );
    body.to_owned()
}
