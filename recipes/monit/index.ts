import { defineRecipe, sh } from '../../src/index.ts'
import type { StepList } from '../../src/index.ts'
import { isClaimed, watchedHosts, whereInstalled } from '../rules/index.ts'
import { check, findings } from './checks.ts'
import { type Context, doctorFacts, facts } from './facts.ts'
import { install, uninstall } from './install.ts'
import { monitor, unmonitor } from './monitoring.ts'
import { monitWords, remedy } from './remedies.ts'
import { checkName, MONIT_WATCHER, watchedServices } from './services.ts'
import { settings, type Settings } from './settings.ts'

type On = { settings: Settings }

/**
 * Writes a Monit file for each service from typed rules. With `defaultHooks`, Monit stops monitoring once all hosts have passed the checks,
 * and monitors again at the end, even if the deploy failed. After a successful deploy, each service must be up.
 */
export const monit = defineRecipe({
  name: 'monit',
  settings,
  facts,
  tasks: {
    install: { description: "Write Monit's files, and have Monit reload them", on, steps: (c: Context) => install(c) },
    uninstall: { description: 'Remove the files that monit:install wrote', on, steps: (c: Context) => uninstall(c) },
    status: { description: 'Show what Monit reports', on, shows: true, steps: (c: Context) => status(c) },
    unmonitor: { description: 'Pause monitoring, until monit:monitor', on, steps: (c: Context) => unmonitor(c) },
    monitor: { description: 'Resume monitoring, and check that every service is up', on, steps: (c: Context) => monitor(c) },
    check: { on: 'all', steps: (c: Context) => check(c) },
  },
  hooks: ({ settings: s }: On) =>
    s.defaultHooks
      ? {
          before: { 'deploy:check': 'monit:check' },
          after: { 'deploy:starting': 'monit:unmonitor', 'deploy:finished': 'monit:monitor', 'deploy:failed': 'monit:monitor' },
        }
      : {},
  claims: ({ settings: s, host, usedAs, application, stage }) =>
    Object.entries(s.services).flatMap(([service, { roles }]) =>
      isClaimed(host, service, roles ?? s.roles)
        ? [{ what: `the check ${checkName({ settings: s, application, stage }, service)} of Monit`, by: `${usedAs}:${service}` }]
        : [],
    ),
  doctor: { facts: doctorFacts, findings },
})

function on({ settings: s }: On) {
  return watchedHosts(s)
}

const status = (c: Context): StepList =>
  whereInstalled(c, MONIT_WATCHER, () => watchedServices(c).map(({ name }) => sh`${monitWords(c)} -B status ${name}`.hint(remedy(c))))
