//! Nothing is lost and nothing is left, whoever dies.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use domain::guest::*;
use domain::ports::Driver;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::bed::{BOUND, Bed, command, is_running, own, running, service, web};
use crate::cases::Case;

in_every_case!(
    a_killed_shim_takes_everything_with_it,
    a_frozen_guest_whose_shim_was_killed_can_be_removed,
    a_killed_first_process_is_seen,
    a_new_controller_adopts_what_runs,
    a_zombie_shim_is_dead,
    half_made_things_are_swept,
    a_cut_seal_is_found_again,
    trees_that_resist_are_removed,
    nothing_is_left_behind,
    a_killed_build_can_be_run_again,
    after_a_reboot_the_app_is_down_and_starts,
    what_cannot_be_read_is_unknown,
    a_killed_controller_leaves_its_apps_and_none_of_its_commands,
    as_controller,
    many_guests_start_while_others_are_swept,
);

fn shim(bed: &Bed, guest: &domain::GuestId) -> Pid {
    Pid::from_raw(
        bed.state(guest)["shim"]["pid"]
            .as_i64()
            .unwrap()
            .try_into()
            .unwrap(),
    )
}

fn init(bed: &Bed, guest: &domain::GuestId) -> Pid {
    Pid::from_raw(
        bed.state(guest)["init"]
            .as_i64()
            .unwrap()
            .try_into()
            .unwrap(),
    )
}

fn is_there(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

async fn until_gone(pid: Pid) {
    let started = std::time::Instant::now();
    while is_there(pid) {
        assert!(started.elapsed() < BOUND, "{pid} is still there");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Control groups of this bed's driver that are there, anywhere.
fn groups(bed: &Bed) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(bed.local().join("guests"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let file = std::fs::read(entry.path().join("cgroup.json")).unwrap_or_default();
        let Ok(placement) = serde_json::from_slice::<serde_json::Value>(&file) else {
            continue;
        };
        let bases = placement["bases"].as_object().unwrap().values();
        let ours = bases.map(|base| PathBuf::from(base.as_str().unwrap()).join(entry.file_name()));
        found.extend(ours.filter(|group| group.exists()));
    }
    found
}

async fn a_killed_shim_takes_everything_with_it(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[("f", "x")]).await;
    bed.driver.start(&serve.id, &web()).await.unwrap();
    bed.get(&serve.id, "/f").await;
    let (shim, init) = (shim(&bed, &serve.id), init(&bed, &serve.id));
    assert!(is_there(shim) && is_there(init));
    kill(shim, Signal::SIGKILL).unwrap();
    until_gone(shim).await;
    until_gone(init).await;
    let app = bed.app(&serve.id).await;
    assert!(
        matches!(
            app,
            AppState::Down {
                crash_loop: false,
                ..
            }
        ),
        "{app:?}"
    );
    bed.driver.start(&serve.id, &web()).await.unwrap();
    assert!(
        bed.get(&serve.id, "/f").await.ends_with('x'),
        "the address is the same"
    );
    let second = self::shim(&bed, &serve.id);
    kill(second, Signal::SIGKILL).unwrap();
    until_gone(second).await;
    // Its first thread may be gone while another still holds the guest: a reconciler comes again, too.
    let started = std::time::Instant::now();
    loop {
        bed.driver.sweep().await.unwrap();
        if groups(&bed).is_empty() {
            break;
        }
        assert!(started.elapsed() < BOUND, "{:?}", groups(&bed));
    }
}

async fn a_frozen_guest_whose_shim_was_killed_can_be_removed(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[]).await;
    bed.driver
        .start(&serve.id, &service("exec sleep 600"))
        .await
        .unwrap();
    let (shim, init) = (shim(&bed, &serve.id), init(&bed, &serve.id));
    assert!(bed.driver.freeze(&serve.id).await.unwrap());
    kill(shim, Signal::SIGKILL).unwrap();
    until_gone(shim).await;
    bed.driver.destroy(&serve.id).await.unwrap();
    until_gone(init).await;
    assert_eq!(bed.driver.observe(&serve.id).await, Observation::Absent);
}

async fn a_killed_first_process_is_seen(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[]).await;
    bed.driver
        .start(&serve.id, &service("exec sleep 600"))
        .await
        .unwrap();
    kill(init(&bed, &serve.id), Signal::SIGKILL).unwrap();
    let down = bed
        .until(&serve.id, |app| matches!(app, AppState::Down { .. }))
        .await;
    assert!(
        matches!(
            down,
            AppState::Down {
                crash_loop: false,
                ..
            }
        ),
        "{down:?}"
    );
    bed.driver
        .start(&serve.id, &service("exec sleep 600"))
        .await
        .unwrap();
    assert!(is_running(&bed.app(&serve.id).await));
}

