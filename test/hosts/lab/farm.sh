#!/bin/bash
# farm.sh up N | down: N cheap targets, 10.77.129.1 to 10.77.129.N port 22: one plain sshd in a namespace of its own, no systemd.
# Whoever logs in is root of this machine, with that address's own directory, farm/homes/ADDRESS, as $HOME. The farm has process ids of its
# own: sshd is 1, no session sees this machine's processes, and the newest id says how many there have been.
set -eu
. "$(dirname "$0")/lib.sh"
farm=$dir/farm ns=$prefix-farm
case ${1:-} in
  down)
    if pid=$(running "$farm/delay.pid" python3); then kill "$pid"; fi
    if [ -e /run/netns/$ns ]; then
      pids=$(ip netns pids $ns); [ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
      ip -n $switch link del sp-farm 2>/dev/null || true
      ip netns del $ns
    fi
    rm -rf "$farm" ;;
  up)
    n=${2:-100}; [[ $n =~ ^[0-9]+$ && $n -ge 1 && $n -le 250 ]] || die 'usage: farm.sh up N (at most 250)'
    "$0" down; switch_up
    mkdir -p "$farm/homes" /run/sshd
    cp "$base/etc/ssh/ssh_host_ed25519_key" "$farm/hostkey"; chmod 600 "$farm/hostkey"
    # HOME is set by sshd, so that a command costs what it costs on a server: the login shell and what it starts, nothing around it.
    # It also keeps this machine's .bashrc, which may cost more than a deploy, out of every session.
    printf '%s\n' 'Port 22' "HostKey $farm/hostkey" 'PidFile none' 'UsePAM no' 'StrictModes no' 'PermitRootLogin prohibit-password' \
      'PasswordAuthentication no' 'UseDNS no' 'MaxStartups 500:30:600' "AuthorizedKeysFile $key.pub" > "$farm/config"
    for ((i = 1; i <= n; i++)); do
      mkdir "$farm/homes/$farm_net.$i"
      printf '%s\n' "Match LocalAddress $farm_net.$i" "SetEnv HOME=$farm/homes/$farm_net.$i"
    done >> "$farm/config"
    ip netns add $ns
    ip -n $switch link add sp-farm type veth peer name eth0 address "$(card_of "$farm_net.0")" netns $ns
    ip -n $switch link set sp-farm master bridge0 up
    ip -n $ns link set lo up
    for ((i = 1; i <= n; i++)); do echo "addr add $farm_net.$i/$prefix_length dev eth0"; done | ip -n $ns -batch -
    ip -n $ns link set eth0 up
    setsid ip netns exec $ns unshare --pid --fork --kill-child --mount-proc /usr/sbin/sshd -D -e -f "$farm/config" </dev/null >"$farm/log" 2>&1 &
    disown
    for ((i = 0; i < 100; i++)); do timeout 1 bash -c "exec 3<>/dev/tcp/$farm_net.$n/22" 2>/dev/null && { pgrep -P $! > "$farm/sshd.pid"; exit; }; sleep 0.05; done
    cat "$farm/log" >&2; die 'the farm did not come up' ;;
  *) die 'usage: farm.sh up N | down' ;;
esac
