//! The last table on disk: a gateway that starts again serves at once, without its controller.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use domain::ports::Table;
use serde::{Deserialize, Serialize};

/// The form of the file.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Out<'a> {
    version: u32,
    routes: &'a Table,
}

#[derive(Deserialize)]
struct In {
    version: u32,
    routes: Table,
}

/// Reads the table. None and an unreadable one are an empty table (the controller sends the whole one when it finds the
/// gateway); an unreadable one is kept aside.
pub fn load(file: &Path) -> io::Result<Table> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Table::new()),
        Err(error) => return Err(error),
    };
    let why = match serde_json::from_slice::<In>(&bytes) {
        Ok(read) if read.version == VERSION => return Ok(read.routes),
        Ok(read) => format!("version {}", read.version),
        Err(error) => error.to_string(),
    };
    let aside = beside(file, "bad");
    tracing::warn!(file = %file.display(), aside = %aside.display(), why, "the table on disk is unreadable and is set aside");
    fs::rename(file, aside)?;
    Ok(Table::new())
}

/// Writes the table: after a crash there is either the old one or the new one, whole.
pub async fn save(file: &Path, table: &Table) -> io::Result<()> {
    let bytes = serde_json::to_vec(&Out {
        version: VERSION,
        routes: table,
    })?;
    let file = file.to_owned();
    tokio::task::spawn_blocking(move || write(&file, &bytes)).await?
}

fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = beside(file, "new");
    let mut out = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    fs::rename(&fresh, file)?;
    match file.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}