async fn a_new_controller_adopts_what_runs(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[("f", "x")]).await;
    bed.driver.start(&serve.id, &web()).await.unwrap();
    let before = bed.driver.observe(&serve.id).await;
    let later = bed.reopened();
    later.sweep().await.unwrap();
    assert_eq!(later.observe(&serve.id).await, before);
    later.start(&serve.id, &web()).await.unwrap();
    assert_eq!(
        later.observe(&serve.id).await,
        before,
        "it was not started again"
    );
    assert!(bed.get(&serve.id, "/f").await.ends_with('x'));
    later.stop(&serve.id, BOUND).await.unwrap();
    assert_eq!(bed.app(&serve.id).await, AppState::Stopped);
}

/// A shim that nobody reaps: as its parent, this test can keep it a zombie.
async fn a_zombie_shim_is_dead(case: Case) {
    let bed = Bed::new(case);
    nix::sys::prctl::set_child_subreaper(true).unwrap();
    let serve = bed.serve(&[]).await;
    bed.driver
        .start(&serve.id, &service("exec sleep 600"))
        .await
        .unwrap();
    let shim = shim(&bed, &serve.id);
    kill(shim, Signal::SIGKILL).unwrap();
    until_gone(shim).await;
    let stat = std::fs::read_to_string(format!("/proc/{shim}/stat")).unwrap();
    assert!(stat.contains(") Z"), "{stat}");
    let app = bed.app(&serve.id).await;
    assert!(matches!(app, AppState::Down { .. }), "{app:?}");
    bed.driver
        .start(&serve.id, &service("exec sleep 600"))
        .await
        .unwrap();
    assert!(is_running(&bed.app(&serve.id).await));
    bed.driver.destroy(&serve.id).await.unwrap();
}

async fn half_made_things_are_swept(case: Case) {
    let bed = Bed::new(case);
    let kept = bed.serve(&[("f", "x")]).await;
    for name in ["guests/.new-g00000000abcd", "trash/xyz", "probe-999999999"] {
        std::fs::create_dir_all(bed.local().join(name).join("deep/er")).unwrap();
    }
    assert_eq!(
        bed.driver.list().await.unwrap().len(),
        1,
        "what is half made is no guest"
    );
    bed.driver.sweep().await.unwrap();
    for name in ["guests/.new-g00000000abcd", "trash/xyz", "probe-999999999"] {
        assert!(!bed.local().join(name).exists(), "{name}");
    }
    bed.sh(&kept.id, "cat f").await.ok();
}

/// Killed between the move of the folder and the answer.
async fn a_cut_seal_is_found_again(case: Case) {
    let bed = Bed::new(case);
    let build = bed.build().await;
    bed.sh(&build.id, "echo x > f").await.ok();
    let sealed = bed.driver.seal(&build.id).await.unwrap();
    assert_eq!(bed.reopened().seal(&build.id).await.unwrap(), sealed);
    // Killed before the move: the note is there, the artifact is not.
    let guest = bed.local().join("guests").join(build.id.as_str());
    let artifact = bed
        .local()
        .join("artifacts")
        .join(build.deployment.to_string())
        .join(sealed.id.as_str());
    std::fs::rename(&artifact, guest.join("app")).unwrap();
    assert_eq!(bed.driver.seal(&build.id).await.unwrap(), sealed);
    assert!(artifact.is_dir());
}

async fn trees_that_resist_are_removed(case: Case) {
    let bed = Bed::new(case);
    let build = bed.build().await;
    let script = "mkdir -p a/b && echo > a/b/f && chmod 000 a/b && chmod 500 a && mkfifo p && ln -s / l; \
                  i=0; while [ $i -lt 300 ]; do mkdir d && cd d && i=$((i+1)); done; echo > 'odd\nname'";
    bed.sh(&build.id, script).await.ok();
    bed.driver.destroy(&build.id).await.unwrap();
    assert_eq!(
        std::fs::read_dir(bed.local().join("trash"))
            .unwrap()
            .count(),
        0
    );
}

