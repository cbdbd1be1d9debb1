# What people do here every day. `just` alone lists it.

_:
    @just --list --unsorted

# Formatting, lints, and that everything compiles
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings

# All tests on all databases (the README's command); arguments go to `cargo test`
test *args:
    scripts/test/run {{args}}

# Formats everything
fmt:
    cargo fmt --all

# The figures of the project, medians, beside a rival where there is one
bench *args:
    scripts/bench/run {{args}}

# Lints as CI does, licences and bans included where cargo-deny is installed
lint: check
    @if command -v cargo-deny >/dev/null; then cargo deny check licenses bans sources; else echo "SKIPPED: cargo deny: it is not installed"; fi

# Reviews changed snapshots
snap:
    INSTA_UPDATE=always cargo test --workspace --locked
    git diff --stat -- '*.snap'

# Deploys the example apps and shows their URLs
demo *args:
    cargo run --release --locked -- demo {{args}}

# Exactly what CI runs
ci:
    .ci/run
