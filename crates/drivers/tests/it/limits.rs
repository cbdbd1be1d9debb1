//! What a guest may use, and what happens when it wants more.

use std::time::{Duration, Instant};

use domain::Resources;
use domain::guest::*;
use domain::ports::Driver;

use crate::bed::{BOUND, Bed, command, service};
use crate::cases::Case;

in_every_case!(
    a_build_that_eats_memory_is_ended,
    an_app_that_eats_memory_is_said_to,
    a_fork_bomb_stays_inside,
    a_build_over_its_disk_is_ended,
    an_app_over_its_disk_stays_down,
    removed_files_that_are_open_count_as_well,
    a_build_stops_below_the_floor,
    a_flood_of_output_neither_stalls_nor_piles_up,
    a_hanging_command_is_ended_in_time,
    no_core_file_is_written,
    the_kernel_is_told_the_limits,
    a_builds_scratch_space_is_on_disk_and_an_apps_is_not,
);

const EAT: &str = "exec /usr/bin/python3 -c 'x = bytearray(600 << 20); print(len(x))'";

async fn a_build_that_eats_memory_is_ended(case: Case) {
    let bed = Bed::new(case);
    let tier = bed.driver.report().await.unwrap().tier;
    let build = bed.build().await;
    let said = bed.sh(&build.id, EAT).await;
    match tier.as_str() {
        "L1" => assert_eq!(said.end.unwrap(), ExecEnd::OutOfMemory),
        _ => assert!(said.text().contains("MemoryError"), "{said:?}"),
    }
    bed.sh(&build.id, "true").await.ok();
}

async fn an_app_that_eats_memory_is_said_to(case: Case) {
    let bed = Bed::new(case);
    let tier = bed.driver.report().await.unwrap().tier;
    let serve = bed.serve(&[]).await;
    bed.driver.start(&serve.id, &service(EAT)).await.unwrap();
    let down = bed
        .until(&serve.id, |app| matches!(app, AppState::Down { .. }))
        .await;
    let AppState::Down {
        last_exit,
        crash_loop,
    } = down
    else {
        unreachable!()
    };
    assert!(crash_loop);
    if tier == "L1" {
        assert_eq!(last_exit, "it used more than its 256 MB of memory");
    }
}

async fn a_fork_bomb_stays_inside(case: Case) {
    let bed = Bed::with(case, |config| config.pids = 40);
    let build = bed.build().await;
    let bomb = r#"
import os, time
made = 0
try:
    while made < 1000:
        if os.fork() == 0:
            time.sleep(600)
        made += 1
except OSError as error:
    print("stopped", made < 40, error.strerror)
"#;
    let exec = Exec {
        argv: ["/usr/bin/python3", "-c", bomb].map(str::to_owned).to_vec(),
        ..command("")
    };
    let text = bed.exec(&build.id, &exec).await.ok();
    assert_eq!(text, "stopped True Resource temporarily unavailable");
    bed.sh(&build.id, "true").await.ok();
}

fn small(bed: &Bed) -> GuestSpec {
    GuestSpec {
        resources: Resources {
            cores: 1,
            memory: 256,
            disk: 1,
        },
        ..bed.spec(Role::Build, None)
    }
}

/// More than the gigabyte that is allowed, in two files, and mostly without writing it.
const FILL: &str = "fallocate -l 700M a && fallocate -l 700M b && echo full && exec sleep 600";

async fn a_build_over_its_disk_is_ended(case: Case) {
    let bed = Bed::new(case);
    bed.prepare().await;
    let build = small(&bed);
    bed.driver.create(&build).await.unwrap();
    let said = bed.sh(&build.id, FILL).await;
    assert_eq!(said.end.unwrap(), ExecEnd::OutOfDisk);
    let said = bed.sh(&build.id, "rm -f a b; fallocate -l 1100M one").await;
    assert!(
        !said.end.unwrap().is_success(),
        "no single file beyond it either"
    );
}

async fn an_app_over_its_disk_stays_down(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[]).await;
    bed.driver.start(&serve.id, &service(FILL)).await.unwrap();
    let down = bed
        .until(&serve.id, |app| matches!(app, AppState::Down { .. }))
        .await;
    let AppState::Down {
        last_exit,
        crash_loop,
    } = down
    else {
        unreachable!()
    };
    assert!(crash_loop && last_exit.contains("disk"), "{last_exit}");
}

