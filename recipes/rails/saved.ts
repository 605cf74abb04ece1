import { sh } from '../../src/index.ts'
import type { Command, Path } from '../../src/index.ts'
import { sharedAssets, type Context } from './context.ts'

/** `app-0123abcd….css`: the name determines the content, so nothing ever changes such a file. */
const DIGEST = `*${'[0-9a-f]'.repeat(8)}*`

/**
 * Saves the shared assets before a compilation, so that it can be undone. Hard links take no time and no space; files that are written in
 * place (manifests, files without a digest) are copied. The copy has another name until it is complete. If files of another account can
 * neither be linked nor read, or the disk is full, the deploy continues without a copy.
 */
export const save = (c: Context): Command | false =>
  c.deploy.releasing &&
  sh`
rm -rf ${allSaved(c)}
mkdir -p ${incomplete(c)} ${sharedAssets(c)}
cp -al ${sharedAssets(c)}/. ${incomplete(c)}/ 2>/dev/null || {
  rm -rf ${incomplete(c)}
  mkdir ${incomplete(c)}
  cp -pR ${sharedAssets(c)}/. ${incomplete(c)}/
} || {
  rm -rf ${incomplete(c)}
  echo 'the shared assets cannot be saved: if this deploy fails, what it wrote there stays' >&2
  exit 0
}
find ${incomplete(c)} -type f \( ! -name ${DIGEST} -o -name '.*' -o -name 'manifest*' \) -exec sh -c ${COPY} sh {} +
mv ${incomplete(c)} ${saved(c)}`.title('save the shared assets')

/** Only before the switch: after it, the new assets belong to the live release. */
export const restoreSaved = (c: Context): Command | false =>
  c.failure?.ran('deploy:symlink:release') === 'no' &&
  sh`
cd ${sharedAssets(c)}
find . ! -type d -exec sh -c ${REMOVE} sh ${saved(c)} {} +
cd ${saved(c)}
find . ! -type d -exec sh -c ${RESTORE} sh ${sharedAssets(c)} {} +
cd ${sharedAssets(c)}
find . -depth -type d -exec sh -c ${EMPTY} sh ${saved(c)} {} +
rm -rf ${allSaved(c)}`
    .onlyIf(sh`[ -d ${saved(c)} ]`)
    .title('restore the shared assets')

export const removeSaved = (c: Context): Command | false =>
  c.deploy.releasing && sh`rm -rf ${allSaved(c)}`.title('remove the saved assets').allowFailure()

/** The saved assets of one release. Those that another run left are never restored. */
const saved = (c: Context): Path => named(c, c.deploy.release)
const incomplete = (c: Context): Path => named(c, 'making')
const allSaved = (c: Context): Command => sh`${c.paths.deployTo.join('.shipit')}/assets-*.${c.usedAs}`
const named = (c: Context, what: string): Path => c.paths.deployTo.join(`.shipit/assets-${what}.${c.usedAs}`)

const COPY = 'for f; do cp -p "$f" "$f.shipit" && mv -f "$f.shipit" "$f" || exit 1; done'
const REMOVE = 'saved=$1; shift; for f; do [ -e "$saved/$f" ] || [ -L "$saved/$f" ] || rm -f "$f" || exit 1; done'
const RESTORE = `to=$1; shift; for f; do
  if [ "$f" -ef "$to/$f" ] || { [ ! -L "$f" ] && cmp -s "$f" "$to/$f"; }; then continue; fi
  mkdir -p "$to/\${f%/*}" && cp -pP "$f" "$to/$f.shipit" && mv -f "$to/$f.shipit" "$to/$f" || exit 1
done`
const EMPTY = 'saved=$1; shift; for d; do [ -d "$saved/$d" ] || rmdir "$d" || exit 1; done'
