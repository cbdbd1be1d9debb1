//! Python: what an interpreter says about itself.

use std::path::{Path, PathBuf};

use domain::plan::Runtime;
use serde::Deserialize;

use super::install::{Installed, Release};
use super::probe;

/// Runs on every Python since 2.6, so that an old one says so instead of failing. An interpreter of a virtual
/// environment answers for the one below it.
const QUESTION: &str = r#"
import sys, os, json
try:
    import venv, ensurepip
    complete = True
except Exception:
    complete = False
exe = getattr(sys, "_base_executable", None) or sys.executable
print(json.dumps({"release": list(sys.version_info[:3]), "exe": os.path.realpath(exe),
    "prefix": os.path.realpath(getattr(sys, "base_prefix", sys.prefix)), "complete": complete,
    "implementation": getattr(getattr(sys, "implementation", None), "name", "")}))
"#;

#[derive(Deserialize)]
struct Answer {
    release: (u64, u64, u64),
    exe: PathBuf,
    prefix: PathBuf,
    complete: bool,
    implementation: String,
}

/// Tries a program that may be Python. None when it is not CPython 3 or does not work.
pub(super) async fn look(program: &Path) -> Option<Installed> {
    // -I: neither the user's site folder nor variables have a say.
    let answer: Answer =
        probe::ask(program, &["-I".as_ref(), "-c".as_ref(), QUESTION.as_ref()]).await?;
    if answer.implementation != "cpython" || answer.release.0 != 3 {
        return None;
    }
    let release = Release(answer.release.0, answer.release.1, answer.release.2);
    Some(Installed {
        runtime: Runtime::Python,
        release,
        lacks: (!answer.complete).then(|| "venv".to_owned()),
        exe: answer.exe,
        prefix: answer.prefix,
        tools: Vec::new(),
        extra: Vec::new(),
    })
}
