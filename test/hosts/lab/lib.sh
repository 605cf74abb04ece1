# Settings and helpers of the lab's scripts; sourced, never run. ../README.md says what the lab is.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
shared=${SHIPIT_HOSTS:-${TMPDIR:-/tmp}/shipit-hosts} # everything that labs keep
base=$shared/base key=$shared/id_ed25519

# Eight labs may stand at a time, each with a network, hosts and a repository of its own: SHIPIT_LAB says which, 0 to 7. Each has an
# eighth of 10.77.0.0/16; the first four have the upper half. In lab 0 this machine is 10.77.128.1, host hN is 10.77.128.(10+N), and the
# farm is 10.77.129.*.
lab=${SHIPIT_LAB:-0} octets=(128 192 160 224 0 32 64 96)
[[ $lab =~ ^[0-7]$ ]] || { echo "${0##*/}: SHIPIT_LAB is 0 to 7, not '$lab'" >&2; exit 1; }
net=10.77.${octets[lab]} farm_net=10.77.$((octets[lab] + 1)) dir=$shared prefix=shipit
[ "$lab" = 0 ] || { dir=$shared/lab$lab prefix=shipit$((lab + 1)); }
repo=$dir/repo.git
subnet=$net.0/19 gateway=$net.1 prefix_length=19
switch=$prefix-net uplink=${prefix}0

packages='systemd systemd-sysv libpam-systemd dbus dbus-user-session openssh-server sudo git ruby bundler ruby-sidekiq
  ruby-concurrent ruby-rack-protection rake rbenv puma ruby-sd-notify redis-server monit netcat-openbsd busybox csh iproute2 procps less rsync ca-certificates'

die() { echo "${0##*/}: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || die 'the lab needs root: it mounts, and makes network namespaces and cgroups'
[[ $shared =~ ^/[A-Za-z0-9._/-]+$ ]] || die "its directory must be an absolute path of plain characters: $shared"

# Where this machine has its cgroup trees: the unified one, and the v1 tree of systemd beside it where a machine is hybrid.
cgroups() { findmnt -rno TARGET -t cgroup2 | head -1; [ ! -d /sys/fs/cgroup/systemd ] || echo /sys/fs/cgroup/systemd; }

check_host() { [[ ${1:-} =~ ^h([1-9]|[1-9][0-9])$ ]] || die "a host is called h1 to h99, not '${1:-}'"; }
address_of() { echo "$net.$((10 + ${1#h}))"; }
# The hardware address follows from the address. With a new one at each boot, everybody who had talked to the last boot would send to a
# card that is gone until the neighbour entry expires: five seconds, in which a first login times out.
card_of() { local IFS=.; printf '02:%02x:%02x:%02x:%02x:01\n' $1; }

# Process ids are used again: a pid file counts only while the pid is what was started.
running() { local pid; pid=$(cat "$1" 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] && echo "$pid"; }
init_of() { local pid; pid=$(running "$dir/hosts/$1/nspawn.pid" systemd-nspawn) && pgrep -P "$pid" | head -1; }

# What a host wrote, gone.
disk_off() { ! mountpoint -q "$1/disk" || umount "$1/disk"; rm -rf "$1"/disk/*; }

# The cable's end in the switch: the delay line's when one is in.
port_of() { if ip -n $switch link show "sd-$1" >/dev/null 2>&1; then echo "sd-$1"; else echo "sp-$1"; fi; }

# The switch is a bridge in a namespace that has no way out, with one cable to this machine. Without the unreachable route, packets
# for a host that is gone would leave by the default route.
switch_up() {
  exec 9>"$dir/switch.lock"; flock 9
  local taken; taken=$(ip -4 route show root $subnet | grep -v -e "dev $uplink" -e ^unreachable || true)
  [ -z "$taken" ] || die "the network $subnet is in use here: $taken"
  ip route replace unreachable $subnet metric 4000
  if [ ! -e /run/netns/$switch ]; then
    ip netns add $switch
    ip -n $switch link set lo up
    ip -n $switch link add bridge0 type bridge forward_delay 0
    ip -n $switch link set bridge0 up
  fi
  if ! ip link show $uplink >/dev/null 2>&1; then
    ip link add $uplink type veth peer name uplink netns $switch
    ip -n $switch link set uplink master bridge0 up
    ip addr add $gateway/$prefix_length dev $uplink
    ip link set $uplink up
  fi
  exec 9>&-
}

switch_down() {
  ip link del $uplink 2>/dev/null || true
  ip netns del $switch 2>/dev/null || true
  ip route del unreachable $subnet metric 4000 2>/dev/null || true
}
