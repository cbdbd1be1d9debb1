//! Targets: what is taken, what is refused, and that no form of them shows a password.

use proptest::prelude::*;
use rstest::rstest;

use super::*;

/// No other part of a URL here holds these letters.
const SECRET: &str = "HUNTER2";

fn server(url: &str) -> ServerTarget {
    match url.parse() {
        Ok(DatabaseTarget::Postgres(server) | DatabaseTarget::MySql(server)) => server,
        other => panic!("{other:?}"),
    }
}

fn refused(url: &str) -> BadTarget {
    url.parse::<DatabaseTarget>().unwrap_err()
}

#[rstest]
#[case("sqlite:///deployments.db", "deployments.db")]
#[case("sqlite:////var/lib/x.db", "/var/lib/x.db")]
#[case("sqlite+pysqlite:///a b%20.db", "a b .db")]
#[case("sqlite:///x.db?timeout=15&check_same_thread=False", "x.db")]
fn files(#[case] url: &str, #[case] path: &str) {
    assert_eq!(url.parse(), Ok(DatabaseTarget::Sqlite(path.into())));
}

#[rstest]
#[case("sqlite://")]
#[case("sqlite:///")]
#[case("sqlite:///:memory:")]
#[case(":memory:")]
fn memory(#[case] url: &str) {
    assert_eq!(url.parse(), Ok(DatabaseTarget::Memory));
}

#[rstest]
#[case("postgresql://u:p@h/d", "postgresql://u@h:5432/d")]
#[case("postgres://u:p@h:1/d", "postgresql://u@h:1/d")]
#[case("postgresql+asyncpg://u:p@[::1]/d", "postgresql://u@[::1]:5432/d")]
#[case("postgresql://u@h", "postgresql://u@h:5432/u")]
#[case(
    "postgresql://u@/d?host=/run/pg&port=7",
    "postgresql://u@/d?host=/run/pg&port=7"
)]
#[case("postgresql://u@/d?host=h:7", "postgresql://u@h:7/d")]
#[case("postgresql://a:b@h/d?user=u&dbname=e", "postgresql://u@h:5432/e")]
#[case("postgresql://u%40x:p@h/a%20b", "postgresql://u%40x@h:5432/a%20b")]
#[case("mysql+pymysql://u:p@h/d", "mysql://u@h:3306/d")]
#[case(
    "mariadb+mariadbconnector://u:p@h:1/d?charset=utf8mb4",
    "mysql://u@h:1/d"
)]
#[case("mysql://u:p@/d", "mysql://u@localhost:3306/d")]
#[case(
    "mysql://u:p@h/d?unix_socket=/run/my.sock",
    "mysql://u@/d?unix_socket=/run/my.sock"
)]
fn servers(#[case] url: &str, #[case] shown: &str) {
    let target: DatabaseTarget = url.parse().unwrap();
    assert_eq!(target.to_string(), shown);
    assert_eq!(shown.parse::<DatabaseTarget>().unwrap().to_string(), shown);
}

#[test]
fn a_password_is_decoded_once_and_a_plus_stays_one() {
    let password = |url: &str| server(url).password.map(|p| p.expose().to_owned());
    assert_eq!(
        password("postgresql://u:p%40s%2Fs+%2525@h/d").unwrap(),
        "p@s/s+%25"
    );
    assert_eq!(password("mysql://u:a/b:c?d#e@h/d").unwrap(), "a/b:c?d#e");
    assert_eq!(
        password("postgresql://u@h/d?password=a%40b").unwrap(),
        "a@b"
    );
    assert_eq!(password("postgresql://u@h/d"), None);
}

#[rstest]
#[case("", TlsMode::Prefer)]
#[case("?sslmode=disable", TlsMode::Disable)]
#[case("?sslmode=require", TlsMode::Require)]
#[case("?ssl=verify-ca", TlsMode::VerifyCa)]
#[case("?sslmode=require&sslrootcert=/ca.pem", TlsMode::VerifyCa)]
#[case("?sslrootcert=system", TlsMode::VerifyFull)]
#[case("?sslrootcert=/ca.pem", TlsMode::Prefer)]
fn tls_in_the_words_of_libpq(#[case] query: &str, #[case] mode: TlsMode) {
    assert_eq!(server(&format!("postgresql://u@h/d{query}")).tls.mode, mode);
}

#[rstest]
#[case("", TlsMode::Prefer)]
#[case("?ssl_disabled=true", TlsMode::Disable)]
#[case("?ssl=true", TlsMode::Require)]
#[case("?ssl_mode=verify_ca", TlsMode::VerifyCa)]
#[case("?ssl_ca=/ca.pem", TlsMode::VerifyFull)]
#[case("?ssl_ca=/ca.pem&ssl_check_hostname=false", TlsMode::VerifyCa)]
#[case("?ssl_ca=/ca.pem&ssl_verify_cert=false", TlsMode::Require)]
#[case("?ssl_verify_identity=true", TlsMode::VerifyFull)]
fn tls_in_the_words_of_mysql(#[case] query: &str, #[case] mode: TlsMode) {
    assert_eq!(server(&format!("mysql://u@h/d{query}")).tls.mode, mode);
}

#[test]
fn nothing_asks_for_tls_over_a_socket() {
    let target = server("postgresql://u@/d?host=/run&sslmode=require");
    assert_eq!(target.tls.mode, TlsMode::Disable);
}

#[test]
fn settings_of_a_session() {
    let target =
        server(r"postgresql://u@h/d?options=-c%20search_path%3Da%5C%20b%20--work-mem%3D8MB");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        target.settings,
        [pair("search_path", "a b"), pair("work_mem", "8MB")]
    );
}

