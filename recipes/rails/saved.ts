import { sh } from '../../src/index.ts'
import type { Command, Path } from '../../src/index.ts'
import { sharedFolder } from './place.ts'
import type { Context } from './rake.ts'

/** `app-0123abcd….css`: what is in it follows from its name, so that nothing writes another text into it. */
const DIGEST = `*${'[0-9a-f]'.repeat(8)}*`

/**
 * The shared assets as they are before a compilation, for whoever has to undo it. Hard links cost neither time nor room; what is written
 * in place (manifests, files without a digest) is copied. Under another name until it is whole. Where files of somebody else can neither
 * be linked nor read, or there is no room, the deploy goes on without.
 */
export const save = (c: Context): Command | false =>
  c.deploy.releasing &&
  sh`
rm -rf ${allSaved(c)}
mkdir -p ${making(c)} ${sharedFolder(c)}
cp -al ${sharedFolder(c)}/. ${making(c)}/ 2>/dev/null || {
  rm -rf ${making(c)}
  mkdir ${making(c)}
  cp -pR ${sharedFolder(c)}/. ${making(c)}/
} || {
  rm -rf ${making(c)}
  echo 'the shared assets cannot be saved: if this deploy fails, what it has written there stays' >&2
  exit 0
}
find ${making(c)} -type f \( ! -name ${DIGEST} -o -name '.*' -o -name 'manifest*' \) -exec sh -c ${COPY} sh {} +
mv ${making(c)} ${saved(c)}`.title('save the shared assets')

/** Until the switch: afterwards the new assets are those of what is live. */
export const restoreSaved = (c: Context): Command | false =>
  c.failure?.ran('deploy:symlink:release') === 'no' &&
  sh`
cd ${sharedFolder(c)}
find . ! -type d -exec sh -c ${REMOVE} sh ${saved(c)} {} +
cd ${saved(c)}
find . ! -type d -exec sh -c ${RESTORE} sh ${sharedFolder(c)} {} +
cd ${sharedFolder(c)}
find . -depth -type d -exec sh -c ${EMPTY} sh ${saved(c)} {} +
rm -rf ${allSaved(c)}`
    .onlyIf(sh`[ -d ${saved(c)} ]`)
    .title('restore the shared assets')

export const removeSaved = (c: Context): Command | false =>
  c.deploy.releasing && sh`rm -rf ${allSaved(c)}`.title('remove the saved assets').allowFailure()

/** Of one release: what another run left is never put back. */
const saved = (c: Context): Path => named(c, c.deploy.release)
const making = (c: Context): Path => named(c, 'making')
const allSaved = (c: Context): Command => sh`${c.paths.deployTo.join('.shipit')}/assets-*.${c.usedAs}`
const named = (c: Context, what: string): Path => c.paths.deployTo.join(`.shipit/assets-${what}.${c.usedAs}`)

const COPY = 'for f; do cp -p "$f" "$f.shipit" && mv -f "$f.shipit" "$f" || exit 1; done'
const REMOVE = 'saved=$1; shift; for f; do [ -e "$saved/$f" ] || [ -L "$saved/$f" ] || rm -f "$f" || exit 1; done'
const RESTORE = `to=$1; shift; for f; do
  if [ "$f" -ef "$to/$f" ] || { [ ! -L "$f" ] && cmp -s "$f" "$to/$f"; }; then continue; fi
  mkdir -p "$to/\${f%/*}" && cp -pP "$f" "$to/$f.shipit" && mv -f "$to/$f.shipit" "$to/$f" || exit 1
done`
const EMPTY = 'saved=$1; shift; for d; do [ -d "$saved/$d" ] || rmdir "$d" || exit 1; done'
