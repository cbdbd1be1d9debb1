//! Keys, read and written as OpenSSH does.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use rand::SeedableRng;
use rand::rngs::StdRng;
use secrecy::ExposeSecret;
use ssh::{ClientKey, HostKey, HostKeyPair, KeyError};

use crate::support::{client_key, host_pair};

/// A key of ssh-keygen's, as text.
fn made_by_openssh(test: &str, options: &[&str]) -> Option<(String, String)> {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("key");
    let mut command = Command::new("ssh-keygen");
    let made = command.args(["-q", "-C", "a comment"]).args(options);
    let made = made.arg("-f").arg(&path).output();
    if !made.is_ok_and(|output| output.status.success()) {
        println!("SKIPPED: {test}: ssh-keygen does not work here");
        return None;
    }
    let public = fs::read_to_string(path.with_extension("pub")).unwrap();
    Some((fs::read_to_string(path).unwrap(), public.trim().to_owned()))
}

#[test]
fn a_key_of_openssh_is_read() {
    let options = ["-t", "ed25519", "-N", ""];
    let Some((private, public)) = made_by_openssh("a_key_of_openssh_is_read", &options) else {
        return;
    };
    assert_eq!(
        ClientKey::from_openssh(&private).unwrap().public_line(),
        public
    );
    let pair = HostKeyPair::from_openssh(&private).unwrap();
    let host: HostKey = public.parse().unwrap();
    assert_eq!(*pair.public(), host);
    assert_eq!(format!("{host} a comment"), public);
}

#[test]
fn keys_that_cannot_be_used_are_told_apart() {
    let test = "keys_that_cannot_be_used_are_told_apart";
    let Some((other, public)) = made_by_openssh(test, &["-t", "ecdsa", "-N", ""]) else {
        return;
    };
    assert!(matches!(
        ClientKey::from_openssh(&other),
        Err(KeyError::Kind)
    ));
    assert!(matches!(public.parse::<HostKey>(), Err(KeyError::Kind)));
    let locked = made_by_openssh(test, &["-t", "ed25519", "-N", "secret"]).unwrap();
    assert!(matches!(
        ClientKey::from_openssh(&locked.0),
        Err(KeyError::Locked)
    ));
    for text in [
        "",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
    ] {
        assert!(matches!(ClientKey::from_openssh(text), Err(KeyError::Form)));
        assert!(matches!(text.parse::<HostKey>(), Err(KeyError::Form)));
    }
}

#[test]
fn what_is_made_here_openssh_reads() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("key");
    let key = ClientKey::generate(&mut StdRng::seed_from_u64(9), "havre\nssh-rsa AAAA").unwrap();
    assert!(key.save(&path).unwrap());
    let Ok(output) = Command::new("ssh-keygen")
        .args(["-y", "-f"])
        .arg(&path)
        .output()
    else {
        println!("SKIPPED: what_is_made_here_openssh_reads: no ssh-keygen");
        return;
    };
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        key.public_line()
    );
    assert!(!key.public_line().contains('\n'));
    let listed = Command::new("ssh-keygen")
        .args(["-l", "-f"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&listed.stdout).contains(&key.fingerprint()));
}

#[test]
fn a_key_file_is_private_and_is_never_overwritten() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("key");
    let mut rng = StdRng::seed_from_u64(3);
    let first = ClientKey::load_or_create(&path, &mut rng, "one").unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = ClientKey::load_or_create(&path, &mut rng, "two").unwrap();
    assert_eq!(first.public_line(), again.public_line());
    assert!(!client_key(4).save(&path).unwrap());
    assert_eq!(
        ClientKey::load(&path).unwrap().public_line(),
        first.public_line()
    );
    let left: Vec<_> = fs::read_dir(home.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("key");
    client_key(4).save(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let error = ClientKey::load(&path).unwrap_err();
    assert!(
        matches!(error, KeyError::Open { mode: 0o640, .. }),
        "{error}"
    );
}

#[test]
fn two_that_make_the_key_at_once_get_the_same() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("key");
    let lines: Vec<String> = std::thread::scope(|scope| {
        let makers: Vec<_> = (0..8)
            .map(|seed| {
                let path = &path;
                scope.spawn(move || {
                    let mut rng = StdRng::seed_from_u64(seed);
                    let key = ClientKey::load_or_create(path, &mut rng, "x").unwrap();
                    key.public_line().to_owned()
                })
            })
            .collect();
        makers
            .into_iter()
            .map(|maker| maker.join().unwrap())
            .collect()
    });
    assert!(lines.iter().all(|line| *line == lines[0]), "{lines:?}");
}

#[test]
fn no_secret_is_shown() {
    let (key, pair) = (client_key(4), host_pair(5));
    let shown = format!("{key:?} {pair:?} {:?}", pair.private_openssh().unwrap());
    assert!(shown.contains(&key.fingerprint()) && shown.contains(&pair.public().fingerprint()));
    let private = pair.private_openssh().unwrap();
    let secret = private.expose_secret().lines().nth(2).unwrap();
    assert!(!shown.contains(secret) && shown.len() < 300, "{shown}");
}
