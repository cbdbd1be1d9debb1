//! Where source comes from: Git URLs, refs and commits, parsed before anything is run with them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

/// A Git URL that Havre can fetch from: `https://`, `http://`, `ssh://`, `user@host:path` and `file://` (the last only
/// where the server admits it, which is checked by the server, not here). Never holds credentials.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GitUrl {
    text: String,
    scheme: Scheme,
}

/// The transport of a [`GitUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `https://`
    Https,
    /// `http://`
    Http,
    /// `ssh://` or `user@host:path`
    Ssh,
    /// `file://`
    File,
}

/// A Git URL that is refused, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadGitUrl {
    /// Not a URL that Git and Havre understand.
    #[error(
        "Invalid Git URL. Use https://HOST/OWNER/REPO, ssh://git@HOST/OWNER/REPO or git@HOST:OWNER/REPO"
    )]
    Shape,
    /// A password or token in the URL would end in logs and in the database.
    #[error(
        "Invalid Git URL. It holds credentials; set GITHUB_TOKEN or the deploy key of the server instead"
    )]
    Credentials,
    /// A transport that can run commands or is not encrypted, or an unknown one.
    #[error("Invalid Git URL. The transport `{0}` is not allowed; use https or ssh")]
    Scheme(String),
    /// A link-local or unspecified address: what answers there serves the machine itself, not repositories.
    #[error("Invalid Git URL. The address `{0}` is not one that repositories are fetched from")]
    Address(String),
    /// Longer than the column of the database.
    #[error("Invalid Git URL. It is longer than 500 characters")]
    TooLong,
}

impl GitUrl {
    /// The URL as it is stored and shown.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its transport.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The folder that a `file://` URL names.
    pub fn local_path(&self) -> Option<&str> {
        self.text.strip_prefix("file://")
    }

    /// Two spellings of one repository compare equal: case of the host, a trailing `/` or `.git`.
    pub fn same_repository(&self, other: &GitUrl) -> bool {
        self.canonical() == other.canonical()
    }

    fn canonical(&self) -> String {
        let trimmed = self.text.trim_end_matches('/');
        let trimmed = trimmed.strip_suffix(".git").unwrap_or(trimmed);
        match trimmed.split_once("://") {
            Some((scheme, rest)) => {
                let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
                format!(
                    "{}://{}/{}",
                    scheme.to_ascii_lowercase(),
                    host.to_ascii_lowercase(),
                    path
                )
            }
            None => trimmed.to_owned(),
        }
    }
}

impl FromStr for GitUrl {
    type Err = BadGitUrl;

    fn from_str(text: &str) -> Result<Self, BadGitUrl> {
        if text.len() > 500 {
            return Err(BadGitUrl::TooLong);
        }
        if text.is_empty()
            || text.starts_with('-')
            || text.chars().any(|c| c.is_control() || c.is_whitespace())
        {
            return Err(BadGitUrl::Shape);
        }
        let scheme = if text.contains("://") {
            parse_url(text)?
        } else {
            parse_scp(text)?
        };
        Ok(Self {
            text: text.to_owned(),
            scheme,
        })
    }
}

fn parse_url(text: &str) -> Result<Scheme, BadGitUrl> {
    let url = Url::parse(text).map_err(|_| BadGitUrl::Shape)?;
    if url.password().is_some() {
        return Err(BadGitUrl::Credentials);
    }
    if url.query().is_some() || url.fragment().is_some() || url.path().len() < 2 {
        return Err(BadGitUrl::Shape);
    }
    let host = url.host_str().unwrap_or_default();
    if is_own_link(host) {
        return Err(BadGitUrl::Address(host.to_owned()));
    }
    let scheme = match url.scheme() {
        "https" | "http" if !url.username().is_empty() => return Err(BadGitUrl::Credentials),
        "https" => Scheme::Https,
        "http" => Scheme::Http,
        "ssh" if url.username().starts_with('-') => return Err(BadGitUrl::Shape),
        "ssh" => Scheme::Ssh,
        "file" if host.is_empty() && !url.path().split('/').any(|part| part == "..") => {
            return Ok(Scheme::File);
        }
        "file" => return Err(BadGitUrl::Shape),
        other => return Err(BadGitUrl::Scheme(other.to_owned())),
    };
    let is_page = host == "github.com" && !is_owner_and_repo(url.path());
    if host.is_empty() || host.starts_with('-') || is_page {
        Err(BadGitUrl::Shape)
    } else {
        Ok(scheme)
    }
}

/// A repository of GitHub is `/OWNER/REPO`; a longer path is a page copied from a browser, such as `/OWNER/REPO/tree/main`.
fn is_owner_and_repo(path: &str) -> bool {
    path.split('/').filter(|part| !part.is_empty()).count() == 2
}

/// True for addresses of the machine's own link, such as the metadata service of a cloud.
fn is_own_link(host: &str) -> bool {
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => v4.is_link_local() || v4.is_unspecified(),
        Ok(IpAddr::V6(v6)) => v6.is_unicast_link_local() || v6.is_unspecified(),
        Err(_) => false,
    }
}

