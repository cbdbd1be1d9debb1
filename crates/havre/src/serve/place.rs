//! The place of this server: an id in the data folder, beside the guests that it stands for.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use domain::PlaceId;
use domain::ports::Dice;
use store::Home;

use super::DataDir;
use crate::config::Settings;
use crate::exit::{Exit, Fault};
use crate::text;

const FILE: &str = "place-id";

/// What the other servers of the database are told of this one.
pub fn home(settings: &Settings, data_dir: &DataDir, dice: &Dice) -> Result<Home, Fault> {
    let port = match settings.gateway.port() {
        80 => String::new(),
        port => format!(":{port}"),
    };
    Ok(Home {
        place: id(data_dir.path(), dice)?,
        name: machine(),
        apps: format!("{}{port}", settings.base_domain),
    })
}

/// The id of a data folder that is ours: made once, and whole whenever the machine stops.
fn id(data_dir: &Path, dice: &Dice) -> Result<PlaceId, Fault> {
    let path = data_dir.join(FILE);
    let broken = |error: io::Error| {
        let what = text::data_dir_broken(&path, &error.to_string());
        Fault::new(Exit::BadInput, what).cure(text::data_dir_cure(data_dir))
    };
    match fs::read_to_string(&path) {
        Ok(found) => found.trim().parse().map_err(|_| {
            Fault::new(Exit::BadInput, text::bad_place(&path)).cure(text::BAD_PLACE_CURE)
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let id = dice.roll(|rng| PlaceId::random(rng));
            keep(data_dir, &id).map_err(broken)?;
            Ok(id)
        }
        Err(error) => Err(broken(error)),
    }
}

fn keep(data_dir: &Path, id: &PlaceId) -> io::Result<()> {
    let half = data_dir.join(format!("{FILE}.new"));
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&half)?;
    writeln!(file, "{id}")?;
    file.sync_all()?;
    fs::rename(&half, data_dir.join(FILE))?;
    File::open(data_dir)?.sync_all()
}

/// The machine's name, for people.
fn machine() -> String {
    let name = nix::unistd::gethostname().ok();
    let name = name.and_then(|name| name.into_string().ok());
    name.filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dice(seed: u8) -> Dice {
        Dice::seeded([seed; 32])
    }

    #[test]
    fn a_place_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        // What a start left that was cut.
        fs::write(folder.path().join("place-id.new"), "half").unwrap();
        let first = id(folder.path(), &dice(1)).unwrap();
        assert_eq!(id(folder.path(), &dice(2)).unwrap(), first);
        assert!(!folder.path().join("place-id.new").exists());
    }

    #[test]
    fn what_is_no_id_is_told() {
        let folder = tempfile::tempdir().unwrap();
        for bad in ["", "here\n"] {
            fs::write(folder.path().join(FILE), bad).unwrap();
            let fault = id(folder.path(), &dice(1)).unwrap_err();
            assert_eq!(fault.exit, Exit::BadInput);
            assert!(fault.what.contains(FILE), "{}", fault.what);
        }
    }
}
