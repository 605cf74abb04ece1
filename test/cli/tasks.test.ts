import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, test } from 'node:test'
import { configText, place } from './support/place.ts'

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

test("a recipe of the user's own: its settings by stage, its facts, its hooks, and hooks of the config around its tasks", async () => {
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

test('several tasks run in the order in which they are typed; the primary is one host, release: false hosts get what is for all', async () => {
  assert.deepEqual((await said('test', 'note')).toSorted(), ['note on d1', 'note on d2', 'note on l1', 'note on w1'])
  assert.deepEqual((await said('test', 'releases')).toSorted(), ['releases on d1', 'releases on d2', 'releases on w1'])
  const two = await said('test', 'once', 'note')
  assert.equal(two[0], 'once on d2')
  assert.equal(two.length, 5)
  assert.equal((await said('test', 'note', 'once')).at(-1), 'once on d2')
})

test('filters by exact names and regular expressions, of hosts and of roles', async () => {
  assert.deepEqual((await said('test', 'note', '--hosts', 'w1,l1')).toSorted(), ['note on l1', 'note on w1'])
  assert.deepEqual((await said('test', 'note', '--hosts', '/^d/')).toSorted(), ['note on d1', 'note on d2'])
  assert.deepEqual((await said('test', 'note', '--roles', '/^(web|logs)$/')).toSorted(), ['note on d2', 'note on l1', 'note on w1'])
  assert.deepEqual(await said('test', 'note', '--roles', 'web', '--hosts', '/^d/'), ['note on d2'])
  // not exactly a role
  const part = await project.shipit(['test', 'note', '--roles', 'we', '--no-log'])
  assert.equal(part.code, 2)
  assert.match(part.stderr, /did you mean "web"/)
})

test('a full plan shows sudo, another user, directory, environment, umask and guards to the byte', async () => {
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

test('a value inside quotes, and a hook on a task that is not there, are errors in words before anything is run', async () => {
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

test('the log has the whole text of every step, as the plan prints it; the screen has it on a line', async () => {
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
