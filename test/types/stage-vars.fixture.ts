// Variables of the config and its stages that a schema declares: code that must compile, and typos that must not.
import { z } from 'zod'
import { ask, askSecret, defineConfig, defineRecipe, each, env, sh, write } from 'shipit-ts'
import { secretSchema } from 'shipit-ts/kit'
import { puma } from './recipes.fixture.ts'

const stageVars = z.object({
  port: z.number(),
  zone: z.enum(['a', 'b']).default('a'),
  ips: z.string().transform((text) => text.split(',')),
  note: z.string().optional(),
  token: secretSchema(),
})
const p = { servers: ['a1'] }
const own = { steps: () => [sh`x`] }

defineConfig({
  application: 'x',
  stageVars,
  use: [puma()],
  deployTo: ({ vars }) => `/srv/${vars.zone}/${vars.port.toFixed()}`,
  branch: async ({ vars }) => vars.note?.trim() ?? vars.ips.join('-'),
  env: ({ vars }) => ({ PORT: vars.port, TOKEN: vars.token, FIRST: vars.ips[0] ?? null }),
  linkedFiles: [({ vars }) => `${vars.zone}.yml`, { path: 'x', from: ({ vars }) => vars.zone }],
  linkedDirs: [({ vars }) => vars.zone, 'log'],
  vars: { port: 80, ips: 'a,b', token: env.secret('TOKEN'), note: ({ vars }) => vars.port.toFixed() },
  tasks: {
    steps: { when: ({ vars }) => vars.port > 1, steps: ({ vars }) => [sh`x ${vars.port} ${vars.ips} ${vars.note ?? ''} ${vars.token}`] },
    code: {
      args: z.object({ deep: z.boolean().default(false) }),
      when: ({ vars, args }) => args.deep && vars.zone === 'b',
      run: ({ on, vars, args, reveal }) => on('all', (h) => h.run`x ${vars.port.toFixed()} ${String(args.deep)} ${reveal(vars.token)}`),
    },
    conf: { steps: ({ template, vars }) => [write('/etc/x', template('x', { port: vars.port.toFixed() }))] },
    all: { when: ({ vars }) => vars.zone === 'a', sequence: ['steps', 'code'] },
    ...each(['web', 'api'], (name) => ({ steps: ({ vars }) => [sh`x ${name} ${vars['port']}`] })),
  },
  override: { 'puma:restart': { when: ({ vars }) => vars.port > 1, steps: ({ vars }) => [sh`x ${vars.port.toFixed()}`] } },
  hooks: {
    before: { steps: { steps: ({ vars, host }) => [sh`x ${host.name} ${vars.port.toFixed()}`] } },
    finally: { code: ['all', { run: ({ vars, log }) => log.info(vars.note ?? '') }] },
  },
  stages: {
    plain: { servers: ['a1'], vars: { zone: ask('zone', { choices: ['a', 'b'] }), token: askSecret('token') } },
    late: {
      servers: ({ vars }) => [`${vars.zone}.example.com`],
      vars: { port: ({ vars }) => vars.ips.length, ips: async () => 'x', token: 'text', zone: undefined },
      settings: { puma: { unit: ({ vars }) => vars.zone } },
      tasks: { more: { steps: ({ vars }) => [sh`x ${vars.port.toFixed()}`] } },
      override: { 'puma:restart': { run: ({ vars, log }) => log.info(vars.port.toFixed()) } },
      hooks: { after: { more: { steps: ({ vars }) => [sh`x ${vars.port.toFixed()}`] } } },
    },
    function: async () => ({ servers: ['a1'], vars: { port: 5 }, deployTo: ({ vars }) => `/${vars.port.toFixed()}` }),
  },
})
// an open schema takes any other, and a schema without hosts' or with them
defineConfig({
  application: 'x',
  hostVars: z.object({ weight: z.number() }),
  stageVars: z.looseObject({ port: z.number() }),
  vars: { port: 80, colour: 'red' },
  tasks: { a: { steps: ({ host, vars }) => [sh`x ${host.vars.weight.toFixed()} ${vars.port.toFixed()} ${String(vars['colour'])}`] } },
  stages: { p },
})
// without a schema, anything goes
defineConfig({
  application: 'x',
  deployTo: ({ vars }) => `/srv/${vars['anything'].at.all}`,
  vars: { a: 5, b: () => 'x', c: { d: [1] } },
  tasks: { a: { steps: ({ vars }) => [sh`x ${vars['anything'].at.all}`] } },
  stages: { p: { servers: ({ vars }) => vars['list'] } },
})
// recipes and tasks that know nothing of the schema
const tail = defineRecipe({ name: 'tail', tasks: { go: { steps: ({ vars }) => [sh`x ${vars['anything']}`] } } })
defineConfig({ application: 'x', stageVars, use: [tail()], tasks: { own }, stages: { p } })

