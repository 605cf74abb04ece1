import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { configText, place } from './support/place.ts'
import { terminals } from './support/terminal.ts'

const terminal = terminals()
const project = place({
  'deploy/puma.ts': `import { defineRecipe, sh } from 'shipit-ts'
import { z } from 'zod'

export const puma = defineRecipe({
  name: 'puma',
  settings: z.object({ port: z.number().default(3000), roles: z.array(z.string()).default(['web']) }),
  facts: () => ({ kernel: sh\`uname -s\`.probe() }),
  tasks: {
    restart: {
      description: 'Restart puma',
      on: ({ settings }) => ({ roles: settings.roles }),
      steps: ({ settings, host, facts }) => [sh\`echo \${'puma on ' + host.name + ' at ' + settings.port + ', ' + facts.kernel?.stdout.trim()}\`],
    },
    before: { steps: ({ host }) => [sh\`echo \${'before on ' + host.name}\`] },
  },
  hooks: { before: { 'puma:restart': 'puma:before' } },
})
`,
  'deploy.config.ts': configText(`
  ssh: { transport: 'local' },
  use: [puma({ port: 4000 })],
  tasks: {
    note: { description: 'Say who', on: 'all', steps: ({ host }) => [sh\`echo \${'note on ' + host.name}\`] },
    once: { on: { roles: ['db'], primary: true }, steps: ({ host }) => [sh\`echo \${'once on ' + host.name}\`] },
    releases: { steps: ({ host }) => [sh\`echo \${'releases on ' + host.name}\`] },
    root: { steps: () => [sh\`systemctl restart puma\`.sudo().env({ A: 'b c' }), sh\`./migrate \${'a b'}\`.in('/srv/app').env({ A: 'b c' }).umask('027').as('deploy').unless(sh\`test -e done\`)] },
    quoted: { steps: ({ host }) => [sh\`echo "\${host.name}"\`] },
  },
  hooks: { after: { 'puma:restart': 'once' } },
  stages: { test: {
    servers: [
      { host: 'w1', roles: ['web'] },
      { host: 'd1', roles: ['db'] },
      { host: 'd2', roles: ['db', 'web'], primary: true },
      { host: 'l1', roles: ['logs'], release: false },
    ],
    settings: { puma: { port: 5000 } },
  } },`).replace('\n\n', "\nimport { puma } from './deploy/puma.ts'\n\n"),
})
after(() => project.remove())

/** What the hosts printed, in order. */
const said = async (...args: string[]): Promise<string[]> => {
  const ran = await project.shipit([...args, '--no-log'])
  assert.equal(ran.code, 0, ran.stdout + ran.stderr)
  return [...ran.stdout.matchAll(/^\S+ +\d\d ((?:puma|before|note|once|releases) on .*)$/gm)].map(([, text = '']) => text)
}

test("a user's recipe runs with its settings by stage, its facts, its hooks, and the config's hooks around its tasks", async () => {
  const lines = await said('test', 'puma:restart')
  const { stdout } = await project.shipit(['--tasks', 'puma'])
  assert.equal(stdout, 'puma:restart  Restart puma\n')
  const kernel = execFileSync('uname', ['-s'], { encoding: 'utf8' }).trim()
  assert.deepEqual(
    lines.toSorted(),
    [
      'before on d1',
      'before on d2',
      'before on w1',
      'once on d2',
      `puma on d2 at 5000, ${kernel}`,
      `puma on w1 at 5000, ${kernel}`,
    ].toSorted(),
  )
  assert.ok(lines.indexOf('once on d2') > lines.findIndex((line) => line.startsWith('puma on d2')))
  assert.ok((await said('test', 'puma:restart', '--set', 'puma.port=6000')).includes(`puma on w1 at 6000, ${kernel}`))
})

test('tasks run in the order in which you type them, and a primary task runs on one host', async () => {
  assert.deepEqual((await said('test', 'note')).toSorted(), ['note on d1', 'note on d2', 'note on l1', 'note on w1'])
  assert.deepEqual((await said('test', 'releases')).toSorted(), ['releases on d1', 'releases on d2', 'releases on w1'])
  const two = await said('test', 'once', 'note')
  assert.equal(two[0], 'once on d2')
  assert.equal(two.length, 5)
  assert.equal((await said('test', 'note', 'once')).at(-1), 'once on d2')
})

