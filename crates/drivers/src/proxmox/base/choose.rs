//! Which base answers a wish: the newest system whose runtimes are what the repository asks for.

use domain::DeploymentKind;
use domain::guest::BaseWish;
use domain::plan::{Runtime, RuntimeNeed};
use domain::ports::DriverError;
use domain::version::Release;

use super::name::BaseName;
use super::os::Os;
use crate::local::toolchain::{Fit, Wish, merged};
use crate::text::proxmox as text;

/// A base to make or find, and what is to be said about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The base.
    pub name: BaseName,
    /// Optional runtimes that it lacks.
    pub missing_optional: Vec<Runtime>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Chooses among the systems that are to be had, the preferred one first.
///
/// # Errors
/// [`DriverError::Toolchain`] when none of them has what is needed.
pub fn choose(wish: &BaseWish, systems: &[Os]) -> Result<Choice, DriverError> {
    let needs = merged(&wish.needs);
    let Some(first) = systems.first() else {
        return Err(text::no_system(wish.kind));
    };
    let fits_all = |os: &&Os| {
        needs
            .iter()
            .filter(|need| need.optional.is_none())
            .all(|need| fit(need, os.packs(need.runtime)) != Fit::No)
    };
    // One that is right to the patch goes before one that is nearly so.
    let exact = |os: &&Os| {
        needs
            .iter()
            .filter(|need| need.optional.is_none())
            .all(|need| fit(need, os.packs(need.runtime)) == Fit::Yes)
    };
    let found = systems.iter().find(exact).or(systems.iter().find(fits_all));
    match found {
        Some(os) => Ok(of_system(wish.kind, *os, &needs)),
        None if wish.any_version => Ok(of_system(wish.kind, *first, &needs)),
        None => Err(unfit(&needs, systems)),
    }
}

/// Whether a release that was found in a finished base is what is needed.
pub(crate) fn fit(need: &RuntimeNeed, release: Option<Release>) -> Fit {
    let Some(asked) = &need.version else {
        return Fit::Yes;
    };
    let wish = match need.runtime {
        Runtime::Node => Wish::node(&asked.wish),
        _ => Wish::python(&asked.wish),
    };
    match (wish, release) {
        (Some(wish), Some(release)) => wish.fit(release),
        // A system newer than this program: only its base can tell, so it comes after all that are known.
        (Some(_), None) => Fit::OtherPatch,
        (None, _) => Fit::No,
    }
}

