// Hooks, overrides and calls of tasks that must compile, and typos that must not.
import { z } from 'zod'
import { defineConfig, defineRecipe, fact, sh, write } from 'shipit-ts'
import { bare, puma } from './recipes.fixture.ts'

const p = { servers: ['a'] }
const own = { own: { steps: () => [sh`x`] }, off: { steps: () => [] } }

defineConfig({
  application: 'x',
  use: [puma()],
  tasks: own,
  hooks: {
    before: { deploy: 'own' },
    finally: {
      deploy: 'off',
      'puma:restart': ['own', { task: 'puma:reload', optional: true }, false],
      own: { run: ({ failure }) => void failure?.message },
    },
  },
  stages: { p: { ...p, hooks: { finally: { deploy: 'puma:restart' } } } },
})
defineRecipe({
  name: 'page',
  settings: z.object({ text: z.string() }),
  tasks: { up: { steps: () => [] }, down: { steps: ({ settings }) => [sh`x ${settings.text}`] } },
  hooks: { before: { deploy: 'page:up' }, finally: { deploy: 'page:down' } },
})
// @ts-expect-error a finally hook on a task that does not exist
defineConfig({ application: 'x', tasks: own, hooks: { finally: { deploi: 'own' } }, stages: { p } })
// @ts-expect-error a finally hook that does not exist
defineConfig({ application: 'x', tasks: own, hooks: { finally: { deploy: 'of' } }, stages: { p } })
// @ts-expect-error a command in place of a finally hook
defineConfig({ application: 'x', tasks: own, hooks: { finally: { deploy: sh`x` } }, stages: { p } })
// @ts-expect-error the side is called finally
defineConfig({ application: 'x', tasks: own, hooks: { ensure: { deploy: 'own' } }, stages: { p } })
// @ts-expect-error a finally hook of a recipe with an unknown key
defineRecipe({ name: 'r', tasks: { a: { steps: () => [] } }, hooks: { finally: { 'r:a': { step: () => [] } } } })

defineConfig({
  application: 'x',
  use: [puma()],
  tasks: {
    ...own,
    log: { args: z.object({ lines: z.number().default(5) }), steps: ({ args }) => [sh`tail -n ${args.lines}`] },
    both: {
      args: z.object({ hard: z.boolean().default(false) }),
      run: async ({ invoke, args, on }) => {
        await invoke('own')
        await invoke('log', { lines: 3 })
        if (args.hard) await invoke('puma:restart')
        await on('all', (h) => h.run`x`)
      },
    },
  },
  hooks: { after: { deploy: ['both', { run: ({ invoke }) => invoke('own') }] } },
  stages: { p: { ...p, tasks: { more: { run: ({ invoke }) => invoke('both') } } } },
})
// @ts-expect-error an invoked task that does not exist
defineConfig({ application: 'x', tasks: { ...own, a: { run: ({ invoke }) => invoke('onw') } }, stages: { p } })
// @ts-expect-error an invoked task of a recipe that does not exist
defineConfig({ application: 'x', use: [puma()], tasks: { a: { run: ({ invoke }) => invoke('puma:restrat') } }, stages: { p } })
// @ts-expect-error options that are no object
defineConfig({ application: 'x', tasks: { ...own, a: { run: ({ invoke }) => invoke('own', 5) } }, stages: { p } })
// @ts-expect-error an invoked command
defineConfig({ application: 'x', tasks: { ...own, a: { run: ({ invoke }) => invoke(sh`x`) } }, stages: { p } })

