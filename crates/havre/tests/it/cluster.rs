//! The whole way on a cluster: set-up, then apps in real containers behind the API of Proxmox VE. Only in the lab
//! (`scripts/lab/run cargo test -p havre cluster`).

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::server::{Server, plain_http};

/// A base is installed by apt first.
const PATIENCE: Duration = Duration::from_secs(600);
const GLANCE: Duration = Duration::from_millis(100);
/// Other tests have machines in the same lab.
const NUMBERS: std::ops::Range<u64> = 5000..5100;

const FLASK: &str = "\
import os
from flask import Flask
app = Flask(__name__)
@app.route('/')
def page():
    return f\"VERSION {os.environ.get('GREETING', 'nobody')} {os.environ['HAVRE_RELEASE']}\"
";

const EXPRESS: &str = "\
const app = require('express')();
app.get('/', (request, answer) => answer.send('express'));
app.listen(process.env.PORT, process.env.HOST);
";

const PACKAGE: &str =
    r#"{"name": "shop", "scripts": {"start": "node index.js"}, "dependencies": {"express": "^4"}}"#;

fn lab(name: &str) -> Option<String> {
    let lab = std::env::var(name);
    if lab.is_err() {
        println!("SKIPPED: an app on a cluster: it runs in the lab (scripts/lab/run)");
    }
    lab.ok()
}

/// A server whose set-up was done as a user does it.
async fn server() -> Option<Server> {
    let range = lab("HAVRE_LAB_RANGE")?;
    let mut env: Vec<(&str, String)> = Vec::new();
    for name in [
        "PROXMOX_URL",
        "PROXMOX_TOKEN_ID",
        "PROXMOX_TOKEN_SECRET",
        "PROXMOX_FINGERPRINT",
        "PROXMOX_STORAGE",
        "PROXMOX_NETWORK_BRIDGE",
    ] {
        env.push((name, std::env::var(name).unwrap()));
    }
    let mut server = Server::start_with(&env).await;
    assert_eq!(server.run(&["proxmox", "setup", "--check"]).code, 3);
    server.down(Signal::SIGTERM);
    let gateway = std::env::var("HAVRE_LAB_GATEWAY").unwrap();
    let range = format!("{range}/24");
    let args = [
        "proxmox",
        "setup",
        "--yes",
        "--vmids",
        "5000-5099",
        "--addresses",
        &range,
        "--gateway",
        &gateway,
        "--pool",
        "-",
    ];
    let said = server.run(&args);
    let secret = std::env::var("PROXMOX_TOKEN_SECRET").unwrap();
    let all = format!("{}{}", said.stdout, said.stderr);
    assert!(!all.contains(&secret), "the secret is nowhere");
    assert!(all.contains("Proxmox VE"), "{all}");
    server.up().await;
    Some(server)
}

fn flask(server: &Server, version: &str) -> String {
    let app = FLASK.replace("VERSION", version);
    server.commit(
        "flask",
        &[("app.py", &app), ("requirements.txt", "flask\n")],
    )
}

async fn until(what: &str, done: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !done().await {
        assert!(began.elapsed() < PATIENCE, "in vain: {what}");
        tokio::time::sleep(GLANCE).await;
    }
}

fn shown(server: &Server, name: &str) -> Value {
    let shown = server.run(&["show", name, "--json"]).ok();
    serde_json::from_str(&shown).unwrap()
}