#[rstest]
#[case("", BadTarget::Empty)]
#[case("  ", BadTarget::Empty)]
#[case("deployments.db", BadTarget::Shape)]
#[case("HUNTER2:x@y://z", BadTarget::Shape)]
#[case("oracle://u:HUNTER2@h/d", BadTarget::Unknown("oracle".into()))]
#[case("sqlite://host/x.db", BadTarget::SqliteHost)]
#[case("sqlite:///file:x.db?uri=true", BadTarget::SqliteUri)]
#[case("sqlite:///x.db?mode=ro", BadTarget::SqliteUri)]
#[case("postgresql://u:HUN@TER2@h/d", BadTarget::Encoding)]
#[case("postgresql://u/x:HUNTER2@h/d", BadTarget::Encoding)]
#[case("postgresql://u:HUNTER2", BadTarget::Port)]
#[case("postgresql://u:p@h:0/d", BadTarget::Port)]
#[case("postgresql://u:p@h:/d", BadTarget::Port)]
#[case("postgresql://u:p@h1,h2/d", BadTarget::Host)]
#[case("postgresql://u:p@%2Frun/d", BadTarget::Host)]
#[case("postgresql://u:p@[::g]/d", BadTarget::Host)]
#[case("postgresql://u:%FF@h/d", BadTarget::Characters("password"))]
#[case("postgresql://u:p@h/a%00b", BadTarget::Characters("database"))]
#[case("mysql://u:p@h", BadTarget::NoDatabase)]
#[case("mysql://u:p@h/d?charset=utf8mb4&charset=utf8", BadTarget::Twice("charset".into()))]
fn refusals(#[case] url: &str, #[case] error: BadTarget) {
    let found = refused(url);
    assert_eq!(found, error);
    assert!(!format!("{found} {found:?}").contains("TER2"));
}

#[rstest]
#[case("postgresql://h/d?pool_size=5", "pool_size")]
#[case("mysql://h/d?local_infile=1", "local_infile")]
#[case("sqlite:///d?detect_types=1", "detect_types")]
#[case("postgresql://h/d?what%20is=5", "?")]
fn a_parameter_that_is_not_known_is_named(#[case] url: &str, #[case] key: &str) {
    assert!(matches!(refused(url), BadTarget::Key(found, _) if found == key));
}

#[rstest]
#[case("postgresql://h/d?sslmode=", "sslmode")]
#[case("postgresql://h/d?sslmode=maybe", "sslmode")]
#[case("postgresql://h/d?connect_timeout=0", "connect_timeout")]
#[case("postgresql://h/d?options=rm%20-rf", "options")]
#[case("postgresql://h/d?sslcert=/c", "sslkey")]
#[case("postgresql://h/d?sslmode=prefer&sslrootcert=system", "sslmode")]
#[case("mysql://h/d?charset=latin1", "charset")]
#[case("mysql://h/d?ssl_disabled=1&ssl_ca=/ca", "ssl")]
#[case("sqlite:///d?timeout=soon", "timeout")]
fn a_value_that_is_not_taken_names_its_parameter(#[case] url: &str, #[case] key: &str) {
    assert!(matches!(refused(url), BadTarget::Value(found, _) if found == key));
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,60}") {
        let _ = text.parse::<DatabaseTarget>();
    }

    #[test]
    fn no_text_that_looks_like_a_url_breaks_the_reader(
        scheme in "(sqlite|postgresql|postgres|mysql|mariadb|x)(\\+[a-z]{0,3})?",
        rest in "[a-z0-9@:/?=&%\\[\\]+.# é,]{0,40}",
    ) {
        let _ = format!("{scheme}://{rest}").parse::<DatabaseTarget>();
    }

    /// Wherever a password is put, encoded or not, whole URL or half of one: nothing that can be printed holds it.
    #[test]
    fn nothing_shows_the_password(
        scheme in "(postgresql|mysql|mariadb|oracle)",
        user in "[a-z@%]{0,4}",
        before in "[a-z@:/?#%&=+\\[]{0,6}",
        after in "[a-z@:/?#%&=+\\]]{0,6}",
        place in "(h|h:5|\\[::1\\]|)",
        tail in "(/d|/d\\?sslmode=bad|/|\\?x=1|)",
    ) {
        let url = format!("{scheme}://{user}:{before}{SECRET}{after}@{place}{tail}");
        let shown = match url.parse::<DatabaseTarget>() {
            Ok(target) => format!("{target} {target:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        prop_assert!(!shown.contains(SECRET), "{url}: {shown}");
    }

    /// What SQLAlchemy's `URL.create(...).render_as_string()` writes is read back: it encodes all but letters, digits and
    /// `_.-~` and, since 2.0, leaves spaces and `+`.
    #[test]
    fn what_was_encoded_is_read_back(user in "\\PC{1,8}", password in "\\PC{1,12}", database in "[^\\pC?]{1,8}") {
        // What is left of broken bytes is refused.
        let real = |text: String| text.replace('\u{FFFD}', "x");
        let (user, password, database) = (real(user), real(password), real(database));
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let url = format!(
            "postgresql://{}:{}@h:9/{}", encode(&user), encode(&password), encode(&database)
        );
        let target = server(&url);
        prop_assert_eq!(&target.user, &user);
        prop_assert_eq!(target.password.as_ref().map(|p| p.expose()), Some(password.as_str()));
        prop_assert_eq!(&target.database, &database);
        let shown = DatabaseTarget::Postgres(target.clone()).to_string();
        let again = server(&shown);
        prop_assert_eq!(ServerTarget { password: None, ..target }, again);
    }
}
