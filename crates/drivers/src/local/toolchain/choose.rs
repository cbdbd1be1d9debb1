//! Chooses among what was found.

use domain::plan::{Runtime, RuntimeNeed};
use domain::ports::DriverError;

use super::install::{Installed, Release};
use super::wish::{Fit, Wish};
use crate::text::toolchain as text;

/// Older ones are taken only when they are asked for, or alone.
const OLDEST_PYTHON: Release = Release(3, 9, 0);

/// A choice and what is to be said about it.
#[derive(Debug)]
pub(super) struct Chosen {
    pub installed: Installed,
    pub warning: Option<String>,
}

/// Chooses for one need among all that was found of its runtime, the host's default first.
pub(super) fn choose(
    need: &RuntimeNeed,
    found: &[Installed],
    any_version: bool,
) -> Result<Chosen, DriverError> {
    let runtime = need.runtime;
    let usable: Vec<&Installed> = found
        .iter()
        .filter(|one| one.runtime == runtime && one.lacks.is_none())
        .collect();
    if usable.is_empty() {
        return Err(text::missing(need, &incomplete(runtime, found)));
    }
    let Some(asked) = &need.version else {
        return Ok(Chosen {
            installed: best(&usable).clone(),
            warning: None,
        });
    };
    let wish = match runtime {
        Runtime::Node => Wish::node(&asked.wish),
        _ => Wish::python(&asked.wish),
    };
    let of_fit = |fit: Fit| -> Vec<&Installed> {
        usable
            .iter()
            .copied()
            .filter(|one| {
                wish.as_ref()
                    .is_some_and(|wish| wish.fit(one.release) == fit)
            })
            .collect()
    };
    let (good, near) = (of_fit(Fit::Yes), of_fit(Fit::OtherPatch));
    if !good.is_empty() {
        return Ok(Chosen {
            installed: best(&good).clone(),
            warning: None,
        });
    }
    if !near.is_empty() || any_version {
        let installed = best(if near.is_empty() { &usable } else { &near }).clone();
        let warning = Some(text::other_version(asked, &installed));
        return Ok(Chosen { installed, warning });
    }
    let wrong: Vec<Installed> = usable.into_iter().cloned().collect();
    Err(match wish {
        Some(_) => text::wrong_version(runtime, asked, &wrong),
        None => text::unreadable_wish(runtime, asked),
    })
}

/// The host's default when it is not too old, else the newest.
fn best<'a>(good: &[&'a Installed]) -> &'a Installed {
    let old = |one: &Installed| one.runtime == Runtime::Python && one.release < OLDEST_PYTHON;
    let default = good[0];
    if !old(default) {
        return default;
    }
    good.iter()
        .copied()
        .max_by_key(|one| one.release)
        .unwrap_or(default)
}

fn incomplete(runtime: Runtime, found: &[Installed]) -> Vec<Installed> {
    found
        .iter()
        .filter(|one| one.runtime == runtime)
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::plan::VersionWish;
    use rstest::rstest;

    fn installed(runtime: Runtime, version: (u64, u64, u64)) -> Installed {
        let release = Release(version.0, version.1, version.2);
        Installed {
            runtime,
            release,
            exe: format!("/opt/{runtime}-{release}/bin/{runtime}").into(),
            prefix: format!("/opt/{runtime}-{release}").into(),
            tools: Vec::new(),
            extra: Vec::new(),
            lacks: None,
        }
    }

    fn need(wish: Option<&str>) -> RuntimeNeed {
        let version = wish.map(|wish| VersionWish {
            wish: wish.into(),
            file: "runtime.txt".into(),
        });
        RuntimeNeed {
            runtime: Runtime::Python,
            version,
            optional: None,
        }
    }

    fn host() -> Vec<Installed> {
        [(3, 11, 7), (3, 8, 18), (3, 13, 0), (3, 10, 13)]
            .map(|version| installed(Runtime::Python, version))
            .to_vec()
    }

    #[rstest]
    #[case(None, "3.11.7", false)]
    #[case(Some(">=3.9"), "3.11.7", false)]
    #[case(Some("3.13"), "3.13.0", false)]
    #[case(Some("3.8"), "3.8.18", false)]
    #[case(Some("3.10.2"), "3.10.13", true)]
    #[case(Some("<3.11"), "3.10.13", false)]
    fn the_best_answer_is_chosen(
        #[case] wish: Option<&str>,
        #[case] version: &str,
        #[case] warned: bool,
    ) {
        let chosen = choose(&need(wish), &host(), false).unwrap();
        assert_eq!(chosen.installed.release.to_string(), version);
        assert_eq!(chosen.warning.is_some(), warned);
    }

    #[test]
    fn a_minor_that_is_not_there_fails_unless_any_will_do() {
        let Err(DriverError::Toolchain { what, cure }) =
            choose(&need(Some("3.12.1")), &host(), false)
        else {
            panic!()
        };
        assert!(
            what.contains("3.12.1") && what.contains("runtime.txt") && what.contains("3.11.7"),
            "{what}"
        );
        assert!(
            cure.contains("--any-version") && cure.contains("3.12"),
            "{cure}"
        );
        let chosen = choose(&need(Some("3.12.1")), &host(), true).unwrap();
        assert_eq!(chosen.installed.release.to_string(), "3.11.7");
        assert!(chosen.warning.unwrap().contains("3.12.1"));
    }

    #[test]
    fn a_python_without_venv_counts_as_missing() {
        let mut lone = installed(Runtime::Python, (3, 11, 2));
        lone.lacks = Some("venv".into());
        let Err(DriverError::Toolchain { what, cure }) = choose(&need(None), &[lone], true) else {
            panic!()
        };
        assert!(
            what.contains("venv") && cure.contains("python3-venv"),
            "{what} {cure}"
        );
    }

    #[test]
    fn an_old_default_gives_way_to_the_newest() {
        let host = [(3, 8, 18), (3, 10, 13)].map(|version| installed(Runtime::Python, version));
        assert_eq!(
            choose(&need(None), &host, false).unwrap().installed.release,
            Release(3, 10, 13)
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let Err(DriverError::Toolchain { what, .. }) =
            choose(&need(Some("pypy3.10")), &host(), false)
        else {
            panic!()
        };
        assert!(what.contains("pypy3.10"), "{what}");
    }
}
