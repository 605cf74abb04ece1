// A config that compiles, and planted typos that must not.
import { z } from 'zod'
import { append, ask, askSecret, defineConfig, defineRecipe, env, path, prepend, secret, sh, sleep, write } from 'shipit-ts'
import { sidekiq } from 'shipit-ts/recipes'
import { bare, chat, puma } from './recipes.fixture.ts'

export const config = defineConfig({
  application: 'shop',
  roles: ['app', 'web', 'db', 'worker'],
  repoUrl: 'git@example.com:shop.git',
  branch: env('BRANCH', 'main'),
  deployTo: ({ application, stage, vars, local }) => `/srv/${application}_${stage}_${vars['x']}_${local.user}`,
  repoPath: process.env['REPO'],
  env: { PATH: prepend('/opt/bin', path('/x')), LIBS: append('~/lib'), KEY: secret('x'), N: 1, GONE: null },
  linkedFiles: [
    '.env',
    ({ stage }) => `config/${stage}.key`,
    { path: 'a', from: ({ stage }) => stage, upload: 'missing', mode: '0640' },
    ({ stage }) => ({ path: 'b', from: stage, upload: false }),
    // @ts-expect-error a word that upload does not take
    { path: 'c', upload: 'always' },
  ],
  linkedDirs: ['log'],
  vars: { x: ({ stage }) => stage.length, y: 3, z: { deep: [1] } },
  ssh: { user: 'deploy', hostKeys: 'accept-new', forwardAgent: 'git' },
  git: { limit: 3, timeout: '30s', submodules: false },
  revision: ({ vars }) => String(vars['commit']),
  use: [puma(), chat({ url: 'x' }), bare()],
  tasks: {
    'app:restart': {
      description: 'Restart',
      on: 'app',
      steps: ({ host, deploy, paths, vars }) => [sh`touch ${host.name} ${deploy.release}`.in(paths.release), !!vars['x'] && sh`x`],
    },
    load: {
      on: ['app', 'db'],
      run: async ({ on, log, fail }) => {
        for (const [host, text] of await on('all', (h) => h.capture`uptime`)) log.info(`${host.name} ${text}`)
        if (log === undefined) fail('never', { hint: 'x' })
      },
    },
    both: { sequence: ['app:restart', 'load', 'puma:restart', 'deploy:restart'] },
    migrate: {
      on: { roles: ['db'], primary: true, where: (host) => host.release },
      when: ({ vars }) => !!vars['seed'],
      steps: () => [sh`true`],
    },
    files: {
      rolling: { size: '25%', wait: '5s' },
      steps: ({ vars }) => [
        write(path('/etc/x'), secret('x'), { mode: '0600', sudo: true, owner: 'root:root', when: 'missing', check: ['true'] }),
        !!vars['x'] && write('~/x', ''),
      ],
    },
    options: {
      on: 'app',
      rolling: ({ stage }) => (stage === 'production' ? { size: 2 } : undefined),
      args: z.object({ lines: z.number().default(20), install: z.boolean().default(false) }),
      shows: true,
      when: ({ args }) => args.install !== false,
      steps: ({ args, settingsOf }) => [sh`tail -n ${args.lines} ${settingsOf(puma)?.unit ?? 'none'} ${settingsOf(chat)?.url ?? ''}`],
    },
    code: { args: z.object({ to: z.string() }), run: ({ args, log }) => log.table([{ to: args.to, n: 1, none: null }]) },
  },
  hooks: {
    before: { 'deploy:updated': 'migrate', 'puma:restart': ['load', { run: ({ log }) => log.info('x') }] },
    after: {
      'deploy:published': ['app:restart', 'puma:reload:all'],
      'app:restart': 'bare:it',
      deploy: { on: 'local', run: () => undefined },
    },
  },
  stages: {
    production: {
      servers: { app: ['a1', { host: 'a2', primary: true }], db: ['a1'], worker: ['w1'] },
      repoUrl: env.secret('REPO_URL'),
      settings: { puma: { unit: ({ stage }) => stage, phased: true }, chat: { url: 'y' } },
      tasks: { more: { steps: () => [] } },
      hooks: { after: { deploy: 'more' } },
    },
    staging: {
      application: 'shop-staging',
      servers: ['deploy@s1', { host: 'user@s2:2222', roles: ['app', 'web'], vars: { x: 1 }, release: false }],
      keepReleases: 2,
    },
    cloud: { servers: async ({ stage }) => [{ host: stage, roles: ['app'] }] },
    nowhere: { application: process.env['NAME'], servers: [] },
    review: ({ local }) => ({ servers: [local.hostname] }),
  },
})

