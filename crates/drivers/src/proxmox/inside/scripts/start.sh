# Starts the app by the unit that was written before; another one that runs is ended first.
#   $1 seconds that the other one may take
unit=havre-app.service
set -e
mkdir -p /run/havre
# One change of the app at a time, whoever asks.
exec 9>/run/havre/service.lock
flock 9
: >/run/havre/app.stopping
systemctl daemon-reload
timeout "$1" systemctl stop "$unit" 2>/dev/null || { systemctl kill --signal=KILL "$unit" 2>/dev/null || true; systemctl stop "$unit"; }
systemctl reset-failed "$unit" 2>/dev/null || true
rm -f /run/havre/app.*
systemctl --quiet enable "$unit" 2>/dev/null
systemctl start "$unit"
