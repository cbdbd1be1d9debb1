# Ends a step whose caller is gone, unless a later call has taken its name over.
#   $1 the unit; $2 names the call; $3 how often to look for a call that may be only just beginning
unit=$1 call=$2 looks=$3
turn=/run/havre/$unit.turn
while :; do
  read -r owner group 2>/dev/null <"$turn" || owner=
  [ "$owner" != "$call" ] || break
  looks=$((looks - 1))
  [ "$looks" -gt 0 ] || exit 0
  sleep 0.2
done
exec 9>"/run/havre/$unit.lock"
flock 9
read -r owner group 2>/dev/null <"$turn" || owner=
[ "$owner" = "$call" ] || exit 0
# The one who waits for the unit, with all that it started, so that it starts nothing more.
kill -s KILL -- "-$group" 2>/dev/null
# The second time for what the first one's end let in.
for _ in 1 2; do
  systemctl kill --signal=KILL "$unit" 2>/dev/null
  systemctl stop "$unit" 2>/dev/null
done
systemctl reset-failed "$unit" 2>/dev/null
rm -f "$turn"
