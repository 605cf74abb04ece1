import assert from 'node:assert/strict'
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { startSshd, type Sshd, withAccount } from '../support/sshd.ts'
import { alive, pidsIn, until } from '../transport/contract-support.ts'
import { configText, pidOf, place, type Place } from './support/place.ts'
import { terminals } from './support/terminal.ts'

const skip = needs('sshd', 'ssh', 'tmux', 'bash')
const terminal = terminals()
let server: Sshd
let project: Place
/** A console, like those of frameworks: it catches Ctrl-C, and shows what it knows. */
const CONSOLE = `trap 'echo caught' INT
echo "$(pwd) $(tty >/dev/null && stty size) $(id -un) $GREETING"
while IFS= read -r line; do case $line in end) exit 0;; fail) exit 3;; pid) echo $$ >>"$PIDS"; echo noted;; *) echo "got <$line>";; esac; done
`

before(async () => {
  if (skip) return
  server = await startSshd()
  project = place({ 'console.sh': CONSOLE, pids: '' })
  const at = `{ ssh: { configFile: '${server.configFile}' }, port: ${server.port}, user: '${server.user}' }`
  project.write({
    'deploy.config.ts': configText(`
  repoUrl: 'unused', deployTo: '~/shop',
  env: { GREETING: secret('it is a secret'), PIDS: '${join(project.dir, 'pids')}' },
  tasks: {
    console: { steps: () => [
      sh\`echo "before it"\`,
      sh\`bash console.sh\`.in('${project.dir}').tty().title('the console'),
      sh\`echo "after it"\`,
    ] },
    code: { run: async ({ on, log }) => {
      const ran = await on('first', (h) => h.run(sh\`bash console.sh\`.in('${project.dir}').tty()))
      for (const { code } of ran.values()) log.info('it ended with ' + code)
    } },
    both: { run: ({ on }) => on('all', (h) => h.run(sh\`bash console.sh\`.in('${project.dir}').tty())) },
    as: { on: 'first', steps: ({ vars }) => [sh\`bash console.sh\`.in(String(vars.home)).as(String(vars.account)).tty()] },
  },
  vars: { account: 'nobody', home: '/' },
  stages: {
    test: { servers: [{ ...${at}, host: '127.0.0.1', roles: ['first'] }] },
    two: { servers: [{ ...${at}, host: '127.0.0.1', roles: ['first'] }, { host: 'here', roles: ['second'], ssh: { transport: 'local' } }] },
    here: { servers: [{ host: 'here', roles: ['first'], ssh: { transport: 'local' } }] },
  },`),
  })
})
after(async () => {
  await server?.stop()
  project?.remove()
})

const AND_MODES = '"$@"; code=$?; stty -a | grep -owE -- "-?(icanon|echo|isig|opost|icrnl)" | xargs echo modes:; exit $code'
const NORMAL = /modes: icrnl opost isig icanon echo/
const open = (name: string, ...args: string[]) =>
  terminal(name, ['bash', '-c', AND_MODES, 'bash', ...project.words(...args)], { cwd: project.dir, env: { HOME: project.home } })

for (const stage of ['test', 'here'])
  for (const output of ['tree', 'plain'])
    test(`a step on a terminal has it alone, also Ctrl-C, between other steps (${stage}, ${output})`, { skip }, async () => {
      const screen = open(`${stage}-${output}`, stage, 'console', '--no-log', '-o', output)
      const begun = await screen.until(new RegExp(`^${project.dir} 24 80 ${server.user} it is a secret$`, 'm'))
      if (output === 'plain') assert.match(begun, /before it/)
      screen.type('hello')
      screen.keys('Enter')
      await screen.until(/^got <hello>$/m)
      screen.keys('C-c')
      await screen.until(/caught$/m)
      screen.type('end')
      screen.keys('Enter')
      const end = await screen.until(/^exit \d+$/m)
      assert.match(end, /got <hello>\n[^]*caught\n[^]*end\n[^]*✔ done[^]*exit 0$/)
      if (output === 'plain') assert.match(end, /end\n[^]*after it/)
      assert.match(end, NORMAL)
    })

test('code can hand over the terminal; a command there that fails is a failure, and its output is in no log', { skip }, async () => {
  const screen = open('code', 'test', 'code', '--log', 'log.txt', '-o', 'plain')
  await screen.until(/it is a secret$/m)
  screen.type('end')
  screen.keys('Enter')
  const end = await screen.until(/^exit \d+$/m)
  assert.match(end, /it ended with 0[^]*exit 0/)
  assert.doesNotMatch(project.read('log.txt'), /it is a secret/)
  const fails = open('fails', 'test', 'console', '--log', 'log.txt')
  await fails.until(/it is a secret$/m)
  fails.type('fail')
  fails.keys('Enter')
  assert.match(await fails.until(/^exit \d+$/m), /✖ console on 127\.0\.0\.1:\d+: exit 3[^]*exit 1/)
  assert.doesNotMatch(project.read('log.txt'), /it is a secret/)
})

