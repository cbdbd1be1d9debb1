//! Names of bases. A name says all that is needed to make the base again: guests of old releases outlive bases.

use std::fmt;
use std::str::FromStr;

use domain::plan::Runtime;
use domain::{BaseId, DeploymentKind};

use super::os::Os;

/// Raised when the way in which bases are made changes: older ones are made anew.
pub const RECIPE: u32 = 1;

/// The name of a base: `lxc-debian12-python-3.11_node-18_r1`. The series of a runtime is there for people, and only where
/// it is known beforehand: the system decides it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BaseName {
    /// Container or VM.
    pub kind: DeploymentKind,
    /// The system in it.
    pub os: Os,
    /// Its runtimes with versions, in the order of [`Runtime`]; a base for static sites and shells has none.
    runtimes: Vec<Runtime>,
    /// The recipe it was made by.
    pub recipe: u32,
}

/// Text that names no base of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of a base of a cluster")]
pub struct BadBaseName(String);

impl BaseName {
    /// The base of these runtimes by today's recipe.
    pub fn new(kind: DeploymentKind, os: Os, runtimes: impl IntoIterator<Item = Runtime>) -> Self {
        let mut runtimes: Vec<Runtime> = runtimes.into_iter().filter(has_version).collect();
        runtimes.sort();
        runtimes.dedup();
        Self {
            kind,
            os,
            runtimes,
            recipe: RECIPE,
        }
    }

    /// The runtimes with versions in it.
    pub fn runtimes(&self) -> &[Runtime] {
        &self.runtimes
    }

    /// As the engine knows it.
    pub fn id(&self) -> BaseId {
        // Made of letters, digits, dots, hyphens and underscores, and far below the bound.
        let id = self.to_string().parse();
        id.unwrap_or_else(|_| unreachable!("{self} is a legal id"))
    }
}

fn has_version(runtime: &Runtime) -> bool {
    matches!(runtime, Runtime::Python | Runtime::Node)
}

impl fmt::Display for BaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-", self.kind.as_str(), self.os)?;
        for (number, runtime) in self.runtimes.iter().enumerate() {
            let part = if number == 0 { "" } else { "_" };
            write!(f, "{part}{runtime}")?;
            match (runtime, self.os.packs(*runtime)) {
                (Runtime::Node, Some(release)) => write!(f, "-{}", release.0)?,
                (_, Some(release)) => write!(f, "-{}.{}", release.0, release.1)?,
                (_, None) => {}
            }
        }
        if self.runtimes.is_empty() {
            f.write_str("plain")?;
        }
        write!(f, "_r{}", self.recipe)
    }
}

impl FromStr for BaseName {
    type Err = BadBaseName;

    fn from_str(text: &str) -> Result<Self, BadBaseName> {
        parse(text).ok_or_else(|| BadBaseName(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<BaseName> {
    let (body, recipe) = text.rsplit_once("_r")?;
    let (kind, body) = body.split_once('-')?;
    let (os, body) = body.split_once('-')?;
    let mut name = BaseName::new(kind.parse().ok()?, os.parse().ok()?, []);
    name.recipe = recipe.parse().ok()?;
    if body != "plain" {
        let runtime = |part: &str| match part.split_once('-').map_or(part, |(name, _)| name) {
            "python" => Some(Runtime::Python),
            "node" => Some(Runtime::Node),
            _ => None,
        };
        name.runtimes = body.split('_').map(runtime).collect::<Option<_>>()?;
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(kind: DeploymentKind, os: &str, runtimes: &[Runtime]) -> BaseName {
        BaseName::new(kind, os.parse().unwrap(), runtimes.iter().copied())
    }

    #[test]
    fn names_tell_what_is_in_them() {
        let both = [Runtime::Node, Runtime::Python, Runtime::Shell];
        let lxc = name(DeploymentKind::Lxc, "debian12", &both);
        assert_eq!(lxc.id().as_str(), "lxc-debian12-python-3.11_node-18_r1");
        let vm = name(DeploymentKind::Vm, "ubuntu24.04", &[Runtime::Static]);
        assert_eq!(vm.to_string(), "vm-ubuntu24.04-plain_r1");
        let new = name(DeploymentKind::Lxc, "debian14", &[Runtime::Python]);
        assert_eq!(new.to_string(), "lxc-debian14-python_r1");
    }

    #[test]
    fn other_text_is_no_name() {
        for bad in [
            "",
            "shell_r1",
            "lxc-debian12_r1",
            "lxc-debian12-ruby_r1",
            "lxc-x-plain_r1",
            "lxc-debian12-plain",
        ] {
            assert!(bad.parse::<BaseName>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn names_are_read_back(vm in any::<bool>(), os in 0usize..9, python in any::<bool>(), node in any::<bool>()) {
            let kind = if vm { DeploymentKind::Vm } else { DeploymentKind::Lxc };
            let runtimes = [(python, Runtime::Python), (node, Runtime::Node)];
            let chosen = runtimes.iter().filter(|(wanted, _)| *wanted).map(|(_, runtime)| *runtime);
            let name = BaseName::new(kind, Os::known()[os], chosen);
            prop_assert_eq!(name.to_string().parse::<BaseName>().unwrap(), name);
        }
    }
}
