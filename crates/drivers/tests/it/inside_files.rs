//! Files of an app inside a guest of a cluster: put, sealed, unpacked, kept, written; and the guest's own preparation.

use std::os::unix::fs::{PermissionsExt, symlink};

use std::time::Duration;

use domain::guest::*;
use domain::ports::DriverError;
use domain::{ArtifactId, DeploymentId};
use drivers::proxmox::artifacts::Artifacts;
use drivers::proxmox::inside::{Kept, Shell};

use crate::bed::{BOUND, command, deployment};
use crate::lab_guest::{LabGuest, run};

in_the_lab!(
    put_replaces_and_keeps_links,
    a_build_becomes_an_artifact_that_comes_back,
    sealing_the_same_content_gives_the_same_artifact,
    what_is_not_there_or_too_large_is_said,
    odd_names_and_links_survive,
    kept_folders_outlive_guests,
    a_kept_folder_has_no_way_out,
    what_the_app_wrote_is_told,
    a_full_disk_is_said,
    the_hosts_settings_reach_a_build,
    a_host_key_of_its_own,
    files_and_packages_of_the_base,
);

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let tree = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = tree.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    tree
}

fn artifacts(guest: &LabGuest) -> (Artifacts, DeploymentId) {
    (Artifacts::new(guest.data.path()), deployment(1))
}

async fn sealed(guest: &LabGuest, files: &[(&str, &str)]) -> ArtifactId {
    let (artifacts, deployment) = artifacts(guest);
    guest.inside.put(tree(files).path()).await.unwrap();
    guest.inside.seal(&artifacts, &deployment).await.unwrap().id
}

async fn put_replaces_and_keeps_links(guest: LabGuest) {
    let tree = tree(&[("with space", "x"), ("run", "#!/bin/sh\necho ran")]);
    symlink("with space", tree.path().join("link")).unwrap();
    let mode = |mode| std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(tree.path().join("run"), mode(0o4777)).unwrap();
    guest.sh("echo left > left").await.ok();
    for _ in 0..2 {
        guest.inside.put(tree.path()).await.unwrap();
    }
    let look = "ls; readlink link; cat link; stat -c '%a %U' run .; ./run; echo >> 'with space'";
    let text = guest.sh(look).await.ok();
    assert_eq!(
        text,
        "link\nrun\nwith space\nwith space\nx755 app\n755 app\nran"
    );
    let missing = tree.path().join("missing");
    assert!(guest.inside.put(&missing).await.is_err());
    assert_eq!(guest.sh("ls run").await.ok(), "run", "what was there stays");
}

async fn a_build_becomes_an_artifact_that_comes_back(guest: LabGuest) {
    let (artifacts, deployment) = artifacts(&guest);
    guest
        .inside
        .put(tree(&[("source.txt", "source")]).path())
        .await
        .unwrap();
    let build = "mkdir -p sub .venv/bin; cp source.txt sub/built; ln -s ../sub .venv/link; ln sub/built hard; \
        mkdir -m 700 closed; echo x >closed/f; chmod 000 closed/f; mkfifo pipe";
    guest.sh(build).await.ok();
    let sealed = guest.inside.seal(&artifacts, &deployment).await.unwrap();
    assert!(sealed.bytes > 0 && artifacts.has(&deployment, &sealed.id));
    guest
        .root("rm -rf /app; install -d -o app -g app /app; echo old >/app/old")
        .await;
    guest
        .inside
        .unpack(&artifacts, &deployment, &sealed.id)
        .await
        .unwrap();
    let look = "ls -A; cat sub/built hard; readlink .venv/link; stat -c '%a %F' closed closed/f pipe; id -un; stat -c %U sub/built";
    let text = guest.sh(look).await.ok();
    assert_eq!(
        text,
        ".venv\nclosed\nhard\npipe\nsource.txt\nsub\nsourcesource../sub\n700 directory\n0 regular file\n644 fifo\napp\napp"
    );
    assert_eq!(
        guest.inside.seal(&artifacts, &deployment).await.unwrap().id,
        sealed.id
    );
    for _ in 0..2 {
        artifacts.drop_artifact(&deployment, &sealed.id).unwrap();
        artifacts.forget(&deployment).unwrap();
    }
    assert!(
        guest
            .inside
            .unpack(&artifacts, &deployment, &sealed.id)
            .await
            .is_err()
    );
    assert_eq!(
        guest.sh("ls sub").await.ok(),
        "built",
        "what was there stays"
    );
}

