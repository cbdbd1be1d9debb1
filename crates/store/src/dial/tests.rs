//! The file of SQLite, in every state that it can be found in.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::unistd::{Uid, geteuid, setfsuid};
use tempfile::TempDir;

use super::run::{Need, Way, dial};
use super::{DialKind, file};
use crate::target::DatabaseTarget;

const PATIENCE: Duration = Duration::from_secs(5);

struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("x.db")
    }

    fn holding(content: &[u8]) -> Self {
        let place = Self::new();
        fs::write(place.path(), content).unwrap();
        place.allow(&place.path(), 0o666);
        place
    }

    fn allow(&self, path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// Looks as somebody for whom permissions count: root passes them all, so its thread becomes another user for files.
fn look_as_a_user(path: &Path) -> Result<bool, DialKind> {
    let path = path.to_owned();
    let look = move || {
        if geteuid().is_root() {
            setfsuid(Uid::from_raw(65_534));
        }
        file::look(&path)
    };
    std::thread::spawn(look).join().unwrap()
}

const HEAD: &[u8] = b"SQLite format 3\0 and so on";

#[test]
fn a_file_that_is_a_database_or_becomes_one_is_good() {
    assert_eq!(look_as_a_user(&Place::new().path()), Ok(false));
    assert_eq!(look_as_a_user(&Place::holding(b"").path()), Ok(false));
    assert_eq!(look_as_a_user(&Place::holding(HEAD).path()), Ok(false));
    assert_eq!(file::look(Path::new("not-there-yet.db")), Ok(false));
    assert!(
        !Path::new("not-there-yet.db").exists(),
        "looking makes nothing"
    );
}

#[test]
fn what_is_not_a_database_is_said_to_be_none() {
    for content in [&b"SQLite format 2\0"[..], b"PK\x03\x04", b"SQLite"] {
        let place = Place::holding(content);
        assert_eq!(
            look_as_a_user(&place.path()),
            Err(DialKind::NotADatabase(place.path()))
        );
        assert_eq!(fs::read(place.path()).unwrap(), content);
    }
    let place = Place::new();
    let folder = place.folder.path().to_owned();
    assert_eq!(look_as_a_user(&folder), Err(DialKind::NotAFile(folder)));
}

#[test]
fn a_folder_that_is_not_there_or_is_a_file() {
    let place = Place::holding(b"");
    let nowhere = place.folder.path().join("no/x.db");
    let missing = DialKind::MissingFolder(place.folder.path().join("no"));
    assert_eq!(look_as_a_user(&nowhere), Err(missing));
    let below = place.path().join("x.db");
    assert_eq!(
        look_as_a_user(&below),
        Err(DialKind::NotAFile(place.path()))
    );
    let further = below.join("x.db");
    assert_eq!(look_as_a_user(&further), Err(DialKind::NotAFile(below)));
}

#[test]
fn permissions_are_told_apart() {
    let place = Place::holding(HEAD);
    place.allow(&place.path(), 0o444);
    assert_eq!(look_as_a_user(&place.path()), Ok(true), "it can be read");
    place.allow(&place.path(), 0o000);
    assert_eq!(
        look_as_a_user(&place.path()),
        Err(DialKind::NoAccess(place.path()))
    );
    place.allow(&place.path(), 0o666);
    let folder = place.folder.path().to_owned();
    place.allow(&folder, 0o555);
    assert_eq!(
        look_as_a_user(&place.path()),
        Err(DialKind::NoAccess(folder.clone()))
    );
    place.allow(&folder, 0o000);
    let hidden = look_as_a_user(&place.path());
    assert!(matches!(hidden, Err(DialKind::NoAccess(_))), "{hidden:?}");
    place.allow(&folder, 0o777);
}

#[tokio::test]
async fn a_file_is_dialed_with_its_version_and_its_log() {
    let place = Place::holding(HEAD);
    let target = DatabaseTarget::Sqlite(place.path());
    let dialed = dial(&target, Need::Write, PATIENCE).await.unwrap();
    assert_eq!(
        (dialed.server.version.major, dialed.server.network),
        (3, None)
    );
    assert!(matches!(dialed.way, Way::File));
    let dialed = dial(&DatabaseTarget::Memory, Need::Write, PATIENCE)
        .await
        .unwrap();
    assert!(matches!(dialed.way, Way::Memory));
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_told_with_the_cure() {
    let place = Place::new();
    let target = DatabaseTarget::Sqlite(place.folder.path().join("no/x.db"));
    let error = dial(&target, Need::Write, PATIENCE).await.err().unwrap();
    let told = error.to_string();
    assert!(
        told.contains("there is no folder") && told.contains("mkdir -p"),
        "{told}"
    );
}
