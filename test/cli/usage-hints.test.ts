import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { COMMANDS } from '../../src/cli/command-table.ts'
import { hookNameHint } from '../../src/tasks/hook-name-hints.ts'
import { HINTED_NAMES, taskNameHint } from '../../src/tasks/task-name-hints.ts'
import { callFor } from '../support/call.ts'
import { configText, place, type Place } from './support/place.ts'

let project: Place
before(() => {
  project = place()
  project.write({
    'deploy.config.ts': configText(`
  repoUrl: 'unused', deployTo: '/srv/shop',
  tasks: { up: { steps: () => [sh\`uptime\`] } },
  stages: {
    production: { servers: [{ host: 'one', ssh: { transport: 'local' } }] },
    staging: { servers: [{ host: 'two', ssh: { transport: 'local' } }] },
  },`),
  })
})
after(() => project.remove())

/** What you may type, and the whole answer. */
const TYPED: readonly (readonly [typed: string, message: string, hint: string])[] = [
  ['deploy', '"deploy" is not a stage: the stage comes first', 'shipit production deploy; the stages are production, staging'],
  ['up', '"up" is not a stage: the stage comes first', 'shipit production up; the stages are production, staging'],
  ['deploy production', '"deploy" is not a stage: the stage comes first', 'shipit production deploy'],
  ['deploy staging', '"deploy" is not a stage: the stage comes first', 'shipit staging deploy'],
  ['plan staging deploy', '"plan" is not a stage: the stage comes first', 'shipit staging plan deploy'],
  ['plan production', '"plan" is not a stage: the stage comes first', 'shipit production plan deploy'],
  ['plan deploy', '"plan" is not a stage: the stage comes first', 'shipit production plan deploy; the stages are production, staging'],
  ['plan up', '"plan" is not a stage: the stage comes first', 'shipit production plan up; the stages are production, staging'],
  ['plan staging up', '"plan" is not a stage: the stage comes first', 'shipit staging plan up'],
  ['plan qa', '"plan" is not a stage: the stage comes first', 'shipit production plan deploy; the stages are production, staging'],
  ['deploy qa', '"deploy" is not a stage: the stage comes first', 'shipit production deploy; the stages are production, staging'],
  ['doctor deploy', '"doctor" is not a stage: the stage comes first', 'shipit production doctor; the stages are production, staging'],
  ['doctor', '"doctor" is not a stage: the stage comes first', 'shipit production doctor; the stages are production, staging'],
  ['logs puma staging', '"logs" is not a stage: the stage comes first', 'shipit staging logs puma'],
  ['ssh production one', '"ssh" is not a stage: the stage comes first', 'shipit production ssh one'],
  ['rollback production', '"rollback" is not a stage: the stage comes first', 'shipit production deploy:rollback'],
  ['deploy:rollback production', '"deploy:rollback" is not a stage: the stage comes first', 'shipit production deploy:rollback'],
  ['productoin deploy', 'unknown stage "productoin" (did you mean "production"?)', 'the stages are production, staging'],
  ['prod deploy', 'unknown stage "prod" (did you mean "production"?)', 'the stages are production, staging'],
  ['prd plan deploy', 'unknown stage "prd" (did you mean "production"?)', 'the stages are production, staging'],
  ['stg doctor', 'unknown stage "stg" (did you mean "staging"?)', 'the stages are production, staging'],
  ['stage deploy', 'unknown stage "stage" (did you mean "staging"?)', 'the stages are production, staging'],
  ['production2 deploy', 'unknown stage "production2" (did you mean "production"?)', 'the stages are production, staging'],
  ['schema extra', 'schema stands alone: it takes no "extra"', 'shipit schema'],
  ['types extra', 'types stands alone: it takes no "extra"', 'shipit types'],
  ['production types', 'unknown task "types"', 'a command without a stage: shipit types'],
  ['linked:push staging .env', '"linked:push" is not a stage: the stage comes first', 'shipit staging linked:push .env'],
  ['staging plan linked:push', 'unknown task "linked:push"', 'a command, not a task: shipit staging linked:push'],
  ['staging deploy exec', 'unknown task "exec"', 'a command, not a task: shipit staging exec -- COMMAND'],
  ['staging tree releases', 'unknown task "releases"', 'a command, not a task: shipit staging releases'],
  ['demo now', 'demo stands alone: it takes no "now"', 'shipit demo'],
  ['qa deploy', 'unknown stage "qa"', 'the stages are production, staging'],
  [
    'staging,production deploy',
    '"staging,production" is 2 stages, and a run is for one',
    'shipit staging deploy && shipit production deploy',
  ],
  ['stg,prod plan deploy', '"stg,prod" is 2 stages, and a run is for one', 'shipit staging plan deploy && shipit production plan deploy'],
  ['staging,production', '"staging,production" is 2 stages, and a run is for one', 'shipit staging deploy && shipit production deploy'],
  ['production up --keep', '--keep is for shipit demo', 'to keep a release that failed: --set keepFailed=true'],
  ['demo --branch main', '--branch has no effect in the demo, which takes only --keep', 'shipit demo'],
  ['demo --set branch=main', '--set has no effect in the demo, which takes only --keep', 'shipit demo'],
  ['prod', 'unknown stage "prod" (did you mean "production"?)', 'the stages are production, staging'],
  ['deploy prod', '"deploy" is not a stage: the stage comes first', 'shipit production deploy'],
  ['deploy stagign', '"deploy" is not a stage: the stage comes first', 'shipit staging deploy'],
  ['plan stg deploy', '"plan" is not a stage: the stage comes first', 'shipit staging plan deploy'],
  ['prod --tasks', 'no task matches "prod" (did you mean "production"?)', 'see the tasks of that stage: shipit production --tasks'],
  ['prod --tasks deploy', 'unknown stage "prod" (did you mean "production"?)', 'the stages are production, staging'],
  ['version', 'there is no command version', 'shipit --version'],
  ['tasks', 'there is no command tasks', 'shipit --tasks'],
  ['production', 'which task? For example: shipit production deploy', 'see the tasks: shipit production --tasks'],
  ['production rollback', 'unknown task "rollback"', 'shipit production deploy:rollback'],
  ['production deploy:status', 'unknown task "deploy:status"', 'see what runs where: shipit production status'],
  ['production deploy:start', 'unknown task "deploy:start"', 'write a task that starts it'],
  ['production plan check', 'unknown task "check"', 'shipit production deploy:check; or, to examine the hosts, shipit production doctor'],
  [
    'production deploy:migrations',
    'unknown task "deploy:migrations"',
    'the recipe rails() migrates in every deploy: shipit production deploy',
  ],
  [
    'production rails:console',
    'unknown task "rails:console"',
    "it belongs to the recipe rails(), which deploy.config.ts does not use: import { rails } from 'shipit-ts/recipes', and add rails() to use",
  ],
  ['production shell', 'unknown task "shell"', 'open a shell on a host: shipit production ssh'],
  ['production deploy:upload', 'unknown task "deploy:upload"', 'write a task with the step upload(from, to), or write(path, text)'],
  ['production deploy:pending', 'unknown task "deploy:pending"', 'shipit production pending'],
  [
    'production sidekiq:restart',
    'unknown task "sidekiq:restart"',
    "it belongs to the recipe sidekiq(), which deploy.config.ts does not use: import { sidekiq } from 'shipit-ts/recipes', and add sidekiq() to use",
  ],
  [
    'production deploy:migrate',
    'unknown task "deploy:migrate"',
    "it belongs to the recipe rails(), which deploy.config.ts does not use: import { rails } from 'shipit-ts/recipes', and add rails() to use",
  ],
  [
    'production passenger:restart',
    'unknown task "passenger:restart"',
    'there is no recipe for passenger yet: write its commands as tasks of deploy.config.ts and hook them where you want them',
  ],
  ['production deploy:cleanpu', 'unknown task "deploy:cleanpu" (did you mean "deploy:cleanup"?)', 'see them: shipit production --tasks'],
  ['production statsu', 'unknown task "statsu" (did you mean "status"?)', 'see them: shipit production --tasks'],
  ['production lgos', 'unknown task "lgos" (did you mean "logs"?)', 'see them: shipit production --tasks'],
  ...['status', 'releases', 'pending', 'linked:diff', 'config', 'exec'].map((command) => {
    const noun = COMMANDS.find(({ name }) => name === command)!.noun
    const words = command === 'exec' ? 'exec -o jsonl -- uptime' : `${command} -o jsonl`
    return [
      `production ${words}`,
      `--output has no effect in ${noun}, which prints text, or JSON with --json`,
      'type --json instead of it',
    ] as const
  }),
  [
    'production exec -o plain -- uptime',
    '--output has no effect in a command on the hosts, which prints text, or JSON with --json',
    'leave it out',
  ],
  ['production logs --output jsonl', '--output has no effect in the logs, which prints text', 'leave it out'],
  ['production ssh -o tree', '--output has no effect in a shell, which prints text', 'leave it out'],
  ['production statsu --json', 'unknown task "statsu" (did you mean "status"?)', 'see them: shipit production --tasks'],
  ['production lokc -m why', 'unknown task "lokc" (did you mean "lock"?)', 'see them: shipit production --tasks'],
  ['production exce -- uptime', 'unknown task "exce" (did you mean "exec"?)', 'see them: shipit production --tasks'],
  ['production --lines 5 lgos', 'unknown task "lgos" (did you mean "logs"?)', 'see them: shipit production --tasks'],
  ['production linked:psh --help', 'unknown task "linked:psh" (did you mean "linked:push"?)', 'see them: shipit production --tasks'],
  ['staging deploy:rolback -h', 'unknown task "deploy:rolback" (did you mean "deploy:rollback"?)', 'see them: shipit staging --tasks'],
  ['production rollback --help', 'unknown task "rollback"', 'shipit production deploy:rollback'],
  ['help linked:psh', 'there is no command "linked:psh" (did you mean "linked:push"?)', 'shipit help linked:push'],
  ['linked:psh --help', 'there is no command "linked:psh" (did you mean "linked:push"?)', 'shipit help linked:push'],
  ['production logs -f', '--config needs a file', 'to follow the logs, type -F'],
  ['production logs -f -n', '--config needs a file, but the next word is -n', 'to follow the logs, type -F'],
  [
    'production logs -n 5',
    '--dry-run (-n) has no effect in logs, which changes nothing',
    'for the last lines of each log, type --lines 20',
  ],
  ['production init', 'unknown task "init"', 'a command without a stage: shipit init'],
  ['production deploy ssh', 'unknown task "ssh"', 'open a shell on a host: shipit production ssh'],
  [
    'production console',
    'unknown task "console"',
    'a console is a task with .tty(), and the recipe rails() has rails:console; to open a shell: shipit production ssh',
  ],
  ['production upload', 'unknown task "upload"', 'upload() is a step: write a task with it'],
  [
    'production deploy:rollback 20261125101112',
    'unknown task "20261125101112"',
    'name a release with an option: shipit production deploy:rollback --release 20261125101112',
  ],
  [
    'production deploy 4a5b6c7',
    'unknown task "4a5b6c7"',
    'name a branch, tag or commit with an option: shipit production deploy --branch 4a5b6c7',
  ],
  [
    'production deploy v1.2.3',
    'unknown task "v1.2.3"',
    'name a branch, tag or commit with an option: shipit production deploy --branch v1.2.3',
  ],
  [
    'production deploy refs/tags/v1',
    'unknown task "refs/tags/v1"',
    'name a branch, tag or commit with an option: shipit production deploy --branch refs/tags/v1',
  ],
  ['production --tasks zzz', 'no task matches "zzz"', 'see them all: shipit production --tasks'],
  ['--tasks zzz', 'no task matches "zzz"', 'see them all: shipit --tasks'],
  ['BRANCH=x production deploy', 'BRANCH=… is neither a stage nor a task', '--branch takes it: --branch VALUE'],
  ['production deploy BRANCH=x', 'BRANCH=… is neither a stage nor a task', '--branch takes it: --branch VALUE'],
  ['production deploy HOSTS=a1', 'HOSTS=… is neither a stage nor a task', '--hosts takes it: --hosts VALUE'],
  [
    'production deploy:rollback ROLLBACK_RELEASE=1',
    'ROLLBACK_RELEASE=… is neither a stage nor a task',
    '--release names the release for deploy:rollback',
  ],
  [
    'production deploy TOKEN=hunter2',
    'TOKEN=… is neither a stage nor a task',
    "put an environment variable before the command, TOKEN=… shipit STAGE TASK, and read it in the config with env('TOKEN')",
  ],
  ['production deploy keepReleases=3', 'keepReleases=… is neither a stage nor a task', '--set keepReleases=VALUE overrides a setting'],
  [
    'production deploy --trace',
    'unknown option --trace',
    '--verbose shows everything that commands print; the log file, log/shipit.log, has every command with its output',
  ],
  ['production deploy --no-interaction', 'unknown option --no-interaction', '--yes asks nothing: it takes defaults, and says yes'],
  [
    'production deploy --force',
    'unknown option --force',
    '--yes answers whatever is asked; the lock of a run ends with its process, and shipit STAGE unlock ends a held one',
  ],
  ['production deploy -qv', '--quiet and --verbose exclude each other', 'leave one of them out'],
  ['production deploy -q -o jsonl', '--quiet and --output exclude each other', 'leave one of them out'],
  ['production deploy -nq', '--quiet has no effect in a plan, which is there to be seen', 'leave it out'],
  ['production deploy --tag v1', 'unknown option --tag', '--branch takes tags and commits too: --branch v1.2.3'],
  ['production deploy --hots a1', 'unknown option --hots (did you mean "--hosts"?)', 'shipit --help lists the options'],
]