async fn nothing_is_left_behind(case: Case) {
    let bed = Bed::new(case);
    let mounts = || {
        std::fs::read_to_string("/proc/self/mountinfo")
            .unwrap()
            .lines()
            .count()
    };
    let before = mounts();
    let build = bed.build().await;
    bed.sh(&build.id, &own("setsid sleep NAP50 & true"))
        .await
        .ok();
    let serve = bed.serve(&[]).await;
    bed.driver
        .start(
            &serve.id,
            &service(&own("setsid sleep NAP50 & exec sleep NAP50")),
        )
        .await
        .unwrap();
    bed.exec(&build.id, &command("false")).await.end.unwrap();
    let (shim, init) = (shim(&bed, &serve.id), init(&bed, &serve.id));
    for spec in [&build, &serve] {
        bed.driver.destroy(&spec.id).await.unwrap();
    }
    bed.driver.forget(&serve.deployment).await.unwrap();
    until_gone(shim).await;
    until_gone(init).await;
    assert_eq!(running("NAP50"), 0);
    assert_eq!(mounts(), before);
    for folder in ["guests", "trash"] {
        assert_eq!(
            std::fs::read_dir(bed.local().join(folder)).unwrap().count(),
            0,
            "{folder}"
        );
    }
    let left: Vec<_> = ["artifacts", "cache", "persist"]
        .iter()
        .flat_map(|folder| {
            std::fs::read_dir(bed.local().join(folder))
                .unwrap()
                .flatten()
        })
        .map(|entry| entry.path())
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(no_group_of(&bed), "a control group is left");
}

/// True when no hierarchy holds a group of this data folder.
fn no_group_of(bed: &Bed) -> bool {
    use sha2::{Digest, Sha256};
    let hash = hex::encode(Sha256::digest(bed.local().as_os_str().as_encoded_bytes()));
    let name = format!("havre-{}", &hash[..12]);
    let mut folders = vec![PathBuf::from("/sys/fs/cgroup")];
    for _ in 0..4 {
        let below = folders
            .iter()
            .filter_map(|folder| std::fs::read_dir(folder).ok())
            .flatten()
            .flatten();
        folders = below
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .map(|entry| entry.path())
            .collect();
        if folders.iter().any(|folder| folder.ends_with(&name)) {
            return false;
        }
    }
    true
}

async fn a_killed_build_can_be_run_again(case: Case) {
    let bed = Bed::new(case);
    let build = bed.build().await;
    let folder = bed.local().join("guests").join(build.id.as_str());
    let (driver, id) = (bed.driver.clone(), build.id.clone());
    let endless = command(&own("echo > /app/up; exec sleep NAP51"));
    let running = tokio::spawn(async move { driver.exec(&id, &endless, &|_| {}).await });
    let started = std::time::Instant::now();
    while !folder.join("app/up").exists() {
        assert!(started.elapsed() < BOUND);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let note = std::fs::read(folder.join("exec-test.json")).unwrap();
    let note: serde_json::Value = serde_json::from_slice(&note).unwrap();
    kill(
        Pid::from_raw(note["pid"].as_i64().unwrap().try_into().unwrap()),
        Signal::SIGKILL,
    )
    .unwrap();
    let end = running.await.unwrap();
    assert!(
        matches!(end, Err(domain::ports::DriverError::Transient(_))),
        "{end:?}"
    );
    bed.sh(&build.id, "test -e up").await.ok();
    bed.driver.destroy(&build.id).await.unwrap();
}

async fn after_a_reboot_the_app_is_down_and_starts(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[("f", "x")]).await;
    bed.driver.start(&serve.id, &web()).await.unwrap();
    let shim = shim(&bed, &serve.id);
    kill(shim, Signal::SIGKILL).unwrap();
    until_gone(shim).await;
    // As another boot left it: the pid may be anybody's by now, even this test's.
    let file = bed
        .local()
        .join("guests")
        .join(serve.id.as_str())
        .join("state.json");
    let mut state = bed.state(&serve.id);
    state["shim"]["boot"] = "an earlier boot".into();
    state["shim"]["pid"] = std::process::id().into();
    std::fs::write(&file, state.to_string()).unwrap();
    let down = AppState::Down {
        last_exit: "the machine restarted".into(),
        crash_loop: false,
    };
    assert_eq!(bed.app(&serve.id).await, down);
    bed.driver.start(&serve.id, &web()).await.unwrap();
    assert!(bed.get(&serve.id, "/f").await.ends_with('x'));
}

