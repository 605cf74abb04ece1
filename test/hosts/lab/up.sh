#!/bin/bash
# up.sh hN: boots a host and waits until systemd has started and sshd lets deploy in. KEEP=1: on the files of its last run.
set -eu
. "$(dirname "$0")/lib.sh"
name=${1:-}; check_host "$name"; address=$(address_of "$name"); host=$dir/hosts/$name ns=$prefix-$name
[ -f "$shared/base.stamp" ] || die 'no base yet: base.sh first'
"$here/down.sh" "$name"
switch_up

# every systemd takes some inotify instances, all counted to root
[ "$(cat /proc/sys/fs/inotify/max_user_instances)" -ge 1024 ] || echo 1024 > /proc/sys/fs/inotify/max_user_instances
disk=$host/disk
mkdir -p "$disk" "$host/root"
[ -n "${KEEP:-}" ] || disk_off "$host"
# In memory where there is enough: hosts that boot and deploy side by side wait for one disk most of the time.
mountpoint -q "$disk" || [ "$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)" -lt 4000000 ] || mount -t tmpfs -o mode=755 "$prefix-$name" "$disk"
rm -rf "$disk/scratch"; mkdir -p "$disk"/{files/etc,scratch}
echo "$name" > "$disk/files/etc/hostname"
printf '127.0.0.1 localhost %s\n' "$name" > "$disk/files/etc/hosts"
mount -t overlay "$prefix-$name" -o "lowerdir=$base,upperdir=$disk/files,workdir=$disk/scratch" "$host/root"

ip netns add "$ns"
ip -n $switch link add "sp-$name" type veth peer name eth0 address "$(card_of "$address")" netns "$ns"
ip -n $switch link set "sp-$name" master bridge0 up
ip -n "$ns" link set lo up
ip -n "$ns" addr add "$address/$prefix_length" dev eth0
ip -n "$ns" link set eth0 up

setsid "$here/supervise.sh" "$name" </dev/null >"$host/log" 2>&1 &
disown
for ((i = 0; i < 600; i++)); do
  banner=$(timeout 1 bash -c "exec 3<>/dev/tcp/$address/22 && head -c4 <&3" 2>/dev/null || true)
  [ "$banner" != SSH- ] || break
  [ $i -lt 40 ] || running "$host/supervise.pid" supervise.sh >/dev/null || { cat "$host/log" >&2; die "$name ended while it booted"; }
  sleep 0.05
done
state=$(ssh -F "$dir/ssh_config" "$name" systemctl is-system-running --wait) || true
[ "$state" = running ] || { ssh -F "$dir/ssh_config" "$name" systemctl --failed --no-legend >&2; die "$name is up, but systemd says '$state'"; }
