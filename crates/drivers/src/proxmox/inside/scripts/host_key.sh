# A host key of the guest's own, in two steps: made and told, then used.
#   $1 new or switch
set -e
key=/etc/ssh/ssh_host_ed25519_key
mark=/var/lib/havre/host-key
case $1 in
  new)
    if ! ssh-keygen -l -f "$key.havre" >/dev/null 2>&1; then
      rm -f "$key.havre" "$key.havre.pub"
      ssh-keygen -q -t ed25519 -N '' -C '' -f "$key.havre"
      sync "$key.havre"
    fi
    ssh-keygen -y -f "$key.havre"
    ;;
  switch)
    if [ ! -e "$key.havre" ]; then
      [ -e "$mark" ] || { echo "no new host key was made" >&2; exit 1; }
      # A call that was cut after the key had its place.
      systemctl restart ssh.service
      exit 0
    fi
    ssh-keygen -l -f "$key.havre" >/dev/null
    mkdir -p /var/lib/havre
    ssh-keygen -y -f "$key.havre" >"$mark"
    cp -f "$mark" "$key.pub"
    rm -f "$key.havre.pub"
    mv -f "$key.havre" "$key"
    rm -f /etc/ssh/ssh_host_rsa_key* /etc/ssh/ssh_host_ecdsa_key* /etc/ssh/ssh_host_dsa_key*
    sync
    sshd -t
    # Not a reload: nobody would say when it listens again. Connections that are open stay open.
    systemctl restart ssh.service
    ;;
esac