// items that depend on a condition
const yes = Math.random() > 0.5
defineConfig({
  application: 'x',
  roles: ['app', 'db'],
  use: [yes && puma(), bare(), null, undefined],
  linkedFiles: [yes && '.env', ({ stage }) => stage === 'production' && 'a'],
  linkedDirs: [null, undefined, 'log', async () => yes && 'tmp'],
  tasks: { a: { sequence: [yes && 'puma:restart', 'bare:it', null] }, b: { steps: () => [yes && sh`x`, null, [undefined]] } },
  hooks: { before: { 'puma:restart': yes && 'a' }, after: { a: [yes && 'b', null, undefined], deploy: undefined, b: null } },
  stages: {
    one: { servers: [yes && 'a1', null, { host: 'a2', roles: ['app'] }], use: [yes && puma()], settings: { puma: { unit: 'x' } } },
    two: { servers: { app: [yes && 'a1', undefined, { host: 'a2' }] } },
    three: { servers: async () => [yes && 'a1'] },
  },
})

// @ts-expect-error the application of a stage is no function
defineConfig({ application: 'x', stages: { one: { application: () => 'y', servers: ['a1'] } } })

// a hook on a task that only some stages have
defineConfig({
  application: 'x',
  use: [puma()],
  tasks: { own: { steps: () => [] } },
  hooks: { after: { deploy: { task: 'puma:restart', optional: true }, own: ['puma:restart', { task: 'chat:done', optional: true }] } },
  stages: { one: { servers: ['a1'], use: [chat({ url: 'x' })], hooks: { after: { deploy: { task: 'chat:done', optional: true } } } } },
})

// without declared roles any role is accepted
defineConfig({ application: 'x', tasks: { t: { on: 'anything', steps: () => [] } }, stages: { p: { servers: { anything: ['a'] } } } })

// One typo a call: the compiler reports only one of several excess keys.
const p = { servers: ['a'] }
const roles = ['app', 'db'] as const
const tasks = { own: { steps: () => [] } } as const

// questions stand where functions and secrets may
defineConfig({
  application: 'x',
  branch: env('BRANCH', ask('branch', { default: ({ stage }) => stage })),
  env: { TOKEN: askSecret('token') },
  vars: { size: ask('size', { choices: ['small', 'large'], default: 'small' }), key: askSecret('key') },
  confirm: true,
  tasks: {
    t: {
      run: async ({ ask: question, confirm }) => {
        const size: 'small' | 'large' = await question('size', { choices: ['small', 'large'] })
        await confirm(`really ${size}?`, { type: 'yes' })
      },
    },
    console: { steps: () => [sh`irb`.tty()] },
  },
  stages: { p },
})
// @ts-expect-error a default that is not among the choices
ask('size', { choices: ['small', 'large'], default: 'larg' })
// @ts-expect-error a default for a secret
askSecret('token', { default: 'x' })
// @ts-expect-error an option that ask() does not have
ask('size', { choice: ['small'] })
// @ts-expect-error a word to type that is no text
defineConfig({ application: 'x', tasks: { t: { run: ({ confirm }) => confirm('sure?', { type: true }) } }, stages: { p } })
// @ts-expect-error a confirm that is neither true nor false
defineConfig({ application: 'x', confirm: 'yes', stages: { p } })

// @ts-expect-error a role that was not declared
defineConfig({ application: 'x', roles, tasks: { t: { on: 'apps', steps: () => [] } }, stages: { p } })
// @ts-expect-error a role that was not declared, in a list
defineConfig({ application: 'x', roles, tasks: { t: { on: ['app', 'dbs'], steps: () => [] } }, stages: { p } })
// @ts-expect-error a role that was not declared, in a selector
defineConfig({ application: 'x', roles, tasks: { t: { on: { roles: ['dbs'], primary: true }, steps: () => [] } }, stages: { p } })
// @ts-expect-error a role that was not declared, in a function
defineConfig({ application: 'x', roles, tasks: { t: { on: () => 'dbs', steps: () => [] } }, stages: { p } })
// @ts-expect-error a task that does not exist
defineConfig({ application: 'x', tasks: { ...tasks, t: { sequence: ['own', 'onw'] } }, stages: { p } })
// @ts-expect-error an unknown key of a task
defineConfig({ application: 'x', tasks: { t: { descripton: 'x', steps: () => [] } }, stages: { p } })
// @ts-expect-error a task that is a string
defineConfig({ application: 'x', tasks: { t: 'systemctl restart puma' }, stages: { p } })

