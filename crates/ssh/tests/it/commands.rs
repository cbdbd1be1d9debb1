//! Commands: arguments, input, output, how they end.

use std::time::Duration;

use ssh::{Bounds, Exit, Ran, Session, SshError};

use crate::sshd::Sshd;
use crate::support::{code, soon};

#[tokio::test]
async fn a_command_gives_its_outputs_and_its_code() {
    let Some(sshd) = Sshd::start("a_command_gives_its_outputs_and_its_code") else {
        return;
    };
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    assert_eq!(session.host_key(), sshd.pair.public());
    let argv = ["sh", "-c", "cat; echo err >&2; exit 7"];
    let output = soon(session.run(&argv, b"in", Bounds::default())).await;
    let output = output.unwrap();
    assert_eq!(output.exit, Exit::Code(7));
    assert_eq!(output.stdout.bytes, b"in");
    assert_eq!(output.stderr.bytes, b"err\n");
}

#[tokio::test]
async fn arguments_arrive_as_they_were_given() {
    let Some(sshd) = Sshd::start("arguments_arrive_as_they_were_given") else {
        return;
    };
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let every_byte: String = (1_u8..128).map(char::from).collect();
    let odd = [
        "",
        " ",
        "a b",
        "'",
        "\"",
        "\\",
        "\n",
        "$HOME",
        "`id`",
        "$(id)",
        "*",
        "{a,b}",
        "~",
        "!x",
        "#",
        "-n",
        "a=b",
        "\u{e9}\u{1f980}",
        "a\r\nb",
        "'\\''",
        "%s",
        "^x",
        "[a]",
        "<",
        ">",
        "|",
        ";",
        "&&",
        &every_byte,
    ];
    let argv: Vec<&str> = ["printf", "%s\\0"].into_iter().chain(odd).collect();
    let output = soon(session.run(&argv, b"", Bounds::default())).await;
    let output = output.unwrap();
    let mut back: Vec<&[u8]> = output.stdout.bytes.split(|byte| *byte == 0).collect();
    assert_eq!(back.pop(), Some(&b""[..]), "{output:?}");
    let given: Vec<&[u8]> = odd.iter().map(|word| word.as_bytes()).collect();
    assert_eq!(back, given);
}

#[tokio::test]
async fn nothing_in_the_programs_name_is_shell() {
    let Some(sshd) = Sshd::start("nothing_in_the_programs_name_is_shell") else {
        return;
    };
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    for program in ["if", "x=1", "alias", "cd", "no-such-program", "a;id"] {
        let output = soon(session.run(&[program], b"", Bounds::default())).await;
        assert_eq!(code(&output), Some(127), "{program}: {output:?}");
        assert!(output.unwrap().stdout.bytes.is_empty(), "{program}");
    }
}

#[tokio::test]
async fn a_signal_is_told_as_one() {
    let Some(sshd) = Sshd::start("a_signal_is_told_as_one") else {
        return;
    };
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    for (signal, name) in [("KILL", "KILL"), ("TERM", "TERM"), ("USR1", "USR1")] {
        let argv = ["sh", "-c", &format!("kill -{signal} $$")];
        let output = soon(session.run(&argv, b"", Bounds::default())).await;
        assert_eq!(output.unwrap().exit, Exit::Signal(name.to_owned()));
    }
}

#[tokio::test]
async fn more_output_than_asked_for_is_counted_and_dropped() {
    let Some(sshd) = Sshd::start("more_output_than_asked_for_is_counted_and_dropped") else {
        return;
    };
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let bounds = Bounds {
        output: 1000,
        ..Bounds::default()
    };
    let argv = ["sh", "-c", "head -c 3000000 /dev/zero; exit 3"];
    let output = soon(session.run(&argv, b"", bounds)).await.unwrap();
    assert_eq!(output.exit, Exit::Code(3));
    assert_eq!(output.stdout.bytes, [0; 1000]);
    assert_eq!(output.stdout.dropped, 2_999_000);
}

#[tokio::test]
async fn a_command_without_end_is_given_up_and_the_session_lives_on() {
    let Some(sshd) = Sshd::start("a_command_without_end_is_given_up") else {
        return;
    };
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let bounds = Bounds::time(Duration::from_millis(300));
    let late = soon(session.run(&["yes"], b"", bounds)).await.unwrap_err();
    assert!(matches!(late, SshError::TooLong { .. }), "{late}");
    assert_eq!(late.ran(), Ran::Maybe);
    let after = soon(session.run(&["true"], b"", Bounds::default())).await;
    assert_eq!(code(&after), Some(0));
}

#[tokio::test]
async fn a_program_may_leave_its_input_unread() {
    let Some(sshd) = Sshd::start("a_program_may_leave_its_input_unread") else {
        return;
    };
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let input = vec![b'x'; 8 * 1024 * 1024];
    let output = soon(session.run(&["head", "-c", "5"], &input, Bounds::default())).await;
    assert_eq!(output.unwrap().stdout.bytes, b"xxxxx");
}

#[tokio::test]
async fn what_a_command_leaves_behind_does_not_hold_its_end() {
    let Some(sshd) = Sshd::start("what_a_command_leaves_behind_does_not_hold_its_end") else {
        return;
    };
    let mut target = sshd.target();
    target.timeouts.dead = Duration::from_millis(1500);
    let session = soon(Session::connect(&target)).await.unwrap();
    // It holds stdout open for much longer than the test may take.
    let argv = ["sh", "-c", "sleep 100 & echo $!; exit 4"];
    let output = soon(session.run(&argv, b"", Bounds::default()))
        .await
        .unwrap();
    assert_eq!(output.exit, Exit::Code(4));
    let left = output.stdout.text().trim().to_owned();
    let killed = soon(session.run(&["kill", &left], b"", Bounds::default())).await;
    assert_eq!(code(&killed), Some(0), "it lived on");
}

#[tokio::test]
async fn output_is_streamed_as_it_comes() {
    let Some(sshd) = Sshd::start("output_is_streamed_as_it_comes") else {
        return;
    };
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let (ours, theirs) = tokio::io::duplex(64);
    let (lines, mut told) = tokio::sync::mpsc::unbounded_channel();
    let argv = ["sh", "-c", "while read line; do echo got $line; done"];
    let streaming = session.stream(
        &argv,
        theirs,
        |data| {
            lines
                .send(String::from_utf8_lossy(data).into_owned())
                .unwrap()
        },
        |_| {},
    );
    // Each line is sent only after the answer to the one before.
    let talking = async move {
        let mut ours = ours;
        for n in 0..3 {
            let line = format!("{n}\n");
            tokio::io::AsyncWriteExt::write_all(&mut ours, line.as_bytes())
                .await
                .unwrap();
            assert_eq!(told.recv().await.unwrap(), format!("got {n}\n"));
        }
    };
    let (exit, ()) = soon(async { tokio::join!(streaming, talking) }).await;
    assert_eq!(exit.unwrap(), Exit::Code(0));
}
