import assert from 'node:assert/strict'
import { test } from 'node:test'
import { place } from '../cli/support/place.ts'

test('the tasks that task() returns run with their options, those of a stage and of each() too', async (t) => {
  const project = place()
  t.after(project.remove)
  project.write({
    'deploy.config.ts': `import { defineConfig, each, sh, task } from 'shipit-ts'
import { z } from 'zod'
const args = z.object({ file: z.string() })
const show = task({ description: 'Show a file', on: 'app', args, steps: ({ args }) => [sh\`echo show \${args.file}\`] })
export default defineConfig({
  application: 'shop', deployTo: '${project.dir}/srv', ssh: { transport: 'local' },
  tasks: { show, ...each(['one'], (name) => task({ args, steps: ({ args }) => [sh\`echo \${name} \${args.file}\`] })) },
  stages: { production: { servers: { app: ['a1'] }, tasks: { more: task({ args, run: ({ args, log }) => log.info('more ' + args.file) }) } } },
})`,
  })
  const { code, stdout, stderr } = await project.shipit(['production', 'show', 'one', 'more', '--file', 'x.txt', '--verbose', '--no-log'])
  assert.equal(code, 0, stderr)
  for (const line of ['show x.txt', 'one x.txt', 'more x.txt']) assert.ok(stdout.includes(line), stdout)
})
