# Makes a fresh Debian or Ubuntu what Havre needs of it.
set -e
umask 022
if ! id app >/dev/null 2>&1; then
  useradd --uid 1000 --user-group --home-dir /tmp/home --no-create-home --shell /bin/sh app 2>/dev/null ||
    useradd --user-group --home-dir /tmp/home --no-create-home --shell /bin/sh app
fi
# Whatever made the user before: it has no group and no right that the app should not have.
usermod --lock --groups '' app
[ ! -d /etc/sudoers.d ] || grep -lsE '^[[:space:]]*app[[:space:]]' /etc/sudoers.d/* | xargs -r rm -f
[ -d /app ] || install -d -o app -g app -m 755 /app
chown app:app /app
mkdir -p /opt/havre/bin /etc/havre /var/lib/havre /run/havre

mkdir -p /etc/systemd/journald.conf.d /var/log/journal
cat >/etc/systemd/journald.conf.d/havre.conf <<CONF
[Journal]
Storage=persistent
SystemMaxUse=64M
RuntimeMaxUse=16M
ForwardToSyslog=no
ForwardToWall=no
CONF
systemctl restart systemd-journald

# What builds unpack there would eat their memory.
systemctl --quiet mask tmp.mount 2>/dev/null || true
# They would hold the package manager's lock when it is needed, and what runs here is made anew with each deploy.
systemctl --quiet disable --now apt-daily.timer apt-daily-upgrade.timer 2>/dev/null || true

mkdir -p /etc/ssh/sshd_config.d
cat >/etc/ssh/sshd_config.d/00-havre.conf.new <<CONF
HostKey /etc/ssh/ssh_host_ed25519_key
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowUsers root
X11Forwarding no
UseDNS no
MaxSessions 64
MaxStartups 64:30:128
CONF
[ -e /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -C '' -f /etc/ssh/ssh_host_ed25519_key
mv -f /etc/ssh/sshd_config.d/00-havre.conf.new /etc/ssh/sshd_config.d/00-havre.conf
mkdir -p /run/sshd
if ! sshd -t; then
  rm -f /etc/ssh/sshd_config.d/00-havre.conf
  exit 1
fi
systemctl restart ssh.service
