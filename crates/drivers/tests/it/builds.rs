//! Real builds from the real registries: slow and not alone on the network, so only when asked for.

use domain::guest::*;
use domain::plan::{Runtime, RuntimeNeed};
use domain::ports::Driver;

use crate::bed::{Bed, command, service, wish};
use crate::cases::Case;

in_every_case!(
    flask_from_the_registry_answers,
    express_from_the_registry_answers
);

fn is_wanted(name: &str) -> bool {
    let wanted = std::env::var_os("HAVRE_TEST_NETWORK").is_some();
    if !wanted {
        println!("SKIPPED: {name}: it downloads packages; set HAVRE_TEST_NETWORK=1 to run it");
    }
    wanted
}

/// A build guest with these files on a base with this runtime; none where the machine lacks it.
async fn build(bed: &Bed, runtime: Runtime, files: &[(&str, &str)]) -> Option<GuestSpec> {
    let need = RuntimeNeed {
        runtime,
        version: None,
        optional: None,
    };
    let base = match bed.driver.prepare_base(&wish(need, true), &|_| {}).await {
        Ok(base) => base,
        Err(error) => {
            println!("SKIPPED: a build with {runtime}: {error}");
            return None;
        }
    };
    println!("{base:?}");
    let mut spec = GuestSpec {
        base: base.id,
        ..bed.spec(Role::Build, None)
    };
    spec.resources.memory = 2048;
    spec.resources.disk = 10;
    let tree = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(tree.path().join(name), text).unwrap();
    }
    bed.driver.create(&spec).await.unwrap();
    bed.driver.put(&spec.id, tree.path()).await.unwrap();
    Some(spec)
}

async fn install(bed: &Bed, build: &GuestSpec, line: &str) -> GuestSpec {
    let exec = Exec {
        registries: true,
        timeout: std::time::Duration::from_secs(300),
        ..command(line)
    };
    let said = bed.exec(&build.id, &exec).await;
    println!("{}", said.text());
    said.ok();
    let sealed = bed.driver.seal(&build.id).await.unwrap();
    let serve = GuestSpec {
        base: build.base.clone(),
        ..bed.spec(Role::Serve, Some(sealed.id))
    };
    bed.driver.create(&serve).await.unwrap();
    serve
}

async fn flask_from_the_registry_answers(case: Case) {
    if !is_wanted("flask_from_the_registry_answers") {
        return;
    }
    let bed = Bed::new(case);
    let app = "from flask import Flask\napp = Flask(__name__)\n@app.get('/')\ndef hello():\n    return 'hello from flask'\n";
    let Some(guest) = build(&bed, Runtime::Python, &[("app.py", app)]).await else {
        return;
    };
    let serve = install(
        &bed,
        &guest,
        "python3 -m venv .venv && .venv/bin/pip install flask gunicorn",
    )
    .await;
    let line = "exec gunicorn --bind 0.0.0.0:$PORT app:app";
    bed.driver.start(&serve.id, &service(line)).await.unwrap();
    assert!(bed.get(&serve.id, "/").await.ends_with("hello from flask"));
    println!("{:?}", bed.driver.written(&serve.id).await);
}

async fn express_from_the_registry_answers(case: Case) {
    if !is_wanted("express_from_the_registry_answers") {
        return;
    }
    let bed = Bed::new(case);
    let app = "require('express')().get('/', (q, r) => r.send('hello from express')).listen(process.env.PORT)";
    let package = r#"{"name":"x","version":"1.0.0","dependencies":{"express":"*"}}"#;
    let Some(guest) = build(
        &bed,
        Runtime::Node,
        &[("server.js", app), ("package.json", package)],
    )
    .await
    else {
        return;
    };
    let serve = install(&bed, &guest, "npm install --no-audit --no-fund").await;
    bed.driver
        .start(&serve.id, &service("exec node server.js"))
        .await
        .unwrap();
    assert!(
        bed.get(&serve.id, "/")
            .await
            .ends_with("hello from express")
    );
}
