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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;
    use std::process::{Command, Stdio};

    const ENTER: &str = include_str!("scripts/enter.pl");

    /// What `enter` makes of these bytes; none where there is no Perl.
    fn entered(launch: &[u8]) -> Option<std::process::Output> {
        let mut perl = Command::new("perl")
            .args(["-e", ENTER, "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        // One that is not content ends without reading on.
        let _ = perl.stdin.take().unwrap().write_all(launch);
        Some(perl.wait_with_output().unwrap())
    }

    fn launch(argv: &[&str], env: BTreeMap<String, String>) -> Launch {
        Launch {
            argv: argv.iter().map(|argument| (*argument).to_owned()).collect(),
            env,
            folder: "/".into(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn every_value_arrives(values in proptest::collection::vec("[^\0]*", 0..20)) {
            let env: BTreeMap<String, String> = (0..).map(|n| format!("V{n:03}")).zip(values).collect();
            let bytes = launch(&["/usr/bin/env", "-0"], env.clone()).encode().unwrap();
            let Some(output) = entered(&bytes) else {
                println!("SKIPPED: every_value_arrives: no Perl on this machine");
                return Ok(());
            };
            let said = String::from_utf8(output.stdout).unwrap();
            let mut seen: Vec<&str> = said.split_terminator('\0').collect();
            seen.sort_unstable();
            let expected: Vec<String> = env.iter().map(|(name, value)| format!("{name}={value}")).collect();
            prop_assert_eq!(seen, expected);
        }
    }

    #[test]
    fn a_cut_launch_starts_nothing() {
        let bytes = launch(&["/bin/echo", "ran"], BTreeMap::new())
            .encode()
            .unwrap();
        for length in 0..bytes.len() {
            let Some(output) = entered(&bytes[..length]) else {
                println!("SKIPPED: a_cut_launch_starts_nothing: no Perl on this machine");
                return;
            };
            // Only the last field's own end may be missing.
            let whole = length + 1 == bytes.len();
            assert_eq!(output.stdout == b"ran\n", whole, "{length}");
            assert_eq!(output.status.success(), whole);
        }
    }

    #[test]
    fn a_nul_byte_is_refused_and_the_path_is_the_drivers() {
        assert!(launch(&["a\0b"], BTreeMap::new()).encode().is_err());
        let own = BTreeMap::from([
            ("PATH".to_owned(), "/mine".to_owned()),
            ("HOME".into(), "/h".into()),
        ]);
        let launch = Launch::new(vec!["x".into()], &own, "sub", None).unwrap();
        assert!(launch.env["PATH"].starts_with("/app/sub/.venv/bin:"));
        assert_eq!(
            (launch.env["HOME"].as_str(), launch.folder),
            ("/h", "/app/sub".into())
        );
        assert!(Launch::new(vec!["x".into()], &own, "../etc", None).is_err());
    }
}
