//! The database that a command is about, and where its setting came from.

use std::path::PathBuf;

use store::admin::{Access, Admin, SchemaKind, original_elsewhere, state};
use store::{DatabaseTarget, OpenError, in_use};

use crate::config::{DotEnv, Layers, Settings, World};
use crate::exit::{Exit, Fault};
use crate::screen::Screen;
use crate::serve::system_clock;
use crate::text;

/// A database as the settings name it.
pub struct Subject {
    /// Which one.
    pub target: DatabaseTarget,
    /// Where the setting came from, in words.
    pub origin: String,
    /// The data folder, where the key of the secrets is.
    pub data_dir: PathBuf,
    /// The key's file, where it is elsewhere.
    pub key_file: Option<PathBuf>,
    /// The working folder.
    pub folder: PathBuf,
}

impl Subject {
    /// Reads the settings as the server does: `.env` of the working folder counts.
    pub fn read() -> Result<Self, Fault> {
        let world = World::of_this_process();
        let layers = Layers::read(&world, &[], DotEnv::Read)?;
        let settings = Settings::from_layers(&layers, &world)?;
        Ok(Self {
            target: settings.database()?,
            origin: layers.origin("database_url"),
            data_dir: settings.data_dir,
            key_file: settings.secret_key_file,
            folder: world.folder,
        })
    }

    /// Reads the settings and says what is about to be changed, before it is: to stderr, without a password.
    pub fn to_change(screen: Screen) -> Result<Self, Fault> {
        let subject = Self::read()?;
        screen.say(&text::db_target(
            &subject.target.to_string(),
            &subject.origin,
        ));
        Ok(subject)
    }

    /// Opens it. Where there is none, one of the original's that Flask put elsewhere is named.
    pub async fn open(&self, access: Access) -> Result<Admin, Fault> {
        let elsewhere = self.target.file().and_then(original_elsewhere);
        match (
            Admin::open(&self.target, access, system_clock()).await,
            elsewhere,
        ) {
            (Err(OpenError::NotThere(_)), Some(file)) => {
                let fault = Fault::new(Exit::NotFound, text::db_only_elsewhere(&file));
                Err(fault.cure(text::DB_UPGRADE_FIRST))
            }
            (opened, _) => Ok(opened?),
        }
    }

    /// True when a server holds the SQLite file and its schema is what this program works on: nothing is to be done then.
    pub async fn is_served_and_current(&self) -> Result<bool, Fault> {
        if !self.target.file().is_some_and(in_use) {
            return Ok(false);
        }
        let mut admin = self.open(Access::Look).await?;
        let found = state(&mut admin, None).await?;
        admin.close().await?;
        Ok(found.kind == SchemaKind::Current)
    }
}
