import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { startSshd, withAccount, type Sshd } from '../support/sshd.ts'
import { alive, pidsIn, until } from '../transport/contract-support.ts'
import { configText, pidOf, place, type Place } from './support/place.ts'
import { terminals } from './support/terminal.ts'

const skip = needs('sshd', 'ssh', 'tmux', 'bash')
const terminal = terminals()
let server: Sshd
let project: Place

before(async () => {
  project = place({
    // without the files of the account that runs the tests, which may do anything
    shell: `#!/bin/sh\necho "login shell $*"\nexec env PS1='remote> ' bash --norc --noprofile -i\n`,
    'srv/current/REVISION': 'abc',
  })
  chmodSync(join(project.dir, 'shell'), 0o755)
  if (skip) return
  server = await startSshd({ config: [`SetEnv SHLVL=2 SHELL=${project.dir}/shell`] })
  project.write({
    ssh_config: ['one', 'two']
      .map(
        (name) =>
          `Host ${name}\n  HostName 127.0.0.1\n  Port ${server.port}\n  UserKnownHostsFile ${server.knownHosts}\n  IdentityFile ${server.keyFile}\n  IdentitiesOnly yes\n`,
      )
      .join(''),
    'deploy.config.ts': configText(`
  repoUrl: 'unused', deployTo: '${project.dir}/srv',
  ssh: { user: '${server.user}', configFile: '${project.dir}/ssh_config' },
  stages: { test: { servers: { web: ['one'], db: ['two'] } }, bare: { deployTo: '${project.dir}/nothing', servers: ['one'] } },`),
  })
})
after(async () => {
  await server?.stop()
  project?.remove()
})

/** Prints the modes of the local terminal after shipit, which it must leave as they were. */
const AND_MODES = '"$@"; code=$?; stty -a | grep -owE -- "-?(icanon|echo|isig|opost|icrnl)" | xargs echo modes:; exit $code'
const NORMAL = /modes: isig icanon echo opost icrnl|modes: icrnl opost isig icanon echo/

const open = (name: string, ...args: string[]) =>
  terminal(name, ['bash', '-c', `trap : INT; ${AND_MODES}`, 'bash', ...project.words(...args)], {
    cwd: project.dir,
    env: { HOME: project.home },
  })

test('ssh opens a login shell in the current release, with the size of the terminal, and exits with its code', { skip }, async () => {
  const screen = open('size', 'test', 'ssh')
  await screen.until(/^login shell -l\nremote>$/m)
  screen.type('pwd; stty size; tty >/dev/null && echo "a ter""minal"')
  screen.keys('Enter')
  await screen.until(new RegExp(`^${project.dir}/srv/current\n24 80\na terminal\nremote>$`, 'm'))
  screen.resize(100, 30)
  screen.type('until [ "$(stty size)" = "30 100" ]; do :; done; stty size; exit 7')
  screen.keys('Enter')
  const end = await screen.until(/exit 7\n(?:[^]*\n)?modes[^]*exit 7$/)
  assert.match(end, /^30 100$/m)
  assert.match(end, NORMAL)
})

test('ssh starts at home if nothing has been deployed yet', { skip }, async () => {
  const screen = open('home', 'bare', 'ssh')
  await screen.until(/^remote>$/m)
  screen.type('[ "$PWD" = ~ ] && exit 0')
  screen.keys('Enter')
  await screen.until(/^exit 0$/m)
})

test('Ctrl-C, Ctrl-Z and Ctrl-D in a shell are for the host', { skip }, async () => {
  const screen = open('keys', 'test', 'ssh', 'two')
  await screen.until(/^remote>$/m)
  screen.type('echo started; sleep 1000')
  screen.keys('Enter')
  await screen.until(/^started$/m)
  screen.keys('C-c')
  await screen.until(/\^C\nremote>$/)
  screen.type('echo "code $?"; sleep 2000')
  screen.keys('Enter')
  await screen.until(/^code 130$/m)
  screen.keys('C-z')
  await screen.until(/Stopped +sleep 2000/)
  // bash lets a stopped job that it kills go on; whether it says so before or after the next prompt is a matter of luck
  screen.type('kill %1; until [ -z "$(jobs -r; jobs -s)" ]; do :; done; echo "all $((2 + 3)) ended"')
  screen.keys('Enter')
  await screen.until(/^all 5 ended\n(?:.*\n)*remote>$/m)
  screen.keys('C-d')
  assert.match(await screen.until(/^exit 0$/m), NORMAL)
})

test('a cut connection gives the terminal back as it was, and is exit 3 with the command to type', { skip }, async () => {
  const screen = open('cut', 'test', 'ssh', 'two')
  await screen.until(/^remote>$/m)
  // like an editor: the alternate screen, no cursor, the mouse
  screen.type(`printf '\\033[?1049h\\033[?25l\\033[?1000hin the editor'; sleep 1000`)
  screen.keys('Enter')
  await screen.until(/^in the editor$/m)
  server.dropConnections()
  const end = await screen.until(/^exit 3$/m)
  assert.match(end, /shipit: two: the connection was lost: .*\n {2}\S*shipit test ssh two/)
  assert.match(end, NORMAL)
  // the normal screen is back
  assert.match(end, /^login shell -l$/m)
})

