#!/bin/bash
# down.sh hN… | --all: the power is off at once. What a host wrote stays, for KEEP=1 up.sh. --all takes that, the switch
# and the farm away too.
set -u
. "$(dirname "$0")/lib.sh"
all=
if [ "${1:-}" = --all ]; then all=1; set -- $(ls "$dir/hosts" 2>/dev/null); fi

down() {
  local name=$1 host=$dir/hosts/$1 pid tree i
  for tree in $(cgroups); do echo 0 > "$tree/$prefix-$name/payload/cgroup.freeze"; done 2>/dev/null
  pid=$(init_of "$name") && [ -n "$pid" ] && kill -KILL "$pid"
  for ((i = 0; i < 100; i++)); do running "$host/supervise.pid" supervise.sh >/dev/null || break; sleep 0.05; done
  pid=$(running "$host/supervise.pid" supervise.sh) && kill -KILL "$pid"
  pid=$(running "$host/nspawn.pid" systemd-nspawn) && kill -KILL "$pid"
  pid=$(running "$host/delay.pid" python3) && kill "$pid"
  rm -f "$host"/*.pid
  for ((i = 0; i < 40; i++)); do mountpoint -q "$host/root" || break; umount "$host/root" 2>/dev/null && break; sleep 0.05; done
  ! mountpoint -q "$host/root" || umount -l "$host/root"
  ip neigh del "$(address_of "$name")" dev $uplink 2>/dev/null
  ip -n $switch link del "sp-$name" 2>/dev/null
  ip -n $switch link del "sd-$name" 2>/dev/null
  ip netns del "$prefix-$name" 2>/dev/null
  for tree in $(cgroups); do [ ! -d "$tree/$prefix-$name" ] || find "$tree/$prefix-$name" -depth -type d -exec rmdir {} + 2>/dev/null; done
  rmdir "/run/systemd/nspawn/propagate/$prefix-$name" 2>/dev/null
  return 0
}
for name; do check_host "$name"; done
for name; do down "$name" & done
wait
[ -z "$all" ] || { for name; do disk_off "$dir/hosts/$name"; done; "$here/farm.sh" down; switch_down; }
