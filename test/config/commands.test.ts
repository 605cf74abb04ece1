import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, shown, stageOf } from './support.ts'

const config = (top: string, stage = '{}') =>
  `export default { application: 'shop',\n  commands: ${top},\n  stages: { production: { servers: ['a1'], commands: ${stage} } } }\n`

test('commands join by name: the config, the stage, the command line', async (t) => {
  const text = config(`{ rake: 'bundle exec rake', node: 'node18', ruby: 'ruby3' }`, `{ node: ['/opt/node', '-r', 'x y'], ruby: null }`)
  const { commands } = await stageOf(t, text, { set: ['commands.rake=bin/rake --trace'] })
  assert.deepEqual(
    [...commands!],
    [
      ['rake', ['bin/rake', '--trace']],
      ['node', ['/opt/node', '-r', 'x y']],
    ],
  )
})

for (const [given, message] of [
  [`{ cd: 'x' }`, /commands\.cd: is a part of the shell, not a program/],
  [`{ 'bundle exec': 'x' }`, /is not the name of a program/],
  [`{ git: '/opt/git' }`, /does not reach the git of shipit's own steps: env: \{ PATH: prepend/],
  [`{ rake: '' }`, /expected a command such as 'bundle exec rake'/],
  [`{ rake: '"open' }`, /expected a command such as/],
  [`{ rake: 3 }`, /expected a command such as .*, found 3/],
  [`{ rake: [] }`, /expected a command such as .*, found a list/],
] as const)
  test(`commands: ${given} is an error with its line`, async (t) => {
    const text = shown(await refusal(stageOf(t, config(given))))
    assert.match(text, message)
    assert.match(text, /deploy\.config\.ts:2/)
  })

test('--set commands.git is refused as it is in the config', async (t) => {
  assert.match((await refusal(stageOf(t, config('{}'), { set: ['commands.git=/opt/git'] }))).message, /does not reach the git/)
})

test('a command may be a function of the stage, in the config and in a stage', async (t) => {
  const text = config(
    `{ composer: ({ deployTo }) => ['php', \`\${deployTo}/shared/composer.phar\`], node: async ({ vars }) => vars.node }`,
    `{ drush: ({ stage }) => \`drush-\${stage} --yes\` }, vars: { node: '/opt/node/bin/node' }`,
  )
  const { commands } = await stageOf(t, text, { set: ['deployTo=/srv/other'] })
  assert.deepEqual(
    [...commands!],
    [
      ['composer', ['php', '/srv/other/shared/composer.phar']],
      ['node', ['/opt/node/bin/node']],
      ['drush', ['drush-production', '--yes']],
    ],
  )
})

test('a function of a command that returns no command is an error with its line', async (t) => {
  const text = shown(await refusal(stageOf(t, config(`{ rake: () => 3 }`))))
  assert.match(text, /commands\.rake: expected a command such as 'bundle exec rake', .*, found 3/)
  assert.match(text, /deploy\.config\.ts:2/)
})

test('null that the function of a command returns takes away what a lower layer gives', async (t) => {
  const { commands } = await stageOf(
    t,
    config(`{ rake: 'bundle exec rake', node: 'node18' }`, `{ rake: ({ stage }) => stage === 'production' ? null : 'x' }`),
  )
  assert.deepEqual([...commands!], [['node', ['node18']]])
})
