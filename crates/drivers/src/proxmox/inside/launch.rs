//! What a command or an app is started with, in the form that `enter` reads in the guest.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::ports::DriverError;

use crate::local::shared as inner;
use crate::local::toolchain::RegistrySettings;
use crate::text::inside as text;

/// A program with everything it is given.
pub struct Launch {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Its whole environment.
    pub env: BTreeMap<String, String>,
    /// Its folder.
    pub folder: PathBuf,
}

impl Launch {
    /// A program in a folder relative to the app's, with the app's environment and what the driver adds: the app's own
    /// values win, but for the path.
    pub fn new(
        argv: Vec<String>,
        env: &BTreeMap<String, String>,
        dir: &str,
        registries: Option<&RegistrySettings>,
    ) -> Result<Self, DriverError> {
        let folder = inner::folder(dir)?;
        let mut all: BTreeMap<String, String> = inner::ALWAYS
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        if let Some(registries) = registries {
            let quiet = inner::QUIET.iter();
            all.extend(quiet.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
            all.extend(registries.env.clone());
        }
        all.extend(env.clone());
        all.insert("PATH".into(), inner::search_path(&folder, &[]));
        Ok(Self {
            argv,
            env: all,
            folder,
        })
    }

    /// The bytes that `enter` reads.
    ///
    /// # Errors
    /// A NUL byte somewhere, which no program can be given.
    pub fn encode(&self) -> Result<Vec<u8>, DriverError> {
        let mut out = Vec::new();
        let folder = self.folder.to_string_lossy();
        for head in ["havre1", text::CANNOT_RUN, &folder] {
            field(&mut out, &[head])?;
        }
        field(&mut out, &[&self.argv.len().to_string()])?;
        for argument in &self.argv {
            field(&mut out, &[argument])?;
        }
        field(&mut out, &[&self.env.len().to_string()])?;
        for (name, value) in &self.env {
            field(&mut out, &[name, "=", value])?;
        }
        field(&mut out, &["end"])?;
        Ok(out)
    }
}

fn field(out: &mut Vec<u8>, parts: &[&str]) -> Result<(), DriverError> {
    for part in parts {
        if part.contains('\0') {
            return Err(DriverError::other("run a command", text::NUL));
        }
        out.extend_from_slice(part.as_bytes());
    }
    out.push(0);
    Ok(())
}
