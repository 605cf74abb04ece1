#!/bin/bash
# repo.sh: the bare git repository that hosts deploy from, made anew out of ../app with a Gemfile.lock that fits the base's gems.
set -eu
. "$(dirname "$0")/lib.sh"
work=$(mktemp -d "$dir/work.XXXXXX"); trap 'rm -rf "$work" "$base/tmp/lock-$lab"' EXIT
cp -a "$here/../app/." "$work"
if [ ! -f "$dir/Gemfile.lock" ] || [ "$shared/base.stamp" -nt "$dir/Gemfile.lock" ]; then
  mkdir -p "$base/tmp/lock-$lab"; cp "$work/Gemfile" "$base/tmp/lock-$lab/"
  chroot "$base" sh -c 'cd "$1" && HOME=$1 bundle lock' sh "/tmp/lock-$lab" >"$dir/lock.log" 2>&1 || { cat "$dir/lock.log" >&2; die 'bundle lock failed'; }
  cp "$base/tmp/lock-$lab/Gemfile.lock" "$dir/Gemfile.lock"
fi
cp "$dir/Gemfile.lock" "$work/"
rm -rf "$repo"; git init -q --bare -b main "$repo"
export GIT_DIR=$repo GIT_WORK_TREE=$work GIT_AUTHOR_NAME=lab GIT_AUTHOR_EMAIL=lab@localhost GIT_COMMITTER_NAME=lab GIT_COMMITTER_EMAIL=lab@localhost
cd "$work"
git add -A
git commit -q -m 'The first version'
