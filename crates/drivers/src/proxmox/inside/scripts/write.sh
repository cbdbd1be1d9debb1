# Writes a file from standard input, whole or not at all.
#   $1 the path; $2 its mode; $3 its owner; $4 its size
set -e
umask 022
mkdir -p "$(dirname "$1")"
umask 077
new=$(mktemp "$1.XXXXXX")
trap 'rm -f "$new"' EXIT
cat >"$new"
[ "$(stat -c %s "$new")" = "$4" ] || { echo "the input was cut" >&2; exit 75; }
chmod "$2" "$new"
chown "$3:" "$new"
sync "$new"
mv -f "$new" "$1"
trap - EXIT
