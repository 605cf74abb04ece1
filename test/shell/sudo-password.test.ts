import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { spawnSync } from 'node:child_process'
import { compileScript } from '../../src/shell/compile.ts'
import { sh } from '../../src/shell/sh.ts'
import { upload } from '../../src/shell/upload.ts'
import { fail } from '../../src/shell/messages.ts'
import { write } from '../../src/shell/write.ts'
import { mentionsSudo, passwordFor, sudoFunction } from '../../src/shell/sudo-password.ts'
import { terminalScript } from '../../src/shell/terminal.ts'
import { secret } from '../../src/values/secret.ts'
import type { Command } from '../../src/shell/types.ts'
import { shells } from './shells.ts'

const PASSWORD = `p'a "$w" \\ %s*`
const password = secret(PASSWORD)
const host = { sudoPassword: password }
const token = 'abcdefgh12345678'
const compiled = (command: Command, on: { readonly sudoPassword?: typeof password } = host) =>
  compileScript([{ id: 0, command }], { token, host: on }).toString()

/** A sudo that asks the program of SUDO_ASKPASS as often as it gets a wrong answer, up to three times, as the real one does. */
const SUDO = `#!/bin/sh
printf '%s\\n' "$*" >>"$LOG/args"
[ "$1" = -A ] || { echo 'sudo: a terminal is required to read the password' >&2; exit 1; }
shift; [ "$1" != -H ] || shift
tr '\\0' '\\n' <"/proc/$$/environ" >>"$LOG/environ"
[ -z "$ASKS_NOT" ] || exec "$@"
for n in 1 2 3; do
  answer=$("$SUDO_ASKPASS" 'Password:' 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-) || { echo 'sudo: no password was provided' >&2; break; }
  echo "$n" >>"$LOG/tries"
  [ "$answer" != "$RIGHT" ] || exec "$@"
done
echo "sudo: 1 incorrect password attempt" >&2
exit 1
`
let dir: string
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'shipit-sudo-'))
  writeFileSync(join(dir, 'sudo'), SUDO)
  chmodSync(join(dir, 'sudo'), 0o755)
})
after(() => rmSync(dir, { recursive: true, force: true }))

interface Run {
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
}
const run = (shell: readonly string[], text: string, { env = {}, input = '' }: Run = {}) => {
  const log = mkdtempSync(join(dir, 'log-'))
  const [program = '', ...args] = shell
  const script = `${sudoFunction(password)}\n${text}\n`
  const { status, stdout, stderr } = spawnSync(program, [...args, '-c', 'eval "$SCRIPT"'], {
    env: { PATH: `${dir}:${process.env['PATH']}`, TMPDIR: log, LOG: log, SHLVL: '2', RIGHT: PASSWORD, SCRIPT: script, ...env },
    input,
    encoding: 'utf8',
  })
  const read = (name: string): string => {
    try {
      return readFileSync(join(log, name), 'utf8')
    } catch {
      return ''
    }
  }
  return { status, stdout, stderr, tries: read('tries').trim(), args: read('args'), environ: read('environ') }
}

for (const shell of shells)
  describe(`the function in the place of sudo, in ${shell.join(' ')}`, () => {
    test('answers sudo, which keeps its words, its standard input and its exit code', () => {
      const { status, stdout, stderr, tries, args } = run(shell, `sudo -H sh -c 'cat; echo "[$1]"; exit 7' sh 'a  b*'`, {
        input: 'typed\n',
      })
      assert.deepEqual({ status, stdout, stderr, tries }, { status: 7, stdout: 'typed\n[a  b*]\n', stderr: '', tries: '1' })
      assert.equal(args, `-A -H sh -c cat; echo "[$1]"; exit 7 sh a  b*\n`)
    })

    test('gives a wrong password once', () => {
      const { status, stderr, tries } = run(shell, 'sudo id', { env: { RIGHT: 'another' } })
      assert.deepEqual([status, tries], [1, '1'])
      assert.match(stderr, /no password was provided\nsudo: 1 incorrect password attempt/)
    })

    test('gives the command nothing if sudo does not ask', () => {
      assert.deepEqual(run(shell, 'sudo cat', { env: { ASKS_NOT: '1' }, input: 'typed\n' }).stdout, 'typed\n')
    })

    test('answers each sudo of a pipe, with -n, under set -eu and noglob, with another IFS, and behind variables', () => {
      const text = `set -euf; IFS=/; as='sudo'; sudo -n printf 'a\\n' | $as cat; set -- sudo -n; "$@" printf '%s\\n' 'x/y'`
      const { stdout, stderr, status } = run(shell, text, { env: { XDG_RUNTIME_DIR: undefined, HOME: undefined } })
      assert.deepEqual([stdout, stderr, status], ['a\nx/y\n', '', 0])
    })

    test('passes the locale of a prefix on', () => {
      assert.match(run(shell, 'LC_ALL=C sudo id').environ, /^LC_ALL=C$/m)
    })

    test('leaves sudo alone that reads the password itself', () => {
      assert.equal(run(shell, 'sudo -S id').args, '-S id\n')
      assert.equal(run(shell, 'sudo -kS id').args, '-kS id\n')
    })

    test('has the password in no argument, no environment, no trace and no file, and leaves none', () => {
      const { args, environ, stderr } = run(shell, 'set -x; sudo sh -c \'ls -A "$TMPDIR" >&2\'')
      for (const text of [args, stderr, environ.replace(/^(SCRIPT|RIGHT)=.*$|^(?![A-Z_]+=).*$/gm, '')])
        assert.ok(!text.includes(PASSWORD), text)
      assert.doesNotMatch(stderr, /shipit-ask/)
    })
  })

