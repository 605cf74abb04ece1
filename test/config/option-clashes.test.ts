import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { clashesIn } from '../../src/config/option-clashes.ts'
import { staticProblems } from '../../src/config/static-checks.ts'
import { defineRecipe } from '../../src/tasks/define.ts'
import { configProblems } from '../../src/config/validate.ts'
import { sh } from '../../src/index.ts'

const task = (shape: z.core.$ZodLooseShape) => ({ args: z.object(shape), steps: () => [sh`true`] })
const config = (tasks: object, more: object = {}) => ({ application: 'shop', tasks, stages: { p: { servers: ['a'] } }, ...more })

test('an option that two tasks of a sequence declare with different types is an error of the config, which names both', () => {
  const tasks = {
    'app:log': task({ lines: z.number().default(3) }),
    'db:log': task({ lines: z.string().optional(), sinceWhen: z.boolean().default(false) }),
    own: task({ 'since-when': z.string().optional() }),
    logs: { sequence: ['app:log', 'db:log'] },
    deep: { sequence: ['own', 'logs'] },
    fine: { sequence: ['app:log'] },
  }
  assert.deepEqual(staticProblems(config(tasks)), [
    {
      path: ['tasks', 'logs'],
      message: 'the sequence of "logs": the option --lines is a number for app:log, and text for db:log: rename it in one of them',
    },
    {
      path: ['tasks', 'deep'],
      message: 'the sequence of "deep": the option --lines is a number for app:log, and text for db:log: rename it in one of them',
    },
    {
      path: ['tasks', 'deep'],
      message: 'the sequence of "deep": the option --since-when is text for own, and true or false for db:log: rename it in one of them',
    },
  ])
})

test('a clash in the sequence of a recipe is reported at its use', () => {
  const recipe = defineRecipe({
    name: 'web',
    tasks: { a: task({ x: z.number() }), b: task({ x: z.array(z.string()) }), all: { sequence: ['web:a', 'web:b'] } },
  })
  assert.deepEqual(staticProblems(config({}, { use: [recipe()] })), [
    {
      path: ['use', 0],
      message: 'the sequence of "web:all": the option --x is a number for web:a, and a list of text for web:b: rename it in one of them',
    },
  ])
})

test('options of the same type may have different defaults, limits and texts', () => {
  const same: [z.ZodType, z.ZodType][] = [
    [z.number().default(1), z.number().int().positive().optional()],
    [z.string(), z.string().min(3).nullable().default(null)],
    [z.string().transform((text) => text.split(',')), z.string().meta({ description: 'x' })],
    [z.enum(['a', 'b']), z.enum(['b', 'a']).default('a')],
    [z.literal(['a', 'b']), z.enum(['a', 'b'])],
    [z.union([z.number(), z.literal('all')]), z.union([z.literal('all'), z.number()])],
    [z.boolean().default(false), z.boolean()],
  ]
  const clashes = ([one, other]: [z.ZodType, z.ZodType]) =>
    clashesIn([
      { name: 'a', def: task({ x: one }) },
      { name: 'b', def: task({ x: other }) },
    ])
  for (const pair of same) assert.deepEqual(clashes(pair), [])
  assert.deepEqual(clashes([z.enum(['a', 'b']), z.enum(['a', 'c'])]), ['the option --x is "a" or "b" for a, and "a" or "c" for b'])
})

test('rest is true, a name, or a name with a description, and of no sequence', () => {
  const messages = (rest: unknown, more: object = { steps: () => [] }) =>
    configProblems(config({ a: { rest, ...more } })).map(({ path, message }) => `${path.join('.')} ${message}`)
  for (const rest of [true, 'files', { name: 'files', description: 'x' }, {}]) assert.deepEqual(messages(rest), [])
  assert.deepEqual(messages({ title: 'x' }).length, 1)
  for (const [rest, found] of [
    [false, 'false'],
    [5, '5'],
    [['files'], 'a list'],
  ] as const)
    assert.deepEqual(messages(rest), [
      `tasks.a.rest expected true, what the words are, such as 'files', or { name, description }, found ${found}`,
    ])
  assert.deepEqual(messages(true, { sequence: ['deploy'] }), [
    'tasks.a.rest is for a task with steps or run: in a sequence, the task that takes the words gets them',
  ])
})
