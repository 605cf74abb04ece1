import { defineRecipe, sh } from '../../src/index.ts'
import { limitOf, type Limit } from '../rules/limits.ts'
import { checkSteps } from './check.ts'
import { doctor, monitFact } from './doctor.ts'
import { fileFacts, install, uninstall } from './install.ts'
import { installed, monit as words, notInstalled, remedy } from './remedies.ts'
import { rights } from '../sudo/allowed.ts'
import { settings, type Settings } from './settings.ts'
import { ownerFact } from './whose.ts'
import { claimed } from '../rules/claimed.ts'
import { monitor, unmonitor } from './watch.ts'
import { watched, type Asking, type Context } from './watched.ts'

type On = { settings: Settings }

/**
 * Writes a Monit file for each service from typed rules. With `defaultHooks`, Monit stops monitoring once all hosts have passed the checks,
 * and monitors again at the end, even if the deploy failed. After a successful deploy, each service must be up.
 */
export const monit = defineRecipe({
  name: 'monit',
  settings,
  facts: (c: Asking) => {
    if (watched(c).length === 0 && !c.runs('monit:install') && !c.runs('monit:uninstall')) return {}
    const asks = c.settings.sudo && c.runs('monit:check')
    return {
      monit: monitFact(c),
      ...ownerFact(c),
      ...(asks && { rights: rights() }),
      ...((c.runs('monit:install') || c.runs('monit:uninstall')) && fileFacts(c)),
    }
  },
  tasks: {
    install: { description: "Write Monit's files and let it read them", on, steps: (c: Context) => install(c) },
    uninstall: { description: 'Remove what was written for Monit', on, steps: (c: Context) => uninstall(c) },
    status: {
      description: 'Show what Monit sees',
      on,
      shows: true,
      steps: (c: Context) => {
        if (watched(c).length === 0) return []
        if (!installed(c)) return notInstalled(c)
        return watched(c).map(({ name }) => sh`${words(c)} -B status ${name}`.hint(remedy(c)))
      },
    },
    unmonitor: { description: 'Let Monit look away while something is done', on, steps: (c: Context) => unmonitor(c) },
    monitor: { description: 'Let Monit look again', on, steps: (c: Context) => monitor(c) },
    check: { on: 'all', steps: (c: Context) => checkSteps(c) },
  },
  hooks: ({ settings: s }: On) =>
    s.defaultHooks
      ? {
          before: { 'deploy:check': 'monit:check' },
          after: { 'deploy:starting': 'monit:unmonitor', 'deploy:finished': 'monit:monitor', 'deploy:failed': 'monit:monitor' },
        }
      : {},
  claims: ({ settings: { services, roles }, host, usedAs, application, stage }) =>
    Object.entries(services).flatMap(([service, of]) =>
      claimed(host, service, of.roles ?? roles)
        ? [{ what: `the check ${of.name ?? `${service}_${application}_${stage}`} of Monit`, by: `${usedAs}:${service}` }]
        : [],
    ),
  doctor,
})

/** What each service may use before a rule trips. */
export const limitsOf = ({ services }: Pick<Settings, 'services'>): readonly Limit[] =>
  Object.entries(services).map(([service, { unit, rules }]) => limitOf(service, unit?.replace(/\.service$/, ''), rules))

/** A selector does not know Sidekiq's roles: if a service sets none, every host is asked whether anything on it is watched. */
function on({ settings: s }: On) {
  const roles = Object.values(s.services).map((service) => service.roles ?? s.roles)
  return roles.every((some) => some !== null) ? { roles: [...new Set(roles.flat() as string[])] } : 'all'
}
