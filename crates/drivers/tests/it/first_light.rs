use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::guest::*;
use domain::ports::{Driver, SystemClock};
use domain::{GuestId, Resources};
use drivers::local::{LocalConfig, LocalDriver};

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_becomes_an_app_that_answers() {
    let data = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock::new(tokio::time::sleep));
    let config = LocalConfig::new(
        data.path().to_owned(),
        PathBuf::from(env!("CARGO_BIN_EXE_havre-guest")),
        clock,
    );
    let driver = LocalDriver::open(config).unwrap();
    println!("{:?}", driver.report().await.unwrap());
    let tree = tempfile::tempdir().unwrap();
    std::fs::write(tree.path().join("index.html"), "hello").unwrap();
    let spec = |id: &str, role, artifact| GuestSpec {
        id: id.parse::<GuestId>().unwrap(),
        deployment: "550e8400-e29b-41d4-a716-446655440000".parse().unwrap(),
        release: "550e8400-e29b-41d4-a716-446655440001".parse().unwrap(),
        label: "app".parse().unwrap(),
        slot: 3,
        role,
        base: "shell_r1".parse().unwrap(),
        artifact,
        resources: Resources {
            cores: 1,
            memory: 256,
            disk: 5,
        },
        persist: vec![],
    };
    let build = spec("g000000000001", Role::Build, None);
    driver.create(&build).await.unwrap();
    driver.put(&build.id, tree.path()).await.unwrap();
    let lines = Mutex::new(Vec::new());
    let exec = Exec {
        tag: "install".into(),
        argv: ["/bin/sh", "-c", "id; ls -la / /app /dev; cat /proc/self/status | grep -i -e cap -e seccomp; cat /proc/mounts; echo built > built.txt"].map(String::from).to_vec(),
        dir: String::new(),
        env: BTreeMap::new(),
        timeout: Duration::from_secs(20),
        registries: true,
    };
    let end = driver
        .exec(&build.id, &exec, &|line| {
            lines.lock().unwrap().push(line.text)
        })
        .await;
    println!("{}", lines.lock().unwrap().join("\n"));
    assert_eq!(end.unwrap(), ExecEnd::Code(0));
    let sealed = driver.seal(&build.id).await.unwrap();
    driver.destroy(&build.id).await.unwrap();
    let serve = spec("g000000000002", Role::Serve, Some(sealed.id.clone()));
    driver.create(&serve).await.unwrap();
    let service = Service {
        start: ServiceStart::Argv(
            ["/usr/bin/python3", "-m", "http.server", "8000"]
                .map(String::from)
                .to_vec(),
        ),
        dir: String::new(),
        env: BTreeMap::new(),
        port: 8000,
    };
    driver.start(&serve.id, &service).await.unwrap();
    println!("{:?}", driver.observe(&serve.id).await);
    let Upstream::Handout(path) = driver.address(&serve.id).await.unwrap() else {
        panic!()
    };
    let mut answer = String::new();
    for _ in 0..500 {
        match connect(&path) {
            Ok(mut tcp) => {
                tcp.write_all(b"GET /built.txt HTTP/1.0\r\n\r\n").unwrap();
                tcp.read_to_string(&mut answer).unwrap();
                break;
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    assert!(answer.ends_with("built\n"), "{answer}");
    println!("{:?}", driver.listening(&serve.id).await);
    driver
        .stop(&serve.id, Duration::from_secs(5))
        .await
        .unwrap();
    println!("{:?}", driver.observe(&serve.id).await);
    driver.destroy(&serve.id).await.unwrap();
    assert_eq!(driver.observe(&serve.id).await, Observation::Absent);
}

fn connect(path: &std::path::Path) -> std::io::Result<std::net::TcpStream> {
    use nix::sys::socket::*;
    use std::os::fd::{AsRawFd, FromRawFd};
    let sock = std::os::unix::net::UnixStream::connect(path)?;
    let mut byte = [0u8; 1];
    let mut iov = [std::io::IoSliceMut::new(&mut byte)];
    let mut space = nix::cmsg_space!(std::os::fd::RawFd);
    let fd = {
        let got = recvmsg::<()>(
            sock.as_raw_fd(),
            &mut iov,
            Some(&mut space),
            MsgFlags::empty(),
        )?;
        got.cmsgs()?.find_map(|m| match m {
            ControlMessageOwned::ScmRights(f) => f.first().copied(),
            _ => None,
        })
    };
    let Some(fd) = fd else {
        return Err(std::io::Error::from_raw_os_error(byte[0].into()));
    };
    let tcp = unsafe { std::net::TcpStream::from_raw_fd(fd) };
    tcp.set_nonblocking(false)?;
    Ok(tcp)
}
