//! Figures that must not grow unseen.

use domain::ports::Driver;

use crate::bed::{Bed, service, web};
use crate::cases::Case;

in_every_case!(a_guest_costs_little_memory);

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