async fn sealing_the_same_content_gives_the_same_artifact(guest: LabGuest) {
    let one = sealed(&guest, &[("a", "1"), ("b/c", "2"), ("b.d/e", "3")]).await;
    assert_eq!(
        one,
        sealed(&guest, &[("b.d/e", "3"), ("a", "1"), ("b/c", "2")]).await
    );
    assert_ne!(
        one,
        sealed(&guest, &[("a", "1"), ("b/c", "3"), ("b.d/e", "3")]).await
    );
    let folder = guest
        .data
        .path()
        .join("proxmox/artifacts")
        .join(deployment(1).to_string());
    assert_eq!(
        std::fs::read_dir(folder).unwrap().count(),
        2,
        "and nothing half-made"
    );
}

async fn what_is_not_there_or_too_large_is_said(guest: LabGuest) {
    let (artifacts, deployment) = artifacts(&guest);
    guest.sh("head -c 3000000 /dev/urandom >big").await.ok();
    let small = artifacts.clone().at_most(1 << 20);
    let error = guest.inside.seal(&small, &deployment).await.unwrap_err();
    assert!(matches!(error, DriverError::Capacity { .. }), "{error:?}");
    let folder = guest
        .data
        .path()
        .join("proxmox/artifacts")
        .join(deployment.to_string());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    let sealed = guest.inside.seal(&artifacts, &deployment).await.unwrap();
    let file = folder.join(format!("{}.tar.zst", sealed.id));
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&file, bytes).unwrap();
    guest.sh("rm big; echo here >here").await.ok();
    assert!(
        guest
            .inside
            .unpack(&artifacts, &deployment, &sealed.id)
            .await
            .is_err(),
        "it is cut"
    );
    assert_eq!(
        guest.sh("cat here; ls").await.ok(),
        "here\nhere",
        "what was there stays"
    );
    guest.root("rm -rf /app").await;
    assert!(guest.inside.seal(&artifacts, &deployment).await.is_err());
}

async fn odd_names_and_links_survive(guest: LabGuest) {
    let (artifacts, deployment) = artifacts(&guest);
    let make = r"printf x >$(printf 'a\nb\377'); printf y >'-rf * $(id)'; ln -s /etc/shadow out; ln -s . self; mkdir -p 'd/é'; \
        long=$(printf '%0200d' 1); mkdir -p $long/$long; echo z >$long/$long/f; ln -s $long/$long/$long far";
    guest.sh(make).await.ok();
    let hash = "find . -mindepth 1 -printf '%P %y %m %l\\0' | LC_ALL=C sort -z | sha256sum";
    let before = guest.sh(hash).await.ok();
    let sealed = guest.inside.seal(&artifacts, &deployment).await.unwrap();
    guest
        .inside
        .unpack(&artifacts, &deployment, &sealed.id)
        .await
        .unwrap();
    assert_eq!(guest.sh(hash).await.ok(), before);
    assert_eq!(
        guest.inside.seal(&artifacts, &deployment).await.unwrap(),
        sealed
    );
}

async fn kept_folders_outlive_guests(guest: LabGuest) {
    let (artifacts, deployment) = artifacts(&guest);
    let kept = Kept::new(guest.data.path());
    let persist = vec!["data".to_owned(), "var/up loads".into()];
    let artifact = sealed(&guest, &[("data/seed", "s"), ("x", "y")]).await;
    let fresh = || async {
        guest
            .inside
            .unpack(&artifacts, &deployment, &artifact)
            .await
            .unwrap();
        guest
            .inside
            .fill(&kept, &deployment, &persist)
            .await
            .unwrap();
    };
    fresh().await;
    let write = "cat data/seed; echo 1 > data/db; echo 2 > 'var/up loads/f'; echo 3 > lost";
    guest.sh(write).await.ok();
    assert_eq!(guest.inside.written(&persist).await.unwrap(), ["lost"]);
    guest
        .inside
        .keep(&kept, &deployment, &persist)
        .await
        .unwrap();
    fresh().await;
    let look = "cat data/seed data/db 'var/up loads/f'; test ! -e lost; ls -A";
    assert_eq!(guest.sh(look).await.ok(), "s1\n2\ndata\nvar\nx");
    assert!(guest.inside.written(&persist).await.unwrap().is_empty());
    guest.sh("rm -r data").await.ok();
    guest
        .inside
        .keep(&kept, &deployment, &persist)
        .await
        .unwrap();
    fresh().await;
    assert_eq!(
        guest.sh(look).await.ok(),
        "s1\n2\ndata\nvar\nx",
        "what is not there leaves its copy alone"
    );
    kept.forget(&deployment).unwrap();
    fresh().await;
    assert_eq!(
        guest.sh("ls data var").await.ok(),
        "data:\nseed\n\nvar:\nup loads"
    );
    for bad in ["../x", "/etc", "."] {
        let bad = [bad.to_owned()];
        assert!(guest.inside.fill(&kept, &deployment, &bad).await.is_err());
        assert!(guest.inside.keep(&kept, &deployment, &bad).await.is_err());
    }
}

