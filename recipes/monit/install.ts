import { sh } from '../../src/index.ts'
import type { Command, StepList } from '../../src/index.ts'
import { type FileSet, asRoot, installFiles, refuseForeign, REJECTED, testHint, uninstallFiles } from '../rules/index.ts'
import type { Context } from './facts.ts'
import { monitFiles, sharedFile } from './files.ts'
import { monitWords, remedy } from './remedies.ts'
import { MONIT_WATCHER, watchedServices } from './services.ts'

/** Exit code if Monit does not read the folder. */
const UNREAD = 66

export const fileSet = (c: Context): FileSet => {
  const { confDir, monitBin } = c.settings
  const reload = asRoot(c)`${monitBin} reload`.title('reload Monit').hint(remedy(c))
  return { by: MONIT_WATCHER, dir: confDir, folder: confDir, files: monitFiles(c), reload }
}

/** Writes the files that differ, once Monit has tested its whole configuration with them. */
export const install = (c: Context): StepList => {
  const set = fileSet(c)
  return installFiles(c, {
    ...set,
    mode: '0600',
    test: (stale) => testFiles(c, set, stale),
    verify: (changed) => changed && verifyKnown(c),
  })
}

export const uninstall = (c: Context): StepList => uninstallFiles(c, fileSet(c))

/** Tests a copy of the control file that includes a temporary folder instead of the real one, so that clashing names are found too. */
const testFiles = (c: Context, set: FileSet, stale: readonly string[]): Command => {
  const { confDir, controlFile, monitBin } = c.settings
  const put = set.files.map(({ path, text }) => sh`printf '%s' ${text} > "$work"/conf/${path.slice(confDir.length + 1)};`)
  const own = set.files.map(({ path }) => path).filter((path) => path !== sharedFile(c))
  const pattern = confDir.replaceAll(/[.*[\]^$\\|]/g, '\\$&')
  return asRoot(c)`
LC_ALL=C; export LC_ALL
umask 077
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir "$work"/conf
for file in ${confDir}/*; do [ ! -f "$file" ] || cp -L "$file" "$work"/conf/; done
${refuseForeign(c, own)}
${stale.length > 0 ? sh`(cd "$work"/conf && rm -f ${stale});` : []}
${put}
sed "s|"${`${pattern}/`}"|$work/conf/|g" ${controlFile} > "$work"/monitrc
if cmp -s ${controlFile} "$work"/monitrc; then echo ${`${controlFile} does not include ${confDir}`} >&2; exit ${UNREAD}; fi
${monitBin} -t -c "$work"/monitrc > "$work"/output 2>&1 || {
  sed "s|$work/conf|"${confDir}"|g; s|$work/monitrc|"${controlFile}"|g" "$work"/output >&2
  exit ${REJECTED}
}`
    .title('test the files with Monit')
    .hint((failed) =>
      failed.code === UNREAD
        ? `add the line \`include ${confDir}/*\` to ${controlFile}, or set confDir to a folder that it includes`
        : testHint(c, set, {
            command: `${monitBin} -t`,
            rename: 'Leave `name` out: then the file is named after the application and the stage.',
          })(failed),
    )
}

/** Monit answers at once, and reads its files a moment later. */
const verifyKnown = (c: Context): Command => {
  const names = watchedServices(c).map(({ name }) => name)
  return sh`
LC_ALL=C; export LC_ALL
n=0
for name in ${names}; do
  until output=$(${monitWords(c)} -B status "$name" 2>&1); do
    [ "$n" -lt 30 ] || { printf '%s\n' "$output" >&2; exit 1; }
    n=$((n + 1))
    sleep 1
  done
done`
    .title(`check that Monit knows ${names.join(', ')}`)
    .hint(remedy(c))
}