describe('commands of other tools', () => {
  for (const [typed, message, hint] of TYPED) {
    test(`shipit ${typed} is answered with what to type instead`, async () => {
      const { code, stdout, stderr } = await project.shipit(typed.split(' '))
      assert.deepEqual([code, stdout, stderr], [2, '', `shipit: ${message}\n  ${hint}\n`])
    })
  }

  test('offer commands that shipit accepts', async () => {
    const tasks = ['rollback', 'setup', 'cleanup', 'deploy:cold', 'deploy:update'].map(
      (name) => taskNameHint(name, callFor('production'), '', []) ?? '',
    )
    for (const answer of tasks) {
      const words = /shipit (production [a-z]+(?::[a-z_]+)*)/.exec(answer)![1]!.split(' ')
      const { stderr } = await project.shipit([...words, '--dry-run', '--no-log'])
      assert.doesNotMatch(stderr, /unknown task|is not a stage/, answer)
    }
  })

  for (const words of [['generate'], ['production', 'deploy']]) {
    test(`shipit ${words.join(' ')} without a config offers a command that creates one`, async () => {
      const empty = place()
      try {
        const { stderr } = await empty.shipit(words)
        const command = /shipit (init)/.exec(stderr)?.[1]
        assert.ok(command, stderr)
        assert.equal((await empty.shipit([command])).code, 0)
        const { code, stdout } = await empty.shipit(['--tasks'])
        assert.deepEqual([code, /deploy:rollback/.test(stdout)], [0, true])
      } finally {
        empty.remove()
      }
    })
  }
})

