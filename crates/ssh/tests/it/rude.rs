//! Peers that misbehave: never a panic, never without a bound.

use std::time::Duration;

use rstest::rstest;
use ssh::{Bounds, Exit, Output, Pool, PoolLimits, Ran, Session, SshError, Unreachable};

use crate::rude_server::{Ways, rude, says};
use crate::support::soon;

async fn run(name: &str) -> Result<Output, SshError> {
    let session = soon(Session::connect(&rude(Ways::default()).await))
        .await
        .unwrap();
    let bounds = Bounds {
        time: Duration::from_secs(4),
        output: 1000,
    };
    soon(session.run(&[name], b"", bounds)).await
}

#[rstest]
#[case::not_ssh(b"HTTP/1.1 400 Bad Request\r\n\r\n", false, false)]
#[case::nothing(b"", false, false)]
#[case::lines_without_end(b"welcome to this machine\r\n", true, false)]
#[case::a_line_without_end(b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", true, false)]
#[case::old(b"SSH-1.5-old\r\n", false, false)]
#[case::greeting_only(b"SSH-2.0-x\r\n", false, false)]
#[case::greeting_then_garbage(b"SSH-2.0-x\r\n\x00\x00\x00\x10garbagegarbage!!", true, true)]
#[case::a_packet_of_four_gigabytes(b"SSH-2.0-x\r\n\xff\xff\xff\xff\xff", false, true)]
#[case::a_packet_of_nothing(b"SSH-2.0-x\r\n\x00\x00\x00\x00\x00\x00\x00\x00", false, true)]
#[case::greeting_then_silence(b"SSH-2.0-x\r\n", false, true)]
#[case::not_text(b"\xff\xfe\x00\x01\n", true, true)]
#[tokio::test]
async fn a_port_that_says_nonsense_is_given_up(
    #[case] text: &'static [u8],
    #[case] again: bool,
    #[case] stays: bool,
) {
    let target = says(text, again, stays).await;
    let error = soon(Session::connect(&target)).await.unwrap_err();
    let sorted = matches!(
        error,
        SshError::Unreachable { .. } | SshError::Protocol { .. }
    );
    assert!(sorted, "{error:?}");
    assert_eq!(
        error.ran() == Ran::No,
        matches!(error, SshError::Unreachable { .. })
    );
}

#[tokio::test]
async fn a_long_text_before_the_login_is_no_harm() {
    let ways = Ways {
        banner: "No entry!\u{7}\n".repeat(20_000),
        ..Ways::default()
    };
    let session = soon(Session::connect(&rude(ways).await)).await.unwrap();
    assert!(!session.is_closed());
}

#[tokio::test]
async fn a_machine_without_the_right_kind_of_key_is_refused() {
    let ways = Ways {
        ecdsa: true,
        ..Ways::default()
    };
    let error = soon(Session::connect(&rude(ways).await)).await.unwrap_err();
    assert!(
        matches!(error, SshError::HostKey { seen: None, .. }),
        "{error:?}"
    );
}

#[rstest]
#[case("flood")]
#[case("flood-stderr")]
#[case("flood-other")]
#[tokio::test]
async fn output_without_end_is_bounded(#[case] name: &str) {
    let session = soon(Session::connect(&rude(Ways::default()).await))
        .await
        .unwrap();
    let bounds = Bounds {
        time: Duration::from_millis(300),
        output: 1000,
    };
    let error = soon(session.run(&[name], b"", bounds)).await.unwrap_err();
    assert!(matches!(error, SshError::TooLong { .. }), "{error:?}");
    // What still comes is thrown away, and the session lives. (This server can only say no while its flood is held.)
    let again = soon(session.run(&["deny"], b"", Bounds::default())).await;
    assert!(matches!(again, Err(SshError::Refused { .. })), "{again:?}");
}

#[tokio::test]
async fn what_is_cut_in_the_middle_is_lost() {
    let error = run("cut").await.unwrap_err();
    assert!(
        matches!(
            error,
            SshError::Lost {
                ran: Ran::Maybe,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_exit_that_was_told_counts() {
    let output = run("cut-after-exit").await.unwrap();
    assert_eq!(
        (output.exit, output.stdout.bytes),
        (Exit::Code(0), b"whole".to_vec())
    );
}

#[tokio::test]
async fn an_end_without_a_status_is_lost() {
    let error = run("no-status").await.unwrap_err();
    assert!(
        matches!(&error, SshError::Lost { ran: Ran::Maybe, why, .. } if !why.is_empty()),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_exit_that_nobody_follows_up_counts() {
    assert_eq!(run("silent-end").await.unwrap().exit, Exit::Code(5));
}

#[tokio::test]
async fn a_strange_signal_is_kept_short() {
    match run("odd-signal").await.unwrap().exit {
        Exit::Signal(name) => assert!(name.len() <= 20 && !name.contains('\u{1b}'), "{name:?}"),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn no_to_a_command_means_that_it_did_not_run() {
    let error = run("deny").await.unwrap_err();
    assert!(matches!(error, SshError::Refused { .. }), "{error:?}");
    assert_eq!(error.ran(), Ran::No);
}

#[tokio::test]
async fn no_answer_to_a_command_means_that_it_may_have_run() {
    let error = run("no-answer").await.unwrap_err();
    assert!(
        matches!(
            error,
            SshError::Lost {
                ran: Ran::Maybe,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_goodbye_is_told_in_short() {
    let error = run("bye").await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("go away") && !text.contains('\u{7}') && text.len() < 500,
        "{text}"
    );
}

#[tokio::test]
async fn a_server_cannot_open_anything_here() {
    let output = run("call-back").await.unwrap();
    assert_eq!(output.stdout.text(), "true true");
}

#[tokio::test]
async fn refused_channels_are_told_and_tried_once_more_by_a_pool() {
    let ways = Ways {
        no_channels: true,
        ..Ways::default()
    };
    let target = rude(ways).await;
    let pool = Pool::new(PoolLimits::default());
    let error = soon(pool.run(&target, &["again"], b"", Bounds::default()))
        .await
        .unwrap_err();
    assert!(matches!(error, SshError::Refused { .. }), "{error:?}");
}

#[tokio::test]
async fn a_channel_without_an_answer_is_given_up() {
    let ways = Ways {
        mute: true,
        ..Ways::default()
    };
    let session = soon(Session::connect(&rude(ways).await)).await.unwrap();
    let error = soon(session.run(&["again"], b"", Bounds::default()))
        .await
        .unwrap_err();
    assert_eq!(error.ran(), Ran::No, "{error:?}");
}

#[tokio::test]
async fn a_pool_does_not_hammer_what_does_not_speak_ssh() {
    let target = says(b"220 mail\r\n", false, false).await;
    let limits = PoolLimits {
        pause: Duration::from_millis(100),
        ..PoolLimits::default()
    };
    let pool = Pool::new(limits);
    let begun = std::time::Instant::now();
    for _ in 0..3 {
        let error = soon(pool.run(&target, &["true"], b"", Bounds::default()))
            .await
            .unwrap_err();
        assert!(
            matches!(
                error,
                SshError::Unreachable {
                    why: Unreachable::Closed,
                    ..
                } | SshError::Protocol { .. }
            ),
            "{error:?}"
        );
    }
    assert!(
        begun.elapsed() >= Duration::from_millis(300),
        "100 ms, then 200 ms"
    );
}
