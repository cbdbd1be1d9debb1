#!/bin/sh
# Before and after each life of the app, as root. Before: waits after a crash, longer after each crash in a row; the numbers
# are those of the driver of this machine, which systemd itself can only follow from version 254 on. After: notes how the app
# ended, which systemd forgets when it starts it again, and tells the journal.
#   begin FIRST LONGEST WITHIN: the first wait and the longest, in milliseconds; seconds of life after which it starts afresh
#   end
#   step UNIT: notes that a command ended for want of memory
lives=/run/havre/app.lives

# Whether the kernel killed something of this unit for want of memory; systemd itself knows it with control groups of
# version 2.
starved() {
  group=$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
  [ -n "$group" ] && grep -qs '^oom_kill [1-9]' "/sys/fs/cgroup/memory$group/memory.oom_control"
}

mkdir -p /run/havre
read -r now _ </proc/uptime
now=${now%.*}
case $1 in
  begin)
    row=0
    if read -r row since 2>/dev/null <"$lives"; then
      [ $((now - since)) -lt "$4" ] || row=0
      wait=$2
      turn=0
      while [ "$turn" -lt "$row" ] && [ "$wait" -lt "$3" ]; do
        wait=$((wait * 2))
        turn=$((turn + 1))
      done
      [ "$wait" -le "$3" ] || wait=$3
      sleep "$(printf '%d.%03d' $((wait / 1000)) $((wait % 1000)))"
      row=$((row + 1))
      read -r now _ </proc/uptime
      now=${now%.*}
    else
      row=0
    fi
    printf '%s %s\n' "$row" "$now" >"$lives"
    ;;
  end)
    # Told to stop: that is no end of its own.
    [ ! -e /run/havre/app.stopping ] || exit 0
    if [ "$SERVICE_RESULT" != success ] && starved; then SERVICE_RESULT=oom-kill; fi
    printf '%s\n' "$SERVICE_RESULT $EXIT_CODE $EXIT_STATUS" >/run/havre/app.end
    printf 'havre-end %s\n' "$SERVICE_RESULT $EXIT_CODE $EXIT_STATUS"
    ;;
  step)
    if [ "$SERVICE_RESULT" != success ] && starved; then : >"/run/havre/$2.starved"; fi
    ;;
esac
