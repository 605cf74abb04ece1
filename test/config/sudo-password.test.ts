import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { answerWith } from '../../src/config/answers.ts'
import { questionsOf } from '../../src/config/env-issues.ts'
import { createIntent } from '../../src/run/intent.ts'
import type { Stage } from '../../src/tasks/stage.ts'
import { masked } from '../../src/redact/mask.ts'
import { reveal } from '../../src/values/secret.ts'
import { refusal, shown, stageOf } from './support.ts'

afterEach(() => answerWith('stand-ins'))

const config = (more: string, servers = `['a', 'b']`): string => `import { askSecret, defineConfig, sh, secret } from 'shipit-ts'
export default defineConfig({ application: 'shop', ${more}
  tasks: {
    uses: { steps: () => [sh\`id\`.sudo()] },
    other: { steps: () => [sh\`id\`.as('app')] },
    late: { steps: ({ layout }) => (layout.live === undefined ? [sh\`id\`.sudo()] : []) },
    code: { run: async ({ on }) => void (await on('all', (h) => h.run(sh\`sudo id\`))) },
    lateness: { steps: ({ layout }) => (layout.live === undefined ? [sh\`id\`] : []) },
    plain: { steps: () => [sh\`id\`] },
  },
  stages: { production: { servers: ${servers} } },
})`

/** The names of the questions that this task needs to have answered before anything connects. */
const asked = (stage: Stage, task: string): readonly string[] => {
  try {
    createIntent({ stage, hosts: stage.hosts, tasks: [task], args: new Map(), release: undefined, user: 'anna', now: new Date() })
    return []
  } catch (error) {
    return questionsOf(error).map(({ name }) => name)
  }
}

test('a password for sudo is asked for once, and only by tasks that use sudo', async (t) => {
  answerWith('person')
  const stage = await stageOf(t, config(`sudoPassword: askSecret('pw'),`))
  for (const task of ['uses', 'other', 'late', 'code']) assert.deepEqual(asked(stage, task), ['pw'], task)
  for (const task of ['plain', 'lateness']) assert.deepEqual(asked(stage, task), [], task)
})

test('a server may have its own, which comes before that of the stage', async (t) => {
  answerWith(
    'person',
    new Map([
      ['one', 'first'],
      ['two', 'second'],
    ]),
  )
  const servers = `['a', { host: 'b', sudoPassword: askSecret('two') }]`
  const { hosts } = await stageOf(t, config(`sudoPassword: askSecret('one'),`, servers))
  assert.deepEqual(
    hosts.map(({ sudoPassword }) => sudoPassword && reveal(sudoPassword)),
    ['first', 'second'],
  )
  assert.deepEqual(
    (await stageOf(t, config(''))).hosts.map((host) => 'sudoPassword' in host),
    [false, false],
  )
})

test('two entries of one server cannot have two passwords', async (t) => {
  const servers = `{ app: [{ host: 'a', sudoPassword: secret('one1') }], db: [{ host: 'a', sudoPassword: secret('two2') }] }`
  assert.match(shown(await refusal(stageOf(t, config('', servers)))), /a is named twice, with a sudoPassword each: which is it\?/)
})

test('a password for sudo that is text is refused, and not shown', async (t) => {
  for (const more of [`sudoPassword: 'hunter22' as never,`, `sudoPassword: 'hunter22' as never, ssh: {},`]) {
    const text = shown(await refusal(stageOf(t, config(more))))
    assert.match(text, /sudoPassword: must be a secret, which no text can be: askSecret\('sudoPassword'\) or env\.secret/)
    assert.ok(!text.includes('hunter22'), text)
  }
  const text = shown(await refusal(stageOf(t, config(''), { set: ['sudoPassword=hunter22'] })))
  // what a person typed is in the message, and masked wherever that is shown
  assert.match(masked(text), /--set sudoPassword=\[secret\]: must be a secret/)
})
