# Removes what two machines must not both have, and what only takes room.
set -e
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin
# What builds were shown of the machine that Havre runs on, with the credentials in it.
if [ -e /var/lib/havre/host-files.list ]; then
  while IFS= read -r file; do rm -f "/$file"; done </var/lib/havre/host-files.list
  rm -f /var/lib/havre/host-files.list /var/lib/havre/host-files
  if command -v update-ca-certificates >/dev/null; then update-ca-certificates --fresh >/dev/null; fi
fi
rm -f /etc/ssh/ssh_host_ed25519_key.havre* /var/lib/havre/host-key
find /tmp /var/tmp -xdev -mindepth 1 -delete 2>/dev/null || true
rm -f /root/.bash_history /var/lib/dbus/machine-id /var/lib/systemd/random-seed
journalctl --quiet --rotate --vacuum-time=1s 2>/dev/null || true
: >/etc/machine-id
sync
