//! What SQLAlchemy 2.1.9 makes of URLs: its own answers, kept; `make_url` was run once over the left column.

use super::parts::Parts;

/// One URL and what `make_url` says of it.
struct Case {
    url: &'static str,
    driver: &'static str,
    user: Option<&'static str>,
    password: Option<&'static str>,
    host: Option<&'static str>,
    port: Option<u16>,
    database: Option<&'static str>,
    query: &'static [(&'static str, &'static str)],
}

#[test]
fn urls_are_taken_apart_as_sqlalchemy_does() {
    for case in CASES {
        let found = Parts::parse(case.url).unwrap_or_else(|e| panic!("{}: {e}", case.url));
        let query: Vec<_> = found
            .query
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        let password = found.password.as_ref().map(|password| password.expose());
        assert_eq!(found.name, case.driver, "{}", case.url);
        assert_eq!(found.user.as_deref(), case.user, "{}", case.url);
        assert_eq!(password, case.password, "{}", case.url);
        assert_eq!(found.host.as_deref(), case.host, "{}", case.url);
        assert_eq!(found.port, case.port, "{}", case.url);
        assert_eq!(found.database.as_deref(), case.database, "{}", case.url);
        assert_eq!(query, case.query, "{}", case.url);
    }
}

#[rustfmt::skip]
const CASES: &[Case] = &[
    Case { url: "sqlite://", driver: "sqlite", user: None, password: None, host: None, port: None, database: None, query: &[] },
    Case { url: "sqlite:///", driver: "sqlite", user: None, password: None, host: None, port: None, database: Some(""), query: &[] },
    Case { url: "sqlite:///:memory:", driver: "sqlite", user: None, password: None, host: None, port: None, database: Some(":memory:"), query: &[] },
    Case { url: "sqlite:///deployments.db", driver: "sqlite", user: None, password: None, host: None, port: None, database: Some("deployments.db"), query: &[] },
    Case { url: "sqlite:///./deployments.db", driver: "sqlite", user: None, password: None, host: None, port: None, database: Some("./deployments.db"), query: &[] },
    Case { url: "sqlite:////var/lib/x.db", driver: "sqlite", user: None, password: None, host: None, port: None, database: Some("/var/lib/x.db"), query: &[] },
    Case { url: "sqlite:///a b%20c.db", driver: "sqlite", user: None, password: None, host: None, port: None, database: Some("a b c.db"), query: &[] },
    Case { url: "sqlite:///a+b.db", driver: "sqlite", user: None, password: None, host: None, port: None, database: Some("a+b.db"), query: &[] },
    Case { url: "sqlite:///C:/x.db", driver: "sqlite", user: None, password: None, host: None, port: None, database: Some("C:/x.db"), query: &[] },
    Case { url: "sqlite+pysqlite:///x.db", driver: "sqlite+pysqlite", user: None, password: None, host: None, port: None, database: Some("x.db"), query: &[] },
    Case { url: "sqlite+aiosqlite:////srv/x.db", driver: "sqlite+aiosqlite", user: None, password: None, host: None, port: None, database: Some("/srv/x.db"), query: &[] },
    Case { url: "sqlite:///x.db?timeout=15&check_same_thread=False", driver: "sqlite", user: None, password: None, host: None, port: None, database: Some("x.db"), query: &[("timeout", "15"), ("check_same_thread", "False")] },
    Case { url: "sqlite:///file:x.db?mode=ro&uri=true", driver: "sqlite", user: None, password: None, host: None, port: None, database: Some("file:x.db"), query: &[("mode", "ro"), ("uri", "true")] },
    Case { url: "sqlite:///100%.db", driver: "sqlite", user: None, password: None, host: None, port: None, database: Some("100%.db"), query: &[] },
    Case { url: "sqlite:///%zz%41.db", driver: "sqlite", user: None, password: None, host: None, port: None, database: Some("%zzA.db"), query: &[] },
    Case { url: "sqlite://host/x.db", driver: "sqlite", user: None, password: None, host: Some("host"), port: None, database: Some("x.db"), query: &[] },
    Case { url: "postgresql://scott:tiger@localhost/mydatabase", driver: "postgresql", user: Some("scott"), password: Some("tiger"), host: Some("localhost"), port: None, database: Some("mydatabase"), query: &[] },
    Case { url: "postgresql://username:password@localhost/paas_db", driver: "postgresql", user: Some("username"), password: Some("password"), host: Some("localhost"), port: None, database: Some("paas_db"), query: &[] },
    Case { url: "postgresql+psycopg2://scott:tiger@localhost:5432/mydatabase", driver: "postgresql+psycopg2", user: Some("scott"), password: Some("tiger"), host: Some("localhost"), port: Some(5432), database: Some("mydatabase"), query: &[] },
    Case { url: "postgresql+asyncpg://scott:tiger@db.example.com:6000/my-db", driver: "postgresql+asyncpg", user: Some("scott"), password: Some("tiger"), host: Some("db.example.com"), port: Some(6000), database: Some("my-db"), query: &[] },
    Case { url: "postgresql+pg8000://scott:tiger@localhost/mydatabase", driver: "postgresql+pg8000", user: Some("scott"), password: Some("tiger"), host: Some("localhost"), port: None, database: Some("mydatabase"), query: &[] },
    Case { url: "postgres://scott:tiger@localhost/mydatabase", driver: "postgres", user: Some("scott"), password: Some("tiger"), host: Some("localhost"), port: None, database: Some("mydatabase"), query: &[] },
    Case { url: "postgresql://localhost", driver: "postgresql", user: None, password: None, host: Some("localhost"), port: None, database: None, query: &[] },
    Case { url: "postgresql://localhost/db", driver: "postgresql", user: None, password: None, host: Some("localhost"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://user@localhost/db", driver: "postgresql", user: Some("user"), password: None, host: Some("localhost"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://user:@localhost/db", driver: "postgresql", user: Some("user"), password: Some(""), host: Some("localhost"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://:pw@localhost/db", driver: "postgresql", user: Some(""), password: Some("pw"), host: Some("localhost"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql:///db", driver: "postgresql", user: None, password: None, host: None, port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://user@/db", driver: "postgresql", user: Some("user"), password: None, host: None, port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://user:pw@/db", driver: "postgresql", user: Some("user"), password: Some("pw"), host: None, port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://user:pw@:5433/db", driver: "postgresql", user: Some("user"), password: Some("pw"), host: None, port: Some(5433), database: Some("db"), query: &[] },
    Case { url: "postgresql://u:p%40ss%2Fw%3Ard%25@h/db", driver: "postgresql", user: Some("u"), password: Some("p@ss/w:rd%"), host: Some("h"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://u:kx%25jj5%2Fg@h/appdb", driver: "postgresql", user: Some("u"), password: Some("kx%jj5/g"), host: Some("h"), port: None, database: Some("appdb"), query: &[] },
    Case { url: "postgresql://u:a+b@h/db", driver: "postgresql", user: Some("u"), password: Some("a+b"), host: Some("h"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://u:a%2Bb%20c@h/db", driver: "postgresql", user: Some("u"), password: Some("a+b c"), host: Some("h"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://u:pa/ss@h/db", driver: "postgresql", user: Some("u"), password: Some("pa/ss"), host: Some("h"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://u:pa:ss@h/db", driver: "postgresql", user: Some("u"), password: Some("pa:ss"), host: Some("h"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://u:pa?ss@h/db", driver: "postgresql", user: Some("u"), password: Some("pa?ss"), host: Some("h"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://u:pa#ss@h/db", driver: "postgresql", user: Some("u"), password: Some("pa#ss"), host: Some("h"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://u:pa ss@h/db", driver: "postgresql", user: Some("u"), password: Some("pa ss"), host: Some("h"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://u:%C3%A9%F0%9F%90%8D@h/db", driver: "postgresql", user: Some("u"), password: Some("é🐍"), host: Some("h"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://u:%zz@h/db", driver: "postgresql", user: Some("u"), password: Some("%zz"), host: Some("h"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://us%3Aer:pw@h/db", driver: "postgresql", user: Some("us:er"), password: Some("pw"), host: Some("h"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://u@corp:pw@h/db", driver: "postgresql", user: Some("u@corp"), password: Some("pw"), host: Some("h"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://u%40corp:pw@h/db", driver: "postgresql", user: Some("u@corp"), password: Some("pw"), host: Some("h"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://u:pw@[::1]/db", driver: "postgresql", user: Some("u"), password: Some("pw"), host: Some("::1"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://u:pw@[::1]:5433/db", driver: "postgresql", user: Some("u"), password: Some("pw"), host: Some("::1"), port: Some(5433), database: Some("db"), query: &[] },
    Case { url: "postgresql://u:pw@[2001:da8:2004:1000:202:116:160:90]:80/database", driver: "postgresql", user: Some("u"), password: Some("pw"), host: Some("2001:da8:2004:1000:202:116:160:90"), port: Some(80), database: Some("database"), query: &[] },
    Case { url: "postgresql://u:pw@127.0.0.1:5433/db", driver: "postgresql", user: Some("u"), password: Some("pw"), host: Some("127.0.0.1"), port: Some(5433), database: Some("db"), query: &[] },
    Case { url: "postgresql://u:pw@h:5433", driver: "postgresql", user: Some("u"), password: Some("pw"), host: Some("h"), port: Some(5433), database: None, query: &[] },
    Case { url: "postgresql://u:pw@h/", driver: "postgresql", user: Some("u"), password: Some("pw"), host: Some("h"), port: None, database: Some(""), query: &[] },
    Case { url: "postgresql://u:pw@h/a%20b", driver: "postgresql", user: Some("u"), password: Some("pw"), host: Some("h"), port: None, database: Some("a b"), query: &[] },
    Case { url: "postgresql://u:pw@h/a/b", driver: "postgresql", user: Some("u"), password: Some("pw"), host: Some("h"), port: None, database: Some("a/b"), query: &[] },
    Case { url: "postgresql://u:pw@h/db?sslmode=require", driver: "postgresql", user: Some("u"), password: Some("pw"), host: Some("h"), port: None, database: Some("db"), query: &[("sslmode", "require")] },
    Case { url: "postgresql://u:pw@h/db?sslmode=verify-full&sslrootcert=/etc/ca.pem&connect_timeout=5&application_name=my+app%21", driver: "postgresql", user: Some("u"), password: Some("pw"), host: Some("h"), port: None, database: Some("db"), query: &[("sslmode", "verify-full"), ("sslrootcert", "/etc/ca.pem"), ("connect_timeout", "5"), ("application_name", "my app!")] },
    Case { url: "postgresql:///db?host=/var/run/postgresql", driver: "postgresql", user: None, password: None, host: None, port: None, database: Some("db"), query: &[("host", "/var/run/postgresql")] },
    Case { url: "postgresql://u:pw@/db?host=/var/run/postgresql&port=5433", driver: "postgresql", user: Some("u"), password: Some("pw"), host: None, port: None, database: Some("db"), query: &[("host", "/var/run/postgresql"), ("port", "5433")] },
    Case { url: "postgresql://u@h/db?options=-c%20search_path%3Dx", driver: "postgresql", user: Some("u"), password: None, host: Some("h"), port: None, database: Some("db"), query: &[("options", "-c search_path=x")] },
    Case { url: "postgresql://u@h/db?a=1&a=2", driver: "postgresql", user: Some("u"), password: None, host: Some("h"), port: None, database: Some("db"), query: &[("a", "1"), ("a", "2")] },
    Case { url: "postgresql://u@h/db?a=1;b=2", driver: "postgresql", user: Some("u"), password: None, host: Some("h"), port: None, database: Some("db"), query: &[("a", "1;b=2")] },
    Case { url: "postgresql://u@h/db?a==b", driver: "postgresql", user: Some("u"), password: None, host: Some("h"), port: None, database: Some("db"), query: &[("a", "=b")] },
    Case { url: "postgresql://u@h/db?", driver: "postgresql", user: Some("u"), password: None, host: Some("h"), port: None, database: Some("db"), query: &[] },
    Case { url: "postgresql://u@h?sslmode=disable", driver: "postgresql", user: Some("u"), password: None, host: Some("h"), port: None, database: None, query: &[("sslmode", "disable")] },
    Case { url: "postgresql://u@h:5432?sslmode=disable", driver: "postgresql", user: Some("u"), password: None, host: Some("h"), port: Some(5432), database: None, query: &[("sslmode", "disable")] },
    Case { url: "mysql+pymysql://username:password@localhost/paas_db", driver: "mysql+pymysql", user: Some("username"), password: Some("password"), host: Some("localhost"), port: None, database: Some("paas_db"), query: &[] },
    Case { url: "mysql://u:pw@h/db", driver: "mysql", user: Some("u"), password: Some("pw"), host: Some("h"), port: None, database: Some("db"), query: &[] },
    Case { url: "mysql+mysqldb://u:pw@h:3307/db?charset=utf8mb4", driver: "mysql+mysqldb", user: Some("u"), password: Some("pw"), host: Some("h"), port: Some(3307), database: Some("db"), query: &[("charset", "utf8mb4")] },
    Case { url: "mysql+pymysql://u:pw@localhost/db?unix_socket=/run/mysqld/mysqld.sock", driver: "mysql+pymysql", user: Some("u"), password: Some("pw"), host: Some("localhost"), port: None, database: Some("db"), query: &[("unix_socket", "/run/mysqld/mysqld.sock")] },
    Case { url: "mysql+pymysql://u:pw@/db?unix_socket=/run/mysqld/mysqld.sock", driver: "mysql+pymysql", user: Some("u"), password: Some("pw"), host: None, port: None, database: Some("db"), query: &[("unix_socket", "/run/mysqld/mysqld.sock")] },
    Case { url: "mariadb://u:pw@h/db", driver: "mariadb", user: Some("u"), password: Some("pw"), host: Some("h"), port: None, database: Some("db"), query: &[] },
    Case { url: "mariadb+pymysql://u:pw@[::1]:3307/db?charset=utf8mb4&ssl_ca=/ca.pem", driver: "mariadb+pymysql", user: Some("u"), password: Some("pw"), host: Some("::1"), port: Some(3307), database: Some("db"), query: &[("charset", "utf8mb4"), ("ssl_ca", "/ca.pem")] },
    Case { url: "mysql+mysqlconnector://u:pw@h/db", driver: "mysql+mysqlconnector", user: Some("u"), password: Some("pw"), host: Some("h"), port: None, database: Some("db"), query: &[] },
    Case { url: "mysql+aiomysql://u:p%25w@h/db", driver: "mysql+aiomysql", user: Some("u"), password: Some("p%w"), host: Some("h"), port: None, database: Some("db"), query: &[] },
];
