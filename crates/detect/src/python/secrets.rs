//! Secrets that an app reads from its environment and that nobody but the app needs to know: Havre makes them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use domain::plan::GeneratedSecret;
use regex::Regex;

use crate::text;

/// Names of secrets that sign what the app itself reads back. Keys of other services (`AWS_SECRET_KEY`) are not among
/// them: an invented one would only hide that it is missing.
const OWN: [&str; 12] = [
    "SECRET_KEY",
    "DJANGO_SECRET_KEY",
    "FLASK_SECRET_KEY",
    "APP_SECRET_KEY",
    "APP_SECRET",
    "SECRET",
    "SESSION_SECRET",
    "SESSION_SECRET_KEY",
    "COOKIE_SECRET",
    "JWT_SECRET",
    "JWT_SECRET_KEY",
    "CSRF_SECRET_KEY",
];

#[expect(clippy::unwrap_used, reason = "fixed patterns, compiled by the tests")]
static READS: LazyLock<[Regex; 2]> = LazyLock::new(|| {
    [
        // os.environ["X"], environ.get("X"), getenv("X"), decouple's config("X"), environs' env("X"), env.str("X")
        Regex::new(r#"(?:\benviron(?:\.get|\.setdefault|\.pop)?|\bgetenv|\bconfig|\benv(?:\.\w+)?|\bget_env\w*)\s*[\[(]\s*["']([A-Z][A-Z0-9_]*)["']"#).unwrap(),
        // process.env.X, process.env["X"]
        Regex::new(r#"\bprocess\.env(?:\.|\[\s*["'])([A-Z][A-Z0-9_]*)"#).unwrap(),
    ]
});

/// The environment names that a source file reads. `app.config["X"]` is Flask's own dictionary and not one of them.
pub(crate) fn names_read(source: &str) -> BTreeSet<String> {
    source
        .lines()
        .filter(|line| !line.trim_start().starts_with(['#', '/']) && line.len() < 2000)
        .flat_map(|line| {
            READS
                .iter()
                .flat_map(move |read| read.captures_iter(line).map(move |found| (line, found)))
        })
        .filter(|(line, found)| {
            let whole = found.get(0).map_or(0, |m| m.start());
            let call = found
                .get(0)
                .is_some_and(|m| m.as_str().starts_with("config"));
            let attribute = line[..whole].ends_with('.');
            !call || (!attribute && !found[0].contains('['))
        })
        .map(|(_, found)| found[1].to_owned())
        .collect()
}

/// The secrets to make for an app that reads these names.
pub(crate) fn to_make<'a>(
    names: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Vec<GeneratedSecret> {
    let mut out: Vec<GeneratedSecret> = Vec::new();
    for (name, file) in names {
        if OWN.contains(&name) && out.iter().all(|secret| secret.name != name) {
            out.push(GeneratedSecret {
                name: name.to_owned(),
                why: text::why_secret(file, name),
            });
        }
    }
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    #[rstest]
    #[case(r#"SECRET_KEY = os.environ["SECRET_KEY"]"#, &["SECRET_KEY"])]
    #[case(r#"x = environ.get('DJANGO_SECRET_KEY', '')"#, &["DJANGO_SECRET_KEY"])]
    #[case(r#"x = os.getenv("A") or os.getenv("B")"#, &["A", "B"])]
    #[case(r#"SECRET_KEY = config("SECRET_KEY")"#, &["SECRET_KEY"])]
    #[case(r#"KEY = env.str("JWT_SECRET")"#, &["JWT_SECRET"])]
    #[case(r#"app.config["SECRET_KEY"] = "x""#, &[])]
    #[case(r#"x = current_app.config.get("SECRET_KEY")"#, &[])]
    #[case(r#"# os.environ["SECRET_KEY"]"#, &[])]
    #[case("const s = process.env.SESSION_SECRET", &["SESSION_SECRET"])]
    #[case("const s = process.env['SESSION_SECRET']", &["SESSION_SECRET"])]
    fn names_that_are_read(#[case] source: &str, #[case] names: &[&str]) {
        let read: Vec<String> = super::names_read(source).into_iter().collect();
        assert_eq!(read, names);
    }

    #[test]
    fn keys_of_other_services_are_not_invented() {
        assert!(
            super::to_make([("AWS_SECRET_KEY", "a.py"), ("STRIPE_SECRET_KEY", "a.py")]).is_empty()
        );
        assert_eq!(
            super::to_make([("SECRET_KEY", "a.py"), ("SECRET_KEY", "b.py")]).len(),
            1
        );
    }
}
