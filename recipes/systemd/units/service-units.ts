import { fail, warn } from '../../../src/index.ts'
import type { Command, FactsContext, FactTreeOf, Finding, StepList } from '../../../src/index.ts'
import { checkFacts, doctorFacts } from '../facts.ts'
import { type Part, type RecipeContext, type ServiceDefinition, type ServiceFacts } from '../service-definition.ts'
import type { UnitSet } from './context.ts'
import { compareFiles, unitFileFindings } from './drift.ts'
import { unitFileFacts } from './facts.ts'
import { unitHostFact } from './host.ts'
import { installUnits } from './install.ts'
import { otherScopeFact } from './other-scope.ts'
import { foldersOf, outputsOf, serviceUser } from './paths.ts'
import { uninstallUnits } from './uninstall.ts'
import type { UnitPlan } from './writer.ts'
import { partName } from '../wording.ts'

/** What the tasks and the doctor read about the unit files. `runs`: whether one of these tasks of the service runs. */
export const writtenFacts = <S, H>(
  { tasks, writer, describe }: ServiceDefinition<S, H>,
  c: FactsContext<S>,
  runs: (...tasks: readonly string[]) => boolean,
): FactTreeOf<ServiceFacts<H>> => {
  const plan = writer.plan(c.settings)
  if (plan === undefined) return {}
  const { scope, units } = describe(c.settings)
  const asking = { ...c, settings: scope, part: partName(tasks) }
  const installs = runs('install')
  const compares = installs || runs('start', 'restart')
  const { more = () => [] as const, parse = () => ({}) as H } = writer.look ?? {}
  return {
    ...(installs && { ...doctorFacts(scope, units, c.host.user), ...checkFacts(scope, []) }),
    ...((compares || runs('uninstall')) && unitFileFacts(asking, plan.files, plan.all)),
    ...(compares && { host: unitHostFact(asking, plan.programs, more(c), parse), otherScope: otherScopeFact(scope, c.host) }),
  }
}

export const installWritten = <S, H>({ writer }: ServiceDefinition<S, H>, c: RecipeContext<S>, part: Part<H>): StepList => {
  const plan = writer.plan(c.settings)
  if (plan === undefined) return [noUnit(c, part)]
  const { context } = part
  const { name, account, tasks } = context.service
  const { host } = context.facts
  const outputs = outputsOf(context, plan)
  const problems: (string | false)[] = [
    host?.why !== undefined && `the host could not be asked as ${serviceUser(context)}: ${host.why}`,
    context.settings.serviceUnitUser === 'system' &&
      context.settings.user === null &&
      c.layout.user === 'root' &&
      `${name} would run as root, because you logged in as root. Set its user in the config, or here: --set ${account.replace(/^[^.]+/, c.usedAs)}=deploy`,
    outputs.length > 0 &&
      (host?.known?.systemd ?? 240) < 240 &&
      `systemd ${host?.known?.systemd} cannot append to a file (240 and newer can): leave the log files out, for the journal`,
    ...(writer.problems?.(context, c.settings, host?.known) ?? []),
  ]
  const found = host?.known?.programs
  const missing = found === undefined ? [] : plan.programs.filter((program) => found[program] === undefined)
  const again = c.shipit(`${tasks}:install`)
  return installUnits(context, {
    set: setOf(part, plan),
    files: compareFiles(context, writer.files(context, c.settings, host?.known)),
    problems: problems.filter((one) => one !== false),
    folders: [...new Set([...foldersOf(outputs), ...(writer.folders?.(context, c.settings) ?? [])])],
    notes: [
      ...missing.map((program) => `there is no ${program} on this host yet: the unit looks for it in its PATH. Once it is there: ${again}`),
      ...(writer.notes?.(context, c.settings, host?.known) ?? []),
    ],
  })
}

export const uninstallWritten = <S, H>({ writer }: ServiceDefinition<S, H>, c: RecipeContext<S>, part: Part<H>): StepList => {
  const plan = writer.plan(c.settings)
  return plan === undefined ? [noUnit(c, part)] : uninstallUnits(part.context, setOf(part, plan))
}

/** Differences between the files and the config. If the host was not read, the texts would differ for that reason alone. */
export const writtenFindings = <S, H>({ writer }: ServiceDefinition<S, H>, c: RecipeContext<S>, part: Part<H>): readonly Finding[] => {
  const plan = writer.plan(c.settings)
  if (plan === undefined) return []
  const { context } = part
  const host = context.facts.host?.known
  return unitFileFindings(
    context,
    setOf(part, plan),
    host === undefined ? [] : compareFiles(context, writer.files(context, c.settings, host)),
  )
}

/** Warns about changes of the config that are not installed and so have no effect. */
export const warnOfDrift = <S, H>(definition: ServiceDefinition<S, H>, c: RecipeContext<S>, part: Part<H>): Command | false => {
  // if this run installs, the facts are from before it wrote the files
  const found = part.context.facts.shown === undefined ? writtenFindings(definition, c, part) : []
  return (
    found.length > 0 && warn(found.map(({ message, remedy }) => `${message}: ${remedy}`)).title('compare what is installed with the config')
  )
}

/** The recipe was used with a command, and so has the tasks, but the stage removed the command. */
const noUnit = (c: RecipeContext<unknown>, { context: { service } }: Part<unknown>): Command =>
  fail(`${service.name} has no exec in ${c.stage}, so shipit writes no unit for it`, {
    hint: `give it one in the settings of the stage ${c.stage}`,
  })

const setOf = ({ service }: Part<unknown>, { all, several, elsewhere }: UnitPlan): UnitSet => ({
  names: service.units,
  fileNames: all,
  ...(several !== undefined && { several }),
  ...(elsewhere !== undefined && { elsewhere }),
})
