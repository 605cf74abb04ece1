import { sh, warn } from '../../src/index.ts'
import type { Command, StepList, Word } from '../../src/index.ts'
import { joinLines, oursAt } from '../../src/kit/index.ts'
import { asRoot, type FileSet, installFiles, refuseForeign, REJECTED, rootHint, testHint, uninstallFiles } from '../rules/index.ts'
import type { Context } from './facts.ts'
import { confFile, inqFiles } from './files.ts'
import { INSPEQTOR_WATCHER, watchedServices } from './services.ts'
import { verifyKnown } from './verify.ts'
import { wrapperWarnings } from './wrapper-check.ts'

/** Only files in services.d can be stale: Inspeqtor does not start without host.inq and inspeqtor.conf. It reads no other files there. */
export const fileSet = (c: Context): FileSet => {
  const { dir } = c.settings
  return { by: INSPEQTOR_WATCHER, dir, folder: `${dir}/services.d`, suffix: '.inq', files: inqFiles(c), reload: reload(c) }
}

/** Writes the files that differ, once Inspeqtor has tested all of them. */
export const install = (c: Context): StepList => {
  const set = fileSet(c)
  const conf = confFile(c)
  const names = watchedServices(c).map(({ name }) => name)
  return [
    installFiles(c, {
      ...set,
      mode: '0644',
      test: (stale) => testFiles(c, set, conf, stale),
      // secrets cannot be compared from here, so a conf is always read again
      more: conf && writeConf(c, set, conf),
      verify: () => names.length > 0 && verifyKnown(c, names),
    }),
    ...wrapperWarnings(c).map(({ message, remedy }) => warn(`${message}: ${remedy}`).title('check what the rules measure')),
  ]
}

export const uninstall = (c: Context): StepList => uninstallFiles(c, fileSet(c))

/**
 * Tests the files in a copy of Inspeqtor's folder. `inspeqtor -tc` exits with 0 and prints "parsed ok" even if it could not read a file, so
 * its output counts.
 */
const testFiles = (c: Context, set: FileSet, conf: readonly Word[] | undefined, stale: readonly string[]): Command => {
  const { dir, inspeqtorBin } = c.settings
  const paths = set.files.map(({ path }) => path)
  const services = paths.filter((path) => path.startsWith(`${set.folder}/`))
  const packaged = [...paths.filter((path) => !services.includes(path)), ...(conf ? [`${dir}/inspeqtor.conf`] : [])]
  const put = set.files.map(({ path, text }) => sh`printf '%s' ${text} > "$work"/${path.slice(dir.length + 1)};`)
  return asRoot(c)`
LC_ALL=C; export LC_ALL
umask 077
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cp -RL ${dir}/. "$work"
mkdir -p "$work"/services.d
${refuseForeign(c, services, refuseForeignPackaged(c, packaged))}
${stale.length > 0 ? sh`(cd "$work"/services.d && rm -f ${stale});` : []}
${put}
${conf === undefined ? [] : sh`printf '%s' ${conf} > "$work"/inspeqtor.conf`}
code=0
${inspeqtorBin} -c "$work" -tc > "$work"/.output 2>&1 || code=$?
if [ "$code" != 0 ] || grep -q 'Unable to parse' "$work"/.output; then
  sed "s|$work|"${dir}'|g' "$work"/.output >&2
  exit ${REJECTED}
fi
${backUp(c, packaged)}`
    .title('test the files with Inspeqtor')
    .hint(
      testHint(c, set, {
        command: `${inspeqtorBin} -c ${dir} -tc`,
        rename: "One file has room for one application: remove the service here, or set `name` to its own unit's name.",
      }),
    )
}

/** Shell: host.inq and inspeqtor.conf come with the package, so they are refused only if they have the header of another application. */
const refuseForeignPackaged = (c: Context, paths: readonly string[]): readonly Command[] =>
  paths.map(
    (path) =>
      sh`output=$(${oursAt(c, path)} 2>&1) || case $output in (*': it begins with "'*) printf '%s\n' "$output" >&2; foreign=1 ;; esac`,
  )

/** Shell: copies packaged files, once the new ones are known to be good; the newest copy is NAME.before-shipit. */
const backUp = (c: Context, paths: readonly string[]): Command =>
  joinLines(
    paths.map((path) => {
      const backup = `${path}.before-shipit`
      return sh`${oursAt(c, path)} 2>/dev/null || cmp -s ${path} ${backup} || cp -p --backup=numbered ${path} ${backup}`
    }),
  )

/** inspeqtor.conf has passwords: only root may read it, and its content is never an argument of a process. */
const writeConf = (c: Context, set: FileSet, conf: readonly Word[]): Command =>
  asRoot(c)`
umask 077
dir=${c.settings.dir}
new=$dir/.inspeqtor.conf.new$$
trap 'rm -f "$new"' EXIT
printf '%s' ${conf} > "$new"
cmp -s "$new" "$dir"/inspeqtor.conf || mv -f "$new" "$dir"/inspeqtor.conf`
    .title(`write ${c.settings.dir}/inspeqtor.conf`)
    .hint(rootHint(c, set, 'install'))

/** HUP makes Inspeqtor read its files again. It goes to the oldest process of that name. */
const reload = (c: Context): Command =>
  asRoot(c)`
pid=$(pgrep -o -x ${c.settings.inspeqtorBin.replace(/^.*\//, '')}) || { echo 'Inspeqtor is not running' >&2; exit 1; }
kill -s HUP "$pid"`
    .title('reload Inspeqtor')
    .hint(({ stderr }) =>
      stderr.includes('is not running') ? 'start it: systemctl start inspeqtor, or initctl start inspeqtor' : undefined,
    )
