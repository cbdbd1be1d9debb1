//! The reader that the docs print, run on a backup: the format is what they say.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::tools::save;
use crate::ground::Ground;

const DOCS: &str = include_str!("../../../../../docs/backup.md");

/// The program as it is printed.
fn printed() -> &'static str {
    let (_, rest) = DOCS.split_once("```python\n").unwrap();
    rest.split_once("```").unwrap().0
}

#[expect(clippy::print_stdout, reason = "a test that cannot run says so")]
fn run(program: &Path, file: &Path) -> Option<Output> {
    let ran = Command::new("python3").arg(program).arg(file).output();
    if ran.is_err() {
        println!("SKIPPED: the_reader_of_the_docs: python3 is not installed");
    }
    ran.ok()
}

#[tokio::test]
async fn the_reader_of_the_docs_reads_a_backup_and_finds_a_broken_one() {
    let ground = Ground::file();
    ground.upgrade().await.unwrap();
    let mut other = ground.other().await;
    other
        .run(
            "INSERT INTO deployments (id, name, deployment_type, framework, github_url, resources, status, created_at) \
             VALUES ('a', 'é-name', 'lxc', 'flask', 'https://example.org/x', '{\"cores\": 2}', 'running', \
             '2026-11-22 08:30:38.000001'), ('b', 'two', 'vm', 'react', 'u', NULL, 'failed', '2026-11-22 08:30:39.000000')",
        )
        .await;
    other.close().await;
    let file = ground.folder.path().join("x.backup");
    save(&ground.url(), &file).await;
    let program = ground.folder.path().join("reader.py");
    std::fs::write(&program, printed()).unwrap();
    let Some(ran) = run(&program, &file) else {
        return;
    };
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let rows: Vec<Value> = said
        .lines()
        .filter_map(|line| line.strip_prefix("deployments "))
        .map(|row| serde_json::from_str(row).unwrap())
        .collect();
    assert_eq!(rows.len(), 2, "{said}");
    let first = rows.iter().find(|row| row["id"] == "a").unwrap();
    assert_eq!(
        (&first["name"], &first["status"]),
        (&"é-name".into(), &"running".into())
    );
    assert!(
        first["created_at"].as_str().unwrap().contains("000001"),
        "{first}"
    );

    let whole = std::fs::read(&file).unwrap();
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let cut = whole[..whole.len() - 40].to_vec();
    let longer = [whole.as_slice(), &whole].concat();
    for broken in [damaged, cut, longer] {
        std::fs::write(&file, broken).unwrap();
        let ran = run(&program, &file).unwrap();
        assert!(!ran.status.success());
    }
}
