//! Canaries: what a hostile build or app must not reach.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use domain::guest::*;
use domain::ports::Driver;

use crate::bed::{Bed, command, service};
use crate::cases::Case;

in_every_case!(
    nothing_of_the_host_is_there,
    the_system_is_read_only,
    there_is_no_way_to_more_rights,
    other_guests_and_havre_are_out_of_reach,
    the_hosts_sockets_are_out_of_reach,
    a_link_in_the_app_leads_nowhere,
    a_link_made_later_takes_no_mount_elsewhere,
    the_supervisor_cannot_be_touched_from_inside,
    nothing_inherited_is_open,
);

/// Says what of a list of shell conditions holds; nothing must.
async fn none_holds(bed: &Bed, guest: &domain::GuestId, conditions: &[&str]) {
    let script: Vec<String> = conditions
        .iter()
        .map(|condition| {
            format!(
                "if ({condition}) >/dev/null 2>&1; then echo HOLDS: '{}'; fi",
                condition.replace('\'', "'\\''")
            )
        })
        .collect();
    let text = bed.sh(guest, &script.join("\n")).await.ok();
    assert_eq!(text, "");
}

/// Every condition is looked at in a build and in a guest that serves.
async fn guests(bed: &Bed) -> [domain::GuestId; 2] {
    let build = bed.build().await;
    let serve = bed.serve(&[("mine", "x")]).await;
    [build.id, serve.id]
}

async fn nothing_of_the_host_is_there(case: Case) {
    let bed = Bed::new(case);
    let data = bed.data.path().display().to_string();
    std::fs::write(bed.data.path().join("secret.key"), "canary").unwrap();
    let read_key = format!("cat {data}/secret.key");
    let list_data = format!("test -e {data}");
    for guest in guests(&bed).await {
        none_holds(
            &bed,
            &guest,
            &[
                &read_key,
                &list_data,
                "cat /etc/shadow",
                "grep -v -e ^root: -e ^app: -e ^nobody: /etc/passwd",
                "test -e /root",
                "test -e /home",
                "test -e /var",
                "test -e /run",
                "test -e /srv",
                "test -e /opt",
                "test -e /sys",
                "test -e /mnt",
                "test -e /work",
                "test -e /etc/ssh",
                "test -e /etc/ssl/private",
                "test -e /dev/vda",
                "test -e /dev/mem",
                "test -e /dev/kmsg",
                "test -e /dev/net/tun",
                "test -n \"$(ls /proc | grep -E '^[0-9]{5,}$')\"",
                "ls /",
                "cat /proc/kcore",
                "cat /proc/1/environ",
                "ls /proc/1/root/",
                "ls /proc/1/fd/",
                "cat /proc/1/mem",
            ],
        )
        .await;
    }
}

async fn the_system_is_read_only(case: Case) {
    let bed = Bed::new(case);
    for guest in guests(&bed).await {
        none_holds(
            &bed,
            &guest,
            &[
                "touch /usr/bin/x",
                "touch /etc/x",
                "touch /x",
                "echo > /havre",
                "touch /etc/ssl/certs/x",
                "echo 1 > /proc/sys/kernel/core_pattern",
                "echo b > /proc/sysrq-trigger",
                "mknod /tmp/disk b 253 0",
                "chown 0:0 /app",
            ],
        )
        .await;
        bed.sh(
            &guest,
            "touch /app/x /tmp/x /tmp/home/x && echo > /dev/null",
        )
        .await
        .ok();
    }
}