defineConfig({
  application: 'x',
  use: [puma()],
  tasks: {
    ...own,
    all: { sequence: ['puma:restart:original', 'puma:restart'] },
    code: { run: ({ invoke }) => invoke('puma:restart:original') },
  },
  override: {
    'puma:restart': { on: 'all', sequence: ['own', 'puma:restart:original', 'off'] },
    'puma:reload:all': false,
    'puma:live': null,
    'deploy:restart': { steps: ({ host, settings }) => [sh`x ${host.name} ${settings.unit}`] },
  },
  hooks: { after: { deploy: 'puma:restart:original' } },
  stages: { p: { ...p, override: { 'puma:restart': { run: ({ invoke }) => invoke('puma:restart:original') } } } },
})
// @ts-expect-error a task that no recipe has
defineConfig({ application: 'x', use: [puma()], override: { 'puma:restrat': false }, stages: { p } })
// @ts-expect-error a task of a recipe that is not used
defineConfig({ application: 'x', use: [bare()], override: { 'puma:restart': false }, stages: { p } })
// @ts-expect-error a task of shipit itself belongs in tasks
defineConfig({ application: 'x', use: [puma()], override: { 'deploy:cleanup': false }, stages: { p } })
// @ts-expect-error an override that is true
defineConfig({ application: 'x', use: [puma()], override: { 'puma:restart': true }, stages: { p } })
const here = process.argv.length > 2
// what a sequence sets: what JSON has
defineConfig({ application: 'x', tasks: { a: { sequence: ['deploy'], set: { 'vars.seed': true, linkedDirs: ['log'] } } }, stages: { p } })
// @ts-expect-error a function is no value that a sequence sets
defineConfig({ application: 'x', tasks: { a: { sequence: ['deploy'], set: { branch: () => 'main' } } }, stages: { p } })
// @ts-expect-error only a sequence sets something
defineConfig({ application: 'x', tasks: { a: { steps: () => [], set: { branch: 'main' } } }, stages: { p } })
// all overrides under one condition, or one of them
defineConfig({ application: 'x', use: [puma()], override: here ? { 'puma:restart': false } : {}, stages: { p } })
defineConfig({ application: 'x', use: [puma()], override: { 'puma:restart': here ? false : null }, stages: { p } })
// @ts-expect-error a typo in an override under a condition
defineConfig({ application: 'x', use: [puma()], override: here ? { 'puma:restrat': false } : {}, stages: { p } })
// @ts-expect-error an unknown task in the sequence of an override
defineConfig({ application: 'x', use: [puma()], override: { 'puma:restart': { sequence: ['puma:restart:orig'] } }, stages: { p } })
// @ts-expect-error the original of a task that is not overridden
defineConfig({ application: 'x', use: [puma()], tasks: { a: { sequence: ['puma:restart:original'] } }, stages: { p } })
// @ts-expect-error an override of a stage that no recipe has
defineConfig({ application: 'x', use: [puma()], stages: { p: { ...p, override: { 'puma:restrat': false } } } })

