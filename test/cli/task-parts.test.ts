import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { z } from 'zod'
import { parseOptions } from '../../src/cli/global-options.ts'
import { parseCall } from '../../src/config/call-args.ts'
import { parseTaskOptions } from '../../src/cli/task-options.ts'
import { taskUsage } from '../../src/cli/task-usage.ts'
import type { AnyTask } from '../../src/tasks/types.ts'
import { configText, place } from './support/place.ts'

const tasks: Record<string, Partial<Record<keyof AnyTask, unknown>>> = {
  log: { args: z.object({ lines: z.number().default(5), match: z.string().optional() }), steps: () => [] },
  count: { args: z.object({ lines: z.number().default(7) }), steps: () => [] },
  needs: { args: z.object({ file: z.string() }), steps: () => [] },
  test: { rest: 'files', steps: () => [] },
  run: { rest: { name: 'command', description: 'what to run' }, steps: () => [] },
  plain: { steps: () => [] },
  both: { sequence: ['log', '|ready', 'count'] },
  all: { sequence: ['both', 'plain', 'test', 'both'] },
  twice: { sequence: ['test', 'run'] },
  wants: { sequence: ['needs'] },
  round: { sequence: ['round', 'log'] },
}
const find = (name: string) => (Object.hasOwn(tasks, name) ? (tasks[name] as AnyTask) : undefined)
const parse = (...argv: string[]) => {
  const { words, args, rest, typed } = parseTaskOptions(parseOptions(['p', ...argv]), find)
  return { words, args: Object.fromEntries(args), rest: Object.fromEntries(rest), typed }
}

test('a sequence passes its options to all of its tasks that have them, at any depth', () => {
  assert.deepEqual(parse('all', '--lines', '3', '--match=x').args, { log: { lines: 3, match: 'x' }, count: { lines: 3 } })
  assert.deepEqual(parse('both').args, { log: { lines: 5 }, count: { lines: 7 } })
  assert.deepEqual(parse('round', '--lines=1').args, { log: { lines: 1 } })
  assert.throws(() => parse('all', '--lins', '3'), /unknown option --lins \(did you mean "--lines"\?\)/)
  assert.throws(() => parse('both', '--lines', 'x'), /--lines of log: .*number/)
  assert.throws(() => parse('plain', '--lines', '3'), /unknown option --lines/)
  assert.throws(() => parse('wants'), /needs needs --file/)
})

test('options and words that were typed can be typed again', () => {
  assert.deepEqual(parse('all', '--lines', '3', '--match=x', '--', 'a b').typed, [
    { words: ['--lines=3'], tasks: ['log', 'count'] },
    { words: ['--match=x'], tasks: ['log'] },
    { words: ['--', 'a b'], tasks: ['test'] },
  ])
})

test('words after -- go to the one task that takes them, unchanged, whatever they look like', () => {
  const words = ['--lines', '3', '-z', 'a b', '--', '', 'branch=main', 'log']
  for (const task of ['test', 'all']) assert.deepEqual(parse(task, '--', ...words).rest, { test: words })
  assert.deepEqual(parse('log', 'run', '--lines=2', '--', ...words), {
    words: ['p', 'log', 'run'],
    args: { log: { lines: 2 } },
    rest: { run: words },
    typed: [
      { words: ['--lines=2'], tasks: ['log'] },
      { words: ['--', ...words], tasks: ['run'] },
    ],
  })
  assert.deepEqual(parse('test').rest, {})
  assert.deepEqual(parse('test', '--').rest, { test: [] })
})

test('words after -- are an error if no task takes them, and if several do', () => {
  assert.throws(() => parse('plain', '--', 'a b'), { exit: 2, message: 'plain takes no words after --, but got "a b"' })
  assert.throws(() => parse('twice', '--', 'a'), {
    exit: 2,
    message: 'test and run each take words after --, and these are for one task',
  })
  const call = (task: string) => () => parseCall(task, find, { args: {}, rest: ['a'] })
  assert.throws(call('plain'), { exit: 2, message: 'plain takes no words after --, but got "a"' })
  assert.throws(call('twice'), { exit: 2, message: 'test and run each take words after --, and these are for one task' })
  assert.throws(() => parse('test', 'run', '--', 'a'), /test and run each take words after --/)
  assert.deepEqual(parse('plain', '--').rest, {})
  assert.deepEqual(parse('twice', '--').rest, {})
  assert.deepEqual(parse('twice').rest, {})
})

