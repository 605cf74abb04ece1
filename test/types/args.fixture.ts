// Options of tasks, by the schema in args: code that must compile, and typos that must not.
import { z } from 'zod'
import { defineConfig, defineRecipe, each, sh, task, type AnyTask } from 'shipit-ts'
import { puma } from './recipes.fixture.ts'

const p = { servers: ['a1'] }
const args = z.object({
  lines: z.number().default(20),
  level: z.enum(['info', 'warn']).optional(),
  ids: z.string().transform((s) => s.split(',')),
})

defineConfig({
  application: 'x',
  use: [puma()],
  tasks: {
    tail: {
      args,
      when: ({ args }) => args.lines > 1,
      steps: ({ args }) => [sh`x ${args.lines.toFixed()} ${args.level ?? ''} ${args.ids}`],
    },
    code: { args, run: ({ args, on }) => on('all', (h) => h.run`x ${args.ids.join()}`) },
    both: { args, when: ({ args }) => args.level !== 'warn', sequence: ['tail', 'code'] },
    ...each(['a', 'b'], () => ({ args, steps: ({ args }) => [sh`x ${args.lines}`] })),
  },
  override: { 'puma:restart': { args, steps: ({ args }) => [sh`x ${args.lines.toFixed()}`] } },
  hooks: { after: { tail: { args, steps: ({ args }) => [sh`x ${args.lines}`] } } },
  stages: { p: { ...p, tasks: { more: { args, steps: ({ args }) => [sh`x ${args.lines}`] } } } },
})
defineRecipe({
  name: 'r',
  tasks: {
    tail: { args, when: ({ args }) => args.lines > 1, steps: ({ args }) => [sh`x ${args.lines.toFixed()}`] },
    code: { args, run: ({ args, log }) => log.info(args.ids.join()) },
    both: { args, when: ({ args }) => args.level === 'info', sequence: ['r:tail'] },
  },
})
// @ts-expect-error an option that is not declared, in steps
defineConfig({ application: 'x', tasks: { a: { args, steps: ({ args }) => [sh`x ${args.linse}`] } }, stages: { p } })
// @ts-expect-error a number in place of a text
defineConfig({ application: 'x', tasks: { a: { args, steps: ({ args }) => [sh`x ${args.lines.trim()}`] } }, stages: { p } })
// @ts-expect-error an option that may be missing
defineConfig({ application: 'x', tasks: { a: { args, steps: ({ args }) => [sh`x ${args.level.trim()}`] } }, stages: { p } })
// @ts-expect-error an option that is not declared, in code
defineConfig({ application: 'x', tasks: { a: { args, run: ({ args, log }) => log.info(args.levle) } }, stages: { p } })
// @ts-expect-error an option that is not declared, in when
defineConfig({ application: 'x', tasks: { a: { args, when: ({ args }) => args.linse > 1, steps: () => [] } }, stages: { p } })
// @ts-expect-error a value that the option cannot have, in the when of a sequence
defineConfig({ application: 'x', tasks: { a: { args, when: ({ args }) => args.level === 'wran', sequence: ['deploy'] } }, stages: { p } })
// @ts-expect-error an option that is not declared, in a recipe
defineRecipe({ name: 'r', tasks: { a: { args, steps: ({ args }) => [sh`x ${args.linse}`] } } })
// @ts-expect-error an option that is not declared, in code of a recipe
defineRecipe({ name: 'r', tasks: { a: { args, run: ({ args, log }) => log.info(args.levle) } } })
// @ts-expect-error an option that is not declared, in the when of a recipe
defineRecipe({ name: 'r', tasks: { a: { args, when: ({ args }) => args.linse > 1, sequence: ['deploy'] } } })
const any: AnyTask = { args, steps: ({ args }) => [sh`x ${args.lines}`] }
defineConfig({ application: 'x', tasks: { any }, stages: { p } })
// @ts-expect-error the text that a transform took, in place of the list that it made
defineRecipe({ name: 'r', tasks: { a: { args, steps: ({ args }) => [sh`x ${args.ids.trim()}`] } } })
// @ts-expect-error a value that the option cannot have, in a sequence of a recipe
defineRecipe({ name: 'r', tasks: { a: { args, when: ({ args }) => args.level === 'wran', sequence: ['deploy'] } } })

