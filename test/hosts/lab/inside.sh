#!/bin/bash
# inside.sh hN: runs the script on its stdin as root on a host, not through its network: also when its cable is cut.
set -eu
. "$(dirname "$0")/lib.sh"
name=${1:-}; check_host "$name"; init=$(init_of "$name")
[ -n "$init" ] || die "$name is not up"
exec nsenter -t "$init" -m -u -i -n -p -- /bin/bash -eu -s
