import { defineRecipe, fail } from '../../src/index.ts'
import type { Command, FactsContext, StepsContext } from '../../src/index.ts'
import { partOf, serviceClaims, serviceDoctor, serviceFacts, serviceLogs, serviceTasks, statusOf } from '../systemd/services.ts'
import { pumaDefinition as definition } from './definition.ts'
import { phasedRestart, workersFact, type PumaFacts } from './phased.ts'
import { settings, type Settings } from './settings.ts'

type Context = StepsContext<Settings, Record<string, unknown>, PumaFacts>
type On = { settings: Settings }

const tasks = serviceTasks(definition)

/**
 * Puma under systemd. With `defaultHooks`, it restarts Puma after the switch, or with `phased` replaces its workers one after the other; if
 * Puma is not running, it is started. A `socket` unit stays up meanwhile, and holds the requests that arrive. `install` writes the units;
 * units that shipit did not write work too.
 */
export const puma = defineRecipe({
  name: 'puma',
  settings,
  facts: (c: FactsContext<Settings>) => {
    const { settings: s, host } = c
    const facts = serviceFacts(definition, c)
    return facts && { ...facts, ...(s.phased && { workers: workersFact(s, s.serviceUnitName, host.user) }) }
  },
  tasks: {
    ...tasks,
    reload: {
      ...tasks.reload,
      description: "Let Puma load the new release by its unit's ExecReload, or phased",
      steps: (c: Context) => (c.settings.phased ? phased(c) : tasks.reload.steps(c)),
    },
    phased_restart: {
      description: 'Replace the workers of Puma one after the other',
      on: definition.on,
      check: 'puma:check',
      steps: (c: Context) => (c.settings.phased ? phased(c) : [notPhased(c)]),
    },
  },
  hooks: ({ settings: s }: On) =>
    s.defaultHooks
      ? {
          before: { 'deploy:check': 'puma:check' },
          after: { 'deploy:published': s.phased ? 'puma:phased_restart' : 'puma:restart' },
        }
      : {},
  // phased, the main process stays in the folder that it was started in
  status: (c) => statusOf(definition, c, { workers: c.settings.phased }),
  logs: (c) => serviceLogs(definition, c),
  claims: (c) => serviceClaims(definition, c),
  doctor: serviceDoctor(definition),
})

const phased = (c: Context): Command[] => {
  const { context, units } = partOf(definition, c)
  return phasedRestart({ ...context, facts: c.facts }, units, c.settings.phasedTimeout)
}

const notPhased = ({ shipit }: Context): Command =>
  fail('Puma is not set up for phased restarts').hint(
    `if its config has workers, \`directory\` and no preload_app!, set puma({ phased: true }). Otherwise: ${shipit('puma:restart')}`,
  )
