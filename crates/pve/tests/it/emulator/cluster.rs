//! A cluster of the emulator, asked for over its control.

use std::time::Duration;

use pve::{
    Auth, Client, Endpoint, Guest, GuestKind, Limits, MountPoint, NodeName, SecretString, Tls,
    Upid, Vmid, lxc,
};
use serde_json::{Value, json};

pub const BOUND: Duration = Duration::from_secs(20);
pub const TEMPLATE: &str = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";

/// A cluster of this test alone. It goes with the emulator.
pub struct Cluster {
    control: String,
    about: Value,
    http: reqwest::Client,
}

impl Cluster {
    /// `None`, said aloud, where there is no emulator.
    pub async fn new(test: &str, wanted: Value) -> Option<Cluster> {
        let Ok(control) = std::env::var("HAVRE_TEST_PVE_CONTROL") else {
            println!(
                "SKIPPED: {test}: HAVRE_TEST_PVE_CONTROL is not set (scripts/test/fakepve sets it)"
            );
            return None;
        };
        // reqwest takes the process's own TLS provider, even for plain HTTP.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::new();
        let about = ask(http.post(format!("{control}/clusters")).json(&wanted)).await;
        Some(Cluster {
            control,
            about,
            http,
        })
    }

    fn text(&self, key: &str) -> &str {
        self.about[key].as_str().unwrap()
    }

    pub fn endpoint(&self) -> Endpoint {
        let secret = SecretString::from(self.text("token_secret"));
        Endpoint {
            url: self.text("url").parse().unwrap(),
            auth: Auth::Token {
                id: self.text("token_id").parse().unwrap(),
                secret,
            },
            tls: Tls::Fingerprints(vec![self.text("fingerprint").parse().unwrap()]),
            limits: Limits {
                attempts: 3,
                pause: Duration::from_millis(5),
                ..Limits::default()
            },
            seed: 1,
        }
    }

    pub fn client(&self) -> Client {
        Client::new(self.endpoint()).unwrap()
    }

    pub fn with_password(&self) -> Client {
        let password = SecretString::from(self.text("password"));
        Client::new(Endpoint {
            auth: Auth::Password {
                user: self.text("user").parse().unwrap(),
                password,
            },
            ..self.endpoint()
        })
        .unwrap()
    }

    /// Lets something happen to it.
    pub async fn call(&self, name: &str, args: Value, kwargs: Value) -> Value {
        let body = json!({"name": name, "args": args, "kwargs": kwargs});
        ask(self
            .http
            .post(format!(
                "{}/clusters/{}/call",
                self.control,
                self.text("id")
            ))
            .json(&body))
        .await
    }

    pub async fn set(&self, what: Value) {
        ask(self
            .http
            .post(format!("{}/clusters/{}/set", self.control, self.text("id")))
            .json(&what))
        .await;
    }

    /// The guests as the emulator has them.
    pub async fn guests(&self) -> Value {
        ask(self.http.get(format!(
            "{}/clusters/{}/guests",
            self.control,
            self.text("id")
        )))
        .await
    }
}

async fn ask(request: reqwest::RequestBuilder) -> Value {
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{text}");
    serde_json::from_str(&text).unwrap()
}

pub fn node() -> NodeName {
    "pve1".parse().unwrap()
}

pub fn container(client: &Client, vmid: Vmid) -> Guest {
    client.guest(GuestKind::Lxc, &node(), vmid)
}

/// A container as the driver would make it.
pub fn wanted(vmid: Vmid) -> lxc::Create {
    let mut create = lxc::Create::new(
        vmid,
        TEMPLATE.parse().unwrap(),
        MountPoint::root("local-lvm".parse().unwrap(), 4),
    );
    let mut net = pve::LxcNet::new("eth0".parse().unwrap(), "vmbr0".parse().unwrap());
    net.ip = Some("10.1.2.3/24".parse().unwrap());
    net.gw = Some("10.1.2.1".parse().unwrap());
    net.firewall = Some(true);
    create.settings.nets.insert(0, net);
    create.settings.hostname = Some("blog-7".parse().unwrap());
    create.settings.cores = Some(2);
    create.settings.memory = Some(512);
    create.settings.swap = Some(0);
    create.settings.features = Some(pve::Features {
        nesting: true,
        other: Vec::new(),
    });
    create.settings.description = Some("havre nonce=0123456789abcdef; ünd more".to_owned());
    create
}

pub async fn done(client: &Client, upid: Upid) {
    client.finish(&upid, BOUND).await.unwrap();
}
