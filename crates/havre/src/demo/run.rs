//! The whole demo: repositories, server, deploys, URLs, and a clean machine at the end.

use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use futures_util::stream;
use tempfile::TempDir;

use super::apps::{self, App};
use super::deploy::{Deployed, ask, deploy};
use super::report;
use super::server::Server;
use crate::cli::DemoArgs;
use crate::client::{Answer, Client, NO_BODY};
use crate::commands;
use crate::exit::{Exit, Fault, Outcome};
use crate::screen::Screen;
use crate::serve::Signals;
use crate::text;

/// Deploys at once: two cores are busy with two, and more would only make the output harder to follow.
const AT_ONCE: usize = 2;
/// Tries to remove an app.
const TRIES: u32 = 3;

/// Runs the demo.
pub async fn run(screen: Screen, args: &DemoArgs) -> Outcome {
    let mut signals = Signals::take()?;
    let folder = folder()?;
    let repos = folder.path().join("repos");
    let apps = apps::write(&repos)?;
    screen.say(&text::demo_starts(apps.len()));
    let server = Server::start(folder.path(), &repos).await?;
    let shown = tokio::select! {
        shown = show(screen, args, &server, &apps) => shown,
        () = signals.next() => Err(Fault::new(Exit::Interrupted, text::INTERRUPTED)),
    };
    let outcome = match shown {
        Ok(exit) if !args.once => {
            signals.next().await;
            Ok(exit)
        }
        other => other,
    };
    tokio::select! {
        () = clean(screen, args, server, &apps) => {}
        () = signals.next() => {
            let left = folder.keep();
            return Err(Fault::new(Exit::Interrupted, text::demo_left(&left)));
        }
    }
    remove(screen, args, folder);
    outcome
}

async fn show(screen: Screen, args: &DemoArgs, server: &Server, apps: &[App]) -> Outcome {
    let width = apps.iter().map(|app| app.name.len()).max().unwrap_or(0);
    let one = async |(place, app)| (place, deploy(screen, server, app, width).await);
    let mut ended: Vec<(usize, Deployed)> = stream::iter(apps.iter().enumerate())
        .map(one)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    ended.sort_by_key(|(place, _)| *place);
    let mut deployed: Vec<Deployed> = ended.into_iter().map(|(_, deployed)| deployed).collect();
    if args.once {
        for app in &mut deployed {
            ask(server, app).await;
        }
        report::table(screen, &deployed)?;
        let exit = report::exit(&deployed);
        if exit != Exit::Done {
            server.tell_troubles(screen);
        }
        return Ok(exit);
    }
    report::urls(screen, &deployed)?;
    screen.say(&text::demo_serves(server.client.base()));
    Ok(Exit::Done)
}

/// Builds take room: a folder on a disk rather than one in memory, unless the user says where.
fn folder() -> Result<TempDir, Fault> {
    let wanted = std::env::var_os("TMPDIR").map(PathBuf::from);
    let place = wanted.unwrap_or_else(|| PathBuf::from("/var/tmp"));
    let make = |place: &Path| {
        tempfile::Builder::new()
            .prefix("havre-demo-")
            .tempdir_in(place)
    };
    make(&place)
        .or_else(|_| make(&std::env::temp_dir()))
        .map_err(|error| {
            Fault::new(
                Exit::Platform,
                text::data_dir_broken(&place, &error.to_string()),
            )
        })
}

/// Removes the apps (or stops them, with `--keep`), then ends server and gateway.
async fn clean(screen: Screen, args: &DemoArgs, server: Server, apps: &[App]) {
    screen.say(text::DEMO_CLEANS);
    let client = &server.client;
    let one = async |app: &App| {
        let done = if args.keep {
            stop(client, &app.name).await
        } else {
            destroy(client, &app.name).await
        };
        if let Err(fault) = done {
            screen.warn(&text::demo_not_removed(&app.name, &fault.what));
        }
    };
    stream::iter(apps).for_each_concurrent(AT_ONCE, one).await;
    server.stop().await;
}

async fn stop(client: &Client, name: &str) -> Result<(), Fault> {
    let path = ["api", "deployments", name, "stop"];
    let wait = [("wait", "true".to_owned())];
    let sent = client
        .send(reqwest::Method::POST, &path, &wait, NO_BODY)
        .await;
    nothing_to_do(sent.and_then(Answer::good))
}

/// A busy machine may need longer than one try: the folder goes with what is left of the app.
async fn destroy(client: &Client, name: &str) -> Result<(), Fault> {
    let mut tries = TRIES;
    loop {
        match nothing_to_do(commands::remove(client, name).await) {
            Err(fault) if fault.exit == Exit::Platform && tries > 1 => tries -= 1,
            ended => return ended,
        }
    }
}

/// An app that never came to be, or does not run, needs no cleaning.
fn nothing_to_do(ended: Result<Answer, Fault>) -> Result<(), Fault> {
    match ended {
        Err(fault) if !matches!(fault.exit, Exit::NotFound | Exit::Refused) => Err(fault),
        _ => Ok(()),
    }
}

fn remove(screen: Screen, args: &DemoArgs, folder: TempDir) {
    if args.keep {
        let kept = folder.keep();
        screen.say(&text::demo_kept(&kept));
        return;
    }
    let path = folder.path().to_owned();
    if let Err(error) = folder.close() {
        screen.warn(&text::demo_folder_left(&path, &error.to_string()));
    }
}