test('--hosts and --roles filter by exact names and by regular expressions', async () => {
  assert.deepEqual((await said('test', 'note', '--hosts', 'w1,l1')).toSorted(), ['note on l1', 'note on w1'])
  assert.deepEqual((await said('test', 'note', '--hosts', '/^d/')).toSorted(), ['note on d1', 'note on d2'])
  assert.deepEqual((await said('test', 'note', '--roles', '/^(web|logs)$/')).toSorted(), ['note on d2', 'note on l1', 'note on w1'])
  assert.deepEqual(await said('test', 'note', '--roles', 'web', '--hosts', '/^d/'), ['note on d2'])
  // only a part of a role's name
  const part = await project.shipit(['test', 'note', '--roles', 'we', '--no-log'])
  assert.equal(part.code, 2)
  assert.match(part.stderr, /did you mean "web"/)
})

test('plan --full shows sudo, user, directory, environment, umask and guards to the byte', async () => {
  const plan = await project.shipit(['test', 'plan', 'root', '--hosts', 'w1', '--full'])
  assert.equal(plan.code, 0, plan.stderr)
  assert.equal(
    plan.stdout.slice(plan.stdout.indexOf('   root on')),
    `   root on w1:
       sudo A='b c' systemctl restart puma
       unless (
       sudo -H -u deploy -- /bin/sh <<'SHIPIT'
       ( set -e
       cd /srv/app
       umask 027
       export A='b c'
       test -e done
       ) </dev/null
       SHIPIT
       )
       sudo -H -u deploy -- /bin/sh <<'SHIPIT'
       ( set -e
       cd /srv/app
       umask 027
       export A='b c'
       ./migrate 'a b'
       ) </dev/null
       SHIPIT
`,
  )
})

test('a value inside quotes and a hook on an unknown task are errors before anything runs', async () => {
  const quoted = await project.shipit(['test', 'quoted', '--no-log'])
  assert.notEqual(quoted.code, 0)
  assert.match(quoted.stdout + quoted.stderr, /echo "/)
  assert.match(quoted.stdout + quoted.stderr, /deploy\.config\.ts/)
  assert.doesNotMatch(quoted.stdout, /[✔→] \d\d/)
  const text = project.read('deploy.config.ts')
  project.write({ 'deploy.config.ts': text.replace("after: { 'puma:restart'", "after: { 'puma:restrat'") })
  const hook = await project.shipit(['test', 'note', '--no-log'])
  project.write({ 'deploy.config.ts': text })
  assert.equal(hook.code, 2)
  assert.equal(hook.stdout, '')
  assert.match(hook.stderr, /puma:restrat.*did you mean "puma:restart"/)
})

test('REVISION_TIME is the time of the commit, not of the deploy', async () => {
  project.write({ 'repo/index': 'one\n' })
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', `${project.dir}/repo`, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      env: { ...process.env, GIT_COMMITTER_DATE: '1700000000 +0100', GIT_AUTHOR_DATE: '1600000000 +0000' },
    })
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('commit', '-qm', 'one')
  const ran = await project.shipit([
    'test',
    'deploy',
    '--no-log',
    '--hosts',
    'w1',
    '--set',
    `repoUrl=${project.dir}/repo`,
    '--set',
    `deployTo=${project.dir}/srv`,
  ])
  assert.equal(ran.code, 0, ran.stdout + ran.stderr)
  assert.equal(project.read('srv/current/REVISION_TIME'), '1700000000\n')
})

test('the log has every step in full, as the plan prints it, and the screen has it on one line', async () => {
  const text = project.read('deploy.config.ts')
  const long = Array.from({ length: 40 }, (_, i) => `echo line ${i} of a long script`).join('\n')
  project.write({
    'long.sh': long,
    'deploy.config.ts': text.replace('tasks: {', `tasks: { long: { steps: () => [sh\`${long}\`.in('/').unless(sh\`false\`)] },`),
  })
  const plan = await project.shipit(['test', 'plan', 'long', '--hosts', 'w1', '--full'])
  const ran = await project.shipit(['test', 'long', '--hosts', 'w1', '--log', 'long.log'])
  project.write({ 'deploy.config.ts': text })
  assert.equal(ran.code, 0, ran.stdout)
  const planned = plan.stdout.split('\n').flatMap((line) => (line.startsWith('       ') ? [line.slice(7)] : []))
  const logged = [...project.read('long.log').matchAll(/ \[1\] [$>] (.*)$/gm)].map(([, line]) => line)
  assert.ok(planned.length > 40)
  assert.deepEqual(logged, planned)
  assert.ok(ran.stdout.split('\n').every((line) => line.length < 600))
})

