#!/bin/bash
# rtt.sh hN|farm MS: from now on everything takes MS milliseconds to the host and back, TCP's handshake and ARP too. 0: no delay.
# Not every kernel has netem, so a program sits in the cable.
set -eu
. "$(dirname "$0")/lib.sh"
name=${1:-} ms=${2:-}; [ "$name" = farm ] || check_host "$name"
[[ $ms =~ ^[0-9]+$ ]] || die 'usage: rtt.sh hN|farm MS'
mkdir -p "$dir/hosts/$name" 2>/dev/null; host=$dir/hosts/$name; [ "$name" != farm ] || { rmdir "$host"; host=$dir/farm; }
ip -n $switch link show "sp-$name" >/dev/null || die "$name is not up"
if pid=$(running "$host/delay.pid" python3); then
  kill "$pid"; while running "$host/delay.pid" python3 >/dev/null; do sleep 0.02; done
fi
ip -n $switch link del "sd-$name" 2>/dev/null || true
if [ "$ms" = 0 ]; then ip -n $switch link set "sp-$name" master bridge0; exit 0; fi

ip -n $switch link set "sp-$name" nomaster
ip -n $switch link add "sd-$name" type veth peer name "sx-$name"
ip -n $switch link set "sd-$name" master bridge0 up
ip -n $switch link set "sx-$name" up
setsid ip netns exec $switch python3 "$here/delay.py" "sp-$name" "sx-$name" "$ms" </dev/null >"$host/delay.log" 2>&1 &
echo $! > "$host/delay.pid"; disown
for ((i = 0; i < 100; i++)); do grep -q '^ready' "$host/delay.log" && exit 0; sleep 0.02; done
cat "$host/delay.log" >&2; die 'the delay line did not start'
