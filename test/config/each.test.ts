import assert from 'node:assert/strict'
import { test } from 'node:test'
import { each } from '../../src/config/each.ts'
import { place } from '../cli/support/place.ts'
import { refusal, shown, stageOf } from './support.ts'

test('each() makes one task for each name, and leaves out what a condition does', () => {
  const made = each(['a', false, 'b', null], (name) => ({ description: `Does ${name}`, steps: () => [] }))
  assert.deepEqual(
    Object.entries(made).map(([name, { description }]) => [name, description]),
    [
      ['a', 'Does a'],
      ['b', 'Does b'],
    ],
  )
  assert.deepEqual(
    each([], () => ({ steps: () => [] })),
    {},
  )
})

test('each() refuses a name that is listed twice, with its line', async (t) => {
  const config = `import { each } from 'shipit-ts'
export default { application: 'x', stages: {}, tasks:
  each(['a', 'b', 'a'], () => ({ steps: () => [] })) }`
  assert.equal(shown(await refusal(stageOf(t, config))), 'each(): the task "a" is listed twice\nat deploy.config.ts:3')
})

test('the tasks that each() makes run by their names', async (t) => {
  const project = place()
  t.after(project.remove)
  project.write({
    'deploy.config.ts': `import { defineConfig, each, sh } from 'shipit-ts'
import { z } from 'zod'
export default defineConfig({
  application: 'shop', deployTo: '${project.dir}/srv', ssh: { transport: 'local' },
  tasks: {
    ...each(['web', 'api'], (name) => ({ description: \`Print \${name}\`, args: z.object({ loud: z.boolean().default(false) }),
      steps: ({ args }) => [sh\`echo \${name} \${args.loud ? 'loud' : 'quiet'}\`] })),
    both: { sequence: ['web', 'api'] },
  },
  hooks: { after: { web: 'api' } },
  stages: { production: { servers: ['h1'] } },
})
`,
  })
  const { code, stdout, stderr } = await project.shipit(['production', 'web', '--loud', '--no-log'])
  assert.equal(code, 0, stderr)
  assert.match(stdout, /web loud[^]*api quiet/)
  const tasks = await project.shipit(['--tasks'])
  assert.match(tasks.stdout, /^api +Print api[^]*^web +Print web/m)
  const typo = await project.shipit(['production', 'wbe', '--no-log'])
  assert.match(typo.stderr, /unknown task "wbe" \(did you mean "web"\?\)/)
})
