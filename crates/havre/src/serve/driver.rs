//! The places where guests live.

use std::path::Path;
use std::sync::Arc;

use domain::DriverKind;
use domain::ports::{Clock, Driver, DriverError};
use drivers::local::{LocalConfig, LocalDriver};

use crate::config::Settings;
use crate::exit::{Exit, Fault};
use crate::text;

/// Opens the local driver below a data folder.
pub fn open(data_dir: &Path, clock: Arc<dyn Clock>) -> Result<Arc<dyn Driver>, Fault> {
    let exe = std::env::current_exe()
        .map_err(|error| Fault::new(Exit::Platform, text::no_exe(&error.to_string())))?;
    let driver =
        LocalDriver::open(LocalConfig::new(data_dir.to_owned(), exe, clock)).map_err(told)?;
    Ok(Arc::new(driver))
}

/// Only what is in this version can be chosen.
pub fn known(settings: &Settings) -> Result<(), Fault> {
    match settings.driver {
        None | Some(DriverKind::Local) => Ok(()),
        Some(DriverKind::Proxmox) => {
            Err(Fault::new(Exit::BadInput, text::DRIVER_NOT_YET).cure(text::DRIVER_NOT_YET_CURE))
        }
    }
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
