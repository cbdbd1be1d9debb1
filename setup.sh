#!/usr/bin/env bash
# Sets Havre up in this folder: finds or builds the binary, writes .env from .env.example (never over one that is there),
# makes the database or brings it up to date, and says what comes next. Run it as often as you like.
#
# HAVRE=/path/to/havre bash setup.sh uses that binary instead of building one.
set -euo pipefail
from=$PWD
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

say() { printf '%s\n' "$*"; }
fail() {
  say "error: $1" >&2
  say "       $2" >&2
  exit 1
}

case "${1:-}" in
  '') ;;
  -h | --help)
    say "usage: bash setup.sh"
    say "Finds or builds the binary, writes .env, makes the database. HAVRE=/path/to/havre names a binary."
    exit 0
    ;;
  *) fail "setup.sh takes no arguments, not \`$1\`." "Run it as: bash setup.sh" ;;
esac

[ "$(uname -s)" = Linux ] || fail "Havre runs on Linux, and this is $(uname -s)." "On Windows run .\\setup.ps1, which uses WSL 2."

# Prints the path of a binary that runs.
find_binary() {
  local binary
  if [ -n "${HAVRE:-}" ]; then
    # It was named where the caller stands, which need not be here. A name without a slash is looked up in PATH.
    case "$HAVRE" in
      /*) binary=$HAVRE ;;
      */*) binary=$from/$HAVRE ;;
      *) binary=$(command -v -- "$HAVRE" || say "$from/$HAVRE") ;;
    esac
    "$binary" --version >/dev/null || fail "HAVRE=$HAVRE does not run." "Name a binary that does, or unset HAVRE."
    say "$binary"
  elif command -v cargo >/dev/null; then
    say "Building Havre (the first time takes some minutes) ..." >&2
    cargo build --release --locked >&2 ||
      fail "The build failed." "What cargo says above tells why; a C compiler is needed too (Debian: apt install build-essential)."
    binary=${CARGO_TARGET_DIR:-target}/release/havre
    [ -x "$binary" ] || fail "The build left no binary at $binary." "Name it: HAVRE=/path/to/havre bash setup.sh"
    # With a slash before it, so that it is never looked up in PATH.
    case "$binary" in /*) say "$binary" ;; *) say "./$binary" ;; esac
  elif command -v havre >/dev/null; then
    command -v havre
  else
    fail "There is neither a havre binary nor Rust to build one." \
      "Install Rust (https://rustup.rs) and run this again, or name a binary: HAVRE=/path/to/havre bash setup.sh"
  fi
}

# Writes .env as a whole or not at all, for this user alone: it may come to hold a password.
write_env() {
  if [ -e .env ] || [ -L .env ]; then
    say "Settings    .env (kept as it is)"
    return
  fi
  (umask 077 && cp .env.example ".env.$$")
  # A link does not replace what another run has written meanwhile.
  ln ".env.$$" .env 2>/dev/null || true
  rm -f ".env.$$"
  say "Settings    .env (written from .env.example)"
}

havre=$(find_binary)
say "Binary      $havre"
write_env
"$havre" db init || {
  code=$?
  say "       Havre is not set up yet. Mend what is said above, then run this again: bash setup.sh" >&2
  say "       DATABASE_URL is a line of $PWD/.env, unless the environment sets it." >&2
  exit "$code"
}

# As it can be typed: a path may have spaces.
printf -v run '%q' "$havre"
cat <<NEXT

Havre is set up. What comes next, in the folder $PWD (whose .env counts):
  $run doctor        what this machine offers, and the cure for what is missing
  $run serve         the server; then, in another terminal:
  $run deploy https://github.com/OWNER/REPO --name my-app
  $run db seed       example rows, to look around
  $run db stats      what is in the database
NEXT