/** A mistake in a config, and what its message says to write. */
const WRITTEN: readonly (readonly [config: string, message: RegExp])[] = [
  ["tasks: { up: { in: 'sequence', steps: () => [] } },", /tasks\.up\.in: unknown key "in": rolling: \{ size: 1 \} goes host by host/],
  ["tasks: { up: { roles: 'app', steps: () => [] } },", /tasks\.up\.roles: unknown key "roles": on: 'app' selects the hosts of a task/],
  ["user: 'deploy',", /unknown setting user: write ssh: \{ user: 'deploy' \}/],
  ['keep_releases: 3,', /unknown setting keep_releases \(did you mean "keepReleases"\?\)/],
  [
    "hooks: { before: { 'deploy:update': 'up' } },",
    /there is no task "up", and none "deploy:update": hook on deploy:updated, before the switch, or deploy:published, after it\n/,
  ],
  [
    "hooks: { before: { 'deploy:symlink': 'up' } },",
    /there is no task "up", and none "deploy:symlink": the switch is called deploy:symlink:release\n/,
  ],
  ["hooks: { after: { rollback: 'up' } },", /there is no task "up", and none "rollback": the task is called deploy:rollback\n/],
  ["tasks: { up: { sequence: ['setup', 'deploy'] } },", /there is no task "setup": the task is called deploy:check\n/],
  ["hooks: { after: { 'deploy:compile_assets': 'up' } },", /the task is called deploy:assets:precompile, in the recipe rails\(\)/],
  ["hooks: { before: { 'deploy:migrating': 'up' } },", /hook before deploy:migrate instead, a task of the recipe rails\(\)/],
]