// @ts-expect-error a var that is not declared, in steps
defineConfig({ application: 'x', stageVars, tasks: { a: { steps: ({ vars }) => [sh`x ${vars.prot}`] } }, stages: { p } })
// @ts-expect-error a text in place of a number
defineConfig({ application: 'x', stageVars, tasks: { a: { steps: ({ vars }) => [sh`x ${vars.port.trim()}`] } }, stages: { p } })
// @ts-expect-error the text that a transform took, in place of the list that it made
defineConfig({ application: 'x', stageVars, tasks: { a: { steps: ({ vars }) => [sh`x ${vars.ips.trim()}`] } }, stages: { p } })
// @ts-expect-error a var that may be missing
defineConfig({ application: 'x', stageVars, tasks: { a: { steps: ({ vars }) => [sh`x ${vars.note.trim()}`] } }, stages: { p } })
// @ts-expect-error a secret is no text
defineConfig({ application: 'x', stageVars, tasks: { a: { run: ({ vars, log }) => log.info(vars.token) } }, stages: { p } })
// @ts-expect-error a var that is not declared, in code
defineConfig({ application: 'x', stageVars, tasks: { a: { run: ({ on, vars }) => on('all', async () => vars.prot) } }, stages: { p } })
// @ts-expect-error a var is read-only
defineConfig({ application: 'x', stageVars, tasks: { a: { run: ({ vars }) => void (vars.port = 3) } }, stages: { p } })
// @ts-expect-error a value that the var cannot have, in when
defineConfig({ application: 'x', stageVars, tasks: { a: { ...own, when: ({ vars }) => vars.zone === 'c' } }, stages: { p } })
// @ts-expect-error a var that is not declared, in the when of a sequence
defineConfig({ application: 'x', stageVars, tasks: { own, a: { when: ({ vars }) => vars.prot > 1, sequence: ['own'] } }, stages: { p } })
// @ts-expect-error a var that is not declared, in a late setting
defineConfig({ application: 'x', stageVars, deployTo: ({ vars }) => `/srv/${vars.prot}`, stages: { p } })
// @ts-expect-error a number in place of the text of a late setting
defineConfig({ application: 'x', stageVars, branch: ({ vars }) => vars.port, stages: { p } })
// @ts-expect-error a var that is not declared, in a linked directory
defineConfig({ application: 'x', stageVars, linkedDirs: [({ vars }) => vars.zoen], stages: { p } })
// @ts-expect-error a var that is not declared, in the source of a linked file
defineConfig({ application: 'x', stageVars, linkedFiles: [{ path: 'x', from: ({ vars }) => vars.zoen }], stages: { p } })
// @ts-expect-error a var that is not declared, in a late var
defineConfig({ application: 'x', stageVars, vars: { note: ({ vars }) => vars.zoen }, stages: { p } })
// @ts-expect-error a late var of the wrong type
defineConfig({ application: 'x', stageVars, vars: { port: ({ vars }) => vars.zone }, stages: { p } })
// @ts-expect-error a text for a number
defineConfig({ application: 'x', stageVars, vars: { port: '80' }, stages: { p } })
// @ts-expect-error a var that is not declared, in vars
defineConfig({ application: 'x', stageVars, vars: { prot: 80 }, stages: { p } })
// @ts-expect-error what a transform makes, in place of what it takes
defineConfig({ application: 'x', stageVars, vars: { ips: ['a'] }, stages: { p } })
// @ts-expect-error a text for a number, in a stage
defineConfig({ application: 'x', stageVars, stages: { p: { ...p, vars: { port: '80' } } } })
// @ts-expect-error a var that is not declared, in a stage
defineConfig({ application: 'x', stageVars, stages: { p: { servers: ['a1'], vars: { prot: 80 } } } })
// @ts-expect-error a value that is not listed, in a stage that is a function
defineConfig({ application: 'x', stageVars, stages: { p: () => ({ servers: ['a1'], vars: { zone: 'c' } }) } })
// @ts-expect-error a question whose choices the var does not take
defineConfig({ application: 'x', stageVars, vars: { zone: ask('zone', { choices: ['a', 'c'] }) }, stages: { p } })
// @ts-expect-error a var that is not declared, in the servers of a stage
defineConfig({ application: 'x', stageVars, stages: { p: { servers: ({ vars }) => [vars.zoen] } } })
// @ts-expect-error a var that is not declared, in a setting of a recipe in a stage
defineConfig({ application: 'x', stageVars, use: [puma()], stages: { p: { ...p, settings: { puma: { unit: ({ vars }) => vars.zoen } } } } })
// @ts-expect-error a var that is not declared, in a task of a stage
defineConfig({ application: 'x', stageVars, stages: { p: { ...p, tasks: { a: { steps: ({ vars }) => [sh`x ${vars.prot}`] } } } } })
// @ts-expect-error a var that is not declared, in a task that stands in a hook
defineConfig({ application: 'x', stageVars, hooks: { after: { deploy: { steps: ({ vars }) => [sh`x ${vars.prot}`] } } }, stages: { p } })
const [use, of] = [[puma()] as const, 'puma:restart'] as const
// @ts-expect-error a var that is not declared, in an override
defineConfig({ application: 'x', stageVars, use, override: { [of]: { steps: ({ vars }) => [sh`x ${vars.prot}`] } }, stages: { p } })
// @ts-expect-error a shape in place of a schema
defineConfig({ application: 'x', stageVars: { port: z.number() }, stages: { p } })
// @ts-expect-error an object that was transformed
defineConfig({ application: 'x', stageVars: stageVars.transform((all) => all), stages: { p } })
// @ts-expect-error a schema in a stage: it is for all of them
defineConfig({ application: 'x', stages: { p: { ...p, stageVars } } })
// @ts-expect-error an unknown key of a task, where vars are declared
defineConfig({ application: 'x', stageVars, tasks: { a: { ...own, descripton: 'x' } }, stages: { p } })
