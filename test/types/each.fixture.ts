// Tasks under several names: configs that must compile, and typos that must not.
import { z } from 'zod'
import { defineConfig, defineRecipe, each, sh } from 'shipit-ts'
const p = { servers: ['a'] }
const roles = ['app', 'db'] as const

defineConfig({
  application: 'x',
  roles,
  tasks: {
    ...each(['web:restart', 'api:restart'], (name) => ({
      description: `Restart ${name}`,
      on: 'app',
      args: z.object({ hard: z.boolean().default(false) }),
      steps: ({ args, host, vars }) => [args.hard && sh`x ${name} ${host.name} ${String(vars['x'])}`],
    })),
    ...each(['one', 'two'], (name) => ({
      on: ['app', 'db'],
      run: async ({ on, log }) => {
        await on('all', (h) => h.run`x`)
        log.info(name)
      },
    })),
    ...each(['three', false], () => ({ sequence: ['one', 'puma'] })),
    ...each(['five'], () => ({ on: { roles: ['db'], primary: true }, steps: () => [] })),
    puma: { args: z.object({ n: z.number() }), steps: ({ args }) => [sh`x ${args.n}`] },
    all: { sequence: ['web:restart', 'api:restart', 'two', 'puma', 'three'] },
  },
  hooks: { after: { 'web:restart': 'one', deploy: ['api:restart', 'two'] } },
  stages: { p: { ...p, tasks: each(['a', 'b'], () => ({ steps: () => [] })) } },
})
defineRecipe({
  name: 'r',
  settings: z.object({ u: z.string() }),
  tasks: { ...each(['a', 'b'], (name) => ({ steps: ({ settings }) => [sh`x ${name} ${settings.u}`] })), c: { sequence: ['r:a'] } },
})
const two = each(['one', 'two'], () => ({ steps: () => [] }))
// @ts-expect-error a name that is not one of them
defineConfig({ application: 'x', tasks: { ...two, t: { sequence: ['oen'] } }, stages: { p } })
// @ts-expect-error a hook on a name that is not one of them
defineConfig({ application: 'x', tasks: { ...two }, hooks: { after: { tow: 'one' } }, stages: { p } })
// @ts-expect-error a sequence with a task that does not exist
defineConfig({ application: 'x', tasks: { ...two, ...each(['a'], () => ({ sequence: ['onw'] })) }, stages: { p } })
// @ts-expect-error a role that was not declared
defineConfig({ application: 'x', roles, tasks: each(['a'], () => ({ on: 'apps', steps: () => [] })), stages: { p } })
// @ts-expect-error an unknown key of a task
each(['a'], () => ({ descripton: 'x', steps: () => [] }))
// @ts-expect-error a task without anything to do
each(['a'], () => ({ description: 'x' }))
// @ts-expect-error steps that are text
each(['a'], (name) => ({ steps: () => [name] }))
