# Runs one command as a transient unit, and tells how it ended on standard error, which nobody else has; what the command
# itself says on its two outputs comes as one, in the order in which it was written.
#   $1 the unit; $2 names this call; $3 the program that enters the launch; $4 the one that runs after a life; the rest:
#   systemd-run up to the first of them
unit=$1 call=$2 enter=$3 life=$4
shift 4
exec 3>&2
tell() { printf '%s\n' "$*" >&3; }
if [ ! -x "$enter" ] || [ ! -x "$life" ]; then
  tell trouble no-enter
  exit 0
fi
mkdir -p /run/havre
turn=/run/havre/$unit.turn
own="$call $$"

# Finds a unit of our name (`old`) and others that run (`in_use`).
look() {
  old=''
  in_use=''
  systemctl list-units --all --plain --no-legend --full havre-app.service 'havre-step-*.service' </dev/null >"$turn.$$"
  while read -r name _ active _; do
    case $name:$active in
      "$unit":*) old=$name ;;
      *:active | *:activating | *:deactivating | *:reloading) in_use=$name ;;
    esac
  done <"$turn.$$"
  rm -f "$turn.$$"
}

# A unit of this name belongs to an earlier life of the controller. Whose turn it is stands in a file, so that the one who
# waits for that unit does not take its end by our hand for the command's own.
exec 9>"/run/havre/$unit.lock"
flock 9
printf '%s\n' "$own" >"$turn"
look
if [ -n "$old" ]; then
  systemctl kill --signal=KILL "$unit" 2>/dev/null
  systemctl stop "$unit" 2>/dev/null
  systemctl reset-failed "$unit" 2>/dev/null
fi </dev/null
flock -u 9
exec 9>&-
# Another command may be one that nobody waits for any more and that is being ended; an app stays.
looks=50
while [ -n "$in_use" ]; do
  looks=$((looks - 1))
  if [ "$in_use" = havre-app.service ] || [ "$looks" -le 0 ]; then
    tell trouble in-use "$in_use"
    exit 0
  fi
  sleep 0.2
  look
done

# Where systemd does not tell that memory ran out.
if [ -d /sys/fs/cgroup/memory ]; then
  shift
  set -- systemd-run "--property=ExecStopPost=+$life step $unit" "$@"
fi
{
  # The command may open /dev/stdout and /dev/stderr by name.
  chown app /dev/stdout 2>/dev/null
  "$@" "$enter" - 2>&1 3>&-
  tell run $?
} | cat 3>&-
[ "$(cat "$turn" 2>/dev/null)" = "$own" ] || { tell trouble replaced; exit 0; }
systemctl show --property=LoadState,Result,ExecMainCode,ExecMainStatus "$unit" >&3
tell "room $(df --block-size=1K --output=avail /app | tail -n 1)"
[ ! -e "/run/havre/$unit.starved" ] || tell Starved=yes
systemctl reset-failed "$unit" 2>/dev/null
rm -f "$turn" "/run/havre/$unit.lock" "/run/havre/$unit.starved"
tell end
