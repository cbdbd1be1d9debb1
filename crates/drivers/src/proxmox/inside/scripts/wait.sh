#!/bin/sh
# Before each life of the app: waits after a crash, longer after each crash in a row. The numbers are those of the driver of
# this machine, which systemd itself can only follow from version 254 on.
#   $1 the first wait and $2 the longest, in milliseconds; $3 seconds of life after which an app starts afresh
lives=/run/havre/app.lives
mkdir -p /run/havre
read -r now _ </proc/uptime
now=${now%.*}
if read -r row since <"$lives" 2>/dev/null; then
  [ $((now - since)) -lt "$3" ] || row=0
  wait=$1
  turn=0
  while [ "$turn" -lt "$row" ] && [ "$wait" -lt "$2" ]; do
    wait=$((wait * 2))
    turn=$((turn + 1))
  done
  [ "$wait" -le "$2" ] || wait=$2
  sleep "$(printf '%d.%03d' $((wait / 1000)) $((wait % 1000)))"
  row=$((row + 1))
else
  row=0
fi
read -r now _ </proc/uptime
printf '%s %s\n' "$row" "${now%.*}" >"$lives"
