//! Through a jump host.

use ssh::{Bounds, Host, Session, SshError, Target, Trust, Unreachable};

use crate::sshd::Sshd;
use crate::support::{code, host_pair, soon};

/// The jump host and the guest behind it.
fn two(test: &str, jump: &str) -> Option<(Sshd, Sshd)> {
    Some((Sshd::start_with(test, 200, jump)?, Sshd::start(test)?))
}

fn through(jump: &Sshd, guest: &Sshd) -> Target {
    guest.target().through(jump.target())
}

#[tokio::test]
async fn a_command_runs_behind_a_jump_host() {
    let Some((jump, guest)) = two("a_command_runs_behind_a_jump_host", "") else {
        return;
    };
    let session = soon(Session::connect(&through(&jump, &guest)))
        .await
        .unwrap();
    assert_eq!(session.host_key(), guest.pair.public());
    let input = vec![7; 3_000_000];
    let bounds = Bounds {
        output: 4_000_000,
        ..Bounds::default()
    };
    let output = soon(session.run(&["cat"], &input, bounds)).await.unwrap();
    assert!(output.stdout.bytes == input);
    assert_eq!((jump.logins(), guest.logins()), (1, 1));
}

#[tokio::test]
async fn a_chain_of_them_works_and_has_an_end() {
    let Some((jump, guest)) = two("a_chain_of_them_works_and_has_an_end", "") else {
        return;
    };
    let chain = through(&jump, &guest).through(jump.target().through(guest.target()));
    let session = soon(Session::connect(&chain)).await.unwrap();
    let output = soon(session.run(&["true"], b"", Bounds::default())).await;
    assert_eq!(code(&output), Some(0));
    let long = (0..5).fold(jump.target(), |far, _| jump.target().through(far));
    let error = soon(Session::connect(&long)).await.unwrap_err();
    assert!(matches!(error, SshError::Command { .. }), "{error}");
}

#[tokio::test]
async fn each_host_key_of_the_way_is_checked() {
    let Some((jump, guest)) = two("each_host_key_of_the_way_is_checked", "") else {
        return;
    };
    let wrong = Trust::Pinned(host_pair(9).public().clone());
    let mut target = through(&jump, &guest);
    target.trust = wrong.clone();
    let error = soon(Session::connect(&target)).await.unwrap_err();
    assert!(
        matches!(&error, SshError::HostKey { place, .. } if *place == guest.target().place()),
        "{error}"
    );
    let mut near = jump.target();
    near.trust = wrong;
    let error = soon(Session::connect(&guest.target().through(near)))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, SshError::HostKey { place, .. } if *place == jump.target().place()),
        "{error}"
    );
    assert_eq!(guest.logins(), 0);
}

#[tokio::test]
async fn a_guest_that_the_jump_host_cannot_reach_is_unreachable() {
    let Some((jump, mut guest)) = two("a_guest_that_the_jump_host_cannot_reach_is_unreachable", "")
    else {
        return;
    };
    guest.kill();
    let error = soon(Session::connect(&through(&jump, &guest)))
        .await
        .unwrap_err();
    match error {
        SshError::Unreachable { place, why } => {
            assert_eq!((place, why), (guest.target().place(), Unreachable::Jump));
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_jump_host_that_may_not_forward_is_told() {
    let Some((jump, guest)) = two("a_jump_host_that_may_not_forward", "AllowTcpForwarding no")
    else {
        return;
    };
    let error = soon(Session::connect(&through(&jump, &guest)))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("AllowTcpForwarding"), "{error}");
}

#[tokio::test]
async fn a_jump_host_that_dies_takes_the_session_with_it() {
    let Some((mut jump, guest)) = two("a_jump_host_that_dies_takes_the_session_with_it", "") else {
        return;
    };
    let session = soon(Session::connect(&through(&jump, &guest)))
        .await
        .unwrap();
    jump.kill();
    soon(session.closed()).await;
    let error = soon(session.run(&["true"], b"", Bounds::default()))
        .await
        .unwrap_err();
    assert!(matches!(error, SshError::Lost { .. }), "{error}");
}

#[tokio::test]
async fn names_are_looked_up_by_the_jump_host() {
    let Some((jump, guest)) = two("names_are_looked_up_by_the_jump_host", "") else {
        return;
    };
    let mut target = through(&jump, &guest);
    target.host = "localhost".parse::<Host>().unwrap();
    let session = soon(Session::connect(&target)).await.unwrap();
    let output = soon(session.run(&["true"], b"", Bounds::default())).await;
    assert_eq!(code(&output), Some(0));
}
