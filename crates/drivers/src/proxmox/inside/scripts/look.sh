# How the app stands, and how it ended last.
LC_ALL=C TZ=UTC systemctl show --timestamp=us+utc havre-app.service \
  --property=LoadState,ActiveState,SubState,FreezerState,Result,NRestarts,MainPID,ExecMainCode,ExecMainStatus,ExecMainStartTimestamp,Description
[ ! -e /run/havre/app.paused ] || echo Paused=yes
[ ! -e /run/havre/app.end ] || echo "LastEnd=$(cat /run/havre/app.end)"
