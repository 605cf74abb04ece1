#!/bin/bash
# other-gems.sh DIR MIRROR: unpacks Debian's packages of Sidekiq out of older and newer releases, with what they need, into DIR. MIRROR is
# where this machine's apt gets its packages from. The apt itself is not touched: lists and settings are read from a folder of their own.
set -eu
target=$1 mirror=${2:?usage: other-gems.sh DIR MIRROR}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir -p "$target"
unpack() {
  local suite=$1 d=$work/$1; shift
  mkdir -p "$d/state/lists/partial" "$d/cache/archives/partial" "$d/debs"
  echo "deb $mirror $suite main" > "$d/list"
  local options=(-qq -o Dir::State="$d/state" -o Dir::Cache="$d/cache" -o Dir::Etc::sourcelist="$d/list" -o Dir::Etc::sourceparts=-
    -o APT::Architectures=amd64 -o Acquire::Languages=none -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  (cd "$d/debs" && apt-get "${options[@]}" download "$@")
  for deb in "$d"/debs/*.deb; do dpkg-deb -x "$deb" "$target"; done
}
unpack bullseye ruby-sidekiq
unpack trixie ruby-sidekiq ruby-redis-client ruby-connection-pool