test('a trap of bash that reports commands sees no password, and the step still ends with the failure of sudo', () => {
  for (const head of [`set -eE; trap 'echo "$BASH_COMMAND"' ERR`, `set -eET; trap 'echo "$BASH_COMMAND"' ERR DEBUG RETURN`]) {
    const { stdout, status, tries } = run(['bash'], `${head}; sudo sh -c 'exit 3'; echo after`)
    assert.deepEqual([status, tries, stdout.includes('after')], [3, '1', false])
    assert.match(stdout, /^(sudo|return)/m)
    assert.ok(!stdout.includes('"$w"'), stdout)
  }
})

test('a script has the function for the steps with sudo alone, and without a password not at all', () => {
  const steps = [sh`id`, sh`id`.sudo(), sh`id`].map((command, id) => ({ id, command }))
  const text = compileScript(steps, { token, host }).toString()
  assert.equal(text.split('sudo() {').length, 2)
  assert.ok(text.indexOf('sudo() {') > text.indexOf('begin 0') && text.indexOf('unset -f sudo') < text.indexOf('begin 2'))
  assert.ok(!compileScript(steps, { token }).toString().includes('sudo() {'))
})

test('a password of the command comes before that of the host', () => {
  const own = secret('its own one')
  assert.equal(passwordFor(sh`id`.sudo({ password: own }), host), own)
  assert.equal(passwordFor(sh`id`.sudo(), host), password)
  assert.equal(passwordFor(sh`id`, host), undefined)
  assert.match(compiled(sh`id`.sudo({ password: own }), {}), /'its own one'/)
})

test('sudo is found wherever a step calls it', () => {
  const calls = [
    sh`id`.sudo(),
    sh`id`.as('app'),
    sh`echo x | sudo tee /x`,
    sh`${['sudo', '-n']} id`,
    sh`id`.onlyIf(sh`id`.sudo()),
    sh`id`.orElse(sh`id`.sudo()),
    sh`id`.diagnose(sh`id`.sudo()),
    write('/etc/x', 'x', { sudo: true }),
    upload('x', '/etc/x', { sudo: true }),
  ]
  for (const command of calls) assert.ok(mentionsSudo(command), String(command.spec.parts))
  for (const command of [sh`cat /etc/sudoers`, sh`/opt/my-sudo`, fail('sudo refused')]) assert.ok(!mentionsSudo(command))
})

test('the function is also in a shell of the same account, but not in that of another one', () => {
  const count = (command: Command): number => compiled(command).split('sudo() {').length - 1
  assert.equal(count(sh.bash`sudo id`), 2)
  assert.equal(count(sh`sudo id`.login()), 2)
  assert.equal(count(sh.bash`sudo id`.login()), 2)
  assert.equal(count(sh`id`.as('app')), 1)
  assert.equal(count(sh.bash`sudo id`.as('app').login()), 1)
})

test('an upload as root calls the function, which no exec would find', () => {
  assert.match(compiled(upload('x', '/etc/x', { sudo: true })), /else sudo -H -u root -- \/bin\/sh; fi/)
  assert.match(compiled(upload('x', '/etc/x', { sudo: true }), {}), /else exec sudo -H -u root -- \/bin\/sh; fi/)
})

test('a command on a terminal has the function before it', () => {
  assert.match(terminalScript(sh`sudo -i`.tty(), host).toString(), /^trap : INT QUIT\nset -e\nsudo\(\) \{[^]*\nsudo -i\n$/)
})

test('a password is one line, a secret, and given where it is not lost', () => {
  assert.throws(() => sudoFunction(secret('two\nlines')), /line break/)
  assert.throws(() => sh`id`.sudo({ password: 'text' as never }), /is a secret, and nothing else/)
  assert.throws(() => sh`id`.unless(sh`id`.sudo({ password })), /has a password for sudo of its own/)
  assert.throws(() => sh`${sh`id`.sudo({ password })} x`, /is a command with \.sudo\(\{ password \}\), which would be lost/)
})