async fn what_cannot_be_read_is_unknown(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[]).await;
    let folder = bed.local().join("guests").join(serve.id.as_str());
    for cut in ["", "{"] {
        std::fs::write(folder.join("state.json"), cut).unwrap();
        let app = bed.app(&serve.id).await;
        assert!(
            matches!(
                app,
                AppState::Down {
                    crash_loop: false,
                    ..
                }
            ),
            "a loss of power: {app:?}"
        );
    }
    bed.driver.stop(&serve.id, BOUND).await.unwrap();
    assert_eq!(bed.app(&serve.id).await, AppState::Stopped);
    std::fs::write(folder.join("spec.json"), "").unwrap();
    assert!(matches!(
        bed.driver.observe(&serve.id).await,
        Observation::Unknown(_)
    ));
    std::fs::remove_file(folder.join("spec.json")).unwrap();
    assert!(matches!(
        bed.driver.observe(&serve.id).await,
        Observation::Unknown(_)
    ));
    bed.driver.destroy(&serve.id).await.unwrap();
    assert_eq!(bed.driver.observe(&serve.id).await, Observation::Absent);
}

/// What the controller that is to be killed is told: its data folder, an app's guest and a build's.
const CONTROLLER: &str = "HAVRE_TEST_CONTROLLER";

/// Not a test by itself: the life of a controller, run in a process of its own by the test below.
async fn as_controller(case: Case) {
    let Ok(told) = std::env::var(CONTROLLER) else {
        return;
    };
    let [data, serve, build] = told.split('|').collect::<Vec<_>>().try_into().unwrap();
    let bed = Bed::with(case, |config| config.data_dir = data.into());
    bed.driver
        .start(&serve.parse().unwrap(), &web())
        .await
        .unwrap();
    let endless = command(&own("echo > /app/up; exec sleep NAP52"));
    bed.exec(&build.parse().unwrap(), &endless)
        .await
        .end
        .unwrap();
}

async fn a_killed_controller_leaves_its_apps_and_none_of_its_commands(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[("f", "x")]).await;
    let build = bed.build().await;
    let module = match case {
        Case::RootL1 => "root_l1",
        Case::RootL2 => "root_l2",
        Case::User => "user",
    };
    let mut controller = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("survival::{module}::as_controller")])
        .env(
            CONTROLLER,
            format!("{}|{}|{}", bed.data.path().display(), serve.id, build.id),
        )
        .env(crate::bed::NAP, own("NAP"))
        // What it makes for itself goes with this bed, since it is killed.
        .env("TMPDIR", bed.data.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let flag = bed
        .local()
        .join("guests")
        .join(build.id.as_str())
        .join("app/up");
    let started = std::time::Instant::now();
    while !flag.exists() {
        assert!(
            started.elapsed() < BOUND,
            "the controller does not get there"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    controller.kill().unwrap();
    controller.wait().unwrap();
    let started = std::time::Instant::now();
    while running("NAP52") > 0 {
        assert!(started.elapsed() < BOUND, "its command outlives it");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(is_running(&bed.app(&serve.id).await));
    assert!(
        bed.get(&serve.id, "/f").await.ends_with('x'),
        "the app serves on"
    );
    // The step is taken up again at once, under its own tag or another.
    bed.sh(&build.id, "test -e up").await.ok();
    let before = bed.state(&serve.id);
    bed.driver.start(&serve.id, &web()).await.unwrap();
    assert_eq!(bed.state(&serve.id), before, "adopted, not started again");
}

async fn many_guests_start_while_others_are_swept(case: Case) {
    let bed = Bed::new(case);
    let artifact = bed.artifact(&[("f", "x")]).await;
    let guests: Vec<_> = (0..8)
        .map(|_| bed.spec(Role::Serve, Some(artifact.clone())))
        .collect();
    let lives = guests.iter().map(|spec| {
        let driver = bed.driver.clone();
        async move {
            driver.create(spec).await.unwrap();
            let app = service("exec sleep 600");
            driver.start(&spec.id, &app).await.unwrap();
            driver.stop(&spec.id, BOUND).await.unwrap();
            driver.start(&spec.id, &app).await.unwrap();
        }
    });
    let lives = futures_util::future::join_all(lives);
    tokio::pin!(lives);
    let mut sweeps = 0;
    loop {
        tokio::select! {
            _ = &mut lives => break,
            swept = bed.driver.sweep() => { swept.unwrap(); sweeps += 1; }
        }
        tokio::task::yield_now().await;
    }
    assert!(sweeps > 0);
    for spec in &guests {
        assert!(is_running(&bed.app(&spec.id).await), "{}", spec.id);
        bed.driver.destroy(&spec.id).await.unwrap();
    }
    assert!(no_group_of(&bed));
}