test('the value of an option is not a task, so that it takes no words', () => {
  assert.throws(() => parse('log', '--match', 'test', '--', 'a'), /log takes no words after --/)
})

test('an option that takes a value for one task, and none for another, is an error', () => {
  const odd = (name: string) =>
    ({ a: { args: z.object({ x: z.boolean().default(false) }) }, b: { args: z.object({ x: z.string() }) } })[name] as AnyTask | undefined
  assert.throws(() => parseTaskOptions(parseOptions(['p', 'a', 'b', '--x', 'y']), odd), /--x takes a value for b, and none for a/)
})

test('a sequence of a stage that is a function is checked when it is typed', () => {
  const odd = (name: string) =>
    ({ a: { args: z.object({ x: z.number() }) }, b: { args: z.object({ x: z.string() }) }, s: { sequence: ['a', 'b'] } })[name] as
      | AnyTask
      | undefined
  assert.throws(() => parseTaskOptions(parseOptions(['p', 's']), odd), {
    exit: 2,
    message: 's: the option --x is a number for a, and text for b',
  })
})

test('a stage may be called like a task that takes options and words', () => {
  const { args, rest } = parseTaskOptions(parseOptions(['test', 'plan', 'run', '--', 'a']), find)
  assert.deepEqual([Object.fromEntries(args), Object.fromEntries(rest)], [{}, { run: ['a'] }])
  assert.throws(() => parseTaskOptions(parseOptions(['log', 'plain', '--lines', '3']), find), /unknown option --lines/)
})

test('the list of tasks shows the options of the tasks in a sequence, each once', () => {
  assert.deepEqual(taskUsage('all', find), ['[--lines LINES]', '[--match MATCH]', '[-- FILES…]'])
  assert.deepEqual(taskUsage('twice', find), ['[-- FILES…]', '[-- COMMAND…]'])
})

