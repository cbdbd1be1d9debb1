//! Figures that must not grow unseen.

use domain::ports::Driver;

use crate::bed::{Bed, service, web};
use crate::cases::Case;

in_every_case!(a_guest_costs_little_memory, how_long_things_take);

/// Debug builds carry more; the bound is for them, the figure is printed.
const BOUND_KB: u64 = 6 * 1024;

async fn a_guest_costs_little_memory(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[("f", "x")]).await;
    bed.driver.start(&serve.id, &web()).await.unwrap();
    bed.get(&serve.id, "/f").await;
    let other = bed.serve(&[]).await;
    bed.driver
        .start(&other.id, &service("exec sleep 600"))
        .await
        .unwrap();
    let state = bed.state(&serve.id);
    let (shim, init) = (pss(&state["shim"]["pid"]), pss(&state["init"]));
    println!("{case:?}: shim {shim} KB + first process {init} KB");
    assert!(shim + init < BOUND_KB, "{shim} + {init}");
}

/// Proportional set size in KB; 0 where this user may not look.
fn pss(pid: &serde_json::Value) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or(0)
}

/// Printed, not bounded: other work on the machine decides more than the code.
async fn how_long_things_take(case: Case) {
    if std::env::var_os("HAVRE_TEST_FIGURES").is_none() {
        println!(
            "SKIPPED: how_long_things_take: it makes thousands of files; set HAVRE_TEST_FIGURES=1 to run it"
        );
        return;
    }
    let bed = Bed::new(case);
    let tree = tempfile::tempdir().unwrap();
    for n in 0..2000 {
        let folder = tree.path().join(format!("d{}", n % 50));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("f{n}")), "x".repeat(4096)).unwrap();
    }
    let build = bed.build().await;
    bed.driver.report().await.unwrap();
    let clock = std::time::Instant::now();
    let mut last = std::time::Duration::ZERO;
    let mut lap = |what: &str| {
        println!(
            "{case:?}: {what}: {:?}",
            clock.elapsed().saturating_sub(last)
        );
        last = clock.elapsed();
    };
    bed.driver.put(&build.id, tree.path()).await.unwrap();
    lap("put 2000 files");
    bed.sh(&build.id, "true").await.ok();
    lap("run /bin/sh -c true");
    let sealed = bed.driver.seal(&build.id).await.unwrap();
    lap("seal 2000 files");
    bed.driver.destroy(&build.id).await.unwrap();
    lap("destroy the build guest");
    let serve = bed.spec(domain::guest::Role::Serve, Some(sealed.id));
    bed.driver.create(&serve).await.unwrap();
    lap("create a guest");
    bed.driver
        .start(&serve.id, &service("exec sleep 600"))
        .await
        .unwrap();
    lap("start an app");
    bed.driver.freeze(&serve.id).await.unwrap();
    lap("freeze");
    bed.driver
        .start(&serve.id, &service("exec sleep 600"))
        .await
        .unwrap();
    lap("thaw");
    bed.driver.stop(&serve.id, crate::bed::BOUND).await.unwrap();
    lap("stop");
    bed.driver.destroy(&serve.id).await.unwrap();
    lap("destroy");
}
