# Ends the app: asks it, and kills it when it takes too long. It stays down after a restart of the guest.
#   $1 seconds that it may take
unit=havre-app.service
mkdir -p /run/havre
# One change of the app at a time, whoever asks.
exec 9>/run/havre/service.lock
flock 9
[ "$(systemctl show --property=LoadState --value "$unit")" != not-found ] || exit 0
systemctl --quiet disable "$unit" 2>/dev/null
: >/run/havre/app.stopping
systemctl thaw "$unit" 2>/dev/null
[ ! -e /run/havre/app.paused ] || systemctl kill --signal=CONT "$unit" 2>/dev/null
timeout "$1" systemctl stop "$unit" 2>/dev/null || systemctl kill --signal=KILL "$unit" 2>/dev/null
systemctl stop "$unit" || exit 1
systemctl reset-failed "$unit" 2>/dev/null
rm -f /run/havre/app.*
exit 0