describe('settings of other tools', () => {
  for (const [config, message] of WRITTEN) {
    test(`${config} is answered with what to write instead`, async () => {
      const own = place()
      try {
        own.write({
          'deploy.config.ts': configText(`
  repoUrl: 'unused', deployTo: '/srv/shop',
  ${config}
  stages: { production: { servers: [{ host: 'one', ssh: { transport: 'local' } }] } },`),
        })
        const { code, stderr } = await own.shipit(['production', 'plan', 'deploy'])
        assert.equal(code, 2)
        assert.match(stderr, message)
      } finally {
        own.remove()
      }
    })
  }

  test('hook names are never answered with a command', () => {
    for (const name of HINTED_NAMES)
      assert.doesNotMatch(
        hookNameHint(name) ?? taskNameHint(name, callFor('production'), 'deploy.config.ts', []) ?? '',
        /^shipit production /,
        name,
      )
  })

  test("an import from 'shipit' is answered with the package's name", async () => {
    const own = place()
    try {
      own.write({ 'deploy.config.ts': "import { defineConfig } from 'shipit'\nexport default defineConfig({})\n" })
      const { code, stderr } = await own.shipit(['production', 'deploy'])
      assert.equal(code, 2)
      assert.match(stderr, /in deploy\.config\.ts:1\n {2}the package is called shipit-ts: import … from 'shipit-ts'\n$/)
    } finally {
      own.remove()
    }
  })
})

test('a name for all services names only the tasks of this stage', () => {
  const answer = (name: string, tasks: readonly string[]) => taskNameHint(name, callFor('production'), 'deploy.config.ts', [], tasks)
  const tasks = ['deploy:restart', 'web:status', 'web:restart', 'web:log', 'jobs:restart']
  assert.equal(answer('status', tasks), 'see what runs where: shipit production status; see a service: shipit production web:status')
  assert.equal(answer('restart', tasks), 'name what to restart: shipit production web:restart, or shipit production jobs:restart')
  assert.equal(answer('logs', tasks), 'follow the log of a service: shipit production web:log')
  assert.equal(answer('deploy:stop', tasks), 'write a task that stops it')
  assert.equal(answer('restart', ['deploy:restart']), 'write a task that restarts it, and hook it on deploy:restart')
})

test('the hint for a YAML or JSON config names a recipe in that format', () => {
  for (const config of ['deploy.config.yml', 'deploy.config.yaml', 'ops/deploy.config.json'])
    assert.equal(
      taskNameHint('sidekiq:restart', callFor('production'), config, []),
      `it belongs to the recipe sidekiq, which ${config} does not use: add "sidekiq" to the list in use`,
    )
})