/// The lab's own view: containers as they really are.
async fn guests() -> Vec<Value> {
    let control = std::env::var("HAVRE_LAB_CONTROL").unwrap();
    let http = plain_http().build().unwrap();
    let answer = http.get(format!("{control}/guests")).send().await.unwrap();
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn apps_on_a_cluster() {
    let Some(mut server) = server().await else {
        return;
    };
    killed_in_the_middle(&mut server).await;
    changes(&server).await;
    no_request_fails_while_it_is_deployed(&server).await;
    another_runtime(&server).await;
    comes_back_after_a_power_cut(&server).await;
    ends(&server).await;
    server.end().await;
}

/// The controller dies while the app is built; the deploy goes on by itself.
async fn killed_in_the_middle(server: &mut Server) {
    let url = flask(server, "one");
    server
        .run(&["deploy", &url, "--name", "flask", "--no-wait"])
        .ok();
    until("it builds", async || {
        let log = server.run(&["logs", "flask", "--build"]).stdout;
        log.contains("Installing dependencies")
    })
    .await;
    server.down(Signal::SIGKILL);
    server.up().await;
    until("it runs", async || {
        let status = shown(server, "flask")["deployment"]["status"].clone();
        assert_ne!(
            status,
            "failed",
            "{:?}",
            server.run(&["logs", "flask", "--build"]).stdout
        );
        status == "running"
    })
    .await;
    assert_eq!(
        server.get("flask", "/").await,
        (200, "one nobody v1".to_owned())
    );
}

async fn changes(server: &Server) {
    let value = "a value of; $(touch /x) 'and' \"more\"";
    let pair = format!("GREETING={value}");
    server.run(&["env", "set", "flask", &pair]).ok();
    assert_eq!(server.get("flask", "/").await.1, format!("one {value} v2"));
    server.run(&["rollback", "flask"]).ok();
    // The warm guest of v1 is taken over as it is.
    assert!(server.get("flask", "/").await.1.starts_with("one nobody v"));
    let shown = shown(server, "flask");
    let deployment = &shown["deployment"];
    let vmid = deployment["vm_id"].as_u64().unwrap();
    assert!(NUMBERS.contains(&vmid), "{deployment}");
    assert!(deployment["ip_address"].is_string(), "{deployment}");
}

/// Requests without a pause, from before the deploy until after it.
async fn no_request_fails_while_it_is_deployed(server: &Server) {
    flask(server, "two");
    let (mut asked, mut failed) = (0_u32, Vec::new());
    let deploy = async {
        let mut command = server.world.command(&["redeploy", "flask"]);
        tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
    };
    let ask = async {
        loop {
            let answer = server.get("flask", "/").await;
            asked += 1;
            if answer.0 != 200 {
                failed.push(answer);
            }
        }
    };
    let said = tokio::select! {
        said = deploy => said,
        () = ask => unreachable!(),
    };
    assert!(said.status.success(), "{said:?}");
    println!(
        "{asked} requests during a redeploy, {} failed",
        failed.len()
    );
    assert!(asked > 10 && failed.is_empty(), "{failed:?}");
    assert_eq!(server.get("flask", "/").await.1, "two nobody v4");
}

async fn another_runtime(server: &Server) {
    let files = [("index.js", EXPRESS), ("package.json", PACKAGE)];
    let url = server.commit("express", &files);
    server.run(&["deploy", &url, "--name", "shop"]).ok();
    assert_eq!(server.get("shop", "/").await, (200, "express".to_owned()));
}

/// All containers are gone at once; those of ours start with their node, and their apps with them.
async fn comes_back_after_a_power_cut(server: &Server) {
    let control = std::env::var("HAVRE_LAB_CONTROL").unwrap();
    let http = plain_http().build().unwrap();
    let cut = http.post(format!("{control}/restart-node")).body("{}");
    assert!(cut.send().await.unwrap().status().is_success());
    until("both apps answer again", async || {
        server.get("flask", "/").await.0 == 200 && server.get("shop", "/").await.0 == 200
    })
    .await;
}

/// Nothing is left but the bases.
async fn ends(server: &Server) {
    for name in ["flask", "shop"] {
        server.run(&["destroy", name, "--yes"]).ok();
    }
    until("only bases are left", async || {
        let guests = guests().await;
        let ours = |guest: &&Value| {
            let vmid = guest["vmid"].as_u64().unwrap();
            NUMBERS.contains(&vmid)
        };
        guests
            .iter()
            .filter(ours)
            .all(|guest| guest["template"] == true)
    })
    .await;
}
