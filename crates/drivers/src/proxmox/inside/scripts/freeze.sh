# Stops scheduling the app, or goes on with it: by the freezer where the kernel gives one to systemd, else one by one.
#   $1 freeze or thaw
unit=havre-app.service
paused=/run/havre/app.paused
mkdir -p /run/havre
# One change of the app at a time, whoever asks.
exec 9>/run/havre/service.lock
flock 9
case $1 in
  freeze)
    [ "$(systemctl show --property=ActiveState --value "$unit")" = active ] || { echo no; exit 0; }
    if [ "$(systemctl show --property=FreezerState --value "$unit")" = frozen ] || [ -e "$paused" ] ||
      systemctl freeze "$unit" 2>/dev/null; then
      echo yes
      exit 0
    fi
    : >"$paused"
    # Twice: what was started while the first round went through its list.
    systemctl kill --signal=STOP "$unit" && systemctl kill --signal=STOP "$unit" && { echo yes; exit 0; }
    systemctl kill --signal=CONT "$unit" 2>/dev/null
    rm -f "$paused"
    echo no
    ;;
  thaw)
    systemctl thaw "$unit" 2>/dev/null
    [ ! -e "$paused" ] || systemctl kill --signal=CONT "$unit" || exit 1
    rm -f "$paused"
    ;;
esac