test('--tasks lists the tasks that you can run, and --all also lists parts of a deploy and tasks without a description', async () => {
  const names = async (...args: string[]) => {
    const { stdout } = await project.shipit(['--tasks', ...args])
    return stdout.split('\n').map((line) => line.split(' ')[0]!)
  }
  const listed = await names()
  for (const name of ['deploy', 'deploy:rollback', 'deploy:cleanup', 'git:check', 'note', 'puma:restart'])
    assert.ok(listed.includes(name), name)
  for (const name of ['git:clone', 'deploy:symlink:release', 'deploy:updated', 'once', 'puma:before'])
    assert.ok(!listed.includes(name), name)
  const all = await names('--all')
  for (const name of [...listed, 'git:clone', 'deploy:updated', 'once', 'puma:before']) assert.ok(all.includes(name), name)
  const { stdout } = await project.shipit(['test', '--tasks', 'updated', '--all'])
  assert.equal(stdout, 'deploy:updated  (part of a deploy)\n')
})

test('--tasks at a terminal ends with the command that lists the others', { skip: needs('tmux') }, async () => {
  const screen = terminal('tasks', project.words('test', '--tasks', 'note'), { cwd: project.dir })
  assert.match(await screen.until(/exit/), /^note {2}Say who\nexit 0$/m)
  const some = terminal('some', project.words('test', '--tasks', 'puma'), { cwd: project.dir, columns: 120 })
  assert.match(await some.until(/exit/), /^puma:restart {2}Restart puma\n\n1 more: .*shipit test puma --tasks --all\nexit 0$/m)
})

test('--tasks points to --all for a task that only --all lists, and other commands refuse --all', async () => {
  const hidden = await project.shipit(['--tasks', 'git:clone'])
  assert.deepEqual([hidden.code, hidden.stdout], [2, ''])
  assert.match(hidden.stderr, /no task that you can run matches "git:clone"\n +see the others: .*git:clone --tasks --all/)
  const elsewhere = await project.shipit(['test', 'note', '--all'])
  assert.equal(elsewhere.code, 2)
  assert.match(elsewhere.stderr, /--all is for --tasks/)
})

test('each core task that --tasks lists can be planned by itself', async () => {
  const { stdout } = await project.shipit(['--tasks', '/^(git|deploy)/'])
  const names = stdout.split('\n').flatMap((line) => line.split(' ')[0] || [])
  for (const name of names) {
    const { stderr } = await project.shipit(['test', 'plan', name])
    assert.doesNotMatch(stderr, /runs as a part of deploy/, name)
  }
})

test("--tasks lists a task of override in the place of the recipe's, and none that is switched off", async () => {
  const own = place({
    'deploy.config.ts': configText(`
  repoUrl: 'git@example.com:shop.git',
  use: [defineRecipe({ name: 'web', tasks: { restart: { description: 'Restart', steps: () => [] }, stop: { description: 'Stop', steps: () => [] }, start: { description: 'Start', steps: () => [] } } })()],
  override: { 'web:restart': { description: 'Restart gently', sequence: ['web:restart:original'] }, 'web:start': { steps: () => [] } },
  stages: { test: { servers: ['a1'], override: { 'web:stop': false } } },`).replace('import { ', 'import { defineRecipe, '),
  })
  try {
    const names = async (...words: string[]) => (await own.shipit([...words, '--tasks', 'web'])).stdout
    assert.equal(await names(), 'web:restart  Restart gently\nweb:start    Start\nweb:stop     Stop\n')
    assert.equal(await names('test'), 'web:restart  Restart gently\nweb:start    Start\n')
    assert.match((await own.shipit(['test', '--tasks', 'web', '--all'])).stdout, /^web:restart:original +\(no description\)$/m)
    const checked = await own.shipit(['test', 'check'])
    assert.equal(checked.code, 0, checked.stdout + checked.stderr)
  } finally {
    own.remove()
  }
})
