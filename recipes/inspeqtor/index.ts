import { defineRecipe, sh } from '../../src/index.ts'
import type { StepList } from '../../src/index.ts'
import { isClaimed, watchedHosts, whereInstalled } from '../rules/index.ts'
import { check, findings } from './checks.ts'
import { request } from './control-socket.ts'
import { type Context, doctorFacts, facts } from './facts.ts'
import { fileOf } from './files.ts'
import { install, uninstall } from './install.ts'
import { remedy } from './remedies.ts'
import { INSPEQTOR_WATCHER } from './services.ts'
import { settings, type Settings } from './settings.ts'
import { silence, unsilence } from './silence.ts'
import { verifyUp } from './verify.ts'

type On = { settings: Settings }

/**
 * Writes Inspeqtor's files from typed rules, and silences it during a deploy. With `defaultHooks`, it silences alerts once all hosts have
 * passed the checks, and turns them on again at the end, even if the deploy failed. After a successful deploy it checks that every service
 * is up.
 */
export const inspeqtor = defineRecipe({
  name: 'inspeqtor',
  settings,
  facts,
  tasks: {
    install: { description: "Write Inspeqtor's files, and have Inspeqtor reload them", on, steps: (c: Context) => install(c) },
    uninstall: { description: 'Remove the files that inspeqtor:install wrote', on, steps: (c: Context) => uninstall(c) },
    status: { description: 'Show what Inspeqtor reports', on, shows: true, steps: (c: Context) => status(c) },
    silence: { description: 'Silence Inspeqtor for a while: no alerts, no restarts', on, steps: (c: Context) => silence(c) },
    unsilence: { description: 'End the silence of Inspeqtor', on, steps: (c: Context) => unsilence(c) },
    verify: { on, steps: (c: Context) => verifyUp(c) },
    check: { on: 'all', steps: (c: Context) => check(c) },
  },
  claims: ({ settings: { services, roles, host: own, alerts, conf }, host, usedAs }) => [
    ...Object.entries(services).flatMap(([service, of]) =>
      isClaimed(host, service, of.roles ?? roles)
        ? (of.name ?? [service]).map((name) => ({ what: `the file services.d/${fileOf(name)} of Inspeqtor`, by: `${usedAs}:${service}` }))
        : [],
    ),
    ...(own !== null && isClaimed(host, '', roles) ? [{ what: 'the file host.inq of Inspeqtor' }] : []),
    ...((alerts.length > 0 || conf !== null) && isClaimed(host, '', roles) ? [{ what: 'the file inspeqtor.conf' }] : []),
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
  doctor: { facts: doctorFacts, findings },
})

function on({ settings: s }: On) {
  return watchedHosts(s, s.host === null ? [] : [s.roles])
}

const status = (c: Context): StepList =>
  whereInstalled(c, INSPEQTOR_WATCHER, () => [sh`${request(c, 'status')}`.timeout('30s').hint(remedy(c))])