// @ts-expect-error a share without its sign
defineConfig({ application: 'x', tasks: { t: { rolling: { size: '25' }, steps: () => [] } }, stages: { p } })
// @ts-expect-error a share without a size
defineConfig({ application: 'x', tasks: { t: { rolling: { wait: '5s' }, steps: () => [] } }, stages: { p } })
// @ts-expect-error rolling on a code task
defineConfig({ application: 'x', tasks: { t: { rolling: { size: 1 }, run: () => {} } }, stages: { p } })
// @ts-expect-error rolling on a sequence
defineConfig({ application: 'x', tasks: { ...tasks, t: { rolling: { size: 1 }, sequence: ['own'] } }, stages: { p } })
// @ts-expect-error args that are not a zod object
defineConfig({ application: 'x', tasks: { t: { args: { lines: 3 }, steps: () => [] } }, stages: { p } })
// @ts-expect-error an unknown setting of the other recipe
defineConfig({ application: 'x', tasks: { t: { steps: (c) => [sh`x ${c.settingsOf(puma)!.unti}`] } }, stages: { p } })
defineConfig({
  application: 'x',
  tasks: {
    t: {
      steps: () => [
        sleep('5s'),
        sleep(5000)
          .onlyIf(sh`x`)
          .title('wait'),
      ],
    },
  },
  stages: { p },
})
// @ts-expect-error not a duration
sleep('5 seconds')
// @ts-expect-error an unknown option of write()
write('/x', 'y', { modus: '0644' })

// @ts-expect-error a hook on a core task that does not exist
defineConfig({ application: 'x', tasks, hooks: { before: { 'deploy:publised': 'own' } }, stages: { p } })
// @ts-expect-error a hook on a recipe's task that does not exist
defineConfig({ application: 'x', tasks, use: [puma()], hooks: { before: { 'puma:restrat': 'own' } }, stages: { p } })
// @ts-expect-error a hook on a task of a recipe that is not used
defineConfig({ application: 'x', tasks, hooks: { before: { 'puma:restart': 'own' } }, stages: { p } })
// @ts-expect-error a hook that runs a task that does not exist
defineConfig({ application: 'x', tasks, hooks: { before: { deploy: 'onw' } }, stages: { p } })
// @ts-expect-error a list with a task that does not exist
defineConfig({ application: 'x', tasks, use: [puma()], hooks: { after: { deploy: ['own', 'puma:relod'] } }, stages: { p } })

// @ts-expect-error a task that does not exist, in an item that depends on a condition
defineConfig({ application: 'x', tasks: { ...tasks, t: { sequence: [yes && 'onw'] } }, stages: { p } })
// @ts-expect-error a hook of a recipe that may be used, on a task that it does not have
defineConfig({ application: 'x', tasks, use: [yes && puma()], hooks: { after: { 'puma:restrat': 'own' } }, stages: { p } })
// @ts-expect-error a setting of a recipe that may be used
defineConfig({ application: 'x', use: [yes && puma()], stages: { p: { servers: ['a'], settings: { puma: { unti: 'x' } } } } })
// @ts-expect-error true is not left out
defineConfig({ application: 'x', linkedDirs: [true], stages: { p } })
// @ts-expect-error a condition that is text may be an empty string
defineConfig({ application: 'x', use: [String(yes) && puma()], stages: { p } })

// @ts-expect-error a hook that is not optional is only a name
defineConfig({ application: 'x', tasks, hooks: { after: { deploy: { task: 'own', optional: false } } }, stages: { p } })
// @ts-expect-error an unknown key of an optional hook
defineConfig({ application: 'x', tasks, hooks: { after: { deploy: { task: 'own', optinal: true } } }, stages: { p } })
// @ts-expect-error an optional hook on a task that does not exist
defineConfig({ application: 'x', tasks, hooks: { after: { deploi: { task: 'own', optional: true } } }, stages: { p } })

// @ts-expect-error a key that does not exist
defineConfig({ application: 'x', linkdFiles: [], stages: { p } })
// @ts-expect-error a role that was not declared
defineConfig({ application: 'x', roles, stages: { one: { servers: { apps: ['a'] } } } })
// @ts-expect-error a role that was not declared, in a list
defineConfig({ application: 'x', roles, stages: { two: { servers: [{ host: 'a', roles: ['dbs'] }] } } })
// @ts-expect-error a recipe that is not used
defineConfig({ application: 'x', use: [puma()], stages: { three: { servers: ['a'], settings: { pumma: {} } } } })
// @ts-expect-error an unknown setting of the recipe
defineConfig({ application: 'x', use: [puma()], stages: { four: { servers: ['a'], settings: { puma: { unti: 'x' } } } } })
// @ts-expect-error a setting of the wrong type
defineConfig({ application: 'x', use: [puma()], stages: { five: { servers: ['a'], settings: { puma: { phased: 'x' } } } } })
// @ts-expect-error no servers
defineConfig({ application: 'x', stages: { six: {} } })
// @ts-expect-error an unknown key of a stage
defineConfig({ application: 'x', stages: { seven: { servers: ['a'], server: 'b' } } })
// @ts-expect-error a port that is a string
defineConfig({ application: 'x', stages: { eight: { servers: [{ host: 'a', roles: ['app'], port: '22' }] } } })

