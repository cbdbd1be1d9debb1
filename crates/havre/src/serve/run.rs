//! The life of a server.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use domain::job::WorkerId;
use domain::ports::{Clock, Dice, SystemClock};
use engine::{Engine, EngineConfig, Ports};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::gateway::Gateway;
use super::{DataDir, Signals, data_dir, database, driver, listen, notify, server, source};
use crate::config::Settings;
use crate::exit::{Exit, Fault, Outcome};
use crate::screen::Screen;
use crate::text;

/// Runs the server until a signal. Apps and gateway go on after it.
pub async fn run(screen: Screen, settings: Settings) -> Outcome {
    listen::loopback_only(settings.listen)?;
    let mut signals = Signals::take()?;
    let data_dir = DataDir::open(&settings.data_dir, data_dir::PATIENCE).await?;
    let listener = listen::listen(settings.listen).await?;
    let database = {
        let (clock, dice) = world()?;
        database::open(&settings, &data_dir, clock, dice).await?
    };
    // Last of what can be refused: a gateway that was started stays.
    let gateway = Gateway::of(&settings, &data_dir)?;
    let child = gateway.ensure().await?;
    let engine = start_engine(&settings, &data_dir, &database, &gateway).await?;
    let keeper = tokio::spawn(gateway.keep(child));
    screen.say(&text::deploys_how(&settings, data_dir.path()));
    notify::notify(notify::READY);
    let served = serve(screen, &settings, engine.clone(), listener, &mut signals).await;
    keeper.abort();
    // The second signal ends at once: everything is built for being cut anywhere.
    if served.is_ok() {
        tokio::select! {
            () = end(engine, &database) => {}
            () = signals.next() => return Ok(Exit::Interrupted),
        }
    }
    served
}

/// Serves until the first signal; gives up on requests under way at the second.
async fn serve(
    screen: Screen,
    settings: &Settings,
    engine: Engine,
    listener: TcpListener,
    signals: &mut Signals,
) -> Outcome {
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async {
        drop(stopped.await);
    };
    let serving = ::server::serve(engine, server::config(settings), listener, shutdown);
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return broken(ended),
        () = signals.next() => {}
    }
    screen.say(text::STOPPING);
    notify::notify(notify::STOPPING);
    drop(stop);
    tokio::select! {
        ended = &mut serving => broken(ended),
        () = signals.next() => Err(Fault::new(Exit::Interrupted, text::INTERRUPTED)),
    }
}

fn broken(ended: std::io::Result<()>) -> Outcome {
    match ended {
        Ok(()) => Ok(Exit::Done),
        Err(error) => Err(Fault::new(
            Exit::Platform,
            text::server_broke(&error.to_string()),
        )),
    }
}

async fn end(engine: Engine, database: &store::Database) {
    engine.shut_down().await;
    database.close().await;
}

async fn start_engine(
    settings: &Settings,
    data_dir: &DataDir,
    database: &Arc<store::Database>,
    gateway: &Gateway,
) -> Result<Engine, Fault> {
    let (clock, dice) = world()?;
    let worker = dice.roll(|rng| format!("{:016x}", rng.next_u64()));
    let world = (clock.clone(), dice.clone());
    let places = driver::places(settings, data_dir, database, world).await?;
    let ports = Ports {
        store: database.clone(),
        drivers: places.drivers,
        router: Arc::new(gateway.client()),
        probe: Arc::new(::gateway::HttpProbe),
        source: source::open(settings, data_dir)?,
        clock,
        dice,
        cluster: places.cluster,
    };
    let config = EngineConfig {
        data_dir: data_dir.folder("engine")?,
        worker: WorkerId(worker),
        // The data folder is locked: nobody else works at this place.
        sole_worker: true,
        default_driver: places.default,
        base_domain: settings.base_domain.clone(),
        gateway_port: settings.gateway.port(),
        limits: settings.limits.clone(),
    };
    Engine::start(ports, config)
        .await
        .map_err(|refusal| Fault::new(Exit::Platform, text::cannot_start(&refusal.to_string())))
}

/// The real clock, waiting by the runtime's timer.
pub fn system_clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::new(timer))
}

fn timer(duration: Duration) -> impl Future<Output = ()> + Send {
    tokio::time::sleep(duration)
}

pub fn world() -> Result<(Arc<dyn Clock>, Arc<Dice>), Fault> {
    let mut seed = [0; 32];
    rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut seed)
        .map_err(|error| Fault::new(Exit::Platform, text::no_randomness(&error.to_string())))?;
    Ok((system_clock(), Arc::new(Dice::seeded(seed))))
}
