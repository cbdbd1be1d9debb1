//! `havre proxmox setup`: from an address to settings that are stored. It can be run again at any time.

use domain::ports::ClusterRow;
use drivers::proxmox::ClusterSettings;
use drivers::proxmox::settings::{AddressPlan, Concurrency, NetworkSettings, TlsChoice, VmidRange};
use pve::Client;

use super::ask::Asker;
use super::choices::Talk;
use super::login::{self, Login};
use super::notebook::{CLUSTER, Notebook, settings_of};
use super::survey;
use super::{check, show, trust};
use crate::cli::SetupArgs;
use crate::config::{DotEnv, Layers, ProxmoxGiven, Settings, World};
use crate::exit::{Exit, Fault, Outcome};
use crate::screen::Screen;
use crate::text;

/// Connects, looks, asks, checks and stores.
pub async fn run(screen: Screen, args: &SetupArgs) -> Outcome {
    let world = World::of_this_process();
    let layers = Layers::read(&world, &[], DotEnv::Read)?;
    let settings = Settings::from_layers(&layers, &world)?;
    let notebook = Notebook::open(&settings).await?;
    let done = talk(screen, args, &settings.proxmox, &notebook).await;
    notebook.close().await;
    done
}

async fn talk(
    screen: Screen,
    args: &SetupArgs,
    given: &ProxmoxGiven,
    notebook: &Notebook,
) -> Outcome {
    let row = notebook.stored().await?;
    let stored = row.as_ref().map(settings_of).transpose()?;
    let talk = Talk {
        screen,
        asker: Asker::new(screen, args.yes),
        args,
        given,
        stored: stored.as_ref(),
    };
    let known = stored.as_ref().zip(row.as_ref().map(|row| &row.secret));
    let login = login::choose(screen, talk.asker, args, given, known)?;
    let tls = trust::choose(screen, talk.asker, args, given, talk.stored, &login.url).await?;
    let client = connect(&login, &tls)?;
    let seen = survey::look(&client).await.map_err(|error| {
        let plain = login.url.as_str().starts_with("http://");
        match plain && !matches!(error.kind(), pve::Kind::Credentials) {
            true => Fault::new(
                Exit::Unreachable,
                text::pve_not_answered(login.url.as_str()),
            )
            .why(error.reason())
            .cure(text::pve_plain_http(login.url.as_str())),
            false => told(error),
        }
    })?;
    show::survey(screen, &seen);
    let ssh_key = notebook.ssh_key(row.as_ref())?;
    let bare = ClusterSettings {
        tls,
        ..bare(&login)
    };
    let settings = talk.settings(bare, &seen, &ssh_key).await?;
    settings
        .check()
        .map_err(|bad| Fault::new(Exit::BadInput, bad.to_string()))?;
    let checks = check::of(&client, &settings, Some(&seen)).await;
    notebook
        .store(&ClusterRow {
            name: CLUSTER.to_owned(),
            settings: serde_json::to_value(&settings).map_err(|error| {
                Fault::new(Exit::Platform, text::PVE_SETTINGS_UNREAD).why(error.to_string())
            })?,
            secret: Some(login.secret),
            ssh_key: Some(ssh_key),
        })
        .await?;
    check::tell(screen, &client, &settings, &checks).await
}

/// A client that nothing was asked of yet.
fn connect(login: &Login, tls: &TlsChoice) -> Result<Client, Fault> {
    let first = ClusterSettings {
        tls: tls.clone(),
        ..bare(login)
    };
    let endpoint = first
        .endpoint(&login.secret, 0)
        .map_err(|bad| Fault::new(Exit::BadInput, bad.to_string()))?;
    Client::new(endpoint).map_err(told)
}

/// Settings before anything is chosen.
fn bare(login: &Login) -> ClusterSettings {
    ClusterSettings {
        url: login.url.to_string(),
        auth: login.auth.clone(),
        tls: TlsChoice::System,
        pool: None,
        vmids: VmidRange::default(),
        disks: fixed("local"),
        templates: fixed("local"),
        images: None,
        network: NetworkSettings {
            bridge: fixed("vmbr0"),
            vlan: None,
            firewall: false,
            addresses: AddressPlan::Dhcp,
        },
        nodes: Vec::new(),
        template: None,
        image: None,
        jump: None,
        concurrency: Concurrency::default(),
    }
}

/// A name that is written here.
fn fixed<T: std::str::FromStr>(name: &str) -> T {
    name.parse()
        .unwrap_or_else(|_| unreachable!("`{name}` is a name"))
}

/// What the cluster refused, with the exit code that scripts rely on.
pub fn told(error: pve::Error) -> Fault {
    use pve::Kind;
    let exit = match error.kind() {
        Kind::Unreachable | Kind::Transient | Kind::Ambiguous | Kind::NoQuorum => Exit::Unreachable,
        Kind::Credentials | Kind::MissingPrivilege { .. } | Kind::Untrusted { .. } => Exit::Refused,
        Kind::BadParameters => Exit::BadInput,
        _ => Exit::Platform,
    };
    match error.kind() {
        Kind::Ambiguous => {
            Fault::new(exit, text::pve_silent(error.reason())).cure(text::PVE_UNREACHABLE_CURE)
        }
        _ => Fault::new(exit, error.to_string()),
    }
}