/// An app cannot lead the copy to what only root reads, nor the filling to a place that only root writes.
async fn a_kept_folder_has_no_way_out(guest: LabGuest) {
    let deployment = deployment(1);
    let kept = Kept::new(guest.data.path());
    let persist = ["data".to_owned(), "a/b".into()];
    guest
        .sh("mkdir data; echo 1 >data/f; mkdir -p a/b; echo 2 >a/b/f")
        .await
        .ok();
    guest
        .inside
        .keep(&kept, &deployment, &persist)
        .await
        .unwrap();
    guest
        .sh("rm -r data a; ln -s /etc data; ln -s /var/lib a")
        .await
        .ok();
    guest
        .inside
        .keep(&kept, &deployment, &persist)
        .await
        .unwrap();
    for path in &persist {
        let error = guest
            .inside
            .fill(&kept, &deployment, std::slice::from_ref(path))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("[persist]"), "{error}");
    }
    assert_eq!(
        guest
            .root("ls -d /var/lib/b 2>/dev/null; ls /etc/f 2>/dev/null")
            .await,
        ""
    );
    guest.sh("rm data a").await.ok();
    guest
        .inside
        .fill(&kept, &deployment, &persist)
        .await
        .unwrap();
    assert_eq!(guest.sh("cat data/f a/b/f").await.ok(), "1\n2");
}

async fn what_the_app_wrote_is_told(guest: LabGuest) {
    let (artifacts, deployment) = artifacts(&guest);
    let artifact = sealed(&guest, &[("a.py", "x = 1"), ("old", "1")]).await;
    guest
        .inside
        .unpack(&artifacts, &deployment, &artifact)
        .await
        .unwrap();
    let written = || async {
        let mut names = guest.inside.written(&[]).await.unwrap();
        names.sort();
        names
    };
    assert!(written().await.is_empty());
    guest.sh("mkdir -p __pycache__ sub node_modules/.cache; echo > __pycache__/a.pyc; echo > app.pid; echo >node_modules/.cache/x").await.ok();
    assert!(written().await.is_empty());
    guest
        .sh("echo 2 > old; echo > sub/db.sqlite3; echo >$(printf 'a\\nb')")
        .await
        .ok();
    assert_eq!(written().await, ["a\nb", "old", "sub/db.sqlite3"]);
    guest
        .sh("for i in $(seq 100); do echo > f$i; done")
        .await
        .ok();
    assert_eq!(written().await.len(), 20);
}

async fn a_full_disk_is_said(guest: LabGuest) {
    guest
        .root("mount -t tmpfs -o size=2M none /app; chown app: /app")
        .await;
    let said = guest.sh("head -c 3000000 /dev/zero >f").await;
    guest.root("umount /app").await;
    assert_eq!(said.end.unwrap(), ExecEnd::OutOfDisk);
    guest
        .root("mkdir -p /var/lib/havre; mount -t tmpfs -o size=1M,mode=755 none /var/lib/havre")
        .await;
    let big = tree(&[]);
    std::fs::write(big.path().join("big"), vec![7u8; 3 << 20]).unwrap();
    let error = guest.inside.put(big.path()).await.unwrap_err();
    guest.root("umount /var/lib/havre").await;
    assert!(matches!(error, DriverError::Capacity { .. }), "{error:?}");
    guest.inside.put(big.path()).await.unwrap();
}

