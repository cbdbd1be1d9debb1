//! Hosts made of folders and scripts that answer like interpreters, and this machine's own.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use domain::plan::{Runtime, RuntimeNeed, VersionWish};
use domain::ports::DriverError;

use super::*;

/// A made-up host below a temporary folder.
struct Host {
    root: tempfile::TempDir,
}

impl Host {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["home", "usr/bin", "etc", "state"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        Self { root }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().canonicalize().unwrap().join(path)
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn program(&self, path: &str, text: &str) -> PathBuf {
        let path = self.write(path, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A Python that answers, installed in `prefix`.
    fn python(&self, prefix: &str, version: [u64; 3], complete: bool) -> PathBuf {
        let exe = self
            .at(prefix)
            .join("bin")
            .join(format!("python{}.{}", version[0], version[1]));
        let answer = serde_json::json!({
            "release": version, "exe": exe, "prefix": self.at(prefix), "complete": complete, "implementation": "cpython"
        });
        self.program(
            &format!("{prefix}/bin/python{}.{}", version[0], version[1]),
            &format!("#!/bin/sh\ncat <<'END'\n{answer}\nEND\n"),
        );
        let _there_already = symlink(exe.file_name().unwrap(), exe.with_file_name("python3"));
        exe
    }

    /// A Node that answers, with npm beside it.
    fn node(&self, prefix: &str, version: &str) {
        let exe = self.at(prefix).join("bin/node");
        let answer = serde_json::json!({ "release": version, "exe": exe });
        self.program(
            &format!("{prefix}/bin/node"),
            &format!("#!/bin/sh\necho '{answer}'\n"),
        );
        self.program(&format!("{prefix}/lib/node_modules/npm/bin/npm-cli.js"), "");
        let _there_already = symlink(
            "../lib/node_modules/npm/bin/npm-cli.js",
            exe.with_file_name("npm"),
        );
    }

    fn env(&self, path: &[&str], more: &[(&str, &str)]) -> HostEnv {
        let path: Vec<PathBuf> = path.iter().map(|folder| self.at(folder)).collect();
        let path = std::env::join_paths(path).unwrap().into_string().unwrap();
        let home = self.at("home").to_str().unwrap().to_owned();
        let mut vars = vec![("PATH".to_owned(), path), ("HOME".to_owned(), home)];
        vars.extend(
            more.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        HostEnv::new(vars).with_system(vec![self.at("usr/bin")], self.at("etc"))
    }

    fn toolchains(&self, path: &[&str]) -> Toolchains {
        Toolchains::new(self.env(path, &[]), self.at("state"))
    }
}

fn need(runtime: Runtime, wish: Option<&str>) -> RuntimeNeed {
    let version = wish.map(|wish| VersionWish {
        wish: wish.into(),
        file: "file".into(),
    });
    RuntimeNeed {
        runtime,
        version,
        optional: None,
    }
}

#[tokio::test]
async fn a_pyenv_is_seen_through_its_shims() {
    let host = Host::new();
    for version in [[3, 10, 13], [3, 12, 1], [3, 11, 7]] {
        host.python(
            &format!(
                "home/.pyenv/versions/{}.{}.{}",
                version[0], version[1], version[2]
            ),
            version,
            true,
        );
    }
    host.write("home/.pyenv/version", "3.11.7\n");
    host.program(
        "home/.pyenv/shims/python3",
        "#!/bin/sh\necho a shim was run >&2; exit 1\n",
    );
    let toolchains = host.toolchains(&["home/.pyenv/shims"]);
    let base = toolchains
        .prepare(&[need(Runtime::Python, None)], false)
        .await
        .unwrap();
    assert_eq!(base.base.id.as_str(), "python-3.11.7_r1");
    assert!(base.binds.contains(&host.at("home/.pyenv/versions/3.11.7")));
    let base = toolchains
        .prepare(&[need(Runtime::Python, Some("3.12"))], false)
        .await
        .unwrap();
    assert_eq!(base.base.versions, ["python 3.12.1"]);
    assert!(
        !base
            .binds
            .iter()
            .any(|bind| host.at("home/.pyenv/versions").starts_with(bind)),
        "{:?}",
        base.binds
    );
}

#[tokio::test]
async fn names_in_the_guest_lead_to_the_chosen_ones() {
    let host = Host::new();
    let exe = host.python("py's", [3, 11, 7], true);
    host.node("home/.nvm/versions/node/v20.20.2", "20.20.2");
    let toolchains = host.toolchains(&["py's/bin"]);
    let needs = [
        need(Runtime::Python, None),
        need(Runtime::Node, Some("^20")),
    ];
    let base = toolchains.prepare(&needs, false).await.unwrap();
    assert_eq!(base.base.id.as_str(), "python-3.11.7_node-20.20.2_r1");
    let programs = &base.path[0];
    assert!(base.binds.contains(programs));
    for name in ["python", "python3"] {
        let output = std::process::Command::new(programs.join(name))
            .output()
            .unwrap();
        assert!(
            String::from_utf8(output.stdout)
                .unwrap()
                .contains(exe.to_str().unwrap())
        );
    }
    let node = host.at("home/.nvm/versions/node/v20.20.2");
    assert_eq!(
        programs.join("node").canonicalize().unwrap(),
        node.join("bin/node")
    );
    assert!(
        programs
            .join("npm")
            .canonicalize()
            .unwrap()
            .starts_with(&node)
    );
}

#[tokio::test]
async fn two_installs_of_one_version_are_two_bases() {
    let host = Host::new();
    host.python("a", [3, 11, 7], true);
    host.python("b", [3, 11, 7], true);
    let one = host
        .toolchains(&["a/bin"])
        .prepare(&[need(Runtime::Python, None)], false)
        .await
        .unwrap();
    let other = host
        .toolchains(&["b/bin"])
        .prepare(&[need(Runtime::Python, None)], false)
        .await
        .unwrap();
    let again = host
        .toolchains(&["a/bin"])
        .prepare(&[need(Runtime::Python, None)], false)
        .await
        .unwrap();
    assert_ne!(one.base.id, other.base.id);
    assert_eq!(one, again);
}

#[tokio::test]
async fn a_base_is_found_again_until_its_runtime_goes() {
    let host = Host::new();
    let exe = host.python("a", [3, 11, 7], true);
    let made = host
        .toolchains(&["a/bin"])
        .prepare(&[need(Runtime::Python, None)], false)
        .await
        .unwrap();
    let later = host.toolchains(&[]);
    assert_eq!(later.load(&made.base.id).unwrap().as_ref(), Some(&made));
    assert_eq!(
        later.load(&"python-9.9.9_r1".parse().unwrap()).unwrap(),
        None
    );
    fs::remove_dir_all(made.path[0].parent().unwrap()).unwrap();
    later.load(&made.base.id).unwrap();
    assert!(
        made.path[0].join("python3").exists(),
        "the programs of a base come back"
    );
    fs::remove_file(exe).unwrap();
    let Err(DriverError::Toolchain { what, .. }) = later.load(&made.base.id) else {
        panic!("a vanished runtime loads")
    };
    assert!(what.contains("3.11.7"), "{what}");
}

#[tokio::test]
async fn what_is_broken_or_private_is_not_offered() {
    let host = Host::new();
    host.program("broken/bin/python3", "#!/bin/sh\nexit 3\n");
    host.program("silent/bin/python3", "#!/bin/sh\necho hello\n");
    host.python("home/.local", [3, 12, 1], true);
    let toolchains = host.toolchains(&["broken/bin", "silent/bin", "home/.local/bin"]);
    assert_eq!(toolchains.found().await, []);
    let error = toolchains
        .prepare(&[need(Runtime::Python, None)], true)
        .await
        .unwrap_err();
    assert!(matches!(error, DriverError::Toolchain { .. }), "{error}");
}

#[tokio::test]
async fn an_optional_runtime_may_be_missing() {
    let host = Host::new();
    host.python("a", [3, 11, 7], true);
    let optional = RuntimeNeed {
        optional: Some("no assets".into()),
        ..need(Runtime::Node, None)
    };
    let base = host
        .toolchains(&["a/bin"])
        .prepare(&[need(Runtime::Python, None), optional], false)
        .await
        .unwrap();
    assert_eq!(base.base.missing_optional, [Runtime::Node]);
    assert_eq!(base.base.warnings, ["no assets"]);
}

#[tokio::test]
async fn static_sites_and_shells_need_nothing() {
    let host = Host::new();
    for (runtime, id) in [(Runtime::Static, "static_r1"), (Runtime::Shell, "shell_r1")] {
        let base = host
            .toolchains(&[])
            .prepare(&[need(runtime, None)], false)
            .await
            .unwrap();
        assert_eq!(
            (base.base.id.as_str(), base.binds.len(), base.path.len()),
            (id, 0, 0)
        );
    }
}

#[tokio::test]
async fn a_completed_install_is_noticed() {
    let host = Host::new();
    host.python("a", [3, 11, 7], false);
    let toolchains = host.toolchains(&["a/bin"]);
    let error = toolchains
        .prepare(&[need(Runtime::Python, None)], false)
        .await
        .unwrap_err();
    let DriverError::Toolchain { what, cure } = error else {
        panic!()
    };
    assert!(what.contains("venv") && cure.contains("python3-venv"));
    host.python("a", [3, 11, 7], true);
    toolchains
        .prepare(&[need(Runtime::Python, None)], false)
        .await
        .unwrap();
}

#[tokio::test]
async fn this_machines_own_python_makes_a_virtual_environment_through_its_base() {
    let test = "this_machines_own_python_makes_a_virtual_environment_through_its_base";
    let state = tempfile::tempdir().unwrap();
    let toolchains = Toolchains::new(HostEnv::new(std::env::vars()), state.path().to_owned());
    let base = match toolchains
        .prepare(&[need(Runtime::Python, None)], false)
        .await
    {
        Ok(base) => base,
        Err(error) => return println!("SKIPPED: {test}: {error}"),
    };
    let venv = state.path().join("venv");
    let python = |program: &Path| {
        let mut command = std::process::Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin");
        command
    };
    let made = python(&base.path[0].join("python"))
        .args(["-m", "venv", "--without-pip"])
        .arg(&venv)
        .status()
        .unwrap();
    assert!(made.success());
    let inside = python(&venv.join("bin/python"))
        .args(["-c", "import sys, json; print(sys.prefix)"])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(inside.stdout).unwrap().trim(),
        venv.to_str().unwrap()
    );
    assert!(
        inside.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&inside.stderr)
    );
}

#[test]
fn only_registry_settings_pass_to_builds() {
    let host = Host::new();
    let vars = [
        ("PIP_INDEX_URL", "https://bob:s%2Fecret@pypi.example/simple"),
        ("PIP_TARGET", "/tmp/x"),
        ("UV_INDEX_PRIVATE_PASSWORD", "hunter22"),
        ("npm_config_registry", "https://npm.example/"),
        ("npm_config__auth", "dG9rZW4="),
        ("npm_config_prefix", "/opt/x"),
        ("https_proxy", "http://127.0.0.1:3128"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("SSL_CERT_FILE", "/nonexistent/ca.pem"),
    ];
    let found = Toolchains::new(host.env(&[], &vars), host.at("state")).registries();
    let names: Vec<&str> = found.env.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "PIP_INDEX_URL",
            "UV_INDEX_PRIVATE_PASSWORD",
            "https_proxy",
            "npm_config_registry"
        ]
    );
    for secret in ["s%2Fecret", "s/ecret", "hunter22"] {
        assert!(
            found.masked().iter().any(|text| text == secret),
            "{secret} is not masked"
        );
    }
    let warnings = found.warnings.join(" ");
    assert!(
        warnings.contains("https_proxy") && warnings.contains("SSL_CERT_FILE"),
        "{warnings}"
    );
    assert!(!format!("{found:?}").contains("ecret"));
}

#[test]
fn files_are_shown_where_they_lie_or_copied_out_of_a_home() {
    let host = Host::new();
    let shared = host.write("shared/ca.pem", "shared");
    let own = host.write("home/ca.pem", "own");
    let wheels = host.at("wheels");
    fs::create_dir(&wheels).unwrap();
    let wheels = wheels.to_str().unwrap();
    let vars = [
        ("REQUESTS_CA_BUNDLE", shared.to_str().unwrap()),
        ("PIP_CERT", own.to_str().unwrap()),
        (
            "PIP_FIND_LINKS",
            &format!("{wheels} https://links.example/ /nonexistent"),
        ),
    ];
    let found = Toolchains::new(host.env(&[], &vars), host.at("state")).registries();
    assert_eq!(found.env["REQUESTS_CA_BUNDLE"], shared.to_str().unwrap());
    assert!(found.binds.contains(&shared) && found.binds.contains(&PathBuf::from(wheels)));
    let copy = PathBuf::from(&found.env["PIP_CERT"]);
    assert!(copy.starts_with(host.at("state")) && found.binds.contains(&copy));
    assert_eq!(fs::read_to_string(copy).unwrap(), "own");
    assert_eq!(
        found.env["PIP_FIND_LINKS"],
        format!("{wheels} https://links.example/")
    );
    assert!(
        !found
            .binds
            .iter()
            .any(|bind| bind.starts_with(host.at("home")))
    );
}

#[test]
fn files_of_pip_and_npm_are_read_without_their_secrets() {
    let host = Host::new();
    let cert = host.write("shared/ca.pem", "x");
    let pip = format!(
        "[global]\ncert = {}\nindex-url = https://u:topsecret@a.example/\n",
        cert.display()
    );
    host.write("etc/pip.conf", &pip);
    host.write(
        "home/.config/pip/pip.conf",
        "[global]\nextra-index-url =\n  https://b.example/\n  https://c.example/\n",
    );
    let npmrc = "registry=https://npm.example/\n//npm.example/:_authToken=npm_abcdefgh\n_auth=abcd\nfund=false\nprefix=/x\n";
    host.write("home/.npmrc", npmrc);
    let found = Toolchains::new(host.env(&[], &[]), host.at("state")).registries();
    assert!(found.binds.contains(&host.at("etc/pip.conf")) && found.binds.contains(&cert));
    assert!(found.masked().contains(&"topsecret".to_owned()));
    assert_eq!(
        found.env["PIP_EXTRA_INDEX_URL"],
        "https://b.example/ https://c.example/"
    );
    assert_eq!(found.env["npm_config_registry"], "https://npm.example/");
    assert_eq!(found.env["npm_config_fund"], "false");
    assert_eq!(found.env.len(), 3, "{:?}", found.env.keys());
}