// Words after --, and overrides of recipes.
const lb = defineRecipe({
  name: 'lb',
  settings: z.object({ pool: z.string() }),
  hostVars: z.object({ weight: z.number() }),
  tasks: { detach: { steps: () => [] } },
  override: {
    'puma:restart': { sequence: ['lb:detach', 'puma:restart:original'] },
    'puma:live': { rest: 'files', steps: ({ settings, host, rest }) => [sh`x ${settings.pool} ${host.vars.weight.toFixed()} ${rest}`] },
    'puma:reload:all': false,
    'puma:other': null,
  },
})
defineConfig({
  application: 'x',
  use: [puma(), lb({ pool: 'a' })],
  tasks: {
    rake: { rest: { name: 'tasks', description: 'rake tasks' }, steps: ({ rest }) => [sh`rake ${rest}`] },
    code: { rest: true, run: async ({ rest, invoke }) => invoke('rake', {}, rest.slice(1)) },
    all: { sequence: ['puma:restart:original', 'lb:detach'] },
  },
  stages: { p },
})
// @ts-expect-error a list of words in place of their name
defineConfig({ application: 'x', tasks: { a: { rest: ['files'], steps: () => [] } }, stages: { p } })
// @ts-expect-error false: leave it out
defineConfig({ application: 'x', tasks: { a: { rest: false, steps: () => [] } }, stages: { p } })
// @ts-expect-error an unknown key of rest
defineConfig({ application: 'x', tasks: { a: { rest: { title: 'x' }, steps: () => [] } }, stages: { p } })
// @ts-expect-error words of a sequence: its tasks take them
defineConfig({ application: 'x', tasks: { ...own, a: { rest: true, sequence: ['own'] } }, stages: { p } })
// @ts-expect-error words are read-only
defineConfig({ application: 'x', tasks: { a: { rest: true, steps: ({ rest }) => [sh`x ${rest.pop()!}`] } }, stages: { p } })
// @ts-expect-error a word in place of a list of them
defineConfig({ application: 'x', tasks: { ...own, a: { run: ({ invoke }) => invoke('own', {}, 'word') } }, stages: { p } })
// @ts-expect-error an override that is true
defineRecipe({ name: 'r', override: { 'puma:restart': true } })
// @ts-expect-error an override with an unknown key
defineRecipe({ name: 'r', override: { 'puma:restart': { stesp: () => [] } } })
const settings = z.object({ a: z.string() })
// @ts-expect-error a setting that the recipe does not have
defineRecipe({ name: 'r', settings, override: { 'puma:restart': { steps: ({ settings }) => [sh`${settings.b}`] } } })
// @ts-expect-error a host variable that the recipe does not declare
defineRecipe({ name: 'r', hostVars: settings, override: { 'puma:x': { steps: ({ host }) => [sh`${host.vars.b}`] } } })
defineConfig({
  application: 'x',
  tasks: {
    conf: {
      steps: ({ template, paths, host }) => [
        write('/etc/x', template('x.conf', { paths, host, port: 80 })),
        write('/etc/y', template('y')),
      ],
    },
    code: { run: ({ on, template }) => on('all', (h) => h.write('/etc/x', template('x.conf', { port: 80 }))) },
  },
  stages: { p },
})
// @ts-expect-error the data of a template is an object
defineConfig({ application: 'x', tasks: { a: { steps: ({ template }) => [write('/etc/x', template('x.conf', 80))] } }, stages: { p } })

// Tasks that have nothing but a function with parameters: T[K] is inferred of none of them.
defineConfig({
  application: 'x',
  tasks: { verify: { steps: ({ paths }) => [sh`x ${paths.repo}`] }, code: { run: ({ on }) => on('all', (h) => h.run`x`) } },
  hooks: { before: { deploy: 'verify', code: 'verify' }, after: { verify: 'code' } },
  stages: { p },
})
// @ts-expect-error a hook that is none of them
defineConfig({ application: 'x', tasks: { a: { steps: ({ paths }) => [sh`${paths.repo}`] } }, hooks: { after: { a: 'b' } }, stages: { p } })
// @ts-expect-error a path that does not exist
defineConfig({ application: 'x', tasks: { a: { steps: ({ paths }) => [sh`${paths.repository}`] } }, stages: { p } })
// @ts-expect-error an option that the task does not take
defineConfig({ application: 'x', tasks: { a: { steps: ({ args }) => [sh`${args.lines}`] } }, stages: { p } })
// @ts-expect-error an unknown key beside it
defineConfig({ application: 'x', tasks: { a: { desc: 'x', steps: ({ paths }) => [sh`${paths.repo}`] } }, stages: { p } })

