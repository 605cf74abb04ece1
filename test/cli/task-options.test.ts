import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { z } from 'zod'
import { parseTaskOptions } from '../../src/cli/task-options.ts'
import { taskUsage } from '../../src/cli/task-usage.ts'
import type { AnyTask } from '../../src/tasks/types.ts'
import { parseOptions } from '../../src/cli/global-options.ts'

const schema = z.object({
  install: z.boolean().default(false),
  lines: z.number().int().positive().default(100),
  sinceWhen: z.string().optional(),
})
const tasksOf = (tasks: Record<string, Partial<Record<keyof AnyTask, unknown>>>) => (name: string) =>
  Object.hasOwn(tasks, name) ? ({ steps: () => [], ...tasks[name] } as AnyTask) : undefined
const bind = (...argv: string[]) => {
  const bound = parseTaskOptions(parseOptions(argv), tasksOf({ a: { args: schema }, b: { args: schema } }))
  const [a, b] = [bound.args.get('a'), bound.args.get('b')]
  return { words: bound.words, ...(a && { a }), ...(b && { b }) }
}

test('task options take =VALUE or the next word, may stand anywhere on the line, and have dashes in their names', () => {
  const args = { install: true, lines: 20, sinceWhen: '1 h ago' }
  for (const argv of [
    ['production', 'a', '--install', '--lines', '20', '--since-when', '1 h ago'],
    ['--install', 'production', '--lines=20', 'a', '--since-when=1 h ago'],
    ['production', '--since-when', '1 h ago', '--lines', '20', '--install', 'a'],
  ])
    assert.deepEqual(bind(...argv), { words: ['production', 'a'], a: args })
  assert.deepEqual(bind('production', 'a'), { words: ['production', 'a'], a: { install: false, lines: 100 } })
  assert.deepEqual(bind('production', 'a', '--no-install', '--lines=5').a, { install: false, lines: 5 })
  assert.deepEqual(bind('production', 'a', '--install=false', '-z', 'h1').a, { install: false, lines: 100 })
})

test('an option reaches every typed task that has it', () => {
  const { a, b } = bind('production', 'a', 'b', '--lines', '3')
  assert.deepEqual(
    [a, b],
    [
      { install: false, lines: 3 },
      { install: false, lines: 3 },
    ],
  )
})

test('a mistake names the option and the nearest one', () => {
  for (const [argv, message] of [
    [['p', 'a', '--lnes', '3'], /unknown option --lnes \(did you mean "--lines"\?\)/],
    [['p', 'a', '--brnch', 'x'], /unknown option --brnch \(did you mean "--branch"\?\)/],
    [['p', 'c', '--lines', '3'], /unknown option --lines/],
    [['p', 'a', '--lines'], /--lines needs a value/],
    [['p', 'a', '--lines', 'many'], /--lines of a: .*number/],
    [['p', 'a', '--lines', '0'], /--lines of a: /],
    [['p', 'a', '--lines=1e3'], /--lines of a: /],
    [['p', 'a', '--install=maybe'], /--install takes no value/],
    [['p', 'a', '--no-lines'], /unknown option --no-lines/],
    [['p', 'a', '-w'], /unknown option -w/],
  ] as const)
    assert.throws(() => bind(...argv), message)
  const needed = z.object({ file: z.string() })
  assert.throws(() => parseTaskOptions(parseOptions(['p', 'a']), tasksOf({ a: { args: needed } })), /a needs --file/)
})

test('a task cannot have an option of the same name as one of shipit', () => {
  for (const shape of [{ log: z.string() }, { dryRun: z.boolean() }, { 'no-log': z.boolean() }])
    assert.throws(
      () => parseTaskOptions(parseOptions(['p', 'a']), tasksOf({ a: { args: z.object(shape) } })),
      /a has an option --[\w-]+, which is/,
    )
})

test('a value becomes what the schema makes of it, whatever kind the schema is', () => {
  const kinds = z.object({
    count: z.coerce.number().optional(),
    level: z.enum(['info', 'warn']).optional(),
    since: z.iso.date().optional(),
    list: z
      .string()
      .transform((text) => text.split(','))
      .optional(),
    either: z.union([z.number(), z.literal('all')]).default('all'),
    wordy: z.boolean().nullable().default(null),
  })
  const of = (...argv: string[]) => {
    return parseTaskOptions(parseOptions(['p', 'a', ...argv]), tasksOf({ a: { args: kinds } })).args.get('a')
  }
  assert.deepEqual(of('--count', '3', '--level=warn', '--since', '2026-01-31', '--list', 'a,b', '--wordy'), {
    count: 3,
    level: 'warn',
    since: '2026-01-31',
    list: ['a', 'b'],
    either: 'all',
    wordy: true,
  })
  assert.equal(of('--either', '3')?.['either'], 3)
  assert.equal(of('--either=all')?.['either'], 'all')
  assert.throws(() => of('--level', 'wrn'), /--level of a: expected "info" or "warn", found "wrn" \(did you mean "warn"\?\)/)
  assert.throws(() => of('--since', 'yesterday'), /--since of a: /)
  assert.throws(() => of('--either', 'none'), /--either of a: /)
})