const project = place({
  'deploy.config.ts': `import { z } from 'zod'\n${configText(`
  tasks: {
    test: {
      description: 'Run tests', on: 'local', shows: true, rest: { name: 'files', description: 'the tests to run' },
      args: z.object({ jobs: z.number().default(2).meta({ description: 'how many at a time' }) }),
      steps: ({ rest, args }) => [sh\`printf '<%s>' \${args.jobs} \${[...rest]}\`],
    },
    lint: {
      description: 'Lint', on: 'local', shows: true,
      args: z.object({ jobs: z.number().default(1), fix: z.boolean().default(false) }),
      run: async ({ local, args, rest }) => { await local.run\`printf '[%s]' \${args.jobs} \${String(args.fix)} \${rest.length}\` },
    },
    hooked: { on: 'local', shows: true, rest: true, steps: ({ rest }) => [sh\`printf '(%s)' \${rest.length}\`] },
    never: { on: 'local', when: () => false, args: z.object({ deep: z.boolean().default(false) }), rest: 'x', steps: () => [sh\`true\`] },
    verify: { description: 'Lint and test', shows: true, sequence: ['lint', 'test'] },
    maybe: { sequence: ['lint', 'never'] },
    calls: { on: 'local', shows: true, run: async ({ invoke }) => { await invoke('verify', { jobs: 4, fix: true }, ['a b', '--c']) } },
    wrong: { on: 'local', run: async ({ invoke }) => { await invoke('lint', {}, ['a']) } },
  },
  hooks: { after: { test: 'hooked' } },
  stages: { test: { servers: [] } },`)}`,
})
after(() => project.remove())
const shipit = async (...args: string[]) => {
  const { code, stdout, stderr } = await project.shipit([...args])
  return { code, stdout, stderr }
}

test('a task gets its words as they were typed, and its hooks get none', async () => {
  const ran = await shipit('test', 'test', '--', 'a b', '--jobs', "it's", '$HOME', '')
  assert.deepEqual(ran, { code: 0, stdout: "<2><a b><--jobs><it's><$HOME><>\n(0)\n", stderr: '' })
})

test('a sequence passes options and words to its tasks', async () => {
  const ran = await shipit('test', 'verify', '--jobs=3', '--fix', '--', 'one')
  assert.deepEqual(ran, { code: 0, stdout: '[3][true][0]\n<3><one>\n(0)\n', stderr: '' })
})

test('code passes options and words to the tasks of a sequence, too', async () => {
  const ran = await shipit('test', 'calls')
  assert.equal(ran.code, 0, ran.stderr)
  assert.equal(ran.stdout, '[4][true][0]\n<4><a b><--c>\n(0)\n')
  const wrong = await shipit('test', 'wrong')
  assert.equal(wrong.code, 1, wrong.stderr)
  assert.match(wrong.stdout + wrong.stderr, /lint takes no words after --, but got "a"/)
})

test('a plan shows the words as they would be typed, and each command with them', async () => {
  const { code, stdout } = await shipit('test', 'plan', 'verify', '--jobs', '3', '--', "it's", 'b')
  assert.equal(code, 0)
  assert.match(stdout, /^plan of shop test verify --jobs=3 -- 'it'\\''s' b$/m)
  assert.match(stdout, /printf '<%s>' 3 'it'\\''s' b$/m)
})

test('a printed command repeats the options and the words', async () => {
  const { code, stderr } = await shipit('test', 'verify', '--fix', '--jobs', '3', '--full', '--', 'a b', '--', '-n')
  assert.equal(code, 2)
  assert.match(stderr, /shipit test plan verify --jobs 3 --fix --full -- 'a b' -- -n$/m)
})

test('words without a task, and options of a task that is left out, are errors', async () => {
  const none = await shipit('test', '--', 'verify', 'a b')
  assert.equal(none.code, 2)
  assert.match(none.stderr, /no task before --[^]*shipit test TASK -- verify 'a b'$/m)
  assert.match((await shipit('test', 'plan', '--', 'verify')).stderr, /shipit test plan TASK -- verify$/m)
  const option = await shipit('test', 'maybe', '--deep')
  assert.equal(option.code, 2)
  assert.match(option.stderr, /--deep is for never, which does not run here/)
  assert.match((await shipit('test', 'maybe', '--', 'x')).stderr, /the words after -- are for never, which does not run here/)
})

test('--tasks and --help show the options and words of a sequence, and --help whose they are', async () => {
  assert.match((await shipit('--tasks', 'verify')).stdout, /^verify +Lint and test \[--jobs JOBS\] \[--fix\] \[-- FILES…\]$/m)
  const { code, stdout } = await shipit('test', 'verify', '--help')
  assert.equal(code, 0)
  assert.match(stdout, /^ {2}shipit test verify \[--jobs JOBS\] \[--fix\] \[-- FILES…\]/)
  assert.match(stdout, /^ {2}--jobs JOBS +default: 1; of lint, test$/m)
  assert.match(stdout, /^ {2}--fix +of lint$/m)
  assert.match(stdout, /^ {2}-- FILES… +the tests to run; of test$/m)
  assert.match((await shipit('test', 'deploy', '--help')).stdout, /^ {2}-b, --branch REF +the branch, tag or commit/m)
  assert.match(
    (await shipit('test', 'deploy:rollback', '--help')).stdout,
    /^ {2}--release NAME +the release that deploy:rollback goes to$/m,
  )
  const own = await shipit('test', 'test', '--help')
  assert.match(own.stdout, /^ {2}--jobs JOBS +how many at a time; default: 2$/m)
})

test('--help after a word that is not a task of the stage is an error with the nearest, and without a config it is the help of shipit', async () => {
  const wrong = await shipit('test', 'verfy', '--help')
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /unknown task "verfy" \(did you mean "verify"\?\)/)
  const stage = await shipit('tset', 'verify', '--help')
  assert.equal(stage.code, 0)
  assert.match(stage.stdout, /^shipit deploys applications/)
})
