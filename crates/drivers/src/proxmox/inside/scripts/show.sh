# Files of the host, at the paths that they have there.
#   $1 names them; $2 look: whether they are here already; take: they come on standard input
mark=/var/lib/havre/host-files
case $2 in
  look) [ "$(cat "$mark" 2>/dev/null)" = "$1" ] ;;
  take)
    set -e
    mkdir -p /var/lib/havre
    # Told one by one, so that a base can be rid of them again.
    tar --extract --verbose --directory=/ --no-same-owner --preserve-permissions --keep-directory-symlink \
      --warning=no-timestamp >>"$mark.list"
    printf '%s\n' "$1" >"$mark"
    ;;
esac
