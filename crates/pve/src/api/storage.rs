//! What lies on a storage: templates, images, disks.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::call::Call;
use crate::client::Client;
use crate::error::{Error, Kind, Result};
use crate::names::{FileName, NodeName, StorageId, Upid, Vmid, Volid};
use crate::wire::Upload;
use crate::words::words;
use crate::{lenient, routes, text};

words! {
    /// What a storage may hold.
    Content, "content of a storage", {
        /// Disks of VMs.
        Images = "images",
        /// Volumes of containers.
        Rootdir = "rootdir",
        /// Templates of containers.
        Vztmpl = "vztmpl",
        /// Images that disks are imported from.
        Import = "import",
        /// CD images.
        Iso = "iso",
        /// Backups.
        Backup = "backup",
        /// Snippets.
        Snippets = "snippets",
    }
}

words! {
    /// What can be put onto a storage by the API.
    Uploadable, "content to upload", {
        /// CD images.
        Iso = "iso",
        /// Templates of containers: `.tar`, `.tar.gz`, `.tar.xz`, `.tar.zst`, `.tar.bz2`.
        Vztmpl = "vztmpl",
        /// Images that disks are imported from: `.qcow2`, `.raw`, `.vmdk`, `.ova`. An `.img` must be renamed.
        Import = "import",
    }
}

words! {
    /// The sum that a file is checked with.
    Checksum, "checksum", {
        /// SHA-256.
        Sha256 = "sha256",
        /// SHA-512.
        Sha512 = "sha512",
    }
}

/// A volume on a storage.
#[derive(Debug, Clone, Deserialize)]
pub struct VolumeRow {
    /// Its name.
    pub volid: Volid,
    /// As `raw`, `qcow2`, `subvol`, `tzst`.
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    pub format: String,
    /// Bytes of it.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub size: Option<u64>,
    /// When it was made, in seconds since 1970.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub ctime: Option<u64>,
    /// The guest it belongs to.
    #[serde(default, deserialize_with = "lenient::maybe_name")]
    pub vmid: Option<Vmid>,
    /// The volume it is a linked clone of.
    #[serde(default, deserialize_with = "lenient::text")]
    pub parent: Option<String>,
}

/// A sum and how it was made.
pub type Sum = (Checksum, String);

/// A file that a node downloads by itself.
#[derive(Debug, Clone)]
pub struct Download {
    /// Where from.
    pub url: Url,
    /// The name it gets.
    pub file: FileName,
    /// What it is.
    pub content: Uploadable,
    /// Its sum in hex. With it, an equal file that is there already is taken as success.
    pub sum: Option<Sum>,
}

impl Client {
    /// What lies on a storage. Entries are left out that the token may not see.
    ///
    /// # Errors
    /// As any request.
    pub async fn content(
        &self,
        node: &NodeName,
        storage: &StorageId,
        content: Option<Content>,
    ) -> Result<Vec<VolumeRow>> {
        self.usable(
            Call::new(&routes::CONTENT)
                .at(node)
                .at(storage)
                .maybe("content", content),
        )
        .await
    }

    /// The volumes of one guest on a storage.
    ///
    /// # Errors
    /// As any request.
    pub async fn content_of(
        &self,
        node: &NodeName,
        storage: &StorageId,
        vmid: Vmid,
    ) -> Result<Vec<VolumeRow>> {
        self.rows(
            Call::new(&routes::CONTENT)
                .at(node)
                .at(storage)
                .set("vmid", vmid),
        )
        .await
    }

    /// Deletes a volume; a task for large ones. Files need `Datastore.Allocate`.
    ///
    /// # Errors
    /// As any request.
    pub async fn delete_content(&self, node: &NodeName, volume: &Volid) -> Result<Option<Upid>> {
        self.begin_maybe(
            Call::new(&routes::CONTENT_DELETE)
                .at(node)
                .at(volume.storage())
                .at(volume),
        )
        .await
    }

    /// Lets a node download a file. Needs `Datastore.AllocateTemplate` on the storage and `Sys.AccessNetwork` on the node (or
    /// `Sys.Audit` and `Sys.Modify` on `/`).
    ///
    /// # Errors
    /// As any request.
    pub async fn download(
        &self,
        node: &NodeName,
        storage: &StorageId,
        download: &Download,
    ) -> Result<Upid> {
        let call = Call::new(&routes::DOWNLOAD)
            .at(node)
            .at(storage)
            .set("content", download.content)
            .set("filename", &download.file)
            .set("url", &download.url)
            .wants(format!("/nodes/{node}"), "Sys.AccessNetwork");
        self.begin(with_sum(call, download.sum.as_ref())?).await
    }

    /// Puts a file onto a storage; it is read piece by piece. Never repeated by itself.
    ///
    /// # Errors
    /// As any request, and when the file cannot be read.
    pub async fn upload(
        &self,
        node: &NodeName,
        storage: &StorageId,
        path: &Path,
        name: &FileName,
        content: Uploadable,
        sum: Option<&Sum>,
    ) -> Result<Upid> {
        let call = Call::new(&routes::UPLOAD)
            .at(node)
            .at(storage)
            .set("content", content);
        let call = with_sum(call, sum)?;
        let boundary = format!("havre-{:016x}{:016x}", self.number(), self.number());
        let opened = Upload::open(path, name, call.params(), boundary).await;
        let body = opened.map_err(|error| {
            Error::new(Kind::Other, text::no_file(path, &error))
                .with_nothing_done(true)
                .with_source(error)
        })?;
        match self.send_file(&call, body).await? {
            Value::String(upid) => Ok(upid.parse()?),
            _ => {
                Err(Error::new(Kind::Ambiguous, "the answer names no task")
                    .with_asked(call.asked()))
            }
        }
    }
}

fn with_sum(call: Call, sum: Option<&Sum>) -> Result<Call> {
    let Some((kind, hex)) = sum else {
        return Ok(call);
    };
    if hex.is_empty() || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Error::new(Kind::BadParameters, text::NO_SUM).with_nothing_done(true));
    }
    Ok(call
        .set("checksum-algorithm", kind)
        .set("checksum", hex.to_lowercase()))
}
