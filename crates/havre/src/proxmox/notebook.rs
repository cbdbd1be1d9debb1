//! Where the set-up keeps what it chose: the database.

use std::sync::Arc;

use domain::ports::{ClusterRow, Dice, Machines};
use drivers::proxmox::{ClusterSettings, keys};
use secrecy::SecretString;
use store::admin::{Access, Admin, SchemaKind, state, stored_cluster};
use store::{Database, SecretKey};

use crate::config::Settings;
use crate::exit::{Exit, Fault};
use crate::serve::{DataDir, open_database, system_clock, world};
use crate::text;

/// The name of the one cluster that there is.
pub const CLUSTER: &str = "proxmox";

/// The database, open as a server has it: nobody else uses the data folder meanwhile.
pub struct Notebook {
    database: Arc<Database>,
    dice: Arc<Dice>,
    _data_dir: DataDir,
}

impl Notebook {
    /// Opens it; a missing one is made.
    pub async fn open(settings: &Settings) -> Result<Self, Fault> {
        let opened = DataDir::open(&settings.data_dir, std::time::Duration::ZERO).await;
        let data_dir = opened.map_err(|fault| match fault.exit {
            Exit::Refused => fault.cure(text::PVE_STOP_SERVER),
            _ => fault,
        })?;
        let (clock, dice) = world()?;
        let database = open_database(settings, &data_dir, clock, Arc::clone(&dice)).await?;
        Ok(Self {
            database,
            dice,
            _data_dir: data_dir,
        })
    }

    /// What was stored; none before the first set-up.
    pub async fn stored(&self) -> Result<Option<ClusterRow>, Fault> {
        self.database.cluster(CLUSTER).await.map_err(failed)
    }

    /// Stores it in the place of what was there.
    pub async fn store(&self, row: &ClusterRow) -> Result<(), Fault> {
        self.database.cluster_saved(row).await.map_err(failed)
    }

    /// The SSH key of an earlier set-up, or a new one.
    pub fn ssh_key(&self, stored: Option<&ClusterRow>) -> Result<SecretString, Fault> {
        match stored.and_then(|row| row.ssh_key.clone()) {
            Some(key) => Ok(key),
            None => keys::new_ssh_key(&self.dice)
                .map_err(|error| Fault::new(Exit::Platform, error.to_string())),
        }
    }

    /// Closes it, so that one file is left.
    pub async fn close(self) {
        self.database.close().await;
    }
}

/// What is stored, also while a server runs; none where there is no database of ours yet.
pub async fn look(settings: &Settings) -> Result<Option<ClusterRow>, Fault> {
    let target = settings.database()?;
    if target.file().is_some_and(|file| !file.exists()) {
        return Ok(None);
    }
    let (_, dice) = world()?;
    let file = settings.secret_key_file.as_deref();
    let key = SecretKey::load_or_create(&settings.data_dir, file, &dice)
        .map_err(|error| Fault::new(Exit::BadInput, error.to_string()))?;
    let mut admin = Admin::open(&target, Access::Look, system_clock()).await?;
    let row = match state(&mut admin, None).await?.kind {
        SchemaKind::Current => stored_cluster(&mut admin, &key, CLUSTER).await?,
        _ => None,
    };
    admin.close().await?;
    Ok(row)
}

fn failed(error: domain::ports::StoreError) -> Fault {
    Fault::new(Exit::Platform, error.to_string())
}

/// The settings in a row; those of a newer Havre may not be read.
pub fn settings_of(row: &ClusterRow) -> Result<ClusterSettings, Fault> {
    serde_json::from_value(row.settings.clone()).map_err(|error| {
        Fault::new(Exit::BadInput, text::PVE_SETTINGS_UNREAD)
            .why(error.to_string())
            .cure(text::PVE_SETUP_AGAIN)
    })
}
