//! What is in the way of a database is told in the same words and with the same exit code by every command that meets it.

use std::io::Write;
use std::process::Stdio;

use nix::sys::stat::Mode;

use crate::harness::{Ran, World, free_port};

const FILE: &str = "x.db";

fn world() -> World {
    let mut world = World::new();
    let data = world.work().join("data");
    let listen = [
        ("HAVRE_LISTEN", format!("127.0.0.1:{}", free_port())),
        ("HAVRE_GATEWAY", format!("127.0.0.1:{}", free_port())),
        ("HAVRE_DATA_DIR", data.to_str().unwrap().to_owned()),
        ("DATABASE_URL", format!("sqlite:///{FILE}")),
    ];
    for (name, value) in listen {
        world.env.insert(name.to_owned(), value);
    }
    world
}

/// Runs a command with something piped into it.
fn piped(world: &World, args: &[&str], input: &[u8]) -> Ran {
    let mut child = world
        .command(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may not read all of what it refuses.
    drop(child.stdin.take().unwrap().write_all(input));
    child.wait_with_output().unwrap().into()
}

#[test]
fn serve_and_every_command_end_with_the_same_code() {
    let not_one = world();
    std::fs::write(not_one.work().join(FILE), "this is no database at all").unwrap();
    let nowhere = {
        let mut world = world();
        let url = format!("postgresql://u:p@127.0.0.1:{}/d", free_port());
        world.env.insert("DATABASE_URL".into(), url);
        world
    };
    for (world, code, words) in [
        (not_one, 2, "is not an SQLite database"),
        (nowhere, 5, "nobody listens there"),
    ] {
        for args in [
            &["serve"][..],
            &["db", "init"],
            &["db", "upgrade"],
            &["db", "current"],
            &["db", "stats"],
            &["db", "check"],
            &["db", "seed", "--count", "1"],
            &["db", "reset", "--yes"],
            &["db", "backup", "x.backup"],
        ] {
            let ran = world.run(args);
            assert_eq!(ran.code, code, "{args:?}: {}", ran.stderr);
            assert!(ran.stderr.contains(words), "{args:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn a_backup_goes_through_a_pipe() {
    let world = world();
    drop(world.run(&["db", "init"]).ok());
    drop(world.run(&["db", "seed", "--count", "30"]).ok());
    drop(world.run(&["db", "backup", "x.backup"]).ok());
    let backup = std::fs::read(world.work().join("x.backup")).unwrap();
    let verified = piped(&world, &["db", "verify", "-"], &backup).ok();
    assert!(verified.contains("A whole backup: 31 rows"), "{verified}");
    std::fs::remove_file(world.work().join(FILE)).unwrap();
    let restored = piped(&world, &["db", "restore", "-", "--yes"], &backup).ok();
    assert!(restored.contains("31 rows restored"), "{restored}");
    let cut = piped(
        &world,
        &["db", "restore", "-", "--yes"],
        &backup[..backup.len() / 2],
    );
    assert_eq!(cut.code, 2);
    assert!(
        cut.stderr
            .contains("the standard input: the backup is cut off"),
        "{}",
        cut.stderr
    );
    let none = piped(&world, &["db", "restore", "-", "--yes"], b"hello");
    assert_eq!(none.code, 2);
    assert!(none.stderr.contains("not a backup"), "{}", none.stderr);
    assert!(world.run(&["db", "stats"]).ok().contains("30 deployments"));
}

/// Nobody ever writes into this pipe: whoever opened it would wait for ever.
#[test]
fn a_dot_env_that_is_no_file_is_refused_at_once() {
    let world = world();
    let dot_env = world.work().join(".env");
    nix::unistd::mkfifo(&dot_env, Mode::S_IRWXU).unwrap();
    let ran = world.run(&["db", "current"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("It is not a file."), "{}", ran.stderr);
    std::fs::remove_file(&dot_env).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &dot_env).unwrap();
    assert_eq!(world.run(&["db", "current"]).code, 2);
    std::fs::remove_file(&dot_env).unwrap();
    std::fs::write(&dot_env, vec![b'#'; (1 << 20) + 1]).unwrap();
    let ran = world.run(&["db", "current"]);
    assert!(ran.stderr.contains("larger than 1 MiB"), "{}", ran.stderr);
}