/// `user@host:path`, the short form of SSH.
fn parse_scp(text: &str) -> Result<Scheme, BadGitUrl> {
    let (login, path) = text.split_once(':').ok_or(BadGitUrl::Shape)?;
    let (user, host) = login.split_once('@').ok_or(BadGitUrl::Shape)?;
    let word = |s: &str| {
        !s.is_empty()
            && !s.starts_with('-')
            && s.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    if path.starts_with(':') {
        // `ext::sh -c ...` and other remote helpers run commands.
        return Err(BadGitUrl::Scheme(login.to_owned()));
    }
    if word(user) && word(host) && !path.is_empty() && !path.starts_with('-') {
        Ok(Scheme::Ssh)
    } else {
        Err(BadGitUrl::Shape)
    }
}

/// A branch, tag or commit that a user asked for.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GitRef(String);

/// A ref that Git itself would refuse, or that could be read as an option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid ref `{0}`. A branch, a tag or a commit is expected")]
pub struct BadGitRef(pub String);

impl GitRef {
    /// The ref as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for GitRef {
    type Err = BadGitRef;

    /// The rules of `git check-ref-format --allow-onelevel`, and no leading `-`.
    fn from_str(text: &str) -> Result<Self, BadGitRef> {
        let bad_byte = |b: u8| b <= b' ' || b == 0x7f || b"~^:?*[\\".contains(&b);
        let bad_part =
            |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
        let bad = text.is_empty()
            || text.len() > 200
            || text.starts_with('-')
            || text == "@"
            || text.ends_with('.')
            || text.contains("..")
            || text.contains("@{")
            || text.bytes().any(bad_byte)
            || text.split('/').any(bad_part);
        if bad {
            Err(BadGitRef(text.to_owned()))
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

/// A full commit hash: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Commit(String);

/// Text that is not a full commit hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a full commit hash")]
pub struct BadCommit(pub String);

impl Commit {
    /// The full hash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first twelve digits, for people.
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl FromStr for Commit {
    type Err = BadCommit;

    fn from_str(text: &str) -> Result<Self, BadCommit> {
        let hex = text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if hex && (text.len() == 40 || text.len() == 64) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadCommit(text.to_owned()))
        }
    }
}

macro_rules! string_form {
    ($name:ident, $error:ty, $get:expr) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.as_str())
            }
        }
        impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> String {
                let get: fn($name) -> String = $get;
                get(value)
            }
        }
    };
}
string_form!(GitUrl, BadGitUrl, |v| v.text);
string_form!(GitRef, BadGitRef, |v| v.0);
string_form!(Commit, BadCommit, |v| v.0);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("https://github.com/user/repo", Scheme::Https)]
    #[case("https://github.com/user/repo.git/", Scheme::Https)]
    #[case("ssh://git@host:2222/a/b", Scheme::Ssh)]
    #[case("git@github.com:user/repo.git", Scheme::Ssh)]
    #[case("file:///srv/git/app", Scheme::File)]
    fn good_urls(#[case] text: &str, #[case] scheme: Scheme) {
        assert_eq!(text.parse::<GitUrl>().unwrap().scheme(), scheme);
    }

    #[rstest]
    #[case("https://user:secret@github.com/a/b", BadGitUrl::Credentials)]
    #[case("https://token@github.com/a/b", BadGitUrl::Credentials)]
    #[case("--upload-pack=touch /tmp/x", BadGitUrl::Shape)]
    #[case("-oProxyCommand=x@host:a", BadGitUrl::Shape)]
    #[case("git@-oProxyCommand=x:a/b", BadGitUrl::Shape)]
    #[case("ssh://-oProxyCommand=x/a", BadGitUrl::Shape)]
    #[case("ext::sh", BadGitUrl::Shape)]
    #[case("git://host/a", BadGitUrl::Scheme("git".into()))]
    #[case("file:///srv/../etc", BadGitUrl::Shape)]
    #[case("http://169.254.169.254/latest/meta-data", BadGitUrl::Address("169.254.169.254".into()))]
    #[case("http://[fe80::1]/a/b", BadGitUrl::Address("[fe80::1]".into()))]
    #[case("https://0.0.0.0/a/b", BadGitUrl::Address("0.0.0.0".into()))]
    #[case("https://github.com/a b", BadGitUrl::Shape)]
    #[case("https://github.com/a/b/tree/main", BadGitUrl::Shape)]
    #[case("https://GitHub.com/a", BadGitUrl::Shape)]
    #[case("", BadGitUrl::Shape)]
    fn bad_urls(#[case] text: &str, #[case] why: BadGitUrl) {
        // `Url` folds `..` away, so a path with it may come out good; what matters is that it cannot climb.
        match text.parse::<GitUrl>() {
            Err(error) => assert_eq!(error, why),
            Ok(url) => assert!(
                text.contains("..") && url.scheme() == Scheme::File,
                "{text} was taken"
            ),
        }
    }

    #[test]
    fn spellings_of_one_repository_are_the_same() {
        let a: GitUrl = "https://GitHub.com/user/repo.git".parse().unwrap();
        let b: GitUrl = "https://github.com/user/repo/".parse().unwrap();
        let c: GitUrl = "https://github.com/user/other".parse().unwrap();
        assert!(a.same_repository(&b));
        assert!(!a.same_repository(&c));
    }

    #[rstest]
    #[case("main", true)]
    #[case("release/1.2", true)]
    #[case("v1.0", true)]
    #[case("-x", false)]
    #[case("a..b", false)]
    #[case("a b", false)]
    #[case("a;b", true)]
    #[case("x.lock", false)]
    #[case("", false)]
    fn refs(#[case] text: &str, #[case] good: bool) {
        assert_eq!(text.parse::<GitRef>().is_ok(), good);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = text.parse::<GitUrl>();
            let _ = text.parse::<GitRef>();
            let _ = text.parse::<Commit>();
        }

        #[test]
        fn what_is_taken_never_reads_as_an_option(text in ".{0,40}") {
            if let Ok(url) = text.parse::<GitUrl>() { prop_assert!(!url.as_str().starts_with('-')); }
            if let Ok(r) = text.parse::<GitRef>() { prop_assert!(!r.as_str().starts_with('-')); }
        }
    }
}