async fn there_is_no_way_to_more_rights(case: Case) {
    let bed = Bed::new(case);
    for guest in guests(&bed).await {
        none_holds(
            &bed,
            &guest,
            &[
                "unshare -U true",
                "unshare -r true",
                "unshare -n true",
                "nsenter -t 1 -m true",
                "mount -t tmpfs none /tmp",
                "umount /proc",
                "chroot /tmp /bin/true",
                "su -c true",
                "grep -E '^Cap(Inh|Prm|Eff|Bnd|Amb):.*[1-9a-f]' /proc/self/status",
                "grep '^NoNewPrivs:.*0' /proc/self/status",
                "grep '^Seccomp:.*[01]$' /proc/self/status",
                "setpriv --reuid 0 true",
                "test \"$(id -u)\" != 1000",
            ],
        )
        .await;
    }
    let calls = r#"
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(name, number, *args):
    ctypes.set_errno(0)
    result = libc.syscall(number, *args)
    print(name, result, os.strerror(ctypes.get_errno()))
call("ptrace", 101, 0, 0, 0, 0)
call("bpf", 321, 0, 0, 0)
call("keyctl", 250, 0, -3, 0)
call("io_uring_setup", 425, 1, 0)
call("userfaultfd", 323, 0)
call("perf_event_open", 298, 0, 0, 0, 0, 0)
call("open_by_handle_at", 304, 0, 0, 0)
call("clone newuser", 56, 0x10000000 | 17, 0, 0, 0, 0)
call("setns", 308, 0, 0)
call("socket vsock", 41, 40, 1, 0)
call("socket packet", 41, 17, 3, 0)
call("socket alg", 41, 38, 5, 0)
call("clone3", 435, 0, 0)
"#;
    let build = bed.build().await;
    let exec = Exec {
        argv: ["/usr/bin/python3", "-c", calls]
            .map(str::to_owned)
            .to_vec(),
        ..command("")
    };
    let text = bed.exec(&build.id, &exec).await.ok();
    let (last, others): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with("clone3"));
    assert_eq!(last, ["clone3 -1 Function not implemented"]);
    assert_eq!(others.len(), 12, "{text}");
    for line in others {
        assert!(line.ends_with("-1 Operation not permitted"), "{line}");
    }
}

async fn other_guests_and_havre_are_out_of_reach(case: Case) {
    let bed = Bed::new(case);
    let victim = bed.serve(&[("secret", "canary")]).await;
    bed.driver
        .start(&victim.id, &crate::bed::web())
        .await
        .unwrap();
    bed.get(&victim.id, "/secret").await;
    // A server of the host's, on its loopback and on all of its addresses, as Havre's own ports are.
    let host = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = host.local_addr().unwrap().port();
    host.set_nonblocking(true).unwrap();
    let hosts = own_addresses();
    let mut targets = vec![
        format!("127.0.0.1 {port}"),
        "127.0.0.1 8000".into(),
        "169.254.169.254 80".into(),
        "198.19.255.1 8000".into(),
    ];
    targets.extend(hosts.iter().map(|host| format!("{host} {port}")));
    let probe = r"
import socket, sys
for line in sys.argv[1:]:
    host, port = line.split()
    try:
        s = socket.create_connection((host, int(port)), timeout=1)
        s.sendall(b'canary\n'); s.settimeout(1)
        print('REACHED', line, s.recv(10))
    except OSError as error:
        print('no', line)
";
    for guest in guests(&bed).await {
        let mut argv = vec![
            "/usr/bin/python3".to_owned(),
            "-c".to_owned(),
            probe.to_owned(),
        ];
        argv.extend(targets.clone());
        let text = bed
            .exec(
                &guest,
                &Exec {
                    argv,
                    ..command("")
                },
            )
            .await
            .ok();
        // A user-space network may take a connection before it knows; nothing must come through.
        assert_eq!(text.lines().count(), targets.len(), "{text}");
        assert!(!text.contains("REACHED"), "{text}");
    }
    assert!(host.accept().is_err(), "something reached the host");
}

/// The addresses under which this machine is known to itself, by asking which one a way out would have.
fn own_addresses() -> Vec<String> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    let found = socket
        .connect("192.0.2.1:9")
        .and_then(|()| socket.local_addr());
    found
        .into_iter()
        .map(|address| address.ip().to_string())
        .filter(|ip| ip != "0.0.0.0")
        .collect()
}

