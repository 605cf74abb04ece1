# What somebody who deploys by hand would write: the same work as a deploy by shipit or Capistrano, in one script, sent by
#   { echo "deploy_to=… repo=… branch=… keep=3 services=yes"; cat by-hand.sh; } | ssh HOST sh -s
set -eu
deploy_to=$(eval echo "$deploy_to")
shared=$deploy_to/shared
mkdir -p "$deploy_to/releases" "$shared/log"
release=$(date -u +%Y%m%d%H%M%S) newest=$(ls "$deploy_to/releases" | tail -1)
[ "${newest:-0}" -lt "$release" ] || release=$((newest + 1))
new=$deploy_to/releases/$release
git ls-remote "$repo" HEAD >/dev/null
[ -z "$services" ] || sudo systemctl reload sidekiq.service

[ -f "$deploy_to/repo/HEAD" ] || git clone -q --mirror "$repo" "$deploy_to/repo"
cd "$deploy_to/repo"
git remote set-url origin "$repo"
git remote update --prune >/dev/null 2>&1
revision=$(git rev-list --max-count=1 "$branch")
mkdir "$new"
git archive "$revision" | tar -xf - -C "$new"
cd "$new"
echo "$revision" > REVISION
git --git-dir="$deploy_to/repo" log -1 --pretty=%ct "$revision" > REVISION_TIME
ln -s "$shared/log" log

if [ -n "$services" ]; then
  mkdir -p .bundle
  printf '%s\n' --- 'BUNDLE_DEPLOYMENT: "true"' "BUNDLE_PATH: \"$shared/bundle\"" 'BUNDLE_WITHOUT: "development:test"' > .bundle/config
  bundle check >/dev/null || bundle install --jobs 4 --quiet
  sudo systemctl stop sidekiq.service
fi

ln -s "$new" "$deploy_to/current.$release"
mv -T "$deploy_to/current.$release" "$deploy_to/current"
[ "$(readlink "$deploy_to/current")" = "$new" ]
[ -z "$services" ] || sudo systemctl start sidekiq.service

cd "$deploy_to/releases"
ls | grep -E '^[0-9]{14}$' | sort | head -n "-$keep" | grep -vx "$release" | xargs -r rm -rf
echo "Branch $branch (at $revision) deployed as release $release by $(id -un)" >> "$deploy_to/revisions.log"