test('any command line is bound or refused with a readable message, never with another error', () => {
  const word = fc.constantFrom(
    'p',
    'a',
    'b',
    '--',
    '-',
    '--lines',
    '--lines=',
    '--no-install',
    '--install',
    '--=x',
    '---',
    '--__proto__',
    '-n',
    '20',
    '=',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 6 }), (argv) => {
      try {
        const { a } = bind(...argv)
        return a === undefined || (Number.isInteger(a['lines']) && typeof a['install'] === 'boolean')
      } catch (error) {
        return (error as Error).name === 'ShipitError'
      }
    }),
    { numRuns: 2000 },
  )
})

test('any text after an equals sign arrives unchanged', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { a } = bind('p', 'a', `--since-when=${text}`)
      return a?.['sinceWhen'] === text
    }),
  )
})

test('the list of tasks shows their options', () => {
  const find = tasksOf({ a: { args: schema, rest: 'files' }, b: { rest: true }, c: { rest: { description: 'x' } } })
  const usages = ['a', 'b', 'c', 'd'].map((name) => taskUsage(name, find).join(' '))
  assert.deepEqual(usages, ['[--install] [--lines LINES] [--since-when SINCE-WHEN] [-- FILES…]', '[-- WORDS…]', '[-- WORDS…]', ''])
})

let dir = ''
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'shipit-args-'))
  const zod = pathToFileURL(fileURLToPath(import.meta.resolve('zod'))).href
  writeFileSync(
    join(dir, 'deploy.config.ts'),
    `import { defineConfig, sh } from 'shipit-ts'
import { z } from '${zod}'
const args = z.object({ word: z.string().default('nothing') })
const needs = z.object({ word: z.string() })
export default defineConfig({
  application: 'shop',
  tasks: {
    say: { description: 'Say it', on: 'local', args, shows: true, steps: ({ args }) => [sh\`echo said \${args.word}\`] },
    too: { on: 'local', args, shows: true, steps: ({ args }) => [sh\`echo too \${args.word}\`] },
    needs: { on: 'local', args: needs, steps: () => [sh\`true\`] },
    asks: { on: 'local', steps: () => [sh\`true\`] },
  },
  hooks: { after: { say: 'too', asks: 'needs' } },
  stages: { test: { servers: [] } },
})
`,
  )
})
after(() => rmSync(dir, { recursive: true, force: true }))

const shipit = (...args: string[]) => {
  const bin = fileURLToPath(new URL('../../src/cli/bin.ts', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd: dir,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  })
  return { code: status, stdout, stderr }
}

test('a typed option reaches its task, and the hooks of the task get their defaults', () => {
  assert.deepEqual(shipit('test', 'say', '--word', 'it'), { code: 0, stdout: 'said it\ntoo nothing\n', stderr: '' })
  assert.match(shipit('test', 'plan', 'say', '--word', 'it').stdout, /echo said it\n/)
  assert.match(shipit('--tasks', 'say').stdout, /^say {2}Say it \[--word WORD\]\n$/)
  for (const args of [
    ['--tasks', '--word', 'x'],
    ['test', 'doctor', '--word', 'x'],
    ['demo', '--word=x'],
  ]) {
    const { code, stderr } = shipit(...args)
    assert.equal(code, 2, args.join(' '))
    assert.match(stderr, /unknown option --word/)
  }
  const bad = shipit('test', 'say', '--wrd', 'it')
  assert.equal(bad.code, 2)
  assert.match(bad.stderr, /did you mean "--word"/)
})

test("a hook's required option that nothing sets is an error before anything runs", () => {
  const hook = shipit('test', 'asks')
  assert.equal(hook.code, 2)
  assert.match(hook.stderr, /needs needs word, and nothing here gives it a value/)
  const deploy = shipit('test', 'deploy', '--set', 'repoUrl=x')
  assert.equal(deploy.code, 2)
  assert.match(deploy.stderr, /deploy runs on no host\n {2}in deploy\.config\.ts:\d+\n {2}test has no servers/)
})
