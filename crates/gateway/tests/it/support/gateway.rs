//! A gateway under test.

use std::net::SocketAddr;
use std::path::PathBuf;

use domain::HostLabel;
use domain::guest::Upstream;
use domain::ports::{Route, RouteState, Router};
use gateway::{Gateway, GatewayClient, GatewayConfig, Limits, Status};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::soon;

/// A gateway under test, in this process; ends when dropped.
pub struct TestGateway {
    pub address: SocketAddr,
    pub client: GatewayClient,
    pub dir: TempDir,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// The label of this name.
pub fn label(name: &str) -> HostLabel {
    name.parse().unwrap()
}

/// A route to a guest.
pub fn serving(name: &str, upstream: Upstream) -> Option<Route> {
    state(name, RouteState::Serving { upstream })
}

pub fn deploying(name: &str) -> Option<Route> {
    state(name, RouteState::Deploying)
}

pub fn stopped(name: &str) -> Option<Route> {
    state(name, RouteState::Stopped)
}

pub fn failed(name: &str) -> Option<Route> {
    state(name, RouteState::Failed)
}

fn state(name: &str, state: RouteState) -> Option<Route> {
    let name = name.to_owned();
    Some(Route { name, state })
}

impl TestGateway {
    pub async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> Self {
        Self::inside(tempfile::tempdir().unwrap(), limits).await
    }

    /// A gateway with the sockets and the table of an earlier one.
    pub async fn inside(dir: TempDir, limits: Limits) -> Self {
        let config = config(dir.path().to_owned(), limits);
        let control = config.control.clone();
        let gateway = Gateway::open(config).await.unwrap();
        let address = gateway.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(gateway.serve(async {
            let _ = stopped.await;
        }));
        Self {
            address,
            client: GatewayClient::new(control),
            dir,
            stop: Some(stop),
            task,
        }
    }

    /// Sets the route of `name`.
    pub async fn route(&self, name: &str, upstream: Upstream) {
        let route = serving(name, upstream);
        self.client.set(&label(name), route).await.unwrap();
    }

    /// Asks for the status until it is like this.
    pub async fn status_is(&self, like: impl Fn(&Status) -> bool) -> Status {
        soon(async {
            loop {
                let status = self.client.status().await.unwrap();
                if like(&status) {
                    return status;
                }
            }
        })
        .await
    }

    /// Tells it to stop; the future ends when it has.
    pub fn stop(&mut self) -> impl Future<Output = ()> + '_ {
        let _ = self.stop.take().map(|stop| stop.send(()));
        async {
            soon(&mut self.task).await.unwrap();
        }
    }

    /// Stops it and keeps its folder.
    pub async fn into_dir(mut self) -> TempDir {
        self.stop().await;
        std::mem::replace(&mut self.dir, tempfile::tempdir().unwrap())
    }
}

impl Drop for TestGateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The settings of a gateway in this folder.
pub fn config(dir: PathBuf, limits: Limits) -> GatewayConfig {
    GatewayConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        control: dir.join("run").join("gateway.sock"),
        state: dir.join("table.json"),
        base_domain: "localhost".into(),
        limits,
    }
}