fn of_system(kind: DeploymentKind, os: Os, needs: &[RuntimeNeed]) -> Choice {
    let (mut runtimes, mut missing_optional, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for need in needs {
        let release = os.packs(need.runtime);
        match (fit(need, release), &need.optional) {
            (Fit::No, Some(without)) => {
                missing_optional.push(need.runtime);
                warnings.push(without.clone());
                continue;
            }
            (Fit::No | Fit::OtherPatch, _) => {
                let told = need.version.as_ref().zip(release);
                warnings.extend(
                    told.map(|(asked, used)| text::other_version(need.runtime, asked, used, os)),
                );
            }
            (Fit::Yes, _) => {}
        }
        runtimes.push(need.runtime);
    }
    Choice {
        name: BaseName::new(kind, os, runtimes),
        missing_optional,
        warnings,
    }
}

/// Why no system will do, and which one would.
fn unfit(needs: &[RuntimeNeed], systems: &[Os]) -> DriverError {
    let required = || needs.iter().filter(|need| need.optional.is_none());
    let unmet = required().find(|need| {
        systems
            .iter()
            .all(|os| fit(need, os.packs(need.runtime)) == Fit::No)
    });
    // Each alone is met by some system, and no system meets all.
    let need = unmet.or_else(|| required().next());
    let better = Os::known()
        .into_iter()
        .find(|os| required().all(|need| fit(need, os.packs(need.runtime)) != Fit::No));
    match need.and_then(|need| Some((need, need.version.as_ref()?))) {
        Some((need, asked)) => text::wrong_version(need.runtime, asked, systems, better),
        None => text::no_system(DeploymentKind::Lxc),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::plan::VersionWish;
    use rstest::rstest;

    fn need(runtime: Runtime, wish: Option<&str>) -> RuntimeNeed {
        let version = wish.map(|wish| VersionWish {
            wish: wish.into(),
            file: "runtime.txt".into(),
        });
        RuntimeNeed {
            runtime,
            version,
            optional: None,
        }
    }

    fn wish(needs: Vec<RuntimeNeed>, any_version: bool) -> BaseWish {
        BaseWish {
            kind: DeploymentKind::Lxc,
            node: None,
            needs,
            any_version,
        }
    }

    fn systems(names: &[&str]) -> Vec<Os> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[rstest]
    #[case(None, "lxc-debian13-python-3.13_r1", 0)]
    #[case(Some("3.11"), "lxc-debian12-python-3.11_r1", 0)]
    #[case(Some(">=3.10"), "lxc-debian13-python-3.13_r1", 0)]
    #[case(Some(">=3.9,<3.13"), "lxc-ubuntu24.04-python-3.12_r1", 0)]
    #[case(Some("3.12.9"), "lxc-ubuntu24.04-python-3.12_r1", 1)]
    fn the_newest_fitting_system_is_taken(
        #[case] asked: Option<&str>,
        #[case] base: &str,
        #[case] warnings: usize,
    ) {
        let systems = systems(&["debian13", "ubuntu24.04", "debian12"]);
        let choice = choose(&wish(vec![need(Runtime::Python, asked)], false), &systems).unwrap();
        assert_eq!(choice.name.to_string(), base);
        assert_eq!(choice.warnings.len(), warnings);
    }

    #[test]
    fn a_version_that_no_system_has_is_refused_with_a_cure() {
        let asked = wish(vec![need(Runtime::Python, Some("3.12"))], false);
        let Err(DriverError::Toolchain { what, cure }) = choose(&asked, &systems(&["debian12"]))
        else {
            panic!()
        };
        assert!(
            what.contains("3.12") && what.contains("Debian 12") && what.contains("3.11"),
            "{what}"
        );
        assert!(
            cure.contains("ubuntu-24.10-standard") || cure.contains("ubuntu-24.04-standard"),
            "{cure}"
        );
        assert!(cure.contains("--any-version"), "{cure}");
        let any = BaseWish {
            any_version: true,
            ..asked
        };
        let choice = choose(&any, &systems(&["debian12"])).unwrap();
        assert_eq!(choice.name.to_string(), "lxc-debian12-python-3.11_r1");
        assert!(choice.warnings[0].contains("3.12"));
    }

    #[test]
    fn all_needs_are_met_by_one_system_and_optional_ones_if_they_can() {
        let mut node = need(Runtime::Node, Some("^20"));
        let both = |node: &RuntimeNeed| {
            wish(
                vec![need(Runtime::Python, Some("3.11")), node.clone()],
                false,
            )
        };
        let here = systems(&["debian13", "debian12"]);
        assert!(
            choose(&both(&node), &here).is_err(),
            "3.11 is in 12, Node 20 in 13"
        );
        node.optional = Some("assets are not built".into());
        let choice = choose(&both(&node), &here).unwrap();
        assert_eq!(choice.name.to_string(), "lxc-debian12-python-3.11_r1");
        assert_eq!(choice.missing_optional, [Runtime::Node]);
        assert_eq!(choice.warnings, ["assets are not built"]);
    }

    #[test]
    fn a_site_without_runtimes_gets_a_plain_base() {
        let choice = choose(
            &wish(vec![need(Runtime::Static, None)], false),
            &systems(&["debian12"]),
        )
        .unwrap();
        assert_eq!(choice.name.to_string(), "lxc-debian12-plain_r1");
        assert!(choose(&wish(Vec::new(), false), &[]).is_err());
    }

    #[test]
    fn a_system_newer_than_this_program_is_the_last_resort() {
        let here = systems(&["debian14", "debian12"]);
        let of = |asked| {
            choose(
                &wish(vec![need(Runtime::Python, Some(asked))], false),
                &here,
            )
        };
        assert_eq!(of("3.11").unwrap().name.os.to_string(), "debian12");
        assert_eq!(of("3.15").unwrap().name.os.to_string(), "debian14");
    }
}
