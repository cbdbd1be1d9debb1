# The app's folder from an archive on standard input, beside the one that is there until all of it is here.
#   $1 take or name
set -e
new=/var/lib/havre/app.new
old=/var/lib/havre/app.old
case $1 in
  take)
    mkdir -p /var/lib/havre
    rm -rf "$new"
    install -d -o app -g app -m 755 "$new"
    # As the app's user: whatever the archive says, nothing else can be written.
    exec setpriv --reuid=app --regid=app --init-groups --inh-caps=-all --no-new-privs -- \
      tar --extract --directory="$new" --preserve-permissions --no-same-owner --delay-directory-restore --touch
    ;;
  name)
    if [ -d "$new" ]; then
      rm -rf "$old"
      [ ! -e /app ] || mv -T /app "$old"
      mv -T "$new" /app
    fi
    rm -rf "$old"
    touch /var/lib/havre/unpacked
    ;;
esac
