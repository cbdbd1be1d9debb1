//! How the gateway reaches an app: connected sockets, handed out by the first process of its guest.

use std::time::Duration;

use domain::guest::*;
use domain::ports::Driver;

use crate::bed::{BOUND, Bed, service, web};
use crate::cases::Case;

in_every_case!(
    connections_are_handed_out_as_the_app_takes_them,
    many_connections_at_once,
);

async fn connections_are_handed_out_as_the_app_takes_them(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[("f", "x")]).await;
    let Upstream::Handout(socket) = bed.driver.address(&serve.id).await.unwrap() else {
        unreachable!()
    };
    assert!(
        crate::bed::handed_out(&socket).is_err(),
        "nothing was started"
    );
    bed.driver
        .start(&serve.id, &service("exec sleep 600"))
        .await
        .unwrap();
    let refused = crate::bed::handed_out(&socket).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    let six = service("exec /usr/bin/python3 -m http.server $PORT --bind ::1");
    bed.driver.start(&serve.id, &six).await.unwrap();
    assert!(
        bed.get(&serve.id, "/f").await.ends_with('x'),
        "the IPv6 loopback alone"
    );
}

async fn many_connections_at_once(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[]).await;
    let listener = "import socket, time\ns = socket.create_server(('127.0.0.1', 8000), backlog=4)\nprint('up', flush=True)\n\
                    time.sleep(600)";
    let mut app = web();
    app.start = ServiceStart::Argv(
        ["/usr/bin/python3", "-c", listener]
            .map(str::to_owned)
            .to_vec(),
    );
    bed.driver.start(&serve.id, &app).await.unwrap();
    let started = std::time::Instant::now();
    while !bed.log(&serve.id).await.contains("up") {
        assert!(started.elapsed() < BOUND);
    }
    let Upstream::Handout(socket) = bed.driver.address(&serve.id).await.unwrap() else {
        unreachable!()
    };
    // The app takes none: what does not fit its queue must neither block the others nor the first process.
    let clients: Vec<_> = (0..300)
        .map(|_| std::os::unix::net::UnixStream::connect(&socket))
        .filter_map(Result::ok)
        .collect();
    assert!(clients.len() >= 100, "{}", clients.len());
    drop(clients);
    bed.driver
        .stop(&serve.id, Duration::from_millis(100))
        .await
        .unwrap();
    bed.driver.start(&serve.id, &web()).await.unwrap();
    assert!(bed.get(&serve.id, "/").await.contains("200"));
}
