import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { REPLACEABLE } from '../../src/cli/instead-of-command.ts'
import { MAY_BE_TASKS } from '../../src/values/reserved-words.ts'
import { configText, place, type Place } from './support/place.ts'

let project: Place
before(() => {
  project = place()
  project.write({
    'deploy.config.ts': `import { defineRecipe } from 'shipit-ts'\nimport { z } from 'zod'\n${configText(`
  use: [defineRecipe({ name: 'own', tasks: { ':exec': { on: 'local', steps: () => [sh\`echo ours\`] } } })()],
  tasks: {
    lock: { on: 'local', steps: () => [sh\`echo ours\`] },
    logs: { on: 'local', args: z.object({ lines: z.number() }), steps: () => [sh\`echo ours\`] },
    ssh: { on: 'local', rest: true, steps: () => [sh\`echo ours\`] },
  },
  stages: {
    test: { servers: [] },
    late: () => ({ servers: [], tasks: { status: { on: 'local', steps: () => [sh\`echo ours\`] } } }),
  },`)}`,
  })
})
after(() => project.remove())

const refused = async (...words: string[]): Promise<readonly string[]> => {
  const { code, stdout, stderr } = await project.shipit([...words, '--no-log'])
  assert.deepEqual([code, stdout], [2, ''], stderr)
  return stderr.trimEnd().split('\n  ')
}

for (const [words, message, command] of [
  [
    ['test', 'lock', '-m', 'moving'],
    'lock is a task of the config, which runs in place of the command of that name, and it takes no -m',
    'shipit test lock',
  ],
  [
    ['test', 'exec', '--', 'uptime'],
    'exec is a task of the recipe own, which runs in place of the command of that name, and it takes no words after --',
    'shipit test exec',
  ],
  [
    ['test', 'logs', '--since', '1h'],
    'logs is a task of the config, which runs in place of the command of that name, and it takes no --since',
    'shipit test logs',
  ],
  [
    ['test', 'ssh', 'web1'],
    'ssh is a task of the config, which runs in place of the command of that name, and it takes no "web1"',
    'shipit test ssh',
  ],
  [
    ['late', 'status', '--json'],
    'status is a task of the config, which runs in place of the command of that name, and it takes no --json',
    'shipit late status',
  ],
] as const)
  test(`shipit ${words.join(' ')} says that a task has taken the place of the command, and how to reach either`, async () => {
    assert.deepEqual(await refused(...words), [`shipit: ${message}`, `the task: ${command}; for the command, give the task another name`])
  })

test('a task that has taken the place of a command keeps its own options, words and mistakes', async () => {
  for (const words of [
    ['logs', '--lines', '3'],
    ['ssh', '--', 'web1'],
    ['lock', 'logs', '--lines=3'],
  ])
    assert.equal((await project.shipit(['test', ...words, '--no-log'])).code, 0, words.join(' '))
  assert.match((await refused('test', 'lock', '--force'))[0]!, /^shipit: unknown option --force/)
  assert.match((await refused('test', 'lock', 'lgos'))[0]!, /^shipit: unknown task "lgos" \(did you mean "logs"\?\)/)
})

test('--help after a mistyped word of a stage that is a function names the nearest task or command', async () => {
  assert.match((await refused('late', 'statsu', '--help'))[0]!, /unknown task "statsu" \(did you mean "status"\?\)/)
  assert.match((await project.shipit(['late', 'logs', '--help'])).stdout, /shipit STAGE logs/)
})

test('every command that may be a task is one that a task can be confused with', () => {
  assert.deepEqual(REPLACEABLE.map(({ name }) => name).toSorted(), MAY_BE_TASKS.toSorted())
})
