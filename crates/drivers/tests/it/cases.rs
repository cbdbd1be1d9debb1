//! Each test runs as root on both tiers and as an ordinary user on the best one; what cannot run is printed.

use std::process::Command;

use drivers::local::Tier;

/// Who runs a test, and on which tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// Root, with control groups.
    RootL1,
    /// Root, without.
    RootL2,
    /// An ordinary user, with what there is.
    User,
}

impl Case {
    /// The tier that is forced.
    pub fn tier(self) -> Option<Tier> {
        match self {
            Self::RootL1 => Some(Tier::L1),
            Self::RootL2 => Some(Tier::L2),
            Self::User => None,
        }
    }
}

/// A uid that owns nothing on this machine.
const NOBODY: &str = "54321";

/// Runs a test in its case.
pub fn run<F: Future<Output = ()>>(case: Case, name: &str, test: impl FnOnce(Case) -> F) {
    let root = nix::unistd::geteuid().is_root();
    match (case, root) {
        (Case::User, true) => again_as_user(name),
        (Case::User, false) | (_, true) => {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            match runtime.block_on(unable(case)) {
                Some(why) => println!("SKIPPED: {name}: {why}"),
                None => runtime.block_on(test(case)),
            }
        }
        (_, false) => println!("SKIPPED: {name}: it needs root"),
    }
}

/// Why this machine cannot run a case. The driver's own word is believed only where another witness agrees: else a
/// mistake of ours would skip every test.
async fn unable(case: Case) -> Option<String> {
    use domain::ports::Driver;
    let error = crate::bed::Bed::new(case).driver.report().await.err()?;
    let writable = |path: &str| nix::unistd::access(path, nix::unistd::AccessFlags::W_OK).is_ok();
    let groups =
        writable("/sys/fs/cgroup/pids") || writable("/sys/fs/cgroup/cgroup.subtree_control");
    let namespaces = Command::new("unshare")
        .args(["-U", "-m", "-n", "-p", "-f", "true"])
        .status();
    let namespaces = namespaces.is_ok_and(|status| status.success());
    assert!(!namespaces || (case == Case::RootL1 && !groups), "{error}");
    Some(error.to_string())
}

/// Runs the one test again in a process of an ordinary user.
fn again_as_user(name: &str) {
    let id = format!("--reuid={NOBODY}");
    let group = format!("--regid={NOBODY}");
    // Names inside the binary do not start with the binary's own.
    let name = name.split_once("::").unwrap().1;
    let binary = std::env::current_exe().unwrap();
    let output = Command::new("setpriv")
        .args([
            &id,
            &group,
            "--clear-groups",
            "--inh-caps=-all",
            "--bounding-set=-all",
        ])
        .arg(binary)
        .args(["--exact", name, "--nocapture"])
        .env("TMPDIR", "/tmp")
        .output();
    match output {
        Err(error) => println!("SKIPPED: {name}: no setpriv ({error})"),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout);
            println!("{said}\n{}", String::from_utf8_lossy(&output.stderr));
            assert!(
                output.status.success(),
                "as an ordinary user: {}",
                output.status
            );
            assert!(said.contains("1 passed"), "the test was not found again");
        }
    }
}

/// Makes each function a test in every case.
macro_rules! in_every_case {
    ($($name:ident),* $(,)?) => {
        in_every_case!(@case root_l1, RootL1, $($name),*);
        in_every_case!(@case root_l2, RootL2, $($name),*);
        in_every_case!(@case user, User, $($name),*);
    };
    (@case $module:ident, $case:ident, $($name:ident),*) => {
        mod $module {
            $(#[test]
            fn $name() {
                let name = concat!(module_path!(), "::", stringify!($name));
                crate::cases::run(crate::cases::Case::$case, name, super::$name);
            })*
        }
    };
}