// task(): the same where a schema alone gives `args` no types.
const tail = task({
  description: 'Show a log',
  on: 'app',
  rest: true,
  args,
  when: ({ args }) => args.lines > 1,
  rolling: { size: 1 },
  steps: ({ args, host }) => [sh`x ${args.lines.toFixed()} ${args.ids.join()} ${host.name}`],
})
const code = task({ args, run: async ({ args, on, log }) => log.info(`${args.ids.join()} ${(await on('all', (h) => h.run`x`)).size}`) })
const both = task({ args, when: ({ args }) => args.level !== 'warn', sequence: ['tail', 'code'] })
const plain = task({ steps: ({ paths }) => [sh`x ${paths.current}`] })
const file = z.object({ file: z.string() })
defineConfig({
  application: 'x',
  roles: ['app', 'db'],
  use: [puma()],
  tasks: {
    tail,
    code,
    both,
    plain,
    inline: task({ args: file, on: { roles: ['db'], primary: true }, steps: ({ args }) => [sh`x ${args.file.trim()}`] }),
    ...each(['a', 'b'], (name) => task({ args: file, run: ({ args, log }) => log.info(`${name} ${args.file.trim()}`) })),
    all: { sequence: ['a', 'both', 'inline'] },
  },
  override: {
    'puma:restart': task({ args, on: ['app'], steps: ({ args }) => [sh`x ${args.lines.toFixed()}`] }),
    'puma:live': task({ args, sequence: ['puma:live:original', 'tail'] }),
  },
  hooks: { before: { a: [task({ args, steps: ({ args }) => [sh`x ${args.ids.join()}`] }), 'tail'] }, after: { deploy: plain } },
  stages: { p: { ...p, tasks: { more: task({ args: file, steps: ({ args }) => [sh`x ${args.file.trim()}`] }) } } },
})
defineRecipe({
  name: 'r',
  settings: z.object({ u: z.string() }),
  tasks: { a: task({ args: file, steps: ({ args }) => [sh`x ${args.file.trim()}`] }), b: { sequence: ['r:a'] } },
})
defineConfig({
  application: 'x',
  hostVars: z.object({ rack: z.string() }),
  stageVars: z.object({ port: z.number() }),
  vars: { port: 1 },
  tasks: { tail, code, a: task({ args: file, steps: ({ args, host, vars }) => [sh`x ${args.file} ${vars['port']} ${host.vars.rack}`] }) },
  stages: { p: { servers: [{ host: 'a1', vars: { rack: 'r' } }], tasks: { code } } },
})
// @ts-expect-error an option that is not declared, in steps
task({ args: file, steps: ({ args }) => [sh`x ${args.flie}`] })
// @ts-expect-error an option that is not declared, in code
task({ args: file, run: ({ args, log }) => log.info(args.flie) })
// @ts-expect-error an option that is not declared, in when
task({ args, when: ({ args }) => args.linse > 1, sequence: ['deploy'] })
// @ts-expect-error a number in place of a text
task({ args, steps: ({ args }) => [sh`x ${args.lines.trim()}`] })
// @ts-expect-error an option, and no schema
task({ steps: ({ args }) => [sh`x ${args.file}`] })
// @ts-expect-error an unknown key of a task
task({ args: file, descripton: 'x', steps: () => [] })
// @ts-expect-error a task without anything to do
task({ args: file, description: 'x' })
// @ts-expect-error a task with both steps and code
task({ args: file, steps: () => [], run: () => {} })
// @ts-expect-error steps that are text
task({ args: file, steps: ({ args }) => [args.file] })
// @ts-expect-error args that are not a zod object
task({ args: { file: z.string() }, steps: () => [] })
// @ts-expect-error an option that is not declared, in a hook
defineConfig({ application: 'x', hooks: { after: { deploy: task({ args: file, run: ({ args }) => args.flie }) } }, stages: { p } })
// @ts-expect-error an option that is not declared, in a task of a stage
defineConfig({ application: 'x', stages: { p: { ...p, tasks: { a: task({ args: file, steps: ({ args }) => [sh`${args.flie}`] }) } } } })
const use = [puma()] as const
// @ts-expect-error an option that is not declared, in override
defineConfig({ application: 'x', use, override: { 'puma:live': task({ args: file, run: ({ args }) => args.flie }) }, stages: { p } })
// @ts-expect-error an option that is not declared, inside of each()
each(['a'], () => task({ args: file, steps: ({ args }) => [sh`x ${args.flie}`] }))
// @ts-expect-error a role that was not declared
defineConfig({ application: 'x', roles: ['app'], tasks: { a: task({ on: 'apps', steps: () => [] }) }, stages: { p } })
// @ts-expect-error a sequence with a task that does not exist
defineConfig({ application: 'x', tasks: { a: task({ args, sequence: ['dploy'] }) }, stages: { p } })
// @ts-expect-error a hook on a task that does not exist
defineConfig({ application: 'x', tasks: { a: task({ steps: () => [] }) }, hooks: { after: { b: 'a' } }, stages: { p } })
