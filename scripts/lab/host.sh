# What the lab needs of the machine and changes on it: a link between the lab's network and the machine's, and an address
# translation for it. Every change belongs to a slot, so that several labs do not meet and what one left can be removed.
# Sourced by `run` and `keeper`.
# shellcheck shell=bash
lab_home=${lab_home:?}

# Where the slots of this machine are locked, whatever checkout runs them.
slots=/run/havre-lab

check_host() {
  [ "$(id -u)" = 0 ] || skip "it needs root, for containers and network namespaces"
  local missing=() tool
  for tool in lxc-start:lxc lxc-usernsexec:lxc debootstrap:debootstrap nft:nftables ip:iproute2 newuidmap:uidmap \
    openssl:openssl ssh-keygen:openssh-client python3:python3 unshare:util-linux; do
    command -v "${tool%%:*}" >/dev/null || missing+=("${tool##*:}")
  done
  [ "${#missing[@]}" = 0 ] || skip "these packages are missing: $(printf '%s\n' "${missing[@]}" | sort -u | tr '\n' ' ')"
  unshare --net --mount --pid --user --fork true 2>/dev/null || skip "this machine gives no namespaces"
  [ -n "$(egress)" ] || skip "there is no network to reach the package registries"
}

# The interface that the machine's own traffic leaves by.
egress() { ip -4 route show default 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1; }

# Takes the first free slot and whatever a lab that was killed left in it. The lock goes with the last process that has it.
take_slot() {
  mkdir -p "$slots"
  for slot in 0 1 2 3 4 5 6 7; do
    exec {slot_lock}>"$slots/$slot.lock"
    if flock -n "$slot_lock"; then
      names_of "$slot"
      disconnect
      return
    fi
    exec {slot_lock}>&-
  done
  skip "eight labs run on this machine already"
}

names_of() {
  slot=$1
  folder=$lab_home/run-$slot
  link=havrelab$slot
  table=havre_lab_$slot
  # 198.18.0.0/15 is for tests of network devices (RFC 2544): nobody's network has it.
  near=198.18.$slot.1
  # shellcheck disable=SC2034 # `inside` gets it
  far=198.18.$slot.2
}

# Gives the network namespace of a process its link. Forwarding is switched on for the two interfaces concerned alone.
connect() {
  local out
  out=$(egress)
  ip link add "$link" type veth peer name uplink netns "$1"
  ip address add "$near/30" dev "$link"
  # Nothing in the lab sends what would not fit through the machine's own interface.
  ip link set "$link" mtu "$(cat "/sys/class/net/$out/mtu")" up
  sysctl -qw "net.ipv4.conf.$link.forwarding=1"
  (
    flock 9
    if [ "$(sysctl -n "net.ipv4.conf.$out.forwarding")" = 0 ]; then
      echo "$out" >"$slots/forwarding"
      sysctl -qw "net.ipv4.conf.$out.forwarding=1"
    fi
  ) 9>"$slots/lock"
  nft -f - <<RULES
table ip $table {
  chain out {
    type nat hook postrouting priority srcnat;
    ip saddr $near/30 oifname "$out" masquerade
  }
}
RULES
}

# Takes back what `connect` did and what the containers left; nothing of it need be there.
disconnect() {
  nft delete table ip "$table" 2>/dev/null || true
  ip link delete "$link" 2>/dev/null || true
  find /sys/fs/cgroup -depth -type d -path "*/havre-lab-$slot*" -exec rmdir {} + 2>/dev/null || true
  rm -rf "$folder"
  (
    flock 9
    # The last lab of the machine puts its setting back.
    if [ -e "$slots/forwarding" ] && ! ip -o link show type veth | grep -q ' havrelab[0-9]'; then
      sysctl -qw "net.ipv4.conf.$(cat "$slots/forwarding").forwarding=0" 2>/dev/null || true
      rm -f "$slots/forwarding"
    fi
  ) 9>"$slots/lock"
}
