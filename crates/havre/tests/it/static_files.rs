//! The static file server, as a guest runs it.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::{Client, Response};

use crate::harness::{World, free_port};

struct Site {
    child: Child,
    base: String,
    http: Client,
    _world: World,
}

impl Site {
    async fn start(files: &[(&str, &str)], flags: &[&str]) -> Self {
        let mut world = World::new();
        for (path, content) in files {
            let path = world.work().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let port = free_port();
        world.env.insert("HOST".into(), "127.0.0.1".into());
        world.env.insert("PORT".into(), port.to_string());
        world.env.insert("HAVRE_RELEASE".into(), "v7".into());
        let mut args = vec!["__static", "--dir", "."];
        args.extend(flags);
        let child = world.command(&args).stderr(Stdio::null()).spawn().unwrap();
        let site = Self {
            child,
            base: format!("http://127.0.0.1:{port}"),
            http: crate::server::plain_http().build().unwrap(),
            _world: world,
        };
        let up = async { while site.http.get(&site.base).send().await.is_err() {} };
        tokio::time::timeout(Duration::from_secs(20), up)
            .await
            .unwrap();
        site
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        let request = self.http.get(format!("{}{path}", self.base));
        let request = headers
            .iter()
            .fold(request, |request, (k, v)| request.header(*k, *v));
        request.send().await.unwrap()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

const FILES: &[(&str, &str)] = &[
    ("index.html", "<h1>home</h1>"),
    ("a/index.html", "<h1>a</h1>"),
    ("a/b.txt", "0123456789"),
    ("empty/x.txt", "x"),
    ("assets/app-4f9a1c2b.js", "1"),
    (".env", "SECRET=1"),
    (".git/config", "[core]"),
    (".well-known/x", "known"),
    ("page.html", "plain"),
    ("page.html.gz", "not really gzip"),
];

#[tokio::test]
async fn files_folders_and_what_is_not_there() {
    let site = Site::start(FILES, &[]).await;
    let home = site.get("/", &[]).await;
    assert!(header(&home, "content-type").starts_with("text/html"));
    assert_eq!(header(&home, "cache-control"), "no-cache");
    assert_eq!(home.text().await.unwrap(), "<h1>home</h1>");
    assert_eq!(
        site.get("/a/", &[]).await.text().await.unwrap(),
        "<h1>a</h1>"
    );
    // A folder without a page is not listed.
    assert_eq!(site.get("/empty/", &[]).await.status(), 404);
    assert_eq!(site.get("/nothing", &[]).await.status(), 404);
    let asset = site.get("/assets/app-4f9a1c2b.js", &[]).await;
    assert!(header(&asset, "cache-control").contains("immutable"));
    let post = site.http.post(&site.base).send().await.unwrap();
    assert_eq!(
        (post.status().as_u16(), header(&post, "allow")),
        (405, "GET, HEAD")
    );
}

#[tokio::test]
async fn dotfiles_are_refused_and_well_known_is_not() {
    let site = Site::start(FILES, &["--spa"]).await;
    for path in ["/.env", "/.git/config", "/%2eenv", "/a/%2e%2e/.env"] {
        assert_eq!(site.get(path, &[]).await.status(), 404, "{path}");
    }
    assert_eq!(
        site.get("/.well-known/x", &[]).await.text().await.unwrap(),
        "known"
    );
}

#[tokio::test]
async fn an_spa_answers_unknown_paths_with_its_page() {
    let site = Site::start(FILES, &["--spa"]).await;
    let page = site.get("/users/7", &[]).await;
    assert_eq!(
        (page.status().as_u16(), header(&page, "cache-control")),
        (200, "no-cache")
    );
    assert_eq!(page.text().await.unwrap(), "<h1>home</h1>");
    // An asset of an older release must not be kept for ever as a page.
    let gone = site.get("/assets/app-00000000.js", &[]).await;
    assert_eq!(header(&gone, "cache-control"), "no-cache");
}

#[tokio::test]
async fn etags_are_of_one_release_and_times_prove_nothing() {
    let site = Site::start(FILES, &[]).await;
    let first = site.get("/a/b.txt", &[]).await;
    let etag = header(&first, "etag").to_owned();
    let time = header(&first, "last-modified").to_owned();
    assert!(etag.starts_with("\"v7-"), "{etag}");
    assert!(!time.is_empty());
    assert_eq!(
        site.get("/a/b.txt", &[("if-none-match", &etag)])
            .await
            .status(),
        304
    );
    let other = etag.replace("v7", "v6");
    assert_eq!(
        site.get("/a/b.txt", &[("if-none-match", &other)])
            .await
            .status(),
        200
    );
    assert_eq!(
        site.get("/a/b.txt", &[("if-modified-since", &time)])
            .await
            .status(),
        200
    );
}

#[tokio::test]
async fn ranges_and_files_compressed_beforehand() {
    let site = Site::start(FILES, &[]).await;
    let part = site.get("/a/b.txt", &[("range", "bytes=2-4")]).await;
    assert_eq!(
        (part.status().as_u16(), header(&part, "content-range")),
        (206, "bytes 2-4/10")
    );
    assert_eq!(part.text().await.unwrap(), "234");
    let stale = [("range", "bytes=2-4"), ("if-range", "\"v6-x\"")];
    assert_eq!(site.get("/a/b.txt", &stale).await.status(), 200);
    let zipped = site.get("/page.html", &[("accept-encoding", "gzip")]).await;
    assert_eq!(header(&zipped, "content-encoding"), "gzip");
    assert_eq!(zipped.text().await.unwrap(), "not really gzip");
    assert_eq!(
        site.get("/page.html", &[]).await.text().await.unwrap(),
        "plain"
    );
}

#[tokio::test]
async fn sigterm_ends_it_in_order_and_it_stays_small() {
    let mut site = Site::start(FILES, &[]).await;
    let pid = i32::try_from(site.child.id()).unwrap();
    let status =
        std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status")).unwrap();
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .unwrap();
    let kilobytes: u32 = resident.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kilobytes < 8 * 1024, "{kilobytes} kB");
    kill(Pid::from_raw(pid), Signal::SIGTERM).unwrap();
    let ended = tokio::task::spawn_blocking(move || site.child.wait().map(|status| status.code()));
    let code = tokio::time::timeout(Duration::from_secs(10), ended)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(code.unwrap(), Some(0));
}
