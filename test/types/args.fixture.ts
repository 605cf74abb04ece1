// Options of tasks, by the schema in args: code that must compile, and typos that must not.
import { z } from 'zod'
import { defineConfig, defineRecipe, each, sh, type AnyTask } from 'shipit-ts'
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