// The same in a recipe, also with facts, settings and options beside them.
const lone = defineRecipe({
  name: 'lone',
  tasks: { up: { steps: ({ paths }) => [sh`x ${paths.current}`] }, down: { run: ({ log }) => log.info('x') } },
  override: { 'puma:restart': { steps: ({ paths }) => [sh`x ${paths.current}`] } },
  hooks: { before: { deploy: 'lone:up' } },
})
defineConfig({
  application: 'x',
  use: [lone()],
  tasks: { verify: { steps: ({ paths }) => [sh`x ${paths.repo}`] } },
  override: { 'lone:down': { steps: ({ paths }) => [sh`x ${paths.repo}`] } },
  hooks: { before: { deploy: ['verify', 'lone:up'], verify: 'puma:restart:original' }, after: { 'lone:up': 'verify' } },
  stages: { p },
})
defineRecipe({
  name: 'known',
  settings: z.object({ pool: z.string() }),
  hostVars: z.object({ weight: z.number() }),
  facts: ({ settings }) => ({ pid: fact(sh`cat ${settings.pool}`, (text) => Number(text.stdout)) }),
  tasks: {
    up: { steps: ({ facts, settings, host }) => [sh`x ${facts.pid?.toFixed() ?? ''} ${settings.pool} ${host.vars.weight.toFixed()}`] },
    code: { run: ({ settings, log }) => log.info(settings.pool.trim()) },
  },
})
defineRecipe({
  name: 'both',
  facts: () => ({ pid: fact(sh`x`, (text) => Number(text.stdout)) }),
  tasks: {
    up: { args: z.object({ deep: z.boolean() }), steps: ({ facts, args }) => [sh`x ${facts.pid?.toFixed() ?? ''} ${Number(args.deep)}`] },
    down: { steps: ({ facts, paths }) => [sh`x ${facts.pid?.toFixed() ?? ''} ${paths.current}`] },
  },
})
// @ts-expect-error a hook on a task that the recipe does not have
defineConfig({ application: 'x', use: [lone()], hooks: { after: { 'lone:upp': 'deploy:check' } }, stages: { p } })
// @ts-expect-error a path that does not exist, in a recipe
defineRecipe({ name: 'r', tasks: { a: { steps: ({ paths }) => [sh`${paths.repository}`] } } })
// @ts-expect-error an unknown key in the only task of a recipe
defineRecipe({ name: 'r', tasks: { a: { desc: 'x', steps: ({ paths }) => [sh`${paths.repo}`] } } })
// @ts-expect-error an option that the only task of a recipe does not take
defineRecipe({ name: 'r', tasks: { a: { steps: ({ args }) => [sh`${args.lines}`] } } })
// @ts-expect-error a setting that the recipe does not have, in its only task
defineRecipe({ name: 'r', settings, tasks: { a: { steps: ({ settings }) => [sh`${settings.b}`] } } })

// each() of a task with run: the task's own hosts
const racks = z.object({ rack: z.string() })
defineConfig({
  application: 'x',
  hostVars: racks,
  tasks: {
    racks: {
      on: 'app',
      run: async ({ each, log }) => {
        for (const [host, size] of await each(async (h) => (await h.capture`x ${h.vars.rack.trim()}`).length))
          log.info(`${host.vars.rack.trim()} ${size.toFixed()}`)
      },
    },
  },
  stages: { p: { servers: [{ host: 'a1', vars: { rack: 'r' } }] } },
})
// @ts-expect-error a variable that no host has
defineConfig({ application: 'x', hostVars: racks, tasks: { a: { run: ({ each }) => each((h) => h.vars.rak) } }, stages: {} })
// @ts-expect-error hosts, which each() has already
defineConfig({ application: 'x', tasks: { a: { run: ({ each }) => each('app', (h) => h.run`x`) } }, stages: {} })

// the settings of the stage, and all of its hosts
defineConfig({
  application: 'x',
  tasks: {
    a: {
      when: ({ config }) => config.keepReleases > 1,
      steps: ({ config, hosts }) => [
        sh`x ${config.repoUrl ?? ''} ${config.linkedDirs} ${config.branch.trim()} ${config.git.timeout} ${config.ssh.port ?? 22}`,
        sh`x ${hosts('app', { filtered: false }).map((host) => host.address)}`,
      ],
    },
    b: { run: ({ config, log }) => log.info(config.deployTo.trim()) },
  },
  stages: { p },
})
// @ts-expect-error a setting that does not exist
defineConfig({ application: 'x', tasks: { a: { steps: ({ config }) => [sh`x ${config.keepRelease}`] } }, stages: { p } })
// @ts-expect-error a secret, which config does not have
defineConfig({ application: 'x', tasks: { a: { steps: ({ config }) => [sh`x ${config.sudoPassword}`] } }, stages: { p } })
// @ts-expect-error a setting cannot be changed
defineConfig({ application: 'x', tasks: { a: { run: ({ config }) => (config.keepReleases = 1) } }, stages: { p } })
// @ts-expect-error an option that hosts() does not have
defineConfig({ application: 'x', tasks: { a: { run: ({ hosts }) => hosts('app', { filter: false }) } }, stages: { p } })