test('SIGTERM hangs up: exit 143, nothing is left on the host, and the terminal is as it was', { skip }, async () => {
  const screen = open('term', 'test', 'ssh')
  await screen.until(/^remote>$/m)
  screen.type(`echo $$ >'${project.dir}/pids'; sleep 1000 & echo $! >>'${project.dir}/pids'; echo noted`)
  screen.keys('Enter')
  await screen.until(/^noted$/m)
  const pids = await pidsIn(join(project.dir, 'pids'))
  assert.ok(pids.every(alive))
  process.kill(pidOf(project, 'test ssh'), 'SIGTERM')
  assert.match(await screen.until(/^exit 143$/m), NORMAL)
  await until(() => !pids.some(alive), 'the host ends what ran')
})

test('a tilde and a dot at the start of a line hang up', { skip }, async () => {
  const screen = open('tilde', 'test', 'ssh')
  await screen.until(/^remote>$/m)
  screen.type('echo "a~.b" ~~; echo on; stty -echo; sleep 1000')
  screen.keys('Enter')
  await screen.until(/^a~\.b ~~\non$/m)
  screen.keys('Enter')
  screen.type('~.')
  assert.match(await screen.until(/^exit 129$/m), NORMAL)
})

test('ssh without a terminal is an error, before anything connects', { skip }, async () => {
  // what sshd says about the end of the session before may still come
  const connections = () => server.log().split('Connection from ').length
  const before = connections()
  const ran = await project.shipit(['test', 'ssh'])
  assert.equal(ran.code, 2)
  assert.match(ran.stderr, /^shipit: ssh needs a terminal, and there is none\n/)
  assert.equal(connections(), before)
})

test('ssh refuses several hosts and unknown ones, with the command to type', { skip }, async () => {
  const error = async (...args: string[]) => {
    const ran = await project.shipit(['test', 'ssh', ...args])
    assert.equal(ran.code, 2, ran.stdout)
    return ran.stderr
  }
  assert.match(await error('--', 'ls', '-l'), /ssh opens a shell, and runs no command\n {2}shipit test exec -- ls -l/)
  assert.match(await error('two', '--', 'ls'), /\n {2}shipit test exec --hosts two -- ls\n/)
  assert.match(await error('--hosts', 'one,two'), /ssh opens a shell on one host, and --hosts leaves one, two\n {2}.*shipit test ssh one/)
  assert.match(await error('tow'), /test has no host tow \(did you mean "two"\?\)/)
  assert.match(await error('one', 'two'), /one host, not on one two/)
  assert.match(await error('one', '--roles', 'db'), /--hosts and --roles have no effect/)
})

test(
  'any login shell will do; an account without one, and sshd without terminals, are exit 3 with the reason',
  {
    skip: skip || needs('root', 'useradd', 'csh'),
  },
  async (t) => {
    const plain = await startSshd()
    const none = await startSshd({ config: ['PermitTTY no'] })
    t.after(() => Promise.all([plain.stop(), none.stop()]))
    await using csh = await withAccount('csh', { shell: '/bin/csh' })
    await using nologin = await withAccount('nologin', { shell: '/usr/sbin/nologin' })
    project.write({ 'deploy.config.ts': project.read('deploy.config.ts').replace("['one']", "['127.0.0.1']") })
    t.after(() => project.write({ 'deploy.config.ts': project.read('deploy.config.ts').replace("['127.0.0.1']", "['one']") }))
    const at = (name: string, server: Sshd, account: string) =>
      open(
        name,
        'test',
        'ssh',
        '127.0.0.1',
        '--set',
        `ssh.configFile=${server.configFile}`,
        '--set',
        `ssh.port=${server.port}`,
        '--set',
        `ssh.user=${account}`,
      )
    const shell = at('csh', plain, csh.name)
    await shell.until(/[%>$] ?$/)
    shell.type('echo "shell $shell"; exit 5')
    shell.keys('Enter')
    assert.match(await shell.until(/^exit 5$/m), /^shell \/bin\/csh$/m)
    const refused = (await at('nologin', plain, nologin.name).until(/^exit 3$/m)).replaceAll(/\n */g, ' ')
    assert.match(refused, /the account starts no shell on a terminal; it printed: This account is currently not available/)
    const denied = (await at('denied', none, server.user).until(/^exit 3$/m)).replaceAll(/\n */g, ' ')
    assert.match(denied, /sshd gives no terminal check PermitTTY/)
  },
)

test('Ctrl-C before the host has the terminal is for shipit, and exits 130', { skip }, async (t) => {
  const hanging = await startSshd({ config: ['ForceCommand sleep 1000'] })
  t.after(() => hanging.stop())
  const at = ['--set', `ssh.configFile=${hanging.configFile}`, '--set', `ssh.port=${hanging.port}`]
  const config = project.read('deploy.config.ts')
  t.after(() => project.write({ 'deploy.config.ts': config }))
  project.write({ 'deploy.config.ts': config.replace("['one']", "['127.0.0.1']") })
  const screen = open('early', 'test', 'ssh', '127.0.0.1', ...at)
  await until(() => /Starting session: forced-command .* on pts/.test(hanging.log()), 'the host has begun')
  screen.keys('C-c')
  assert.match(await screen.until(/^exit \d+$/m), /Interrupted[^]*exit 130/)
})
