import { fail, sh, sudoRefused, write } from '../../src/index.ts'
import type { Command, Failed, Sh, StepList } from '../../src/index.ts'
import { inTheWay, foreignFile } from '../foreign.ts'
import { cannotLook, markedIn, namesOf } from '../marked.ts'
import { markOf, monitFiles, SHARED, type MonitFile } from './files.ts'
import { installed, monit, notInstalled, remedy } from './remedies.ts'
import { unwatchable, watched, type Asking, type Context } from './watched.ts'

/** Exit codes: Monit would not take the files; Monit does not read the folder. */
const REFUSED = 65
const UNREAD = 66
/** Exit code if a file belongs to another application. */
const FOREIGN = 67

/** Writes the files that differ, once Monit has tried its whole configuration with them. */
export const install = (c: Context): StepList => {
  const files = monitFiles(c)
  const wrong = Object.keys(c.settings.services).flatMap((service) => {
    const why = unwatchable(c, service)
    return why === undefined ? [] : [`${service}: ${why}`]
  })
  if (wrong.length > 0) return [fail(wrong).title('look at what is to be watched').hint('nothing was changed on this host')]
  const old = stale(c, files)
  if (files.length === 0 && old.length === 0) return []
  if (!installed(c)) return notInstalled(c)
  const { sudo, confDir } = c.settings
  const changed = old.length > 0 || files.some((file, i) => !same(c, file, i))
  return [
    cannotLook(c.facts.ours, confDir)?.allowFailure().hint('old files of ours, if there are any, stay'),
    tried(c, files, old),
    ...files.map(({ name, text }) => write(`${confDir}/${name}`, text, { sudo, mode: '0600' }).hint(asRoot(c, 'install'))),
    old.length > 0 && remove(c, old, 'install'),
    changed && reload(c),
    changed && known(c),
  ]
}

/** Removes what `install` wrote for this application and stage. */
export const uninstall = (c: Context): StepList => {
  const unseen = cannotLook(c.facts.ours, c.settings.confDir)
  if (unseen) return [unseen.hint(asRoot(c, 'uninstall'))]
  const ours = found(c)
  return ours.length === 0 ? [] : [remove(c, ours, 'uninstall'), installed(c) && reload(c)]
}

/** Facts for the tasks that write: which files are ours (`ours`), and the content of each (`file0` …), which only root may read. */
export const fileFacts = (c: Asking): Record<string, Command> => {
  const { confDir, sudo } = c.settings
  const root = sudo ? sh`[ "$(id -u)" = 0 ] || set -- sudo -n;` : []
  const files = monitFiles(c as unknown as Context)
  return {
    ...Object.fromEntries(files.map(({ name }, i) => [`file${i}`, sh`set --; ${root} "$@" cat ${confDir}/${name}`.probe()])),
    ours: markedIn(confDir, markOf(c), sudo),
  }
}

export const same = (c: Context, { text }: MonitFile, i: number): boolean => {
  const fact = c.facts[`file${i}`]
  return fact?.ok === true && fact.stdout.trimEnd() === text.trimEnd()
}

/** Our files that the settings no longer contain. */
export const stale = (c: Context, files: readonly MonitFile[]): readonly string[] =>
  found(c).filter((name) => !files.some((file) => file.name === name))

const found = (c: Context): readonly string[] => namesOf(c.facts.ours, c.settings.confDir)

const as = (c: Context): Sh => (c.settings.sudo ? sh.as('root') : sh)

/** Tries a copy of the control file that includes a temporary folder instead of the real one, so that clashing names are found too. */
const tried = (c: Context, files: readonly MonitFile[], old: readonly string[]): Command => {
  const { confDir, controlFile, monitBin } = c.settings
  const put = files.map(({ name, text }) => sh`printf '%s' ${text} > "$work"/conf/${name};`)
  const there = confDir.replaceAll(/[.*[\]^$\\|]/g, '\\$&')
  return as(c)`
LC_ALL=C; export LC_ALL
umask 077
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir "$work"/conf
for file in ${confDir}/*; do [ ! -f "$file" ] || cp -L "$file" "$work"/conf/; done
${others(c, files)}
${old.length > 0 ? sh`(cd "$work"/conf && rm -f ${old});` : []}
${put}
sed "s|"${`${there}/`}"|$work/conf/|g" ${controlFile} > "$work"/monitrc
if cmp -s ${controlFile} "$work"/monitrc; then echo ${`${controlFile} does not include ${confDir}`} >&2; exit ${UNREAD}; fi
${monitBin} -t -c "$work"/monitrc > "$work"/said 2>&1 || {
  sed "s|$work/conf|"${confDir}"|g; s|$work/monitrc|"${controlFile}"|g" "$work"/said >&2
  exit ${REFUSED}
}`
    .title('let Monit try the files')
    .hint((failed) => {
      if (failed.code === UNREAD)
        return `add the line \`include ${confDir}/*\` to ${controlFile}, or set confDir to a folder that it includes`
      if (failed.code === REFUSED)
        return `Monit would not read this: nothing was changed. A file that is not shipit's may be the one: ${monitBin} -t`
      if (failed.code === FOREIGN)
        return `nothing was changed. Leave \`name\` out: then the file is named after the application and the stage. Or, if nobody needs what is there: sudo rm ${inTheWay(failed.stderr).join(' ')}`
      return asRoot(c, 'install')(failed)
    })
}

/** Refuses to overwrite files that lack our mark, except the one that all applications share. */
const others = (c: Context, files: readonly MonitFile[]): Command => {
  const own = files.filter(({ name }) => name !== SHARED).map(({ name }) => name)
  return sh`foreign=
for name in ${own}; do
  if [ ! -e ${c.settings.confDir}/"$name" ] || grep -qF -e ${markOf(c)} -- ${c.settings.confDir}/"$name"; then continue; fi
  echo ${c.settings.confDir}/"$name" ${foreignFile(c)} >&2; foreign=1
done
[ -z "$foreign" ] || exit ${FOREIGN}`
}

const remove = (c: Context, names: readonly string[], task: string): Command =>
  as(c)`rm -f ${names.map((name) => `${c.settings.confDir}/${name}`)}`.title(`remove ${names.join(', ')}`).hint(asRoot(c, task))

/** Monit answers at once, and reads its files a moment later. */
const reload = (c: Context): Command => as(c)`${c.settings.monitBin} reload`.title('let Monit read its files').hint(remedy(c))

const known = (c: Context): Command => {
  const names = watched(c).map(({ name }) => name)
  return sh`
LC_ALL=C; export LC_ALL
n=0
for name in ${names}; do
  until said=$(${monit(c)} -B status "$name" 2>&1); do
    [ "$n" -lt 30 ] || { printf '%s\n' "$said" >&2; exit 1; }
    n=$((n + 1))
    sleep 1
  done
done`
    .title(`check that Monit knows ${names.join(', ')}`)
    .hint(remedy(c))
}

/** Only root may write there, and sudoers cannot allow just a part of it. */
const asRoot =
  (c: Context, task: string) =>
  ({ stderr }: Failed): string | undefined =>
    sudoRefused(stderr) || /Permission denied/.test(stderr)
      ? `${c.settings.confDir} is root's. Once, as somebody who may: ${c.shipit(`monit:${task}`, '--set', 'ssh.user=root')}`
      : undefined
