import { fail, sh, sudoRefused, warn, write } from '../../src/index.ts'
import type { Command, Sh, StepList, Word } from '../../src/index.ts'
import { inTheWay, foreignFile } from '../foreign.ts'
import { cannotLook, markedIn, namesOf } from '../marked.ts'
import { confFile, inqFiles, markOf, type InqFile } from './files.ts'
import { installed, notInstalled } from './remedies.ts'
import { known } from './verify.ts'
import { wrapped } from './wrapped.ts'
import { unwatchable, watched, type Context } from './watched.ts'

/** Exit code if Inspeqtor would not read the files. */
const REFUSED = 65
/** Exit code if a file belongs to another application. */
const FOREIGN = 67

/**
 * Writes the files that differ, once Inspeqtor has tried all of them in a copy of the folder. `inspeqtor -tc` exits with 0 and prints
 * "parsed ok" even if it could not read a file, so its output counts.
 */
export const install = (c: Context): StepList => {
  const files = inqFiles(c)
  const conf = confFile(c)
  if (files.length === 0 && conf === undefined) return []
  if (!installed(c)) return notInstalled(c)
  const wrong = Object.keys(c.settings.services).flatMap((service) => {
    const why = unwatchable(c, service)
    return why === undefined ? [] : [`${service}: ${why}`]
  })
  if (wrong.length > 0) return [fail(wrong).title('look at what is to be watched').hint('nothing was changed on this host')]
  const old = stale(c, files)
  const { sudo, dir } = c.settings
  return [
    cannotLook(c.facts.ours, `${dir}/services.d`)?.allowFailure().hint('old files of ours, if there are any, stay'),
    tried(c, files, conf, old),
    ...files.map(({ path, text }) => write(path, text, { sudo, mode: '0644' }).hint(asRoot(c, 'install'))),
    conf !== undefined && putConf(c, conf),
    old.length > 0 && as(c)`rm -f ${old.map((name) => `${dir}/services.d/${name}`)}`.title(`remove ${old.join(', ')}`),
    // secrets cannot be compared from here, so a conf is always read again
    (old.length > 0 || conf !== undefined || files.some((file, i) => !same(c, file, i))) && reload(c),
    watched(c).length > 0 &&
      known(
        c,
        watched(c).map(({ name }) => name),
      ),
    ...wrapped(c).map(({ message, remedy }) => warn(`${message}: ${remedy}`).title('look at what is measured')),
  ]
}

/** Removes what `install` wrote in services.d. Inspeqtor cannot do without host.inq and inspeqtor.conf. */
export const uninstall = (c: Context): StepList => {
  const { dir } = c.settings
  const unseen = cannotLook(c.facts.ours, `${dir}/services.d`)
  if (unseen) return [unseen.hint(asRoot(c, 'uninstall'))]
  const ours = found(c)
  if (ours.length === 0) return []
  return [
    as(c)`rm -f ${ours.map((name) => `${dir}/services.d/${name}`)}`.title(`remove ${ours.join(', ')}`).hint(asRoot(c, 'uninstall')),
    installed(c) && reload(c),
  ]
}

/** Our files in services.d that the settings no longer contain. */
export const stale = (c: Context, files: readonly InqFile[]): readonly string[] => {
  const wanted = files.map(({ path }) => path.slice(path.lastIndexOf('/') + 1))
  return found(c).filter((name) => !wanted.includes(name))
}

/** Whether a file on the host could be read and is up to date. A fact may have lost the last newline. */
export const same = (c: Context, { text }: InqFile, i: number): boolean => {
  const fact = c.facts[`file${i}`]
  return fact?.ok === true && fact.stdout.trimEnd() === text.trimEnd()
}

/** Facts for the tasks that write: the content of each file (`file0` …), and which files are ours. */
export const fileFacts = (
  c: Context | Pick<Context, 'settings' | 'settingsOf' | 'host' | 'application' | 'stage'>,
): Record<string, Command> => {
  const { dir } = c.settings
  const files = inqFiles(c as Context)
  return {
    ...Object.fromEntries(files.map(({ path }, i) => [`file${i}`, sh`cat ${path}`.probe()])),
    ours: markedIn(`${dir}/services.d`, markOf(c), c.settings.sudo),
  }
}

const found = (c: Context): readonly string[] =>
  namesOf(c.facts.ours, `${c.settings.dir}/services.d`).filter((name) => name.endsWith('.inq'))

const as = (c: Context): Sh => (c.settings.sudo ? sh.as('root') : sh)

