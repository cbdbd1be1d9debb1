//! A user with a password: a ticket, its token against forged requests, its renewal.

use pve::{Auth, Client, GuestKind, Kind, SecretString, Vmid};

use crate::fake::{Came, Fake, Reply, data, refusal};

const PASSWORD: &str = "correct horse; battery=staple";

fn client(fake: &Fake) -> Client {
    let mut endpoint = fake.endpoint();
    endpoint.auth = Auth::Password {
        user: "root@pam".parse().unwrap(),
        password: SecretString::from(PASSWORD),
    };
    Client::new(endpoint).unwrap()
}

fn ticket(n: usize) -> Reply {
    data(&format!(
        r#"{{"username":"root@pam","ticket":"PVE:root@pam:{n}::a+b/c=","CSRFPreventionToken":"csrf:{n}"}}"#
    ))
}

fn is_login(came: &Came) -> bool {
    came.target.ends_with("/access/ticket")
}

#[tokio::test]
async fn a_ticket_is_asked_for_once_and_sent_with_its_token() {
    let fake = Fake::start(|came, _| {
        if is_login(came) {
            ticket(1)
        } else {
            data("[]")
        }
    })
    .await;
    let client = client(&fake);
    let (one, two) = tokio::join!(client.nodes(), client.pools());
    one.unwrap();
    two.unwrap();
    let came = fake.came();
    assert_eq!(came.iter().filter(|came| is_login(came)).count(), 1);
    assert_eq!(
        came[0].text(),
        "username=root%40pam&password=correct%20horse%3B%20battery%3Dstaple"
    );
    assert_eq!(
        came[1].header("cookie"),
        Some("PVEAuthCookie=PVE:root@pam:1::a+b/c=")
    );
    assert_eq!(came[1].header("csrfpreventiontoken"), Some("csrf:1"));
    assert!(came[1].header("authorization").is_none());
    assert!(client.warnings()[0].contains("API token"));
}

#[tokio::test]
async fn a_ticket_that_is_refused_is_renewed_once() {
    let fake =
        Fake::start(
            |came, before| match (is_login(came), came.header("csrfpreventiontoken")) {
                (true, _) => ticket(before),
                // The first ticket has expired.
                (false, Some("csrf:0")) => refusal(401, "permission denied - invalid PVE ticket"),
                _ => data("\"UPID:pve1:0001A2B3:1234ABCD:65F0A1B2:vzstart:100:root@pam:\""),
            },
        )
        .await;
    client(&fake)
        .guest(GuestKind::Lxc, &"pve1".parse().unwrap(), Vmid::MIN)
        .start()
        .await
        .unwrap();
    assert_eq!(fake.came().len(), 4);
}

#[tokio::test]
async fn tickets_that_are_always_refused_end() {
    let fake = Fake::start(|came, _| {
        if is_login(came) {
            ticket(1)
        } else {
            refusal(401, "invalid")
        }
    })
    .await;
    assert_eq!(
        client(&fake).nodes().await.unwrap_err().kind(),
        &Kind::Credentials
    );
    assert_eq!(fake.came().len(), 4);
}

#[tokio::test]
async fn a_wrong_password_is_asked_with_once() {
    let fake = Fake::start(|_, _| refusal(401, "authentication failure")).await;
    let error = client(&fake).nodes().await.unwrap_err();
    assert_eq!(error.kind(), &Kind::Credentials);
    assert!(!format!("{error} {error:?}").contains("horse"));
    assert_eq!(fake.came().len(), 1);
}

#[tokio::test]
async fn a_second_factor_is_told() {
    let fake = Fake::start(|_, _| data(r#"{"username":"root@pam","NeedTFA":1}"#)).await;
    let error = client(&fake).nodes().await.unwrap_err();
    assert!(
        *error.kind() == Kind::Credentials && error.to_string().contains("second factor"),
        "{error}"
    );
}

#[tokio::test]
async fn a_login_that_broke_off_leaves_the_write_unsent_and_is_tried_again() {
    let fake = Fake::start(|came, before| match (is_login(came), before) {
        (true, 0) => Reply::Cut(Vec::new()),
        (true, 1) => refusal(596, "Connection timed out"),
        (true, _) => ticket(1),
        _ => data("\"UPID:pve1:0001A2B3:1234ABCD:65F0A1B2:vzstart:100:root@pam:\""),
    })
    .await;
    client(&fake)
        .guest(GuestKind::Lxc, &"pve1".parse().unwrap(), Vmid::MIN)
        .start()
        .await
        .unwrap();
    assert_eq!(fake.came().iter().filter(|came| !is_login(came)).count(), 1);
    let fake = Fake::start(|_, _| Reply::Cut(Vec::new())).await;
    let error = client(&fake)
        .guest(GuestKind::Lxc, &"pve1".parse().unwrap(), Vmid::MIN)
        .start()
        .await
        .unwrap_err();
    assert!(error.nothing_done() && !error.is_ambiguous(), "{error:?}");
}
