import { sh } from '../../../src/index.ts'
import type { Command, Sh } from '../../../src/index.ts'
import { doctorFacts, unitFacts } from '../../systemd/facts.ts'
import { rights } from '../../sudo/allowed.ts'
import { looked, readFile } from '../../marked.ts'
import { ownerFact } from '../../systemd/whose/fact.ts'
import type { Asking } from '../manager.ts'
import { markOf } from '../mark.ts'
import { fileNames, unitNames } from '../units.ts'
import { asOwner, readHost } from './host.ts'

type Facts = Readonly<Record<string, Command>>

/** Read from every host of the roles before anything is planned. Only tasks that write, remove or start units read the files. */
export const facts = (c: Asking): Facts => {
  const names = unitNames(c.settings)
  const units = { ...unitFacts(c.settings, names, c.host.user), owner: ownerFact(c.settings, names, c.paths, c.host.user) }
  if (c.runs('sidekiq:install')) return { ...units, ...doctorFacts(c.settings, names, [], c.host.user), ...fileFacts(c), host: readHost(c) }
  const asks = c.runs('sidekiq:check') && c.settings.serviceUnitUser === 'system'
  // a start compares the files with the config
  const starts = STARTS.some((task) => c.runs(task))
  return {
    ...units,
    ...(asks && { rights: rights() }),
    ...((starts || c.runs('sidekiq:uninstall')) && fileFacts(c)),
    ...(starts && { host: readHost(c) }),
  }
}

const STARTS = ['sidekiq:start', 'sidekiq:restart']

/** The unit files as they are (`file0` …), and the units on the host that belong to this use of the recipe (`ours`). */
export const fileFacts = (c: Asking): Facts => {
  const tag = c.settings.serviceUnitUser === 'system' ? sh : asOwner(c)
  const read = (name: string): Command => inDir(c, tag)`${readFile(name)}`.probe()
  const ours = inDir(c, tag)`
[ -r . ] || { echo "$PWD cannot be read" >&2; exit 1; }
LC_ALL=C grep -lF -e ${`${markOf(c)} `} -- *.service || :
for one in *.wants/*@*.service; do if [ -L "$one" ]; then printf '%s\n' "\${one##*/}"; fi; done
`
  return { ...Object.fromEntries(fileNames(c.settings).map(({ name }, i) => [`file${i}`, read(name)])), ours: ours.probe() }
}

/** Runs in the folder of the unit files; does nothing if there is none. */
const inDir =
  (c: Asking, tag: Sh) =>
  (template: TemplateStringsArray, ...values: (string | Command)[]): Command => {
    // with the dot: tests that the folder can be entered, not just seen
    const dir = c.settings.serviceUnitUser === 'system' ? sh`/etc/systemd/system/.` : sh`"$HOME/.config/systemd/user/."`
    return tag`cd ${dir} 2>/dev/null || { ${looked(dir)}; exit 0; }; ${sh(template, ...values)}`
  }
