//! Which package manager a repository uses, and of which version: `packageManager`, then the lock files.

use std::str::FromStr;

use domain::version::Release;
use serde_json::{Map, Value};

use crate::index::clean_path;
use crate::text;
use crate::view::View;

/// How dependencies are installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Manager {
    /// npm, with or without its lock file.
    Npm {
        /// The lock file.
        lock: Option<&'static str>,
    },
    /// pnpm of a version that reads the lock.
    Pnpm {
        /// A version or a major one.
        version: String,
        /// The lock file is there.
        locked: bool,
    },
    /// yarn 1.
    YarnClassic {
        /// A version.
        version: String,
        /// The lock file is there.
        locked: bool,
    },
    /// yarn 2 and later.
    YarnBerry {
        /// A version or a major one.
        version: String,
        /// `yarnPath`: the release that the repository carries.
        carried: Option<String>,
        /// The lock file is there.
        locked: bool,
    },
}

impl Manager {
    /// The file that dependencies come from, for people.
    pub(crate) fn file(&self) -> &'static str {
        match self {
            Self::Npm { lock } => lock.unwrap_or("package.json"),
            Self::Pnpm { locked: true, .. } => "pnpm-lock.yaml",
            Self::YarnClassic { locked: true, .. } | Self::YarnBerry { locked: true, .. } => {
                "yarn.lock"
            }
            _ => "package.json",
        }
    }

    /// True when a lock file pins what is installed.
    pub(crate) fn is_locked(&self) -> bool {
        self.file() != "package.json"
    }
}

/// Finds the package manager.
pub(super) fn find(
    view: &View<'_>,
    json: &Map<String, Value>,
    warnings: &mut Vec<String>,
) -> Manager {
    let named = json.get("packageManager").and_then(Value::as_str);
    match named.map(parse_named) {
        Some(Some(("pnpm", version))) => return pnpm(view, Some(version)),
        Some(Some(("yarn", version))) => return yarn(view, Some(version)),
        Some(Some(("npm", _))) => return npm(view),
        Some(_) => warnings.push(text::odd_package_manager(named.unwrap_or_default())),
        None => {}
    }
    let npm_lock = npm(view);
    if view.has("pnpm-lock.yaml") {
        pnpm(view, None)
    } else if view.has("yarn.lock") && !npm_lock.is_locked() {
        yarn(view, None)
    } else {
        if !npm_lock.is_locked() && (view.has("bun.lock") || view.has("bun.lockb")) {
            warnings.push(text::bun_by_npm());
        }
        npm_lock
    }
}

/// `pnpm@9.1.0+sha512.abc`: the name and the version without its hash. Only a real version reaches a command.
fn parse_named(text: &str) -> Option<(&str, String)> {
    let (name, version) = text.split_once('@')?;
    let version = version.split('+').next().unwrap_or_default();
    let version = Release::parse(version)?;
    Some((name, version.to_string()))
}

fn npm(view: &View<'_>) -> Manager {
    Manager::Npm {
        lock: view.first_of(&["package-lock.json", "npm-shrinkwrap.json"]),
    }
}

fn pnpm(view: &View<'_>, named: Option<String>) -> Manager {
    let lock = view.read("pnpm-lock.yaml");
    let version = named.unwrap_or_else(|| {
        let format = lock.as_deref().and_then(lock_format);
        match format {
            Some(major) if major < 6 => "7".to_owned(),
            Some(6..=8) => "8".to_owned(),
            Some(_) | None => "10".to_owned(),
        }
    });
    Manager::Pnpm {
        version,
        locked: view.has("pnpm-lock.yaml"),
    }
}

/// The major number of `lockfileVersion: '9.0'`.
fn lock_format(lock: &str) -> Option<u32> {
    let line = lock
        .lines()
        .take(20)
        .find_map(|line| line.strip_prefix("lockfileVersion:"))?;
    let number = line.trim().trim_matches(['\'', '"']);
    u32::from_str(number.split('.').next()?).ok()
}

fn yarn(view: &View<'_>, named: Option<String>) -> Manager {
    let locked = view.has("yarn.lock");
    let config = view.read(".yarnrc.yml");
    let is_berry = match &named {
        Some(version) => !version.starts_with("0.") && !version.starts_with("1."),
        None => {
            let lock = view.read("yarn.lock").unwrap_or_default();
            config.is_some() || lock.contains("__metadata:")
        }
    };
    if !is_berry {
        let version = named.unwrap_or_else(|| "1.22.22".to_owned());
        return Manager::YarnClassic { version, locked };
    }
    let carried = config
        .as_deref()
        .and_then(|config| {
            config
                .lines()
                .find_map(|line| line.strip_prefix("yarnPath:"))
        })
        .and_then(|path| clean_path(path.trim().trim_matches(['"', '\''])))
        .filter(|path| path.starts_with(".yarn/") && view.has(path));
    Manager::YarnBerry {
        version: named.unwrap_or_else(|| "4".to_owned()),
        carried,
        locked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Index;
    use domain::tree::MemoryTree;
    use rstest::rstest;

    fn manager(files: &[(&str, &str)], json: &str) -> (Manager, Vec<String>) {
        let tree = MemoryTree::new(files.iter().copied());
        let index = Index::of(&tree, "");
        let mut warnings = Vec::new();
        let json = serde_json::from_str(json).unwrap();
        (
            find(&View::new(&tree, &index, ""), &json, &mut warnings),
            warnings,
        )
    }

    #[rstest]
    #[case(&[("pnpm-lock.yaml", "lockfileVersion: '9.0'\n")], "10")]
    #[case(&[("pnpm-lock.yaml", "lockfileVersion: '6.0'\n")], "8")]
    #[case(&[("pnpm-lock.yaml", "lockfileVersion: 5.4\n")], "7")]
    fn a_pnpm_that_reads_the_lock(#[case] files: &[(&str, &str)], #[case] wanted: &str) {
        let Manager::Pnpm { version, locked } = manager(files, "{}").0 else {
            panic!("not pnpm");
        };
        assert!(locked && version == wanted);
    }

    #[test]
    fn package_manager_is_a_version_or_nothing() {
        let (found, warnings) = manager(&[], r#"{"packageManager": "pnpm@9.1.0+sha512.abc"}"#);
        assert_eq!(
            found,
            Manager::Pnpm {
                version: "9.1.0".into(),
                locked: false
            }
        );
        assert!(warnings.is_empty());
        let (found, warnings) = manager(&[], r#"{"packageManager": "pnpm@$(touch x)"}"#);
        assert_eq!((found, warnings.len()), (Manager::Npm { lock: None }, 1));
    }

    #[test]
    fn berry_is_told_from_classic_and_its_own_release_is_used() {
        let lock = ("yarn.lock", "__metadata:\n  version: 8\n");
        let rc = (".yarnrc.yml", "yarnPath: .yarn/releases/yarn-4.1.0.cjs\n");
        let own = (".yarn/releases/yarn-4.1.0.cjs", "");
        let Manager::YarnBerry { carried, .. } = manager(&[lock, rc, own], "{}").0 else {
            panic!("not berry");
        };
        assert_eq!(carried.as_deref(), Some(".yarn/releases/yarn-4.1.0.cjs"));
        let classic = manager(&[("yarn.lock", "# yarn lockfile v1\n")], "{}").0;
        assert!(matches!(classic, Manager::YarnClassic { locked: true, .. }));
    }
}
