#!/bin/bash
# supervise.sh hN: (started by up.sh) runs the host in systemd-nspawn, again after each reboot.
# nspawn keeps the cgroup that it is started in, so it is given one; with --keep-unit a reboot ends it with 133.
. "$(dirname "$0")/lib.sh"
name=$1 host=$dir/hosts/$1
echo $$ > "$host/supervise.pid"
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_LOG_LEVEL=warning
for tree in $(cgroups); do mkdir -p "$tree/$prefix-$name"; done
while :; do
  (
    for tree in $(cgroups); do echo $BASHPID > "$tree/$prefix-$name/cgroup.procs"; done
    echo $BASHPID > "$host/nspawn.pid"
    exec systemd-nspawn --quiet --directory="$host/root" --machine="$prefix-$name" --hostname="$name" --boot --keep-unit --register=no \
      --network-namespace-path="/run/netns/$prefix-$name" --link-journal=no --resolv-conf=off --timezone=off --console=pipe \
      --bind-ro="$repo:/srv/repo.git"
  )
  code=$?
  [ $code = 133 ] || break
  for tree in $(cgroups); do find "$tree/$prefix-$name" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null; done
done
echo "nspawn ended with $code"