// @ts-expect-error no application
defineConfig({ stages: { p: { servers: ['a'] } } })
// @ts-expect-error a policy that does not exist
defineConfig({ application: 'x', ssh: { hostKeys: 'never' }, stages: { p: { servers: ['a'] } } })
// @ts-expect-error a computed setting of the wrong type
defineConfig({ application: 'x', deployTo: () => 3, stages: { p: { servers: ['a'] } } })
// @ts-expect-error a secret that is a number
secret(3)

const words: readonly [string, number, boolean, { size: number }] = [
  env.first('A', 'B'),
  env.int('N', 3),
  env.flag('F'),
  env.json<{ size: number }>('J', { size: 1 }),
]
void words
env.file('.env.deploy')
env.file('.env.local', { optional: true })
// @ts-expect-error an unknown option of env.file()
env.file('.env', { optinal: true })
// @ts-expect-error no name
env.first()
// @ts-expect-error a fallback of the wrong type
env.int('N', '3')
// @ts-expect-error a flag is false if it is not set
env.flag('F', true)
// @ts-expect-error a fallback of another type
env.json<{ size: number }>('J', { sise: 1 })

defineConfig({
  application: 'x',
  umask: '0027',
  commands: { rake: 'bundle exec rake', node: ['/opt/node', '-x'], ruby: null },
  stages: { p: { servers: [{ host: 'a', env: { A: 1, B: null, PATH: prepend('/x') } }], umask: '0002', commands: { rake: null } } },
})
// @ts-expect-error a umask as a number
defineConfig({ application: 'x', umask: 0o027, stages: { p: { servers: ['a'] } } })
// @ts-expect-error an environment of a server with a boolean
defineConfig({ application: 'x', stages: { p: { servers: [{ host: 'a', env: { A: true } }] } } })
// @ts-expect-error a command that is a number
defineConfig({ application: 'x', commands: { rake: 3 }, stages: { p: { servers: ['a'] } } })
// @ts-expect-error a password for sudo that is no secret
export const plainPassword = defineConfig({ application: 'x', sudoPassword: 'text', stages: { a: { servers: ['h'] } } })
// @ts-expect-error a server's password for sudo that is no secret
export const plainOfServer = defineConfig({ application: 'x', stages: { a: { servers: [{ host: 'h', sudoPassword: 'text' }] } } })
// @ts-expect-error a command's password for sudo that is no secret
export const plainOfCommand = sh`id`.sudo({ password: 'text' })

// Stages that are functions: words of a list stay what they are.
const cart = defineRecipe({
  name: 'cart',
  settings: z.object({ how: z.enum(['a', 'b']), in: z.object({ x: z.enum(['p', 'q']) }).optional() }),
})
defineConfig({
  application: 'x',
  use: [sidekiq(), cart({ how: 'a' })],
  stages: {
    plain: () => ({ servers: [], settings: { sidekiq: { drain: { onBusy: 'proceed' } }, cart: { how: 'b', in: { x: 'q' } } } }),
    async: async () => ({ servers: [], ssh: { hostKeys: 'accept-new' }, settings: { sidekiq: { serviceUnitUser: 'system' } } }),
    local: ({ local }) => ({ servers: [local.user], settings: { cart: { how: () => 'b', in: { x: 'q' } } } }),
  },
})
// @ts-expect-error a value that the setting cannot have, in a stage that is a function
defineConfig({ application: 'x', use: [cart({ how: 'a' })], stages: { p: () => ({ servers: [], settings: { cart: { how: 'c' } } }) } })
// @ts-expect-error an unknown setting, in a stage that is a function
defineConfig({ application: 'x', use: [cart({ how: 'a' })], stages: { p: () => ({ servers: [], settings: { cart: { hwo: 'a' } } }) } })
// @ts-expect-error an unknown recipe, in a stage that is a function
defineConfig({ application: 'x', use: [cart({ how: 'a' })], stages: { p: () => ({ servers: [], settings: { cat: { how: 'a' } } }) } })
