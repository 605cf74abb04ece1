// Variables of hosts that the config declares: code that must compile, and typos that must not.
import { z } from 'zod'
import { defineConfig, sh } from 'shipit-ts'
import { puma } from './recipes.fixture.ts'

const hostVars = z.object({ weight: z.number(), zone: z.enum(['a', 'b']).default('a'), note: z.string().optional() })
const steps = () => [sh`x`]

defineConfig({
  application: 'x',
  roles: ['app', 'db'],
  hostVars,
  use: [puma()],
  tasks: {
    weigh: { on: 'app', steps: ({ host }) => [sh`x ${host.vars.weight.toFixed()} ${host.vars.zone} ${host.vars.note ?? ''}`] },
    code: {
      args: z.object({ deep: z.boolean().default(false) }),
      run: async ({ on, args }) => {
        const weights = await on('all', async (h) => (args.deep ? h.vars.weight : h.capture`x`))
        for (const [host] of weights) host.vars.weight.toFixed()
      },
    },
    all: { sequence: ['weigh', 'code'] },
  },
  override: { 'puma:restart': { steps: ({ host }) => [sh`x ${host.vars.weight}`] } },
  stages: {
    list: { servers: ['a1', { host: 'a2', roles: ['app'], vars: { weight: 3, workers: 2 } }, false] },
    roles: { servers: { app: [{ host: 'a1', vars: { weight: 1, zone: 'b' } }], db: ['d1'] } },
    listed: { servers: () => [{ host: 'a1', vars: { weight: 1 } }] },
    later: async () => ({ servers: [{ host: 'a1', vars: { weight: 1, zone: 'b' } }] }),
    local: ({ local }) => ({ servers: { app: ['a1', { host: local.hostname, vars: { weight: 1, zone: 'b' } }] } }),
    async: { servers: async () => [{ host: 'a1', vars: { weight: 1, zone: 'b' } }] },
  },
})
// without a schema, anything goes
defineConfig({
  application: 'x',
  tasks: { a: { steps: ({ host }) => [sh`x ${host.vars.anything}`] } },
  stages: { p: { servers: [{ host: 'a', vars: { port: 5, x: 'y' } }] } },
})
const p = { servers: ['a'] }
// @ts-expect-error a variable that is not declared
defineConfig({ application: 'x', hostVars, tasks: { a: { steps: ({ host }) => [sh`x ${host.vars.wieght}`] } }, stages: { p } })
// @ts-expect-error a text in place of a number
defineConfig({ application: 'x', hostVars, tasks: { a: { steps: ({ host }) => [sh`x ${host.vars.weight.trim()}`] } }, stages: { p } })
// @ts-expect-error a variable that may be missing
defineConfig({ application: 'x', hostVars, tasks: { a: { steps: ({ host }) => [sh`x ${host.vars.note.trim()}`] } }, stages: { p } })
// @ts-expect-error a value that the variable cannot have
defineConfig({ application: 'x', hostVars, tasks: { a: { steps: ({ host }) => [host.vars.zone === 'c' && sh`x`] } }, stages: { p } })
// @ts-expect-error a variable that is not declared, in code
defineConfig({ application: 'x', hostVars, tasks: { a: { run: ({ on }) => on('all', async (h) => h.vars.wieght) } }, stages: { p } })
// @ts-expect-error a variable is read-only
defineConfig({ application: 'x', hostVars, tasks: { a: { run: ({ on }) => on('all', async (h) => (h.vars.weight = 3)) } }, stages: { p } })
// @ts-expect-error a text for a number, in a list
defineConfig({ application: 'x', hostVars, stages: { p: { servers: [{ host: 'a', vars: { weight: '3' } }] } } })
// @ts-expect-error a text for a number, by roles
defineConfig({ application: 'x', hostVars, stages: { p: { servers: { app: [{ host: 'a', vars: { weight: '3' } }] } } } })
// @ts-expect-error a value that is not listed
defineConfig({ application: 'x', hostVars, stages: { p: { servers: [{ host: 'a', vars: { weight: 3, zone: 'c' } }] } } })
// @ts-expect-error a wrong value that a function returns
defineConfig({ application: 'x', hostVars, stages: { p: { servers: () => [{ host: 'a', vars: { weight: '3' } }] } } })
// @ts-expect-error a value that is not listed, in a stage that is a function
defineConfig({ application: 'x', hostVars, stages: { p: () => ({ servers: [{ host: 'a', vars: { weight: 3, zone: 'c' } }] }) } })
// @ts-expect-error a shape in place of a schema
defineConfig({ application: 'x', hostVars: { weight: z.number() }, stages: { p } })
// @ts-expect-error a schema that is no object
defineConfig({ application: 'x', hostVars: z.string(), stages: { p } })
const [use, of] = [[puma()] as const, 'puma:restart'] as const
// @ts-expect-error a variable that is not declared, in an override
defineConfig({ application: 'x', hostVars, use, override: { [of]: { steps: ({ host }) => [sh`x ${host.vars.no}`] } }, stages: { p } })
// @ts-expect-error an unknown key of a task, where variables are declared
defineConfig({ application: 'x', hostVars, tasks: { a: { steps, descripton: 'x' } }, stages: { p } })
