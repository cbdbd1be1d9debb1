//! Simulated time.

use std::time::Duration;

use futures_util::FutureExt;

use crate::{TimeMode, World};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn manual_time_moves_only_when_told() {
    let world = World::with_time(TimeMode::Manual);
    let clock = world.plug().clock;
    let before = clock.now();
    let mut sleep = clock.sleep(MINUTE);
    assert!((&mut sleep).now_or_never().is_none());
    world.advance(MINUTE - Duration::from_secs(1));
    assert!((&mut sleep).now_or_never().is_none());
    world.advance(Duration::from_secs(1));
    sleep.await;
    assert_eq!(clock.now() - before, chrono::TimeDelta::seconds(60));
    assert_eq!(world.sleepers(), 0);
}

#[tokio::test]
async fn automatic_time_takes_sleeps_in_their_order_and_leaves_far_ones() {
    let world = World::new();
    let clock = world.plug().clock;
    let order = std::sync::Mutex::new(Vec::new());
    let nap = async |seconds: u64| {
        clock.sleep(Duration::from_secs(seconds)).await;
        order.lock().unwrap().push(seconds);
    };
    tokio::join!(nap(4), nap(1), nap(3));
    assert_eq!(*order.lock().unwrap(), [1, 3, 4]);

    let before = clock.now();
    let mut far = clock.sleep(MINUTE);
    tokio::select! {
        biased;
        () = &mut far => panic!("time jumped too far"),
        () = nap(2) => {}
    }
    assert_eq!(clock.now() - before, chrono::TimeDelta::seconds(2));
    world.advance(MINUTE);
    far.await;
}

#[tokio::test]
async fn the_dice_of_another_life_fall_otherwise_and_of_the_same_life_the_same() {
    let roll = |plug: crate::Plug| plug.dice.roll(domain::GuestId::random);
    let (one, two) = (World::new(), World::new());
    let first = roll(one.plug());
    assert_eq!(first, roll(two.plug()));
    assert_ne!(first, roll(one.plug()));
    assert_ne!(first, roll(World::new().seeded(9).plug()));
}
