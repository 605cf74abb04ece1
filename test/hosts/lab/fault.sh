#!/bin/bash
# fault.sh hN WHAT: breaks a host, or mends it.
#   cut     every packet is lost without a word        heal   the cable is in again
#   freeze  it still accepts connections, no program runs        thaw   they run again
#   crash   power loss; boot it again with KEEP=1 up.sh hN
set -eu
. "$(dirname "$0")/lib.sh"
name=${1:-}; check_host "$name"; address=$(address_of "$name"); port=$(port_of "$name")
payload() { for tree in $(cgroups); do [ ! -f "$tree/$prefix-$name/payload/cgroup.freeze" ] || echo "$1" > "$tree/$prefix-$name/payload/cgroup.freeze"; done; }
unplug() {
  # with its neighbour forgotten, this machine's own ARP would answer "no route to host" after some seconds
  ip neigh replace "$address" lladdr "$(ip -n "$prefix-$name" -br link show eth0 | awk '{ print $3 }')" dev $uplink nud permanent
  ip -n $switch link set "$port" nomaster
}
case ${2:-} in
  cut) unplug ;;
  heal) ip -n $switch link set "$port" master bridge0; ip neigh del "$address" dev $uplink 2>/dev/null || true ;;
  freeze) payload 1 ;;
  thaw) payload 0 ;;
  crash) unplug; kill -KILL "$(init_of "$name")" ;;
  *) die 'usage: fault.sh hN cut|heal|freeze|thaw|crash' ;;
esac
