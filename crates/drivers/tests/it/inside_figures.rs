//! How fast things are inside a guest of a cluster. Nothing here fails for being slow; what is printed is for the reader.

use std::time::Instant;

use domain::guest::AppState;
use drivers::proxmox::artifacts::Artifacts;

use crate::bed::{deployment, service};
use crate::lab_guest::{LabGuest, run};

in_the_lab!(figures);

async fn figures(guest: LabGuest) {
    let (artifacts, deployment) = (Artifacts::new(guest.data.path()), deployment(1));
    let mut clock = Clock(Instant::now());
    for _ in 0..10 {
        guest.sh("true").await.ok();
    }
    clock.tell("10 commands", None);
    for _ in 0..20 {
        assert_eq!(guest.app().await, AppState::Stopped);
    }
    clock.tell("20 looks at the app", None);
    // Half of it can be compressed, as code; half of it cannot, as wheels.
    let fill = "mkdir many && perl -e 'for (1..2000) { open F, q(>), qq(many/$_); print F q(x) x 8192; close F }' && \
        head -c 60000000 /dev/urandom >noise && yes some words of code | head -c 60000000 >code";
    guest.sh(fill).await.ok();
    clock.tell("filling the folder", None);
    let sealed = guest.inside.seal(&artifacts, &deployment).await.unwrap();
    clock.tell("seal", Some(sealed.bytes));
    guest
        .inside
        .unpack(&artifacts, &deployment, &sealed.id)
        .await
        .unwrap();
    clock.tell("unpack", Some(sealed.bytes));
    guest.start(&service("exec sleep 600")).await.unwrap();
    clock.tell("start", None);
    guest.start(&service("exec sleep 600")).await.unwrap();
    clock.tell("start of what runs", None);
    println!("FIGURE most resident: {} MB", resident() >> 20);
}

struct Clock(Instant);

impl Clock {
    fn tell(&mut self, what: &str, bytes: Option<u64>) {
        let took = self.0.elapsed();
        let speed = bytes.map(|bytes| {
            format!(
                ", {:.0} MB at {:.0} MB/s",
                bytes as f64 / 1e6,
                bytes as f64 / 1e6 / took.as_secs_f64()
            )
        });
        println!(
            "FIGURE {what}: {} ms{}",
            took.as_millis(),
            speed.unwrap_or_default()
        );
        self.0 = Instant::now();
    }
}

fn resident() -> i64 {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF);
    usage.unwrap().max_rss() << 10
}
