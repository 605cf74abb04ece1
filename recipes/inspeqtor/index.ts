import { defineRecipe, sh } from '../../src/index.ts'
import { claimed } from '../rules/claimed.ts'
import { limitOf, type Limit } from '../rules/limits.ts'
import { checkSteps } from './check.ts'
import { doctor } from './doctor.ts'
import { fileOf } from './files.ts'
import { fileFacts, install, uninstall } from './install.ts'
import { installed, notInstalled, remedy } from './remedies.ts'
import { rights } from '../sudo/allowed.ts'
import { settings, type Settings } from './settings.ts'
import { silence, unsilence } from './silence.ts'
import { ask, toolFact } from './talk.ts'
import { verify } from './verify.ts'
import { processesFact } from './wrapped.ts'
import { concerned, type Asking, type Context } from './watched.ts'

type On = { settings: Settings }

/**
 * Writes Inspeqtor's files from typed rules, and silences it during a deploy. With `defaultHooks`, it silences alerts once all hosts have
 * passed the checks, and turns them on again at the end, even if the deploy failed. After a successful deploy it checks that every service
 * is up.
 */
export const inspeqtor = defineRecipe({
  name: 'inspeqtor',
  settings,
  facts: (c: Asking) => {
    if (!concerned(c)) return {}
    const files = c.runs('inspeqtor:install') || c.runs('inspeqtor:uninstall')
    const asks = c.settings.sudo && c.runs('inspeqtor:check')
    return {
      inspeqtor: found(c),
      tool: toolFact(c),
      ...(asks && { rights: rights() }),
      ...(files && { ...fileFacts(c), runs: processesFact(c) }),
    }
  },
  tasks: {
    install: { description: "Write Inspeqtor's files and let it read them", on, steps: (c: Context) => install(c) },
    uninstall: { description: 'Remove what was written for Inspeqtor', on, steps: (c: Context) => uninstall(c) },
    status: {
      description: 'Show what Inspeqtor sees',
      on,
      shows: true,
      steps: (c: Context) => {
        if (!concerned(c)) return []
        return installed(c) ? [sh`${ask(c, 'status')}`.timeout('30s').hint(remedy(c))] : notInstalled(c)
      },
    },
    silence: { description: 'No alerts of Inspeqtor while something is done', on, steps: (c: Context) => silence(c) },
    unsilence: { description: 'Alerts of Inspeqtor again', on, steps: (c: Context) => unsilence(c) },
    verify: { on, steps: (c: Context) => verify(c) },
    check: { on: 'all', steps: (c: Context) => checkSteps(c) },
  },
  claims: ({ settings: { services, roles, host: own, alerts, conf }, host, usedAs }) => [
    ...Object.entries(services).flatMap(([service, of]) =>
      claimed(host, service, of.roles ?? roles)
        ? (of.name ?? [service]).map((name) => ({ what: `the file services.d/${fileOf(name)} of Inspeqtor`, by: `${usedAs}:${service}` }))
        : [],
    ),
    ...(own !== null && claimed(host, '', roles) ? [{ what: 'the file host.inq of Inspeqtor' }] : []),
    ...((alerts.length > 0 || conf !== null) && claimed(host, '', roles) ? [{ what: 'the file inspeqtor.conf' }] : []),
  ],
  hooks: ({ settings: s }: On) =>
    s.defaultHooks
      ? {
          before: { 'deploy:check': 'inspeqtor:check' },
          after: {
            'deploy:starting': 'inspeqtor:silence',
            'deploy:finished': ['inspeqtor:unsilence', 'inspeqtor:verify'],
            'deploy:failed': 'inspeqtor:unsilence',
          },
        }
      : {},
  doctor,
})

/** What each service may use before a rule trips. */
export const limitsOf = ({ services }: Pick<Settings, 'services'>): readonly Limit[] =>
  Object.entries(services).flatMap(([service, { name, rules }]) => (name ?? [undefined]).map((one) => limitOf(service, one, rules)))

const found = ({ settings: s }: Asking) => sh`PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin; command -v ${s.inspeqtorBin}`.probe()

/** A selector does not know Sidekiq's roles: if a service sets none, every host is asked whether anything on it is watched. */
function on({ settings: s }: On) {
  const roles = [...Object.values(s.services).map((service) => service.roles ?? s.roles), ...(s.host === null ? [] : [s.roles])]
  return roles.every((some) => some !== null) ? { roles: [...new Set(roles.flat() as string[])] } : 'all'
}