async fn the_hosts_sockets_are_out_of_reach(case: Case) {
    let bed = Bed::new(case);
    let name = format!("havre-canary-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
    let listener = UnixListener::bind_addr(&address).unwrap();
    listener.set_nonblocking(true).unwrap();
    let probe = r"
import socket, sys
for address in ['\0' + sys.argv[1], '/var/run/docker.sock', '/run/docker.sock', sys.argv[2]]:
    s = socket.socket(socket.AF_UNIX)
    try:
        s.connect(address)
        print('REACHED', address)
    except OSError:
        print('no')
";
    let path = bed.data.path().join("control.sock");
    let _named = UnixListener::bind(&path).unwrap();
    for guest in guests(&bed).await {
        let argv = [
            "/usr/bin/python3",
            "-c",
            probe,
            &name,
            path.to_str().unwrap(),
        ];
        let exec = Exec {
            argv: argv.map(str::to_owned).to_vec(),
            ..command("")
        };
        assert_eq!(bed.exec(&guest, &exec).await.ok(), "no\nno\nno\nno");
    }
    assert!(listener.accept().is_err());
}

async fn a_link_in_the_app_leads_nowhere(case: Case) {
    let bed = Bed::new(case);
    let secret = bed.data.path().join("secret");
    std::fs::create_dir(&secret).unwrap();
    std::fs::write(secret.join("key"), "canary").unwrap();
    let build = bed.build().await;
    let line = format!(
        "ln -s {0} data; ln -s {0}/key key; ln -s / root; ln -s ../../../../.. up",
        secret.display()
    );
    bed.sh(&build.id, &line).await.ok();
    let sealed = bed.driver.seal(&build.id).await.unwrap();
    let serve = GuestSpec {
        persist: vec!["data".into()],
        ..bed.spec(Role::Serve, Some(sealed.id))
    };
    // Kept folders are filled from the artifact and mounted over it, and this one leads out of it.
    assert!(bed.driver.create(&serve).await.is_err());
    let serve = GuestSpec {
        persist: vec!["mine".into()],
        ..serve
    };
    bed.driver.create(&serve).await.unwrap();
    let said = bed
        .sh(
            &serve.id,
            "cat data/key key root/etc/shadow up/root/.ssh/id_rsa; find data/ -type f",
        )
        .await;
    assert!(!said.text().contains("canary"), "{said:?}");
    let kept = bed.local().join("persist");
    let found = walk(&kept);
    assert!(found.iter().all(|path| !path.ends_with("key")), "{found:?}");
    bed.driver.destroy(&serve.id).await.unwrap();
    assert!(
        secret.join("key").exists(),
        "removing a guest follows no link"
    );
}

async fn a_link_made_later_takes_no_mount_elsewhere(case: Case) {
    let bed = Bed::new(case);
    // Where every user of this machine may write, and not below the stage of the new root.
    let outside = tempfile::tempdir_in("/var/tmp").unwrap();
    let all = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(outside.path(), all).unwrap();
    let serve = GuestSpec {
        persist: vec!["a/b".into(), "c".into(), "c/d".into()],
        ..bed.spec(Role::Serve, Some(bed.artifact(&[("x", "y")]).await))
    };
    bed.driver.create(&serve).await.unwrap();
    bed.sh(&serve.id, "echo 1 > a/b/f; echo 2 > c/d/f")
        .await
        .ok();
    let kept = bed.sh(&serve.id, "cat a/b/f c/d/f").await.ok();
    assert_eq!(kept, "1\n2");
    let line = format!("mv a was; ln -s {} a", outside.path().display());
    bed.sh(&serve.id, &line).await.ok();
    assert!(bed.sh(&serve.id, "true").await.end.is_err());
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(walk(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

async fn the_supervisor_cannot_be_touched_from_inside(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[("f", "x")]).await;
    let hostile =
        service("kill -9 1; kill -STOP 1; kill -9 -1; exec /usr/bin/python3 -m http.server $PORT");
    bed.driver.start(&serve.id, &hostile).await.unwrap();
    // `kill -1` spares the one who calls it.
    assert!(bed.get(&serve.id, "/f").await.ends_with('x'));
    assert!(crate::bed::is_running(&bed.app(&serve.id).await));
}

async fn nothing_inherited_is_open(case: Case) {
    let bed = Bed::new(case);
    let mut held = tempfile::tempfile_in(bed.data.path()).unwrap();
    held.write_all(b"canary").unwrap();
    let mut back = String::new();
    held.read_to_string(&mut back).unwrap();
    for guest in guests(&bed).await {
        let text = bed
            .sh(&guest, "ls /proc/self/fd | wc -l; readlink /proc/self/fd/0")
            .await
            .ok();
        // 0, 1, 2 and the folder that `ls` reads.
        assert_eq!(text, "4\n/dev/null");
    }
}
