# What the servers of the tests stand on; sourced by `databases`. A server lives in one folder of `$lab` (data, log, pid).
# shellcheck shell=bash
lab=${lab:?}

# Says why a server is not there. The tests that want it say so once more, each by its name.
skipped() { printf 'SKIPPED: %s: %s\n' "$1" "$2" >&2; }

# Runs a command as the user of a server, with nothing of this environment: servers do not run as root.
as() {
  local user=$1
  shift
  local clean=(env -i "PATH=$PATH" LC_ALL=C TMPDIR=/tmp)
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups --inh-caps=-all -- "${clean[@]}" "$@"
  else
    "${clean[@]}" "$@"
  fi
}

# The first of these users that this machine has; ourselves where we are not root and could not become anybody.
user_of() {
  [ "$(id -u)" = 0 ] || { id -un; return; }
  local name
  for name in "$@"; do
    if id "$name" >/dev/null 2>&1; then
      echo "$name"
      return
    fi
  done
}

# A folder that only the user of the server reads: passwords are in it.
folder_of() {
  mkdir -m 700 "$lab/$1"
  [ "$(id -u)" != 0 ] || chown "$2" "$lab/$1"
}

# Writes what it reads, as the user of the server. Passwords go this way, since arguments are read by everybody.
write_as() { as "$1" dd "of=$2" status=none; }

password() { od -An -N18 -tx1 /dev/urandom | tr -d ' \n'; }

# A port that nobody listens on, below those that the kernel gives to clients. Another one may still be quicker: whoever
# asks tries again.
spare_port() {
  local port
  while true; do
    port=$((21000 + RANDOM % 11000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# Starts a server: its name, its user, the signal that ends it at once, its command. It has a session of its own, so that a
# Ctrl-C ends the tests first, and it goes when this process goes, however that is.
launch() {
  local name=$1 user=$2 signal=$3
  shift 3
  local who=()
  [ "$(id -u)" != 0 ] || who=("--reuid=$user" "--regid=$(id -g "$user")" --init-groups --inh-caps=-all)
  setsid setpriv "${who[@]}" "--pdeathsig=$signal" -- env -i "PATH=$PATH" LC_ALL=C TMPDIR=/tmp "$@" \
    </dev/null >"$lab/$name.log" 2>&1 &
  echo "$! $signal" >"$lab/$name.pid"
  # The shell need not tell how it ends.
  disown
}

# One that ended and that nobody has waited for yet is not alive.
alive() { kill -0 "$1" 2>/dev/null && ! grep -qs '^State:[[:space:]]Z' "/proc/$1/status"; }

running() { alive "$(cut -d' ' -f1 "$lab/$1.pid")"; }

# Waits until the command succeeds: a minute at most, and not for a server that ended.
answers() {
  local name=$1 tries=600
  shift
  while running "$name" && [ "$tries" -gt 0 ]; do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.1
    tries=$((tries - 1))
  done
  return 1
}

# Ends what `launch` started and waits for it. Nothing of its data is kept, so it need not be tidy.
end_server() {
  [ -e "$lab/$1.pid" ] || return 0
  local pid signal tries=200
  read -r pid signal <"$lab/$1.pid"
  kill -s "$signal" "$pid" 2>/dev/null || true
  while alive "$pid" && [ "$tries" -gt 0 ]; do
    sleep 0.05
    tries=$((tries - 1))
  done
  kill -s KILL "$pid" 2>/dev/null || true
  rm -f "$lab/$1.pid"
}

# Why a server did not start, by its log: its last complaints, or its last words, on one line.
last_words() {
  local words
  words=$(grep -E 'ERROR|FATAL|error:' "$1" 2>/dev/null | tail -n 2)
  [ -n "$words" ] || words=$(tail -n 3 "$1" 2>/dev/null)
  tr -s '\n' ' ' <<<"$words" | cut -c -300
}

# What is left of the servers.
remove_lab() {
  end_server postgres
  end_server mariadb
  rm -rf "$lab"
}
