//! A server to ask.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use api::FrameworkObject;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use domain::DriverKind;
use domain::job::WorkerId;
use domain::limits::EngineLimits;
use engine::{Engine, EngineConfig, Ports};
use http_body_util::BodyExt;
use serde_json::Value;
use server::{Patience, ServerConfig};
use sim::World;
use sqlx::{ConnectOptions, Connection};
use store::{Database, DatabaseTarget, SecretKey};
use tempfile::TempDir;
use tower::ServiceExt;

/// So long a test waits for something that must happen.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Server {
    pub router: Router,
    pub engine: Engine,
    pub config: ServerConfig,
    pub world: World,
    dir: TempDir,
}

pub struct Got {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Got {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

pub fn config() -> ServerConfig {
    let flask = FrameworkObject {
        name: "Flask".into(),
        language: "python".into(),
        version: "3.0".into(),
        port: 5000,
        install_cmd: "pip install flask gunicorn".into(),
    };
    ServerConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 5000)),
        hosts: vec!["havre.example".into()],
        version: "0.1.0".into(),
        frameworks: BTreeMap::from([("flask".to_owned(), flask)]),
        local_git: false,
    }
}

impl Server {
    /// On a database file, as in production; others can open it too.
    pub async fn start() -> Self {
        Self::on(World::new()).await
    }

    /// The same on this world.
    pub async fn on(world: World) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let target = DatabaseTarget::Sqlite(dir.path().join("deployments.db"));
        // What a failing test prints tells why.
        let _ = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::WARN)
            .with_test_writer()
            .try_init();
        let plug = world.plug();
        let key = SecretKey::load_or_create(dir.path(), None, &plug.dice).unwrap();
        let database = Database::open(&target, key, plug.clock.clone(), plug.dice.clone());
        let kind = plug.driver.kind();
        let ports = Ports {
            store: database.await.unwrap(),
            drivers: BTreeMap::from([(kind, plug.driver)]),
            router: plug.router,
            probe: plug.probe,
            source: plug.source,
            clock: plug.clock,
            dice: plug.dice,
            cluster: (kind == DriverKind::Proxmox).then_some(plug.cluster),
        };
        let engine_config = EngineConfig {
            data_dir: dir.path().to_owned(),
            worker: WorkerId("test".into()),
            sole_worker: true,
            default_driver: kind,
            base_domain: "localhost".into(),
            gateway_port: 8080,
            limits: EngineLimits::default(),
        };
        let engine = Engine::start(ports, engine_config).await.unwrap();
        let config = config();
        world.leave_ok();
        Self {
            router: server::router(engine.clone(), config.clone()),
            engine,
            config,
            world,
            dir,
        }
    }

    /// Writes to the database past Havre, as another program would.
    pub async fn by_another_hand(&self, sql: &'static str) {
        let path = self.dir.path().join("deployments.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
        let mut other = options.connect().await.unwrap();
        sqlx::query(sql).execute(&mut other).await.unwrap();
        other.close().await.unwrap();
    }

    /// The same server with other bounds.
    pub fn with_patience(&mut self, patience: Patience) {
        self.router = server::router_with(self.engine.clone(), self.config.clone(), patience);
    }

    /// A repository with an app that Havre can run.
    pub fn repository(&self, name: &str) -> String {
        let url = format!("https://git.example/{name}");
        let repository = self.world.repo(&url);
        repository.commit(&[("Procfile", "web: run\n")]);
        url
    }

    /// An app whose build prints these lines and fails.
    pub fn broken(&self, name: &str, lines: &[&str]) -> String {
        let url = format!("https://git.example/{name}");
        let files = [
            ("Procfile", "web: gunicorn app:app\n"),
            ("requirements.txt", "flask\n"),
            ("app.py", "from flask import Flask\napp = Flask(__name__)\n"),
            ("havre.toml", ""),
        ];
        self.world.repo(&url).commit(&files);
        self.world.app(name).build_fails(1, lines);
        url
    }

    pub fn request(method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(path)
            .header("host", "localhost:5000")
    }

    pub async fn send(&self, request: Request<Body>) -> Got {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Got {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub async fn ask(&self, method: &str, path: &str) -> Got {
        let request = Self::request(method, path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    pub async fn get(&self, path: &str) -> Got {
        self.ask("GET", path).await
    }

    pub async fn json(&self, method: &str, path: &str, body: &Value) -> Got {
        self.raw(method, path, body.to_string()).await
    }

    pub async fn raw(&self, method: &str, path: &str, body: impl Into<Body>) -> Got {
        let request = Self::request(method, path)
            .header("content-type", "application/json")
            .body(body.into())
            .unwrap();
        self.send(request).await
    }

    /// Deploys and waits until it runs; the deployment's id.
    pub async fn deployed(&self, name: &str) -> String {
        let url = self.repository(name);
        let body = serde_json::json!({"name": name, "github_url": url});
        let got = self.json("POST", "/api/deploy?wait=true", &body).await;
        let answer = got.is(200);
        answer["deployment"]["id"].as_str().unwrap().to_owned()
    }
}

/// Fails the test when `what` does not come true in time.
pub async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what)
        .await
        .unwrap_or_else(|_| panic!("not within {PATIENCE:?}"))
}
