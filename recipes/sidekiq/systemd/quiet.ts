import { warn } from '../../../src/index.ts'
import type { Command, Failed } from '../../../src/index.ts'
import {
  crashLoopMessage,
  diagnoseReload,
  DIAGNOSIS,
  journalCommand,
  noteSignalled,
  query,
  remedy,
  runVerb,
  verifyQuiet,
  waysToQuiet,
  type Unit,
} from '../../systemd/services.ts'
import type { Context } from './service.ts'
import { noteQuiet } from '../quietness.ts'

/** Warns about units in a crash loop: between two attempts they have no process that could be quieted. */
export const warnOfLoops = (c: Context, units: readonly Unit[]): Command[] => {
  const found = units.flatMap((unit) => {
    const text = crashLoopMessage(unit)
    return text === undefined ? [] : [{ name: unit.name, text }]
  })
  if (found.length === 0) return []
  const names = found.map(({ name }) => name)
  return [
    warn(
      found.map(({ text }) => text),
      { hint: `see ${journalCommand(c, names)}` },
    ).title(`check that ${names.join(', ')} ${names.length === 1 ? 'stays' : 'stay'} up`),
  ]
}

/**
 * Quiets every running process: with `reload` if that does nothing else, or else with the signal itself. One call per unit, because of
 * sudoers, each followed by a check that the process is still there.
 */
export const quietUnits = (c: Context, units: readonly Unit[]): Command[] =>
  waysToQuiet(units).flatMap(({ verb, names, known }) =>
    names.flatMap((name) => {
      const unit = units.find((one) => one.name === name)!
      const command = runVerb(c, verb, [name])
        .hint((failed) => endedMeanwhile(c, unit, failed) ?? remedy(c, [name], verb)(failed))
        .diagnose(diagnoseReload(c, unit))
      // a unit may have ended by itself since it was read: then there is nothing to quiet
      const quiet = known ? command.onlyIf(query(c, ['is-active', '--quiet'], [name])) : command
      return unit.pid > 0 ? [noteSignalled(c, unit), quiet, verifyQuiet(c, unit, 'TSTP', NEEDS), noteQuiet(c, unit)] : [quiet]
    }),
  )

/** A process that ends at once may do so while systemd still waits for the reload, and then it is the reload that fails. */
const endedMeanwhile = (c: Context, { name, pid }: Unit, { stderr }: Failed): string | undefined =>
  pid > 0 && /^Job for \S+ failed/m.test(stderr) && stderr.includes(DIAGNOSIS) && !stderr.includes(`${name} runs (PID ${pid})`)
    ? `process ${pid} ended after TSTP: it, or what wraps it, does not handle TSTP. ${NEEDS}. See ${journalCommand(c, [name])}`
    : undefined

const NEEDS = 'Quieting by TSTP needs Sidekiq 5 or newer as the main process (exec in ExecStart)'
