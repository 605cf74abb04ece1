import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWaves } from '../../src/plan/collect-waves.ts'
import type { TaskEntry } from '../../src/tasks/entry.ts'
import { makeHosts } from './support.ts'

const [host] = makeHosts({ a: {} }).hosts
/** The title of the wave in which one host runs these tasks, all of them part of the one that was typed. */
const titleOf = (typed: string, names: readonly string[]): string => {
  const tasks = names.map((name) => ({ name }) as TaskEntry)
  const entries = tasks.map((task) => ({ kind: 'task', task, within: [typed] }) as const)
  const waves = createWaves({ entries, hosts: [host!], local: host!, recovering: false })
  waves.startTask(typed)
  for (const task of tasks) waves.add(task, [{ host: host!, planned: { name: task.name, steps: [] } }])
  waves.close(undefined)
  return waves.all[0]!.title
}

test('a wave of up to three tasks is called by them, and one of more by the task that was typed', () => {
  assert.equal(titleOf('app:all', ['app:one', 'app:two', 'app:three']), 'app:one, app:two, app:three')
  assert.equal(titleOf('app:all', ['app:one', 'app:two', 'app:three', 'app:four']), 'app:all')
})