async fn the_hosts_settings_reach_a_build(guest: LabGuest) {
    let host = guest.data.path().join("host");
    std::fs::create_dir(&host).unwrap();
    let ca = host.join("ca.pem");
    std::fs::write(&ca, "certificates").unwrap();
    let vars = [
        ("PIP_CERT", ca.to_str().unwrap()),
        (
            "PIP_INDEX_URL",
            "https://me:pass-word@mirror.example/simple",
        ),
        ("AWS_SECRET", "no"),
    ];
    let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let env = drivers::local::toolchain::HostEnv::new(vars).with_system(Vec::new(), host.clone());
    let registries =
        drivers::local::toolchain::Toolchains::new(env, host.join("state")).registries();
    let show = Exec {
        registries: true,
        ..command("cat $PIP_CERT; echo; echo $PIP_INDEX_URL; env | grep -c AWS")
    };
    let lines = std::sync::Mutex::new(Vec::new());
    let sink = |line: domain::ports::OutLine| lines.lock().unwrap().push(line.text);
    let limits = drivers::proxmox::inside::StepLimits { memory: 512 };
    for _ in 0..2 {
        guest
            .inside
            .exec(&show, limits, Some(&registries), &sink)
            .await
            .unwrap();
    }
    let once = ["certificates", "https://me:***@mirror.example/simple", "0"];
    assert_eq!(lines.into_inner().unwrap(), [once, once].concat());
    assert!(
        guest
            .sh("env")
            .await
            .ok()
            .lines()
            .all(|line| !line.starts_with("PIP_"))
    );
    let machine = guest.root("cat /etc/machine-id").await;
    guest.inside.clean().await.unwrap();
    assert_eq!(guest.root("cat /etc/machine-id").await, "");
    // The journal goes on under the name that it began with.
    guest
        .root(&format!("echo {} >/etc/machine-id", machine.trim()))
        .await;
    assert_eq!(
        guest.root(&format!("ls {}", ca.display())).await,
        "",
        "a base keeps nothing of it"
    );
    assert_eq!(
        guest
            .root("test -s /etc/ssl/certs/ca-certificates.crt && echo so")
            .await,
        "so\n"
    );
}

async fn a_host_key_of_its_own(guest: LabGuest) {
    let shown = || async {
        let session = ssh::Session::connect(&guest.target).await.unwrap();
        session.host_key().clone()
    };
    let before = shown().await;
    assert!(
        guest.inside.switch_host_key().await.is_err(),
        "none was made"
    );
    let new = guest.inside.new_host_key().await.unwrap();
    assert_eq!(
        guest.inside.new_host_key().await.unwrap(),
        new,
        "the same until it is used"
    );
    assert_eq!(shown().await, before);
    for _ in 0..2 {
        guest.inside.switch_host_key().await.unwrap();
    }
    let started = std::time::Instant::now();
    while shown().await != new {
        assert!(started.elapsed() < BOUND, "sshd still shows the old one");
    }
    assert_ne!(new, before);
    assert_eq!(
        guest.root("ls /etc/ssh/ssh_host_*").await,
        "/etc/ssh/ssh_host_ed25519_key\n/etc/ssh/ssh_host_ed25519_key.pub\n"
    );
    assert_ne!(guest.inside.new_host_key().await.unwrap(), new);
    guest.root("rm -f /etc/ssh/*.havre*").await;
}

async fn files_and_packages_of_the_base(guest: LabGuest) {
    guest
        .inside
        .write_file("/opt/havre/a b/file", 0o640, b"\0\xffx")
        .await
        .unwrap();
    assert_eq!(
        guest
            .root("stat -c '%a %U %s' '/opt/havre/a b/file'; ls '/opt/havre/a b'")
            .await,
        "640 root 3\nfile\n"
    );
    let lines = std::sync::Mutex::new(Vec::new());
    let sink = |line: domain::ports::OutLine| lines.lock().unwrap().push(line.text);
    let run = |argv: &'static [&'static str]| guest.inside.run(argv, BOUND, &sink);
    run(&["printf", "%s\n", "a  b", "$x"]).await.unwrap();
    assert_eq!(*lines.lock().unwrap(), ["a  b", "$x"]);
    let error = run(&["sh", "-c", "echo why >&2; exit 3"])
        .await
        .unwrap_err();
    let DriverError::Other { source, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(source.to_string().contains("why"), "{source}");
    let slow = guest
        .inside
        .run(&["sleep", "600"], Duration::from_millis(200), &|_| {})
        .await;
    assert!(matches!(slow, Err(DriverError::Transient(_))));
    guest.root("pkill -x sleep").await;
    let none = guest
        .inside
        .install(&["no-such-package-at-all"], None, &|_| {})
        .await
        .unwrap_err();
    assert!(matches!(none, DriverError::Toolchain { .. }), "{none:?}");
    guest
        .inside
        .install(&["tree"], None, &|_| {})
        .await
        .unwrap();
    assert!(
        guest
            .shell
            .run(&["tree", "--version"], b"", BOUND)
            .await
            .unwrap()
            .is_success()
    );
}