test('SIGTERM ends a step on a terminal, on a host and on this machine, and the terminal is as it was', { skip }, async () => {
  for (const stage of ['test', 'here']) {
    project.write({ pids: '' })
    const screen = open(`term-${stage}`, stage, 'console', '--no-log')
    await screen.until(/it is a secret$/m)
    screen.type('pid')
    screen.keys('Enter')
    await screen.until(/^noted$/m)
    const pids = await pidsIn(join(project.dir, 'pids'))
    assert.ok(pids.every(alive))
    process.kill(pidOf(project, `${stage} console --no-log`), 'SIGTERM')
    const end = await screen.until(/^exit \d+$/m)
    assert.match(end, /SIGTERM[^]*exit 143/)
    assert.match(end, NORMAL)
    await until(() => !pids.some(alive), 'what ran has ended')
  }
})

test('a host lost while it has the terminal is exit 3, and the terminal is as it was', { skip }, async () => {
  const screen = open('lost', 'test', 'console', '--no-log')
  await screen.until(/it is a secret$/m)
  server.dropConnections()
  const end = await screen.until(/^exit \d+$/m)
  assert.match(end, /connection lost[^]*exit 3/)
  assert.match(end, NORMAL)
})

for (const pty of ['', 'use_pty'])
  test(
    `another account can have the terminal, and neither text nor values are in the process list (sudo ${pty || 'without use_pty'})`,
    { skip: skip || needs('root', 'useradd', 'sudo') },
    async (t) => {
      await using account = await withAccount(`tty${pty.length}`, { files: { 'console.sh': CONSOLE } })
      const rule = `/etc/sudoers.d/${account.name}`
      writeFileSync(rule, `Defaults>${account.name} ${pty || '!use_pty'}\n`, { mode: 0o440 })
      t.after(() => rmSync(rule))
      const where = ['--set', `vars.account=${account.name}`, '--set', `vars.home=${account.home}`]
      const screen = open(`as-${pty}`, 'test', 'as', '--no-log', ...where)
      await screen.until(new RegExp(` 24 80 ${account.name} it is a secret$`, 'm'))
      assert.doesNotMatch(commandLines(), /it is a secret|cd '?\/home\/shipit-tty/)
      screen.keys('C-c')
      await screen.until(/caught$/m)
      screen.type('end')
      screen.keys('Enter')
      const end = await screen.until(/^exit \d+$/m)
      assert.match(end, /exit 0/)
      assert.match(end, NORMAL)
    },
  )

const commandLines = (): string =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return ''
      }
    })
    .join('\n')

test('without a terminal, with several hosts, or as JSON, a step on a terminal is refused before anything runs', { skip }, async () => {
  const none = await project.shipit(['test', 'console', '--no-log'])
  assert.equal(none.code, 2)
  assert.match(none.stdout, /console needs a terminal, and there is none/)
  assert.doesNotMatch(none.stdout, /before it/)
  const several = open('several', 'two', 'console', '--no-log', '-o', 'plain')
  const refused = (await several.until(/^exit \d+$/m)).replaceAll(/\n +/g, ' ')
  assert.match(refused, /takes the terminal, so it runs on one host, and not on[^]*shipit two console --hosts 127\.0\.0\.1/)
  assert.match(refused, /exit 2/)
  const json = open('json', 'test', 'console', '--no-log', '-o', 'jsonl')
  assert.match(await json.until(/^exit \d+$/m), /exit 2/)
  const both = open('both', 'two', 'both', '--no-log', '-o', 'plain')
  await both.until(/it is a secret$/m)
  both.type('end')
  both.keys('Enter')
  assert.match(await both.until(/^exit \d+$/m), /only one host at a time can have it[^]*exit [12]/)
})

test('a plan shows a step on a terminal, and needs none', { skip }, async () => {
  const plan = await project.shipit(['test', 'plan', 'console', '--full'])
  assert.equal(plan.code, 0, plan.stderr)
  assert.match(plan.stdout, /bash console\.sh/)
})

test(
  'rails:console takes the terminal in the live release, with RAILS_ENV and the version manager of the stage',
  { skip: needs('tmux') },
  async () => {
    const app = place({
      'srv/current/console.sh': CONSOLE,
      'bin/bundle': '#!/bin/sh\necho "bundle $* in $RAILS_ENV"\nexec bash console.sh\n',
    })
    chmodSync(join(app.dir, 'bin/bundle'), 0o755)
    app.write({
      'deploy.config.ts': `import { prepend } from 'shipit-ts'\nimport { rails } from 'shipit-ts/recipes'\n${configText(`
  repoUrl: 'unused', deployTo: '${app.dir}/srv', use: [bundler(), rails()], env: { PATH: prepend('${app.dir}/bin') },
  stages: { staging: { servers: ['one', 'two'].map((host) => ({ host, ssh: { transport: 'local' } })) } },`)}`,
    })
    const screen = terminal('rails', app.words('staging', 'rails:console'), { cwd: app.dir, env: { HOME: app.home } })
    const text = await screen.until(/ 24 80 /)
    assert.ok(text.startsWith(`bundle exec rails console in staging\n${app.dir}/srv/current 24 80`), text)
    screen.type('end')
    screen.keys('Enter')
    assert.match(await screen.until(/^exit \d+$/m), /80 \w+\nend\nexit 0$/)
    app.remove()
  },
)
