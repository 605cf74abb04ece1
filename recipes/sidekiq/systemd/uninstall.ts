import { fail, note } from '../../../src/index.ts'
import type { StepList } from '../../../src/index.ts'
import { unitsOf } from '../../systemd/state.ts'
import { notOurs } from '../../systemd/whose/refuse.ts'
import type { Context } from '../manager.ts'
import { isOurs, whoseElse } from '../mark.ts'
import { fileNames, unitNames } from '../units.ts'
import { staleUnits, unreadUnits } from './files.ts'
import { fileOf, retire } from './retire.ts'
import { asRoot, daemonReload } from './root.ts'

/** Stops Sidekiq and removes what `install` wrote, also under older settings. Leaves alone what somebody else wrote. */
export const uninstall = (c: Context): StepList => {
  const files = fileNames(c.settings).map(({ name }, i) => ({ name, text: c.facts[`file${i}`]?.stdout ?? '' }))
  const unread = files.flatMap(({ name }, i) => {
    const fact = c.facts[`file${i}`]
    return fact?.ok === false ? [`${name} cannot be read: ${fact.stderr.trim()}`] : []
  })
  if (unread.length > 0) {
    const look = fail(unread).title('look at the unit files')
    return [c.settings.serviceUnitUser === 'system' ? look.hint(asRoot(c, 'uninstall')) : look]
  }
  const ours = files.filter(({ text }) => isOurs(c, text)).map(({ name }) => name)
  const foreign = files.filter(({ text }) => text !== '' && !isOurs(c, text))
  const units = unitsOf(c.facts, unitNames(c.settings)).filter(({ name, state }) => state !== 'missing' && ours.includes(fileOf(name)))
  // has our first line but runs elsewhere: it belongs to another application with the same name
  const taken = notOurs(
    c,
    units.map(({ name }) => name),
  )
  if (taken) return [taken]
  const old = staleUnits(c)
  const gone = [...ours, ...filesOf(old)]
  return [
    foreign.length > 0 && note(foreign.map(({ name, text }) => `${name} ${whoseElse(text)}, and so is left as it is`)).title('what stays'),
    unreadUnits(c),
    retire(c, [...units.map(({ name }) => name), ...runnable(old)], gone),
    gone.length > 0 && daemonReload(c, 'uninstall'),
  ]
}

/** The units among the stale names: a template is not one. */
export const runnable = (stale: readonly string[]): readonly string[] => stale.filter((name) => !name.endsWith('@.service'))

/** The files among the stale names: an instance has none of its own. */
export const filesOf = (stale: readonly string[]): readonly string[] => stale.filter((name) => fileOf(name) === name)
