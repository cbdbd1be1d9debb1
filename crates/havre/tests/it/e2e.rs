//! The whole way on the real sandbox: real git, real builds, real HTTP, real kills.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::server::{Server, until, why_not};

/// A web server from Python's standard library: nothing is downloaded.
const SERVER: &str = "\
import os, http.server
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f\"VERSION {os.environ.get('GREETING', 'nobody')} {os.environ['HAVRE_RELEASE']}\".encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
print('serving', flush=True)
http.server.ThreadingHTTPServer((os.environ['HOST'], int(os.environ['PORT'])), Page).serve_forever()
";

fn app(version: &str) -> Vec<(&'static str, String)> {
    vec![
        ("server.py", SERVER.replace("VERSION", version)),
        ("Procfile", "web: python3 server.py\n".to_owned()),
        (".python-version", "3\n".to_owned()),
    ]
}

fn commit(server: &Server, repository: &str, version: &str) -> String {
    let files = app(version);
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (*path, text.as_str()))
        .collect();
    server.commit(repository, &files)
}

/// A static site: nothing is built, so that a deploy takes a moment.
fn page(server: &Server, content: &str) -> String {
    server.commit("site", &[("index.html", content)])
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[track_caller]
fn skip(name: &str) -> bool {
    let why = why_not();
    if let Some(why) = &why {
        println!("SKIPPED: {name}: {why}");
    }
    why.is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_life_of_an_app() {
    if skip("the_life_of_an_app") {
        return;
    }
    let server = Server::start().await;
    deploys(&server).await;
    changes(&server).await;
    goes_back(&server).await;
    stops_and_ends(&server).await;
    server.end().await;
}

async fn deploys(server: &Server) {
    let url = commit(server, "app", "one");
    let ran = server.run(&[
        "deploy",
        &url,
        "--name",
        "my_app",
        "--env",
        "GREETING=hello",
    ]);
    assert!(ran.stderr.contains("-----> "), "{}", ran.stderr);
    assert!(ran.ok().starts_with("http://my-app.localhost:"));
    assert_eq!(
        server.get("my-app", "/").await,
        (200, "one hello v1".to_owned())
    );
    assert_eq!(server.get("nobody", "/").await.0, 404);
    // The same name from another repository is somebody else's.
    let other = commit(server, "other", "x");
    assert_eq!(server.run(&["deploy", &other, "--name", "my_app"]).code, 4);
    let shown = json(&server.run(&["show", "my_app", "--json"]).ok());
    assert_eq!(shown["deployment"]["status"], "running");
    assert_eq!(shown["deployment"]["managed"], true);
}

async fn changes(server: &Server) {
    commit(server, "app", "two");
    server.run(&["redeploy", "my_app"]).ok();
    assert_eq!(server.get("my-app", "/").await.1, "two hello v2");
    server
        .run(&["env", "set", "my_app", "GREETING=a value of; $(touch /x)"])
        .ok();
    assert_eq!(
        server.get("my-app", "/").await.1,
        "two a value of; $(touch /x) v3"
    );
    let listed = server.run(&["env", "list", "my_app"]).ok();
    assert!(
        listed.contains("GREETING=****") && !listed.contains("touch"),
        "{listed}"
    );
    let one = server
        .run(&["env", "get", "my_app", "GREETING", "--show"])
        .ok();
    assert_eq!(one, "a value of; $(touch /x)\n");
    assert_eq!(server.run(&["env", "get", "my_app", "NOTHING"]).code, 3);
}

async fn goes_back(server: &Server) {
    server.run(&["rollback", "my_app", "v1"]).ok();
    assert!(server.get("my-app", "/").await.1.starts_with("one hello "));
    let releases = json(&server.run(&["releases", "my_app", "--json"]).ok());
    let serving: Vec<&Value> = releases["releases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["serving"] == true)
        .collect();
    assert_eq!(serving.len(), 1);
    assert_eq!(serving[0]["version"], 4);
    assert_eq!(server.run(&["rollback", "my_app", "v99"]).code, 3);
    assert!(server.run(&["logs", "my_app"]).ok().contains("serving"));
    assert!(
        server
            .run(&["logs", "my_app", "--build", "--release", "v1"])
            .ok()
            .contains("-----> ")
    );
}

async fn stops_and_ends(server: &Server) {
    server.run(&["stop", "my_app"]).ok();
    assert_eq!(server.get("my-app", "/").await.0, 503);
    server.run(&["start", "my_app"]).ok();
    assert!(server.get("my-app", "/").await.1.starts_with("one hello "));
    server.run(&["restart", "my_app"]).ok();
    assert_eq!(server.get("my-app", "/").await.0, 200);
    assert_eq!(server.run(&["destroy", "my_app"]).code, 4);
    server.run(&["destroy", "my_app", "--yes"]).ok();
    assert_eq!(server.get("my-app", "/").await.0, 404);
    assert_eq!(
        json(&server.run(&["list", "--json"]).ok())["deployments"],
        Value::Array(vec![])
    );
    assert_eq!(server.run(&["show", "nobody"]).code, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistake_of_the_user_leaves_what_serves_untouched() {
    if skip("a_mistake_of_the_user_leaves_what_serves_untouched") {
        return;
    }
    let server = Server::start().await;
    let url = server.commit("site", &[("index.html", "<h1>first</h1>")]);
    server.run(&["deploy", &url, "--name", "site"]).ok();
    assert_eq!(
        server.get("site", "/").await,
        (200, "<h1>first</h1>".to_owned())
    );
    server.commit("site", &[("Procfile", "web: exit 7\n")]);
    let ran = server.run(&["redeploy", "site"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("v1 serves as before"), "{}", ran.stderr);
    assert_eq!(server.get("site", "/").await.1, "<h1>first</h1>");
    assert_eq!(
        server
            .run(&["redeploy", "site", "--ref", "no-such-branch"])
            .code,
        1
    );
    assert_eq!(
        server
            .run(&["deploy", "file:///etc", "--name", "evil"])
            .code,
        2
    );
    assert_eq!(server.run(&["deploy", &url, "--name", "a b"]).code, 2);
    server.run(&["destroy", "site", "--yes"]).ok();
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_that_is_cut_by_kill_9_goes_on_and_the_app_never_notices() {
    if skip("a_deploy_that_is_cut_by_kill_9_goes_on_and_the_app_never_notices") {
        return;
    }
    let mut server = Server::start().await;
    let url = page(&server, "one");
    server.run(&["deploy", &url, "--name", "app"]).ok();
    // Cut after each line that begins something; the last cuts come after the end.
    for cut in 1..=6 {
        let version = format!("cut{cut}");
        page(&server, &version);
        let mut deploy = server
            .world
            .command(&["redeploy", "app"])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(deploy.stderr.take().unwrap()).lines();
        let heads = lines
            .by_ref()
            .map_while(Result::ok)
            .filter(|line| line.starts_with("----->"));
        drop(heads.take(cut).last());
        server.down(Signal::SIGKILL);
        assert_eq!(server.get("app", "/").await.0, 200);
        server.up().await;
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        let code = deploy.wait().unwrap().code();
        assert_eq!(code, Some(0), "cut at {cut}: {}", rest.join("\n"));
        let body = server.get("app", "/").await.1;
        assert_eq!(body, version, "cut at {cut}");
    }
    let shown = json(&server.run(&["show", "app", "--json"]).ok());
    assert_eq!(shown["deployment"]["status"], "running");
    server.run(&["destroy", "app", "--yes"]).ok();
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_and_gateway_end_and_apps_go_on() {
    if skip("server_and_gateway_end_and_apps_go_on") {
        return;
    }
    let mut server = Server::start().await;
    let url = page(&server, "one");
    server.run(&["deploy", &url, "--name", "app"]).ok();
    server.down(Signal::SIGTERM);
    assert_eq!(server.get("app", "/").await.0, 200);
    server.up().await;
    assert_eq!(server.get("app", "/").await.0, 200);
    server.kill_gateway();
    until("the gateway is back", async || {
        server.get("app", "/").await.0 == 200
    })
    .await;
    server.run(&["destroy", "app", "--yes"]).ok();
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_leaves_a_deploy_going_and_cancel_ends_it() {
    if skip("ctrl_c_leaves_a_deploy_going_and_cancel_ends_it") {
        return;
    }
    let server = Server::start().await;
    let url = commit(&server, "app", "one");
    let mut deploy = server
        .world
        .command(&["deploy", &url, "--name", "app"])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(deploy.stderr.take().unwrap()).lines();
    lines
        .find(|line| line.as_ref().unwrap().starts_with("-----> Fetching"))
        .unwrap()
        .unwrap();
    let pid = Pid::from_raw(i32::try_from(deploy.id()).unwrap());
    kill(pid, Signal::SIGINT).unwrap();
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert_eq!(deploy.wait().unwrap().code(), Some(130));
    assert!(
        rest.iter().any(|line| line.contains("havre cancel app")),
        "{rest:?}"
    );
    let newest =
        || json(&server.run(&["releases", "app", "--json"]).ok())["releases"][0]["status"].clone();
    assert!(newest() != "cancelled" && newest() != "failed");
    server.run(&["cancel", "app"]).ok();
    assert_eq!(newest(), "cancelled");
    assert_eq!(server.get("app", "/").await.0, 503);
    server.run(&["destroy", "app", "--yes"]).ok();
    server.end().await;
}
