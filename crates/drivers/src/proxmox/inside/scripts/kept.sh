# A kept folder of the app, as the app's user. 44: it is not there; 45: a link or a file is in its place.
#   $1 read, take, name or make; $2 its path below /app
set -e
umask 022
path=/app/$2
new=/app/.havre-kept

# Every folder on the way is a real one, or is made.
way() {
  at=/app
  rest=$2/
  while [ -n "$rest" ]; do
    at=$at/${rest%%/*}
    rest=${rest#*/}
    [ ! -h "$at" ] || exit 45
    [ -d "$at" ] || [ ! -e "$at" ] || exit 45
    [ -d "$at" ] || [ "$1" != make ] || mkdir "$at"
  done
}

case $1 in
  read)
    [ -d "$path" ] || exit 44
    cd "$path"
    [ "$(pwd -P)" = "$path" ] || exit 44
    exec tar --create --sort=name --format=gnu --hard-dereference --one-file-system --ignore-failed-read --owner=0 --group=0 --numeric-owner .
    ;;
  take)
    way look "$2"
    rm -rf "$new"
    mkdir "$new"
    exec tar --extract --directory="$new" --preserve-permissions --no-same-owner --delay-directory-restore
    ;;
  name)
    [ -d "$new" ] || exit 0
    way make "$2"
    rm -rf "$path"
    mv -T "$new" "$path"
    ;;
  make) way make "$2" ;;
esac
