import { inside, sh } from '../../src/index.ts'
import type { Command, Path, StepList } from '../../src/index.ts'
import { removeSaved, restoreSaved, save } from './saved.ts'
import { assetsDir, inBundle, sharedAssets, type Context } from './context.ts'
import { remedy } from './remedies.ts'

/** A folder in the release, named as in capistrano-rails: each tool finds what the other saved. */
const BACKUP = 'assets_manifest_backup'

/** Compiles into public/PREFIX, which all releases share, so that a page that a browser still shows finds its assets. */
export const precompile = (c: Context): StepList => [link(c), save(c), compile(c)]

/**
 * The folder is shared, and the manifests list which of its files belong to a release, so each release keeps its own copy. Without a
 * manifest, nothing was compiled, and this fails.
 */
export const backupManifest = (c: Context): Command => {
  const dir = assetsDir(c)
  const copy = sh.in(c.paths.release)`
mkdir -p ${BACKUP}
found=
for file in ${dir}/.sprockets-manifest* ${dir}/manifest*.* ${dir}/.manifest.json; do
  if [ -f "$file" ]; then rm -f ${BACKUP}/"\${file##*/}"; cp -p "$file" ${BACKUP}/; found=1; fi
done
if [ -z "$found" ]; then echo ${`no manifest in ${dir}`} >&2; exit 1; fi
`
    .title('keep the manifest of the assets')
    .hint('rake assets:precompile wrote none there: set assetsPrefix to config.assets.prefix, or assets: false if the app has no assets')
  return inside(c, [{ path: BACKUP, how: 'fill', why: 'and rails() keeps the manifest of the assets there' }], copy)
}

/** For a rollback. A release that kept no manifest compiles its assets again. */
export const restoreManifest = (c: Context): StepList => {
  const kept = sh`[ -d ${c.paths.release}/${BACKUP} ]`
  return [
    restore(c, c.paths.release).onlyIf(kept),
    inBundle(c)`bundle exec rake assets:precompile`.title('compile the assets').hint(remedy(c, 'assets')).unless(kept),
    backupManifest(c).unless(kept),
  ]
}

/**
 * After a failure, restores the assets and the manifest of the live release: a process that starts now would look for assets of the failed
 * one.
 */
export const recoverManifest = (c: Context): StepList => {
  const ran = (task: string) => (c.failure?.ran(task) ?? 'no') !== 'no'
  if (!ran('deploy:assets:precompile') && !ran('deploy:assets:restore_manifest')) return []
  return [restoreSaved(c), restore(c, c.paths.current).onlyIf(sh`[ -d ${c.paths.current}/${BACKUP} ]`)]
}

/** Removes old versions of assets. Those of the live release are among the ones that are kept. */
export const clean = (c: Context): StepList => [
  removeSaved(c),
  c.settings.keepAssets !== null &&
    inBundle(c)`bundle exec rake ${`assets:clean[${c.settings.keepAssets}]`}`.title('remove old assets').allowFailure(),
]

/** Does nothing if `public`, or the folder itself, is a linked directory: it is in shared already. */
const link = (c: Context): Command | false => {
  const dir = assetsDir(c)
  if (c.linkedDirs.some((linked) => dir === linked || dir.startsWith(`${linked}/`))) return false
  const shared = sharedAssets(c)
  const parent = dir.slice(0, dir.lastIndexOf('/'))
  return inside(
    c,
    [{ path: dir, why: `and rails() links ${dir} to the assets that all releases share` }],
    sh.in(c.paths.release)`
mkdir -p ${shared} ${parent}
rm -rf ${dir}
ln -s ${shared} ${dir}`
      .unless(sh`[ -L ${dir} ] && [ ${dir} -ef ${shared} ]`)
      .title(`link ${dir}`),
  )
}

const compile = (c: Context): Command => {
  const { skipUnchangedAssets: sources } = c.settings
  const command = inBundle(c)
  // run by itself, it always compiles: the release is the live one, so there is nothing to compare
  if (sources.length === 0 || !c.deploy.releasing)
    return command`bundle exec rake assets:precompile`.title('compile the assets').hint(remedy(c, 'assets'))
  const live = c.paths.current
  return command`
changed=
if [ ! -d ${live}/${BACKUP} ]; then changed=1; fi
for one in ${sources}; do
  if [ ! -e "$one" ] && [ ! -e ${live}/"$one" ]; then continue; fi
  diff -qr ${live}/"$one" "$one" >/dev/null 2>&1 || changed=1
done
if [ -n "$changed" ]; then
  bundle exec rake assets:precompile
else
  echo 'nothing changed since the live release: its assets are used'
  ${copyManifests(c, live)}
fi
`
    .title('compile the assets if they changed')
    .hint(remedy(c, 'assets'))
}

/** The assets folder of a release is a link into shared, which we made. */
const restore = (c: Context, release: Path): Command => {
  const dir = assetsDir(c)
  return inside(
    { ...c, paths: { ...c.paths, release }, linkedDirs: [...c.linkedDirs, dir] },
    [{ path: dir, how: 'fill', why: 'and rails() puts the manifest of the assets there' }],
    sh.in(release)`${copyManifests(c, release)}`.title('restore the manifest of the assets'),
  )
}

/**
 * Copies a release's manifests into the shared folder. Renames each into place, so a process that starts meanwhile reads the old or the new
 * one.
 */
const copyManifests = (c: Context, from: Path): Command => {
  const dir = assetsDir(c)
  return sh`for file in ${from}/${BACKUP}/.[!.]* ${from}/${BACKUP}/*; do
  if [ -f "$file" ]; then cp -p "$file" ${dir}/.shipit-manifest; mv -f ${dir}/.shipit-manifest ${dir}/"\${file##*/}"; fi
done`
}
