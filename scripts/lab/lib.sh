# What the scripts of the lab share; sourced by them.
# shellcheck shell=bash
lab_home=$(realpath -m "${CARGO_TARGET_DIR:-$(dirname "${BASH_SOURCE[0]}")/../../target}")/lab
# shellcheck disable=SC2034 # for those who source this
cache=$lab_home/cache
# The first of the 65,536 uids that the containers have, as on Proxmox VE.
# shellcheck disable=SC2034
shift_by=100000

# The lab cannot be here: says why and ends with the code that means "skipped" to Automake and others.
skip() {
  printf 'SKIPPED: lab: %s\n' "$1" >&2
  exit 77
}

# The end of a log on one line.
last_words() { tail -n 3 "$1" 2>/dev/null | tr -s '\n' ' ' | cut -c -300; }
