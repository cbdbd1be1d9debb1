//! The places where guests live.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use domain::DriverKind;
use domain::ports::{Clock, Cluster, ClusterRow, Dice, Driver, DriverError, Machines};
use drivers::local::{LocalConfig, LocalDriver};
use drivers::proxmox::{ProxmoxCluster, ProxmoxConfig, ProxmoxDriver, ProxmoxLimits};
use secrecy::SecretString;
use store::Database;

use super::DataDir;
use crate::config::Settings;
use crate::exit::{Exit, Fault};
use crate::proxmox::{CLUSTER, settings_of};
use crate::text;

/// Where guests live, and where new ones go.
pub struct Places {
    /// Every place that there is.
    pub drivers: BTreeMap<DriverKind, Arc<dyn Driver>>,
    /// The cluster, for people who look at it.
    pub cluster: Option<Arc<dyn Cluster>>,
    /// Where new deployments go.
    pub default: DriverKind,
}

/// The sandbox of this machine, and the cluster that the set-up stored. New deployments go to the cluster once there is one,
/// unless it was said otherwise.
pub async fn places(
    settings: &Settings,
    data_dir: &DataDir,
    database: &Arc<Database>,
    (clock, dice): (Arc<dyn Clock>, Arc<Dice>),
) -> Result<Places, Fault> {
    let local = local_config(data_dir.path(), Arc::clone(&clock))?;
    let mut places = Places {
        drivers: BTreeMap::new(),
        cluster: None,
        default: settings.driver.unwrap_or_default(),
    };
    let row = database.cluster(CLUSTER).await.map_err(|error| {
        Fault::new(Exit::Platform, error.to_string()).cure(text::PVE_SETUP_AGAIN)
    })?;
    match row {
        Some(row) => {
            places.cluster = Some(look(&row, database)?);
            let driver = cluster_driver(row, &local, database, dice)?;
            places.drivers.insert(DriverKind::Proxmox, driver);
            places.default = settings.driver.unwrap_or(DriverKind::Proxmox);
        }
        None if settings.driver == Some(DriverKind::Proxmox) => {
            let fault = Fault::new(Exit::BadInput, text::PVE_NOT_SET_UP);
            return Err(fault.cure(text::PVE_SETUP_FIRST));
        }
        None => {}
    }
    let local = LocalDriver::open(local).map_err(told)?;
    places.drivers.insert(DriverKind::Local, Arc::new(local));
    Ok(places)
}

/// Opens the local driver below a data folder.
pub fn open(data_dir: &Path, clock: Arc<dyn Clock>) -> Result<Arc<dyn Driver>, Fault> {
    let driver = LocalDriver::open(local_config(data_dir, clock)?).map_err(told)?;
    Ok(Arc::new(driver))
}

fn local_config(data_dir: &Path, clock: Arc<dyn Clock>) -> Result<LocalConfig, Fault> {
    let exe = std::env::current_exe()
        .map_err(|error| Fault::new(Exit::Platform, text::no_exe(&error.to_string())))?;
    Ok(LocalConfig::new(data_dir.to_owned(), exe, clock))
}

fn look(row: &ClusterRow, database: &Arc<Database>) -> Result<Arc<dyn Cluster>, Fault> {
    let settings = settings_of(row)?;
    let machines: Arc<dyn Machines> = database.clone();
    let secret = row.secret.clone().unwrap_or_else(none);
    let cluster =
        ProxmoxCluster::open(CLUSTER, &settings, &secret, machines).map_err(not_usable)?;
    Ok(Arc::new(cluster))
}

fn cluster_driver(
    row: ClusterRow,
    local: &LocalConfig,
    database: &Arc<Database>,
    dice: Arc<Dice>,
) -> Result<Arc<dyn Driver>, Fault> {
    let config = ProxmoxConfig {
        cluster: CLUSTER.to_owned(),
        settings: settings_of(&row)?,
        secret: row.secret.unwrap_or_else(none),
        ssh_key: row.ssh_key.unwrap_or_else(none),
        data_dir: local.data_dir.clone(),
        exe: local.exe.clone(),
        limits: ProxmoxLimits::default(),
        crash: local.crash,
        clock: Arc::clone(&local.clock),
        dice,
        host: local.host.clone(),
    };
    let driver = ProxmoxDriver::open(config, database.clone()).map_err(not_usable)?;
    Ok(Arc::new(driver))
}

fn none() -> SecretString {
    SecretString::from("")
}

fn not_usable(error: DriverError) -> Fault {
    let why = std::error::Error::source(&error).map(ToString::to_string);
    Fault::new(Exit::BadInput, text::PVE_SETTINGS_UNREAD)
        .why(why.unwrap_or_else(|| error.to_string()))
        .cure(text::PVE_SETUP_AGAIN)
}

fn told(error: DriverError) -> Fault {
    let why = std::error::Error::source(&error).map(ToString::to_string);
    let fault =
        Fault::new(Exit::Platform, text::no_sandbox(&error.to_string())).cure(text::SANDBOX_CURE);
    match why {
        Some(why) => fault.why(why),
        None => fault,
    }
}
