import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspeqtor, monit, puma, sidekiq, systemd } from '../../recipes/index.ts'
import { resolveStage } from '../../src/config/stage.ts'
import type { AnyRecipe } from '../../src/tasks/types.ts'

const servers = [
  { host: 'deploy@w1', roles: ['worker', 'web'] },
  { host: 'deploy@w2', roles: ['jobs'] },
]
const load = (use: readonly AnyRecipe[]) =>
  resolveStage(
    {
      file: '/nowhere/deploy.config.ts',
      text: '',
      config: { application: 'shop', repoUrl: 'r', deployTo: '/srv/shop', use, stages: { production: { servers } } } as never,
    },
    'production',
  )

const system = { serviceUnitUser: 'system' } as const
const RULE = 'memory:rss > 1g then alert'
const LOAD = 'load:5 > 10 then alert'
const second = { name: 'mailers' } as const
const clashes: readonly { readonly what: string; readonly use: readonly AnyRecipe[]; readonly says: RegExp }[] = [
  {
    what: "units of the system's systemd",
    use: [sidekiq(system), sidekiq(system, second)],
    says: /sidekiq and mailers both have sidekiq\.service of the host's systemd on w1/,
  },
  {
    what: "units of the deploy user's systemd",
    use: [sidekiq(), sidekiq({ user: 'deploy' }, second)],
    says: /sidekiq\.service of deploy's own systemd on w1/,
  },
  {
    what: 'instances of a template unit',
    use: [sidekiq({ processes: 2 }), sidekiq({ processes: 3 }, second)],
    says: /sidekiq@\.service of deploy's own systemd/,
  },
  {
    what: 'a config file that both name',
    use: [sidekiq({ configFiles: ['sidekiq.yml', 'a.yml'] }), sidekiq({ configFiles: ['a.yml'] }, second)],
    says: /sidekiq\.a\.service/,
  },
  {
    what: 'jobs of Upstart',
    use: [sidekiq({ manager: 'upstart' }), sidekiq({ manager: 'upstart' }, second)],
    says: /the job sidekiq of Upstart on w1/,
  },
  {
    what: 'pidfiles',
    use: [sidekiq({ manager: 'signals' }), sidekiq({ manager: 'signals', processes: 2 }, second)],
    says: /the pidfile tmp\/pids\/sidekiq-0\.pid on w1/,
  },
  {
    what: 'Puma',
    use: [puma(), puma({}, { name: 'admin' })],
    says: /puma and admin both have puma\.service of deploy's own systemd on w1/,
  },
  {
    what: 'two checks of Monit with one name',
    use: [monit({ services: { web: { matching: 'a', name: 'x' }, api: { matching: 'b', name: 'x', roles: ['web'] } } })],
    says: /monit:web and monit:api both have the check x of Monit on w1/,
  },
  {
    what: 'one service in two uses of Monit',
    use: [monit({ services: { web: { matching: 'a' } } }), monit({ services: { web: { matching: 'b' } } }, { name: 'other' })],
    says: /monit:web and other:web both have the check web_shop_production of Monit on w1/,
  },
  {
    what: 'files of Inspeqtor',
    use: [inspeqtor({ services: { web: { rules: [RULE] } } }), inspeqtor({ services: { api: { rules: [RULE], name: 'web' } } }, second)],
    says: /inspeqtor:web and mailers:api both have the file services\.d\/web\.inq of Inspeqtor on w1/,
  },
  {
    what: 'host.inq',
    use: [inspeqtor({ services: {}, host: { rules: [LOAD] } }), inspeqtor({ services: {}, host: { rules: [LOAD] } }, second)],
    says: /inspeqtor and mailers both have the file host\.inq of Inspeqtor on w1/,
  },
  {
    what: 'two services of one recipe',
    use: [systemd({ services: { a: { unit: 'web' }, b: { unit: 'web.service' } } })],
    says: /systemd:a and systemd:b both have web\.service/,
  },
  {
    what: 'two different recipes',
    use: [puma(system), systemd({ services: { web: { unit: 'puma', serviceUnitUser: 'system' } } })],
    says: /puma and systemd:web both have puma\.service/,
  },
  { what: 'a socket unit', use: [puma({ socket: true }), systemd({ services: { web: { unit: 'puma.socket' } } })], says: /puma\.socket/ },
]
for (const { what, use, says } of clashes)
  test(`two uses of one name on one host are a config error: ${what}`, async () => {
    await assert.rejects(load(use), (error: Error) => says.test(error.message))
  })

const fine: readonly { readonly what: string; readonly use: readonly AnyRecipe[] }[] = [
  { what: 'other names', use: [sidekiq(), sidekiq({ serviceUnitName: 'mailers' }, second)] },
  { what: 'other hosts', use: [sidekiq(), sidekiq({ roles: ['jobs'] }, second)] },
  { what: 'systemd instances of different users', use: [sidekiq(), sidekiq(system, second), sidekiq({ user: 'svc' }, { name: 'third' })] },
  { what: 'no host', use: [sidekiq(), sidekiq({ roles: [] }, second)] },
  {
    what: 'a service that both share',
    use: [systemd({ services: { a: { unit: 'nginx', shared: true }, b: { unit: 'nginx', shared: true } } })],
  },
]
for (const { what, use } of fine) test(`two uses on one host are accepted: ${what}`, async () => assert.ok(await load(use)))

test('the deploy user of a host comes from the config, whatever user --set logs in as', async () => {
  const of = async (config: object, set: readonly string[]) => {
    const stages = { production: { servers: ['w1'], ...config } }
    const loaded = {
      file: '/nowhere/deploy.config.ts',
      text: '',
      config: { application: 'shop', repoUrl: 'r', deployTo: '/srv/shop', stages },
    }
    const { hosts } = await resolveStage(loaded as never, 'production', { set })
    return [hosts[0]!.user, hosts[0]!.deployUser]
  }
  const root = ['ssh.user=root']
  assert.deepEqual(await of({ servers: ['deploy@w1'] }, []), ['deploy', 'deploy'])
  assert.deepEqual(await of({ servers: ['deploy@w1'] }, root), ['root', 'deploy'])
  assert.deepEqual(await of({ ssh: { user: 'deploy' } }, root), ['root', 'deploy'])
  assert.deepEqual(await of({}, root), ['root', undefined])
})
