import type { Golden } from './bundler.ts'
import { checked } from './inside.ts'

const R = '/srv/shop/releases/20261123100000'
const LIVE = '/srv/shop/current'
const inRelease = (text: string) => `cd ${R}\n${text}`
const guard = (kind: string, text: string) => `${kind} (\n${inRelease(text)}\n)\n`

const link = (dir: string, parents: readonly string[]) =>
  `${guard('unless', `[ -L ${dir} ] && [ ${dir} -ef /srv/shop/shared/${dir} ]`)}${inRelease(`${checked(
    R,
    parents.map((parent) => `d ${parent} 'and rails() links ${dir} to the assets that all releases share'`),
  )}mkdir -p /srv/shop/shared/${dir} ${parents.at(-1)}
rm -rf ${dir}
ln -s /srv/shop/shared/${dir} ${dir}`)}`
const HEX = "'*[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*'"
const making = '/srv/shop/.shipit/assets-making.rails'
const keep = (dir: string) => `rm -rf /srv/shop/.shipit/assets-*.rails
mkdir -p ${making} /srv/shop/shared/${dir}
cp -al /srv/shop/shared/${dir}/. ${making}/ 2>/dev/null || {
  rm -rf ${making}
  mkdir ${making}
  cp -pR /srv/shop/shared/${dir}/. ${making}/
} || {
  rm -rf ${making}
  echo 'the shared assets cannot be saved: if this deploy fails, what it wrote there stays' >&2
  exit 0
}
find ${making} -type f \\( ! -name ${HEX} -o -name '.*' -o -name 'manifest*' \\) -exec sh -c 'for f; do cp -p "$f" "$f.shipit" && mv -f "$f.shipit" "$f" || exit 1; done' sh {} +
mv ${making} /srv/shop/.shipit/assets-20261123100000.rails`
const assets = (release: string) => {
  const why = "'and rails() puts the manifest of the assets there'"
  return checked(release, [`d public ${why}`]).replace(
    '\n[ -z',
    `\n[ "$shipit_release/"public/assets -ef "$shipit_shared/"public/assets ] || {\nshipit_real d public/assets ${why}\n}\n[ -z`,
  )
}
const compile = inRelease('bundle exec rake assets:precompile')
const backup =
  inRelease(`${checked(R, ["d assets_manifest_backup 'and rails() keeps the manifest of the assets there'"])}mkdir -p assets_manifest_backup
found=
for file in public/assets/.sprockets-manifest* public/assets/manifest*.* public/assets/.manifest.json; do
  if [ -f "$file" ]; then rm -f assets_manifest_backup/"\${file##*/}"; cp -p "$file" assets_manifest_backup/; found=1; fi
done
if [ -z "$found" ]; then echo 'no manifest in public/assets' >&2; exit 1; fi`)
const putBack = (from: string) => `for file in ${from}/assets_manifest_backup/.[!.]* ${from}/assets_manifest_backup/*; do
  if [ -f "$file" ]; then cp -p "$file" public/assets/.shipit-manifest; mv -f public/assets/.shipit-manifest public/assets/"\${file##*/}"; fi
done`
const forget = 'rm -rf /srv/shop/.shipit/assets-*.rails'
const kept = `[ -d ${R}/assets_manifest_backup ]`

export const golden: readonly Golden[] = [
  { title: 'migrate runs in the release', task: ':deploy:migrate', steps: [inRelease('bundle exec rake db:migrate')] },
  {
    title: "migrate runs another task, with the environment of bundler's commands",
    task: ':deploy:migrate',
    settings: { migrationCommand: 'db:prepare' },
    given: { others: { bundler: { env: { BUNDLE_GEMFILE: 'gemfiles/rails.gemfile' } } } },
    steps: [`cd ${R}\nexport BUNDLE_GEMFILE=gemfiles/rails.gemfile\nbundle exec rake db:prepare`],
  },
  {
    title: "conditionallyMigrate skips the migration if db/ equals the live release's",
    task: ':deploy:migrate',
    settings: { conditionallyMigrate: true },
    steps: [`${guard('unless', `diff -qr ${LIVE}/db ${R}/db`)}${inRelease('bundle exec rake db:migrate')}`],
  },
  {
    title: 'a typed migrate migrates the live release, whatever differs',
    task: ':deploy:migrate',
    settings: { conditionallyMigrate: true },
    given: { release: undefined as never },
    steps: [`cd ${LIVE}\nbundle exec rake db:migrate`],
  },
  {
    title: 'assets are compiled into the folder shared by all releases',
    task: ':deploy:assets:precompile',
    steps: [link('public/assets', ['public']), keep('public/assets'), compile],
  },
  {
    title: 'assets are compiled into another folder',
    task: ':deploy:assets:precompile',
    settings: { assetsPrefix: 'static/packs' },
    steps: [link('public/static/packs', ['public', 'public/static']), keep('public/static/packs'), compile],
  },
  {
    title: 'assets are taken from the live release if no file differs',
    task: ':deploy:assets:precompile',
    settings: { skipUnchangedAssets: ['app/assets', 'Gemfile.lock'] },
    steps: [
      link('public/assets', ['public']),
      keep('public/assets'),
      inRelease(`changed=
if [ ! -d ${LIVE}/assets_manifest_backup ]; then changed=1; fi
for one in app/assets Gemfile.lock; do
  if [ ! -e "$one" ] && [ ! -e ${LIVE}/"$one" ]; then continue; fi
  diff -qr ${LIVE}/"$one" "$one" >/dev/null 2>&1 || changed=1
done
if [ -n "$changed" ]; then
  bundle exec rake assets:precompile
else
  echo 'nothing changed since the live release: its assets are used'
  ${putBack(LIVE)}
fi`),
    ],
  },
  { title: 'the manifest is kept with the release', task: ':deploy:assets:backup_manifest', steps: [backup] },
  {
    title: 'a rollback restores the manifest, or compiles if none was kept',
    task: ':deploy:assets:restore_manifest',
    steps: [guard('onlyIf', kept) + inRelease(assets(R) + putBack(R)), guard('unless', kept) + compile, guard('unless', kept) + backup],
  },
  {
    title: "a failure restores the live release's manifest",
    task: ':deploy:assets:recover_manifest',
    given: { ran: { 'deploy:assets:precompile': 'done', 'deploy:symlink:release': 'done' } },
    steps: [`onlyIf (\ncd ${LIVE}\n[ -d ${LIVE}/assets_manifest_backup ]\n)\ncd ${LIVE}\n${assets(LIVE)}${putBack(LIVE)}`],
  },
  { title: 'a failure before any compilation restores nothing', task: ':deploy:assets:recover_manifest', given: { ran: {} }, steps: [] },
  { title: 'old assets are kept unless a number is set', task: ':deploy:assets:clean', steps: [forget] },
  {
    title: 'the given number of versions is kept',
    task: ':deploy:assets:clean',
    settings: { keepAssets: 3 },
    steps: [forget, inRelease("bundle exec rake 'assets:clean[3]'")],
  },
]