const tried = (c: Context, files: readonly InqFile[], conf: readonly Word[] | undefined, old: readonly string[]): Command => {
  const { dir, inspeqtorBin } = c.settings
  const services = files.map(({ path }) => path).filter((path) => path.startsWith(`${dir}/services.d/`))
  const whole = [...files.map(({ path }) => path).filter((path) => !services.includes(path)), ...(conf ? [`${dir}/inspeqtor.conf`] : [])]
  const put = files.map(({ path, text }) => sh`printf '%s' ${text} > "$work"/${path.slice(dir.length + 1)};`)
  return as(c)`
LC_ALL=C; export LC_ALL
umask 077
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cp -RL ${dir}/. "$work"
mkdir -p "$work"/services.d
${others(c, services, whole)}
${old.length > 0 ? sh`(cd "$work"/services.d && rm -f ${old});` : []}
${put}
${conf === undefined ? [] : sh`printf '%s' ${conf} > "$work"/inspeqtor.conf`}
code=0
${inspeqtorBin} -c "$work" -tc > "$work"/.said 2>&1 || code=$?
if [ "$code" != 0 ] || grep -q 'Unable to parse' "$work"/.said; then
  sed "s|$work|"${dir}'|g' "$work"/.said >&2
  exit ${REFUSED}
fi
${kept(whole)}`
    .title('let Inspeqtor try the files')
    .hint(({ code, stderr }) =>
      code === REFUSED
        ? `Inspeqtor would not read this: nothing was changed. A file that is not shipit's may be the one: ${c.settings.inspeqtorBin} -c ${dir} -tc`
        : code === FOREIGN
          ? `nothing was changed. One file has room for one application: leave the service out here, or say what its own unit is called (name). Or, if nobody needs what is there: sudo rm ${inTheWay(stderr).join(' ')}`
          : asRoot(c, 'install')({ code, stderr }),
    )
}

/**
 * Refuses to overwrite a service's file that lacks our mark. host.inq and inspeqtor.conf come with the package, so they are refused only if
 * another application has marked them. Otherwise {@link kept} copies them, the newest as NAME.before-shipit.
 */
const others = (c: Context, services: readonly string[], whole: readonly string[]): Command => sh`foreign=
mine() { [ ! -e "$1" ] || grep -qF -e ${markOf(c)} -- "$1"; }
for file in ${services}; do mine "$file" || { echo "$file" ${foreignFile(c)} >&2; foreign=1; }; done
for file in ${whole}; do
  if mine "$file"; then continue; fi
  if grep -q 'by shipit, for ' "$file"; then echo "$file" ${foreignFile(c)} >&2; foreign=1; fi
done
[ -z "$foreign" ] || exit ${FOREIGN}`

/** Copies what came with the package, once the new files are known to be good. `mine` is defined by {@link others}. */
const kept = (whole: readonly string[]): Command | readonly [] =>
  whole.length === 0
    ? []
    : sh`for file in ${whole}; do
  mine "$file" || cmp -s "$file" "$file".before-shipit || cp -p --backup=numbered "$file" "$file".before-shipit
done`

/** inspeqtor.conf has passwords: only root may read it, and its content is never an argument of a process. */
const putConf = (c: Context, conf: readonly Word[]): Command =>
  as(c)`
umask 077
dir=${c.settings.dir}
new=$dir/.inspeqtor.conf.new$$
trap 'rm -f "$new"' EXIT
printf '%s' ${conf} > "$new"
cmp -s "$new" "$dir"/inspeqtor.conf || mv -f "$new" "$dir"/inspeqtor.conf`
    .title(`write ${c.settings.dir}/inspeqtor.conf`)
    .hint(asRoot(c, 'install'))

/** HUP makes Inspeqtor read its files again. It goes to the oldest process of that name. */
const reload = (c: Context): Command =>
  as(c)`
pid=$(pgrep -o -x ${c.settings.inspeqtorBin.replace(/^.*\//, '')}) || { echo 'Inspeqtor does not run' >&2; exit 1; }
kill -s HUP "$pid"`
    .title('let Inspeqtor read its files')
    .hint(({ stderr }) => (stderr.includes('does not run') ? 'start it: systemctl start inspeqtor, or initctl start inspeqtor' : undefined))

/** Only root may write there, and sudoers cannot allow just a part of it. */
const asRoot =
  (c: Context, task: string) =>
  ({ stderr }: { code: number | undefined; stderr: string }): string | undefined =>
    sudoRefused(stderr) || /Permission denied/.test(stderr)
      ? `${c.settings.dir} is root's. Once, as somebody who may: ${c.shipit(`inspeqtor:${task}`, '--set', 'ssh.user=root')}`
      : undefined