async fn removed_files_that_are_open_count_as_well(case: Case) {
    let bed = Bed::new(case);
    bed.prepare().await;
    let build = small(&bed);
    bed.driver.create(&build).await.unwrap();
    let hide = "exec /usr/bin/python3 -c 'import os, time
files = [os.open(name, os.O_RDWR | os.O_CREAT) for name in \"ab\"]
[os.unlink(name) for name in \"ab\"]
[os.posix_fallocate(file, 0, 700 << 20) for file in files]
time.sleep(600)'";
    let said = bed.sh(&build.id, hide).await;
    assert_eq!(said.end.unwrap(), ExecEnd::OutOfDisk);
}

async fn a_build_stops_below_the_floor(case: Case) {
    let bed = Bed::with(case, |config| {
        config.floor.percent = 100;
        config.floor.bytes = u64::MAX;
    });
    let build = bed.build().await;
    let said = bed.sh(&build.id, "exec sleep 600").await;
    assert_eq!(said.end.unwrap(), ExecEnd::OutOfDisk);
}

async fn a_flood_of_output_neither_stalls_nor_piles_up(case: Case) {
    let bed = Bed::new(case);
    let build = bed.build().await;
    let lines = std::sync::atomic::AtomicUsize::new(0);
    let longest = std::sync::atomic::AtomicUsize::new(0);
    let sink = |line: domain::ports::OutLine| {
        lines.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        longest.fetch_max(line.text.len(), std::sync::atomic::Ordering::Relaxed);
    };
    let before = resident();
    let flood = command("head -c 20000000 /dev/zero | tr '\\0' x; echo; yes | head -c 4000000");
    let end = bed.driver.exec(&build.id, &flood, &sink).await.unwrap();
    assert_eq!(end, ExecEnd::Code(0));
    assert!(lines.into_inner() >= 2_000_000);
    assert!(longest.into_inner() <= 16 * 1024);
    assert!(
        resident().saturating_sub(before) < 48 << 20,
        "{} -> {}",
        before,
        resident()
    );
}

fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

async fn a_hanging_command_is_ended_in_time(case: Case) {
    let bed = Bed::new(case);
    let build = bed.build().await;
    let started = Instant::now();
    let hang = Exec {
        timeout: Duration::from_millis(300),
        ..command("exec 1>&- 2>&-; trap '' TERM HUP INT; while :; do sleep 600; done")
    };
    assert_eq!(
        bed.exec(&build.id, &hang).await.end.unwrap(),
        ExecEnd::TimedOut
    );
    assert!(started.elapsed() < BOUND);
}

async fn no_core_file_is_written(case: Case) {
    let bed = Bed::new(case);
    let build = bed.build().await;
    let said = bed.sh(&build.id, "ulimit -c; kill -SEGV $$").await;
    assert_eq!(said.lines, ["0"]);
    assert_eq!(said.end.unwrap(), ExecEnd::Signal(11));
}

/// What a file of the guest's groups says, in either version.
fn limit(bed: &Bed, guest: &domain::GuestId, controller: &str, files: [&str; 2]) -> Option<String> {
    let placement = bed.state(guest)["cgroup"]["bases"][controller]
        .as_str()?
        .to_owned();
    let group = std::path::Path::new(&placement).join(guest.as_str());
    let read = |file: &str| std::fs::read_to_string(group.join(file)).ok();
    Some(files.into_iter().find_map(read)?.trim().to_owned())
}

async fn the_kernel_is_told_the_limits(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[]).await;
    bed.driver
        .start(&serve.id, &service("cat /proc/self/limits; exec sleep 600"))
        .await
        .unwrap();
    if bed.driver.report().await.unwrap().tier == "L1" {
        let bytes = (256u64 << 20).to_string();
        assert_eq!(
            limit(
                &bed,
                &serve.id,
                "memory",
                ["memory.limit_in_bytes", "memory.max"]
            ),
            Some(bytes)
        );
        assert_eq!(
            limit(&bed, &serve.id, "pids", ["pids.max", "pids.max"]),
            Some("512".into())
        );
        let cpu = limit(&bed, &serve.id, "cpu", ["cpu.cfs_quota_us", "cpu.max"]).unwrap();
        assert!(cpu.starts_with("100000"), "{cpu}");
    } else {
        let started = Instant::now();
        while !bed.log(&serve.id).await.contains("268435456") {
            assert!(started.elapsed() < BOUND, "{}", bed.log(&serve.id).await);
        }
    }
}

async fn a_builds_scratch_space_is_on_disk_and_an_apps_is_not(case: Case) {
    let bed = Bed::new(case);
    let build = bed.build().await;
    let serve = bed.serve(&[]).await;
    let kind = "stat -f -c %T /tmp; touch /tmp/home/x; mkdir -p ~/y";
    assert_ne!(bed.sh(&build.id, kind).await.ok(), "tmpfs");
    assert_eq!(bed.sh(&serve.id, kind).await.ok(), "tmpfs");
    bed.sh(&build.id, "test -e /tmp/home/x").await.ok();
}
